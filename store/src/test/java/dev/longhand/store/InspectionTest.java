package dev.longhand.store;

import static dev.longhand.store.StoreContract.COUNTING;
import static dev.longhand.store.StoreContract.COUNTING_NEWER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: looking changes nothing, in whatever state the files are, and sees all that was acknowledged. Method: every byte of the
 * folder before and after.
 */
class InspectionTest {
    private static final Limits QUICK = Limits.DEFAULT.withAttempts(2, Duration.ofMillis(1), Duration.ofMillis(50));
    private static final Inspection.Tools TOOLS = new Inspection.Tools(Limits.DEFAULT, Clock.SYSTEM, Disk.REAL, () -> false);

    /** A name that means something else in an address: it must arrive as it is. */
    @TempDir
    Path temp;

    private Path home() throws IOException {
        return Files.createDirectories(temp.resolve("my home?mode=memory#1 %41"));
    }

    private StoreSetting.Sqlite setting() throws IOException {
        return new StoreSetting.Sqlite(home().resolve("longhand.db"));
    }

    private Store open(StoreSetting setting, Schema schema) throws Problem {
        return Store.open(setting, Limits.DEFAULT, Clock.SYSTEM, Disk.REAL, List.of(schema));
    }

    private static Map<String, String> bytes(Path folder) throws IOException {
        Map<String, String> bytes = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path each : files.toList()) {
                bytes.put(each.getFileName().toString(), dev.longhand.base.Sha256.ofFile(each).hex());
            }
        }
        return bytes;
    }

    private static long rows(StoreSetting setting) throws Problem {
        return Inspection.look(setting, TOOLS, store -> {
            assertThat(store.check()).isEmpty();
            return store.read(tx -> tx.number("SELECT count(*) FROM counting"));
        });
    }

    @Test
    void leavesAQuietFileAsItIsAndUpgradesNothing() throws Exception {
        try (Store store = open(setting(), COUNTING)) {
            StoreContract.insert(store, "a", 1);
        }
        Map<String, String> before = bytes(home());
        assertThat(before.keySet()).containsExactly("longhand.db");
        List<SchemaVersion> versions = Inspection.look(setting(), TOOLS, store -> store.versions(List.of(COUNTING_NEWER)));
        assertThat(versions).containsExactly(new SchemaVersion("store", 1, 1), new SchemaVersion("counting", 1, 2));
        assertThat(versions.get(1).isOlder()).isTrue();
        assertThat(rows(setting())).isEqualTo(1);
        assertThat(bytes(home())).isEqualTo(before);
    }

    /** Goal: what a killed process leaves in the log is seen and stays there. Method: the files while the store is open. */
    @Test
    void readsTheLogOfAKilledProcessAndLeavesIt() throws Exception {
        Path crashed = Files.createDirectories(temp.resolve("crashed"));
        try (Store store = open(setting(), COUNTING)) {
            StoreContract.insert(store, "a", 1);
            StoreContract.insert(store, "b", 2);
            for (String end : List.of("", "-wal", "-shm")) {
                Files.copy(home().resolve("longhand.db" + end), crashed.resolve("longhand.db" + end));
            }
        }
        StoreSetting.Sqlite setting = new StoreSetting.Sqlite(crashed.resolve("longhand.db"));
        Map<String, String> before = bytes(crashed);
        assertThat(before).hasSize(3);
        assertThat(rows(setting)).isEqualTo(2);
        assertThat(bytes(crashed)).isEqualTo(before);

        Files.delete(crashed.resolve("longhand.db-shm"));
        before = bytes(crashed);
        assertThat(rows(setting)).isEqualTo(2);
        assertThat(bytes(crashed)).isEqualTo(before);

        Path copy = temp.resolve("copy.db");
        Inspection.copy(setting, copy, TOOLS);
        assertThat(rows(new StoreSetting.Sqlite(copy))).isEqualTo(2);
    }

    /** Goal: a log that was killed behind its header is read. Method: cut there; the shared memory is the killed process's. */
    @Test
    void readsAFileWhoseLogHasNoFrameYet() throws Exception {
        Path crashed = Files.createDirectories(temp.resolve("crashed"));
        try (Store store = open(setting(), COUNTING)) {
            StoreContract.insert(store, "a", 1);
        }
        Files.copy(home().resolve("longhand.db"), crashed.resolve("longhand.db"));
        try (Store store = open(setting(), COUNTING)) {
            StoreContract.insert(store, "b", 2);
            Files.write(crashed.resolve("longhand.db-wal"), java.util.Arrays.copyOf(
                    Files.readAllBytes(home().resolve("longhand.db-wal")), 32));
            Files.copy(home().resolve("longhand.db-shm"), crashed.resolve("longhand.db-shm"));
        }
        Map<String, String> before = bytes(crashed);
        assertThat(rows(new StoreSetting.Sqlite(crashed.resolve("longhand.db")))).isEqualTo(1);
        assertThat(bytes(crashed)).isEqualTo(before);
    }

    /** Goal: a half-done transaction of a plain file is not believed. Method: its journal, copied in the middle of a write. */
    @Test
    void readsPastAJournalAndLeavesIt() throws Exception {
        try (Store store = open(setting(), COUNTING)) {
            StoreContract.insert(store, "a", 1);
        }
        Path plain = temp.resolve("plain.db");
        Inspection.copy(setting(), plain, TOOLS);
        Path crashed = Files.createDirectories(temp.resolve("crashed"));
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + plain);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA cache_size=1");
            statement.execute("BEGIN");
            statement.execute("INSERT INTO counting WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                    + "WHERE i < 20000) SELECT 'row' || i, i FROM n");
            for (String end : List.of("", "-journal")) {
                Files.copy(Path.of(plain + end), crashed.resolve("longhand.db" + end));
            }
            statement.execute("ROLLBACK");
        }
        Map<String, String> before = bytes(crashed);
        assertThat(before).hasSize(2);
        assertThat(rows(new StoreSetting.Sqlite(crashed.resolve("longhand.db")))).isEqualTo(1);
        assertThat(bytes(crashed)).isEqualTo(before);
    }

    @Test
    void looksAndCopiesWhileAnotherWrites() throws Exception {
        AtomicBoolean isDone = new AtomicBoolean();
        AtomicInteger written = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (Store store = open(setting(), COUNTING)) {
            Thread writer = Thread.ofPlatform().start(() -> {
                try {
                    while (!isDone.get()) {
                        StoreContract.insert(store, "n" + written.get(), 1);
                        written.incrementAndGet();
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            for (int i = 0; i < 10; i++) {
                int least = written.get();
                assertThat(rows(setting())).isGreaterThanOrEqualTo(least);
                Path copy = temp.resolve("copy" + i + ".db");
                least = written.get();
                Inspection.copy(setting(), copy, TOOLS);
                assertThat(rows(new StoreSetting.Sqlite(copy))).isGreaterThanOrEqualTo(least);
            }
            isDone.set(true);
            writer.join();
            assertThat(failure.get()).isNull();
            assertThat(rows(setting())).isEqualTo(written.get());
        }
        assertThat(rows(setting())).isEqualTo(written.get());
    }

    /** Goal: a file that somebody changes behind an immutable reader is read again. Method: change it during the first look. */
    @Test
    void looksAgainWhenSomebodyCameMeanwhile() throws Exception {
        open(setting(), COUNTING).close();
        AtomicInteger looks = new AtomicInteger();
        long rows = Inspection.look(setting(), TOOLS, store -> {
            if (looks.incrementAndGet() == 1) {
                try (Store other = open(setting(), COUNTING)) {
                    StoreContract.insert(other, "late", 1);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            }
            return store.read(tx -> tx.number("SELECT count(*) FROM counting"));
        });
        assertThat(looks).hasValue(2);
        assertThat(rows).isEqualTo(1);
    }

    @Test
    void refusesToWriteAndToReadWhatIsNotOurs() throws Exception {
        open(setting(), COUNTING).close();
        assertThatThrownBy(() -> Inspection.look(setting(), TOOLS, store -> store.write(tx -> tx.update("DELETE FROM counting"))))
                .isInstanceOf(Problem.class).hasMessageContaining("read-only");
        Files.write(setting().file(), "no database, but a text that somebody keeps here".repeat(200).getBytes());
        assertThatThrownBy(() -> rows(setting())).hasMessageContaining("damaged or no database of ours");
    }

    @Test
    void endsWhenItIsCancelled() throws Exception {
        try (Store store = open(setting(), COUNTING)) {
            for (int i = 0; i < 30; i++) {
                String many = "INSERT INTO counting WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
                        + "SELECT ? || i, i FROM n";
                String name = "row" + i + "-";
                store.write(tx -> tx.update(many, name));
            }
        }
        AtomicInteger asked = new AtomicInteger();
        var tools = new Inspection.Tools(Limits.DEFAULT, Clock.SYSTEM, Disk.REAL, () -> asked.incrementAndGet() > 1);
        Path copy = temp.resolve("copies").resolve("copy.db");
        assertThatThrownBy(() -> Inspection.copy(setting(), copy, tools)).isInstanceOfSatisfying(Problem.class,
                e -> assertThat(e.kind()).isEqualTo(Problem.Kind.CANCELLED));
        assertThat(copy.getParent()).isEmptyDirectory();
    }

    @Test
    void aDatabaseInUseIsRefusedAndAFreeOneIsFolded() throws Exception {
        try (Store store = open(setting(), COUNTING)) {
            StoreContract.insert(store, "a", 1);
            assertThatThrownBy(() -> Inspection.requireUnused(setting(), QUICK)).isInstanceOfSatisfying(Problem.class,
                    e -> assertThat(e.kind()).isEqualTo(Problem.Kind.BUSY)).hasMessageContaining("another process holds it");
            for (String end : List.of("", "-wal", "-shm")) {
                Files.copy(home().resolve("longhand.db" + end), temp.resolve("left.db" + end));
            }
        }
        StoreSetting.Sqlite left = new StoreSetting.Sqlite(temp.resolve("left.db"));
        Inspection.requireUnused(left, QUICK);
        assertThat(temp.resolve("left.db-wal")).doesNotExist();
        assertThat(rows(left)).isEqualTo(1);
        Inspection.requireUnused(new StoreSetting.Sqlite(temp.resolve("none.db")), QUICK);
    }
}
