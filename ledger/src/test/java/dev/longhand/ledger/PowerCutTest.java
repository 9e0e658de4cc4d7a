package dev.longhand.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.store.Store;
import dev.longhand.testkit.CrashImages;
import dev.longhand.testkit.Recorder;
import dev.longhand.testkit.Seed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: what the ledger acknowledged survives a power cut at any moment, and the books are sound. And the harness can fail: with
 * syncs left out it finds the loss.
 *
 * <p>Method: {@link RecordedBooks} runs in a child JVM with a recorder under it. At every sync, at every acknowledgement and
 * between, images of the disk are made with unsynced writes kept, dropped, torn and in any mixture; each is opened as the program
 * would.
 */
class PowerCutTest {
    private static final Seed SEED = Seed.of("ledger", PowerCutTest.class, 3);
    /** Of each session; {@code -Dbookings}, and {@code -Dimages} of each point, make the long form. */
    private static final int BOOKINGS = Integer.getInteger("bookings", 12);
    private static final int IMAGES_MAX = Integer.getInteger("images", 3);
    private static final int BETWEEN = 40;

    @TempDir
    private Path temp;

    private CrashImages record(String how) throws IOException, InterruptedException {
        Path work = Files.createDirectory(temp.toRealPath().resolve(how));
        Path folder = Files.createDirectory(work.resolve("home"));
        Recorder recorder = Recorder.compile(work, folder);
        Path said = work.resolve("said");
        Process child = recorder.program(RecordedBooks.class, folder.toString(), Integer.toString(BOOKINGS), how)
                .redirectOutput(said.toFile()).start();
        assertThat(child.waitFor()).as(() -> read(said)).isZero();
        CrashImages images = CrashImages.read(recorder);
        for (Map.Entry<String, byte[]> each : images.end().entrySet()) {
            assertThat(Files.readAllBytes(folder.resolve(each.getKey()))).as("the log makes %s", each.getKey())
                    .isEqualTo(each.getValue());
        }
        assertThat(images.end()).containsKey("longhand.db");
        return images;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static void check(Path image, List<String> acks) throws Exception {
        try (Store store = RecordedBooks.open(image, false)) {
            Ledger ledger = Ledger.open(store, Clock.SYSTEM, Limits.DEFAULT);
            checkAcknowledged(store, acks);
            assertThat(store.check()).isEmpty();
            assertThat(ledger.check().findings()).isEmpty();
        }
    }

    private static void checkAcknowledged(Store store, List<String> acks) throws Problem {
        List<String> lines = store.read(tx -> tx.rows("SELECT id FROM transfer UNION ALL SELECT 'seal ' || number FROM seal",
                r -> r.getString(1)));
        assertThat(lines).as("what is acknowledged").containsAll(acks);
    }

    @Test
    void keepsEveryAcknowledgedLineWhereverThePowerIsCut() throws Exception {
        CrashImages images = record("careful");
        long start = Clock.SYSTEM.nanos();
        CrashImages.Walk walk = images.walk(SEED, BETWEEN, IMAGES_MAX, PowerCutTest::check);
        System.out.printf("%d syncs, %d images of a power cut at %d points, %.1f s%n", walk.syncs(), walk.images(), walk.points(),
                Clock.SYSTEM.secondsSince(start));
        assertThat(walk.syncs()).isGreaterThan(4 * BOOKINGS);
    }

    @Test
    void findsTheLossOfAStoreThatDoesNotSync() throws Exception {
        CrashImages images = record("careless");
        assertThat(images.syncs()).as("those of making an empty file").isLessThan(BOOKINGS);
        AtomicInteger damaged = new AtomicInteger();
        assertThatThrownBy(() -> images.walk(SEED, BETWEEN, IMAGES_MAX, (image, acks) -> {
            try (Store store = RecordedBooks.open(image, false)) {
                checkAcknowledged(store, acks);
            } catch (Problem e) {
                damaged.incrementAndGet();
            }
        })).isInstanceOf(AssertionError.class).hasMessageContaining("what is acknowledged").hasMessageContaining("-Dseed=");
        System.out.printf("without syncs: %d images that cannot be read, then one without an acknowledged line%n", damaged.get());
    }
}
