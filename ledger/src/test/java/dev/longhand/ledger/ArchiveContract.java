package dev.longhand.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Budget.Period;
import dev.longhand.store.DatabasePlace;
import dev.longhand.store.Store;
import dev.longhand.testkit.FaultyDisk;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.ManualClock;
import dev.longhand.testkit.Seed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What archives promise on any database. */
abstract class ArchiveContract {
    private static final Duration MONTH = Duration.ofDays(30);
    private static final String PAYER = "person:a";
    private static final String PAID = "machine:cpu";
    private static final long FIRST_DAY = 20_000;

    @TempDir
    private Path temp;

    private final Seed seed = Seed.of("ledger", getClass(), 31);
    private final Gen gen = seed.gen();
    private final ManualClock clock = new ManualClock();
    private DatabasePlace place;
    private Store store;
    private Ledger ledger;
    private Archives archives;
    private int names;

    abstract DatabasePlace newPlace();

    @BeforeEach
    void openBooks() throws Problem {
        place = newPlace();
        clock.advance(Duration.ofDays(FIRST_DAY).toNanos());
        reopen();
        ledger.open(Account.of(PAYER, Unit.EUR));
        ledger.open(Account.of(PAID, Unit.EUR));
        ledger.put(Budget.of(PAYER, Period.MONTH, 1_000_000));
        ledger.put(Budget.of(PAYER, Period.EVER, 10_000_000));
    }

    private void reopen() throws Problem {
        if (store != null) {
            store.close();
        }
        openAgain();
    }

    private void openAgain() throws Problem {
        store = place.open();
        ledger = Ledger.open(store, clock, Limits.DEFAULT);
        archives = new Archives(store, clock, Limits.DEFAULT);
    }

    @AfterEach
    void booksAreClean() throws Problem {
        List<String> findings = ledger.check().findings();
        store.close();
        assertThat(findings).as(seed.toString()).isEmpty();
    }

    /** Bookings, reservations that end or stay open for a while, and corrections, over so many days; sealed now and then. */
    private void live(int days) throws Problem {
        List<String> open = new ArrayList<>();
        List<String> posted = new ArrayList<>();
        for (int i = 0; i < 8 * days; i++) {
            clock.advance(Duration.ofHours(3).toNanos());
            String name = "n" + names++;
            Booking booking = new Booking(name, PAYER, PAID, gen.between(100, 400), Unit.EUR, Cause.of("answer"));
            if (gen.chance(0.3)) {
                ledger.book(booking, Meters.tokens(i, 0, 1));
                posted.add(name);
            } else {
                ledger.reserve(booking, MONTH);
                open.add(name);
            }
            if (!open.isEmpty() && gen.chance(0.8)) {
                String ended = open.remove(gen.between(0, open.size()));
                if (gen.chance(0.2)) {
                    ledger.release("v" + ended, ended);
                } else {
                    ledger.post("p" + ended, ended, gen.between(1, 100), Meters.tokens(9, 1, i));
                    posted.add("p" + ended);
                }
            }
            if (!posted.isEmpty() && gen.chance(0.1)) {
                ledger.correct("c" + name, posted.remove(gen.between(0, posted.size())), 1, Cause.of("refund"));
            }
            ledger.expire();
            if (i % 3 == 0) {
                ledger.seal();
            }
        }
        for (String each : open) {
            ledger.release("v" + each, each);
        }
        while (ledger.seal().isPresent()) {
            // Until none waits.
        }
    }

    private static LocalDate day(int day) {
        return LocalDate.ofEpochDay(FIRST_DAY + day);
    }

    private List<Transfer> lines() throws Problem {
        return store.read(tx -> Rows.transfersAfter(tx, 0, 100_000));
    }

    private static List<Transfer> linesOf(Path file) throws Problem {
        List<Transfer> lines = new ArrayList<>();
        ArchiveFile.read(file, lines::add);
        return lines;
    }

    /** Goal: an archive holds the lines exactly, the database only what later ones need, and no sum differs, twice over. */
    @Test
    void takesOldLinesOutAndKeepsSumsAndChain() throws Problem {
        live(40);
        List<Transfer> all = lines();
        Balance payer = ledger.balance(PAYER);
        Seal lastSeal = store.read(Rows::lastSeal);
        long budget = store.read(tx -> Rows.spentSince(tx, PAYER, 0));
        Path first = temp.resolve("first.books");
        Archives.Made made = archives.archive(day(20), first, Disk.REAL).orElseThrow();
        assertThat(made.gone()).isPositive().isLessThan(made.archive().lines());
        assertThat(made.more()).isFalse();
        List<Transfer> archived = linesOf(first);
        assertThat(archived).isEqualTo(all.subList(0, (int) made.archive().last().lastSeq()));
        assertThat(archived.getLast().atMicros()).isLessThan(Times.startOfDay(FIRST_DAY + 20));
        assertThat(lines()).hasSize((int) (all.size() - made.gone())).isSubsetOf(all);
        assertThat(ledger.check()).isEqualTo(new CheckReport(all.size(), made.gone(), 0, List.of()));
        assertThat(ledger.balance(PAYER)).isEqualTo(payer);
        assertThat(store.<Long>read(tx -> Rows.spentSince(tx, PAYER, 0))).isEqualTo(budget);
        assertThat(store.read(Rows::lastSeal)).isEqualTo(lastSeal);
        assertThat(archives.archive(day(20), temp.resolve("again.books"), Disk.REAL)).isEmpty();

        reopen();
        live(20);
        assertThat(ledger.check().findings()).isEmpty();
        Archives.Made second = archives.archive(day(50), temp.resolve("second.books"), Disk.REAL).orElseThrow();
        assertThat(second.archive().before()).isEqualTo(made.archive().last());
        assertThat(archives.list()).containsExactly(made.archive(), second.archive());
        assertThat(archives.check(first).ours()).contains(made.archive());
        assertThat(linesOf(temp.resolve("second.books")).getFirst().seq()).isEqualTo(archived.getLast().seq() + 1);
        reopen();
        live(1);
    }

    /** Goal: all lines of books at rest may go, and the books go on from there. */
    @Test
    void goesOnWhereEverythingIsArchived() throws Problem {
        live(3);
        Balance payer = ledger.balance(PAYER);
        long lines = lines().size();
        clock.advance(Duration.ofDays(10).toNanos());
        Archives.Made made = archives.archive(day(10), temp.resolve("all.books"), Disk.REAL).orElseThrow();
        assertThat(made.gone()).isEqualTo(lines);
        assertThat(lines()).isEmpty();
        assertThat(ledger.check()).isEqualTo(new CheckReport(lines, lines, 0, List.of()));
        assertThat(ledger.balance(PAYER)).isEqualTo(payer);
        reopen();
        live(2);
        assertThat(lines().getFirst().seq()).isEqualTo(lines + 1);
    }

    /** Goal: what is open or corrected later stays and can be ended; what is gone is refused in words, never booked again. */
    @Test
    void keepsWhatLaterLinesNeedAndRefusesWhatIsGone() throws Problem {
        Booking old = new Booking("old", PAYER, PAID, 100, Unit.EUR, Cause.of("answer"));
        ledger.reserve(old, MONTH);
        ledger.post("post-old", "old", 60, Meters.NONE);
        ledger.book(new Booking("wrong", PAYER, PAID, 30, Unit.EUR, Cause.of("answer")), Meters.NONE);
        ledger.correct("fix-1", "wrong", 10, Cause.of("refund"));
        ledger.reserve(new Booking("open", PAYER, PAID, 100, Unit.EUR, Cause.of("answer")), MONTH);
        ledger.seal();
        clock.advance(Duration.ofDays(2).toNanos());
        ledger.correct("fix-2", "wrong", 5, Cause.of("refund"));
        assertThat(archives.archive(day(1), temp.resolve("a.books"), Disk.REAL).orElseThrow().gone()).isEqualTo(2);
        assertThat(lines()).extracting(Transfer::id).containsExactly("wrong", "fix-1", "open", "fix-2");

        ledger.post("post-open", "open", 70, Meters.NONE);
        assertThatThrownBy(() -> ledger.correct("fix-3", "wrong", 16, Cause.of("refund"))).hasMessageContaining("15 left");
        ledger.correct("fix-3", "wrong", 15, Cause.of("refund"));
        assertThatThrownBy(() -> ledger.reserve(old, MONTH)).isInstanceOf(Conflict.class).hasMessageContaining("archive");
        assertThatThrownBy(() -> ledger.post("post-old", "old", 60, Meters.NONE)).isInstanceOf(Conflict.class)
                .hasMessageContaining("archive");
        assertThatThrownBy(() -> ledger.correct("fix-4", "post-old", 1, Cause.of("refund"))).isInstanceOf(Problem.class)
                .hasMessageContaining("cannot be ended or corrected any more");
        assertThatThrownBy(() -> ledger.post("new", "nowhere", 1, Meters.NONE)).hasMessageContaining("there is no reservation");
        assertThat(ledger.balance(PAYER).spent()).isEqualTo(60 + 70);

        ledger.seal();
        clock.advance(Duration.ofDays(2).toNanos());
        archives.archive(day(4), temp.resolve("b.books"), Disk.REAL).orElseThrow();
        assertThat(lines()).isEmpty();
        assertThat(ledger.balance(PAYER).spent()).isEqualTo(60 + 70);
    }

    /** Goal: a line that comes while an archive is made keeps what it needs. */
    @Test
    void noticesACorrectionThatComesMeanwhile() throws Problem {
        ledger.book(new Booking("wrong", PAYER, PAID, 30, Unit.EUR, Cause.of("answer")), Meters.NONE);
        Seal seal = ledger.seal().orElseThrow();
        Leaving before = store.read(tx -> Leaving.of(tx, seal.lastSeq(), 10));
        assertThat(store.<Boolean>write(before::isNeededMeanwhile)).isFalse();
        ledger.correct("fix", "wrong", 5, Cause.of("refund"));
        assertThat(store.<Boolean>write(before::isNeededMeanwhile)).isTrue();
        Leaving after = store.read(tx -> Leaving.of(tx, seal.lastSeq(), 10));
        assertThat(store.<Boolean>write(after::isNeededMeanwhile)).isFalse();
        assertThat(after.kept()).isEqualTo(1);
    }

    /** Goal: whatever stops it between the file and the rows, the same call ends it, and nothing is lost. */
    @Test
    void endsWhatWasStoppedHalfway() throws Problem {
        live(20);
        List<Transfer> all = lines();
        Path file = temp.resolve("a.books");
        archives.publish(archives.plan(day(10)).orElseThrow(), file, Disk.REAL);
        place.crash(store);
        openAgain();
        assertThat(lines()).isEqualTo(all);
        assertThat(ledger.check().isClean()).isTrue();
        assertThat(archives.check(file).ours()).isEmpty();
        Archives.Made made = archives.archive(day(12), file, Disk.REAL).orElseThrow();
        assertThat(made.more()).as("the file has fewer days than are asked for now").isTrue();
        place.crash(store);
        openAgain();
        assertThat(archives.check(file).ours()).contains(made.archive());
        assertThat(linesOf(file)).isEqualTo(all.subList(0, (int) made.archive().last().lastSeq()));
        assertThatThrownBy(() -> archives.archive(day(12), file, Disk.REAL)).hasMessageContaining("is another archive");
        assertThat(archives.archive(day(12), temp.resolve("b.books"), Disk.REAL)).isPresent();
    }

    /** Goal: no row goes whose file is not durable. Method: each call of the disk fails, or is the last before a power cut. */
    @Test
    void deletesNothingWhenTheDiskFails() throws Exception {
        live(6);
        List<Transfer> all = lines();
        Path root = Files.createDirectory(temp.resolve("disk"));
        FaultyDisk counted = new FaultyDisk(root, Files.createDirectory(temp.resolve("work")));
        archives.publish(archives.plan(day(4)).orElseThrow(), root.resolve("counted.books"), counted.disk());
        assertThat(counted.calls()).isGreaterThan(3);
        for (int call = 0; call < counted.calls(); call++) {
            Path folder = Files.createDirectory(root.resolve("fail" + call));
            FaultyDisk failing = new FaultyDisk(folder, Files.createDirectory(temp.resolve("fail" + call)))
                    .failAt(call, FaultyDisk.Fault.ENOSPC, false);
            assertThatThrownBy(() -> archives.archive(day(4), folder.resolve("a.books"), failing.disk()))
                    .isInstanceOf(Problem.class);
            FaultyDisk cut = new FaultyDisk(folder, Files.createDirectory(temp.resolve("cut" + call))).crashAt(call);
            assertThatThrownBy(() -> archives.archive(day(4), folder.resolve("b.books"), cut.disk()))
                    .isInstanceOf(FaultyDisk.PowerCut.class);
            assertThat(lines()).as("call " + call).isEqualTo(all);
            assertThat(ledger.check().isClean()).isTrue();
        }
    }

    /** Goal: a damaged file is never taken for an archive, and deletes nothing. Method: every byte in turn, and every length. */
    @Test
    void findsEveryDamageOfAFile() throws Exception {
        live(2);
        List<Transfer> all = lines();
        Path file = temp.resolve("a.books");
        archives.publish(archives.plan(day(2)).orElseThrow(), file, Disk.REAL);
        byte[] whole = Files.readAllBytes(file);
        Path damaged = temp.resolve("damaged.books");
        for (int i = 0; i < whole.length; i += 1 + whole.length / 700) {
            byte[] bytes = whole.clone();
            bytes[i] ^= (byte) (1 << gen.between(0, 8));
            refuses(damaged, bytes, "byte " + i);
            refuses(damaged, java.util.Arrays.copyOf(whole, i), "length " + i);
        }
        refuses(damaged, java.util.Arrays.copyOf(whole, whole.length + 1), "a byte more");
        assertThat(lines()).isEqualTo(all);
    }

    private void refuses(Path file, byte[] bytes, String how) throws IOException {
        Files.write(file, bytes);
        for (Object each : List.of(true, false)) {
            assertThatThrownBy(() -> {
                if (each.equals(true)) {
                    archives.check(file);
                } else {
                    archives.archive(day(2), file, Disk.REAL);
                }
            }).as(how + ", " + seed).isInstanceOfSatisfying(Problem.class, p ->
                    assertThat(p.kind()).isEqualTo(Problem.Kind.MALFORMED));
        }
    }

    /** Goal: a check finds what was changed behind the books' back after lines went. */
    @Test
    void findsWhatWasChangedAfterLinesWent() throws Exception {
        live(12);
        archives.archive(day(6), temp.resolve("a.books"), Disk.REAL).orElseThrow();
        assertThat(ledger.check().isClean()).isTrue();
        assertThat(lines().getFirst().seq()).as("a line stayed").isLessThan(archives.list().getFirst().last().lastSeq());
        for (String[] each : new String[][] {
            {"UPDATE transfer SET person = 'b' WHERE seq = (SELECT min(seq) FROM transfer)",
                "UPDATE transfer SET person = '' WHERE seq = (SELECT min(seq) FROM transfer)"},
            {"UPDATE archived_balance SET spent = spent + 1", "UPDATE archived_balance SET spent = spent - 1"},
            {"UPDATE archived_spending SET posted = posted + 1", "UPDATE archived_spending SET posted = posted - 1"},
            {"UPDATE archive SET kept = kept + 1", "UPDATE archive SET kept = kept - 1"},
            {"UPDATE archive SET last_seal = last_seal - 1", "UPDATE archive SET last_seal = last_seal + 1"},
            {"UPDATE archive SET before_seq = 1", "UPDATE archive SET before_seq = 0"}}) {
            place.tamper(each[0]);
            assertThat(ledger.check().findings()).as(each[0]).isNotEmpty();
            place.tamper(each[1]);
            assertThat(ledger.check().findings()).as(each[1]).isEmpty();
        }
    }

    /** Goal: days of a dedicated machine are closed before their lines go, and one file takes no more lines than it may. */
    @Test
    void waitsForOpenDaysAndTakesFilesInTurn() throws Problem {
        new Prices(store, 2).put(new MachinePrice(1, 300_000, 65_000, 20_000, 1_000_000_000, 1_461, 2, true));
        live(8);
        assertThat(archives.archive(day(6), temp.resolve("no.books"), Disk.REAL)).isEmpty();
        MachineDays days = new MachineDays(store, ledger, clock, 2);
        while (days.close() > 0) {
            // Until none is due.
        }
        ledger.seal();
        Archives small = new Archives(store, clock, Limits.DEFAULT, 30);
        int files = 0;
        Optional<Archives.Made> made;
        while ((made = small.archive(day(6), temp.resolve(files + ".books"), Disk.REAL)).isPresent()) {
            assertThat(made.get().archive().lines()).isLessThanOrEqualTo(30);
            assertThat(ledger.check().findings()).isEmpty();
            files++;
        }
        assertThat(files).isGreaterThan(2);
        assertThat(lines().getLast().atMicros()).isGreaterThan(Times.startOfDay(FIRST_DAY + 6));
    }
}
