package dev.longhand.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.store.Store;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Mutator;
import dev.longhand.testkit.Mutator.Field;
import dev.longhand.testkit.Mutator.Kind;
import dev.longhand.testkit.Mutator.Mutant;
import dev.longhand.testkit.Scratch;
import dev.longhand.testkit.Seed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: a damaged database file is refused or found by a check, or it makes no difference; it never gives another line or balance
 * silently, and never throws anything but a problem. Method: sealed books are closed into one file, which a {@link Mutator} damages
 * that knows SQLite's pages; each is opened, checked, and read in full. Some of the systematic mutants and {@code -Dmutants}
 * others; all of them from 1,000 on.
 */
class DamagedBooksTest {
    private static final Seed SEED = Seed.of("ledger", DamagedBooksTest.class, 9);
    private static final int MUTANTS = Integer.getInteger("mutants", 150);
    private static final int ALL_FROM = 1_000;
    private static final int PAGE_BYTES = 4096;
    private static final int BOOKINGS = 30;

    @TempDir
    private Path temp;

    private Path scratch;
    private byte[] whole;
    private Content content;

    /** All that the books say. */
    private record Content(List<Transfer> lines, List<Rows.Kept> accounts) {}

    @BeforeEach
    void writeBooks() throws Exception {
        scratch = Scratch.folder();
        Path home = Files.createDirectory(temp.resolve("whole"));
        try (Store store = RecordedBooks.open(home, false)) {
            Ledger ledger = Ledger.open(store, Clock.SYSTEM, Limits.DEFAULT);
            ledger.open(new Account(RecordedBooks.PAYER, Unit.EUR, Account.Kind.PERSON));
            ledger.open(new Account(RecordedBooks.PAID, Unit.EUR, Account.Kind.MACHINE));
            for (int i = 0; i < BOOKINGS; i++) {
                ledger.reserve(new Booking("r" + i, RecordedBooks.PAYER, RecordedBooks.PAID, 100 + i, Unit.EUR,
                        Cause.of("answer").withJob("job-" + i, i, 1)), Duration.ofHours(1));
                if (i % 3 > 0) {
                    ledger.post("p" + i, "r" + i, 50 + i, Meters.tokens(i, 0, 1));
                }
            }
            ledger.seal();
            content = content(store);
        }
        whole = Files.readAllBytes(RecordedBooks.file(home));
    }

    @AfterEach
    void deleteScratch() throws IOException {
        Scratch.delete(scratch);
    }

    private static Content content(Store store) throws Problem {
        return store.read(tx -> new Content(Rows.transfersAfter(tx, 0, 1000), Rows.accountsAfter(tx, "", 1000)));
    }

    /** https://sqlite.org/fileformat2.html: counts of the file's header, of each page's header, and the first cells' places. */
    private Mutator mutator() {
        List<Field> fields = new ArrayList<>();
        for (int at : new int[] {16, 18, 20}) {
            fields.add(new Field(Kind.LENGTH, at, 2));
        }
        for (int at = 24; at < 100; at += 4) {
            fields.add(new Field(Kind.LENGTH, at, 4));
        }
        ByteBuffer bytes = ByteBuffer.wrap(whole);
        for (int page = 0; page < whole.length; page += PAGE_BYTES) {
            fields.add(new Field(Kind.RECORD, page, PAGE_BYTES));
            int head = page == 0 ? 100 : page;
            for (int at : new int[] {1, 3, 5}) {
                fields.add(new Field(Kind.LENGTH, head + at, 2));
            }
            if (bytes.get(head) == 13 && bytes.getShort(head + 3) > 0) {
                fields.add(new Field(Kind.LENGTH, head + 8, 2));
                fields.add(new Field(Kind.LENGTH, page + bytes.getShort(head + 8), 1));
            }
        }
        return new Mutator(whole, ByteOrder.BIG_ENDIAN, fields);
    }

    private enum Verdict { REFUSED, FOUND, HARMLESS }

    private Verdict verdict(byte[] damaged) throws IOException {
        Path home = Files.createDirectory(scratch.resolve("home"));
        Files.write(RecordedBooks.file(home), damaged);
        try {
            return verdictOf(home);
        } finally {
            Scratch.delete(home);
        }
    }

    private Verdict verdictOf(Path home) {
        try (Store store = RecordedBooks.open(home, false)) {
            Ledger ledger = Ledger.open(store, Clock.SYSTEM, Limits.DEFAULT);
            if (!store.check().isEmpty() || !ledger.check().isClean()) {
                return Verdict.FOUND;
            }
            assertThat(content(store).equals(content)).as("the books are the same").isTrue();
            return Verdict.HARMLESS;
        } catch (Problem e) {
            return Verdict.REFUSED;
        }
    }

    @Test
    void findsOrRefusesEveryDamageThatMatters() throws Exception {
        Mutator mutator = mutator();
        List<Mutant> mutants = new ArrayList<>(mutator.systematic());
        Gen gen = SEED.gen();
        mutants.removeIf(m -> MUTANTS < ALL_FROM && gen.chance(0.85));
        // A file without a byte is what SQLite makes before it writes: it cannot be told from a new one.
        mutants.removeIf(m -> m.bytes().length == 0);
        for (int i = 0; i < MUTANTS; i++) {
            mutants.add(mutator.random(gen));
        }
        int[] verdicts = new int[Verdict.values().length];
        List<String> failures = new ArrayList<>();
        for (Mutant each : mutants) {
            try {
                verdicts[verdict(each.bytes()).ordinal()]++;
            } catch (RuntimeException | AssertionError e) {
                failures.add(each + ": " + e + " at " + Stream.of(e.getStackTrace()).limit(6).toList());
            }
        }
        System.out.printf("damaged books: %d refused, %d found, %d without effect%n", verdicts[0], verdicts[1], verdicts[2]);
        assertThat(failures).as(SEED.toString()).isEmpty();
    }
}
