package dev.longhand.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.desk.DeskFiles;
import dev.longhand.ledger.Ledger;
import dev.longhand.store.Schema;
import dev.longhand.store.Store;
import dev.longhand.store.StoreSetting;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: whatever fails or is stopped, nothing is left and nothing is lost. Method: fail each step in turn; stop at each question.
 */
@Timeout(300)
class FaultTest {
    @TempDir
    private Path temp;

    /** Fails the step of one number as a full disk does. */
    private static final class FullDisk implements Steps {
        private final int failing;
        private int count;
        private String failed = "";

        FullDisk(int failing) {
            this.failing = failing;
        }

        @Override
        public void before(String step) throws IOException {
            if (count++ == failing) {
                failed = step;
                throw new FileSystemException("some file", null, "No space left on device");
            }
        }
    }

    private List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aBackupIsWholeOrNotThereWhateverStepFails() throws Exception {
        Fixture fixture = Fixture.full(temp);
        Map<String, String> home = Fixture.bytes(fixture.home.root());
        List<String> before = names(temp);
        for (int k = 0; ; k++) {
            FullDisk disk = new FullDisk(k);
            Path target = fixture.home.root().resolve("backups").resolve("one");
            try {
                new Backup(Fixture.site(fixture.home, disk), Watcher.SILENT).run(target, Fixture.PLAIN);
                assertThat(new Verify(fixture.site(), Watcher.SILENT).backup(target).findings()).isEmpty();
                if (disk.failed.isEmpty()) {
                    assertThat(k).isGreaterThan(30);
                    return;
                }
                Tree.delete(target.getParent());
            } catch (Problem e) {
                assertThat(e.kind()).as(disk.failed).isEqualTo(Problem.Kind.DISK);
                assertThat(e).hasMessageContaining("No space left on device").hasMessageContaining("free some space");
                assertThat(Fixture.bytes(fixture.home.root())).as(disk.failed).isEqualTo(home);
                assertThat(fixture.home.root().resolve("backups")).as(disk.failed).doesNotExist();
                assertThat(names(temp)).as(disk.failed).isEqualTo(before);
            }
        }
    }

    @Test
    void aRestoreChangesNothingOrIsCompletedByTheNextWhateverStepFails() throws Exception {
        Fixture fixture = Fixture.full(temp);
        Path backup = fixture.backup("backup");
        Map<String, String> expected = Fixture.bytes(backup);
        expected.keySet().removeIf(f -> f.startsWith("manifest."));
        expected.keySet().removeIf(f -> f.startsWith("models/"));
        Fixture old = new Fixture(temp.resolve("old"));
        old.readDesks();
        Files.write(old.home.database(), Files.readAllBytes(fixture.home.database()));
        Files.writeString(old.home.root().resolve("config.toml"), "threads = 2\n");
        Map<String, String> before = Fixture.content(old.home);
        boolean isEnd = false;
        for (int k = 0; !isEnd; k++) {
            Home home = old.copy("home" + k);
            FullDisk disk = new FullDisk(k);
            Restore.Done done;
            try {
                done = new Restore(Fixture.site(home, disk), Watcher.SILENT).run(backup, true);
                isEnd = disk.failed.isEmpty();
            } catch (Problem e) {
                failedRestore(e, home, before, disk.failed);
                done = new Restore(Fixture.site(home), Watcher.SILENT).run(backup, true);
            }
            Map<String, String> after = Fixture.content(home);
            after.keySet().removeIf(f -> f.startsWith("models/"));
            assertThat(after).as(disk.failed).isEqualTo(expected);
            assertThat(done.report().findings()).as(disk.failed).isEmpty();
            assertThat(KillTest.oldIn(home)).as(disk.failed).containsAll(before.values());
            Tree.delete(home.root());
        }
    }

    private static void failedRestore(Problem e, Home home, Map<String, String> before, String step) throws Exception {
        assertThat(e).as(step).hasMessageContaining("No space left on device");
        if (Staging.isBegun(home)) {
            assertThat(e).hasMessageContaining("run the same longhand restore again");
            assertThat(new Verify(Fixture.site(home), Watcher.SILENT).home(false).findings()).as(step).first()
                    .satisfies(f -> assertThat(f.wrong()).contains("a restore was interrupted"));
        } else {
            assertThat(Fixture.content(home)).as(step).isEqualTo(before);
            assertThat(Staging.folder(home)).as(step).doesNotExist();
        }
    }

    @Test
    void aStopLeavesNothing() throws Exception {
        Fixture fixture = Fixture.full(temp);
        Path backup = fixture.backup("backup");
        List<String> before = names(temp);
        for (int k = 0, stopped = 1; stopped > 0; k++) {
            Stop stop = new Stop(k);
            stopped = 0;
            try {
                new Backup(fixture.site(), stop).run(temp.resolve("second"), Fixture.PLAIN);
                Tree.delete(temp.resolve("second"));
            } catch (Problem e) {
                assertThat(e.kind()).isEqualTo(Problem.Kind.CANCELLED);
                stopped++;
            }
            assertThat(names(temp)).isEqualTo(before);
            Home other = new Home(temp.resolve("other"));
            try {
                new Restore(Fixture.site(other), new Stop(k)).run(backup, false);
            } catch (Problem e) {
                assertThat(e.kind()).isEqualTo(Problem.Kind.CANCELLED);
                stopped++;
            }
            assertThat(Staging.folder(other)).doesNotExist();
            Tree.delete(other.root());
        }
    }

    /** Stopped from the question of one number on. */
    private static final class Stop implements Watcher {
        private final AtomicInteger left;

        Stop(int questions) {
            this.left = new AtomicInteger(questions);
        }

        @Override
        public boolean isCancelled() {
            return left.getAndDecrement() <= 0;
        }
    }

    @Test
    void refusesATargetThatIsThere() throws Exception {
        Fixture fixture = Fixture.full(temp);
        Files.createDirectory(temp.resolve("there"));
        assertThatThrownBy(() -> fixture.backup("there")).isInstanceOf(Problem.class).hasMessageContaining("is there already");
        Files.createSymbolicLink(temp.resolve("link"), temp.resolve("nowhere"));
        assertThatThrownBy(() -> fixture.backup("link")).hasMessageContaining("is there already");
    }

    @Test
    void refusesToRestoreOverWhatIsThere() throws Exception {
        Fixture fixture = Fixture.full(temp);
        Path backup = fixture.backup("backup");
        Map<String, String> before = Fixture.bytes(fixture.home.root());
        assertThatThrownBy(() -> new Restore(fixture.site(), Watcher.SILENT).run(backup, false))
                .isInstanceOfSatisfying(Problem.class,
                e -> assertThat(e.kind()).isEqualTo(Problem.Kind.USAGE)).hasMessageContaining("holds a database and 2 desks")
                .hasMessageContaining("--replace");
        assertThat(Fixture.bytes(fixture.home.root())).isEqualTo(before);
    }

    /**
     * Goal: with the person's word the old goes aside, whole. Method: a home that has changed since; its files are all there
     * after.
     */
    @Test
    void replacesAndKeepsWhatWasThere() throws Exception {
        Fixture fixture = Fixture.full(temp);
        Path backup = fixture.backup("backup");
        List<String> answers = Fixture.answers(fixture.home);
        Fixture.write(fixture.papers.resolve("more.md"), "# More\n\nA glacier moves.\n");
        fixture.read(fixture.papers, "papers");
        Files.writeString(fixture.home.root().resolve("config.toml"), "threads = 7\n");
        Map<String, String> changed = Fixture.content(fixture.home);
        changed.keySet().removeIf(f -> f.startsWith("models/"));
        Restore.Done done = new Restore(fixture.site(), Watcher.SILENT).run(backup, true);
        assertThat(done.report().findings()).isEmpty();
        assertThat(Fixture.answers(fixture.home)).isEqualTo(answers);
        Path aside = done.aside().orElseThrow();
        assertThat(aside.getFileName().toString()).matches("before-\\d{8}-\\d{6}");
        assertThat(Fixture.bytes(aside)).isEqualTo(changed);
        assertThat(new Restore(fixture.site(), Watcher.SILENT).run(backup, true).aside().orElseThrow()).isNotEqualTo(aside);
    }

    @Test
    void refusesWhileAnotherUsesTheHome() throws Exception {
        Fixture fixture = Fixture.full(temp);
        Path backup = fixture.backup("backup");
        Map<String, String> before = Fixture.bytes(fixture.home.root());
        DeskFiles.Hold reading = new DeskFiles(fixture.home.desks().resolve("notes")).hold();
        assertThatThrownBy(() -> new Restore(fixture.site(), Watcher.SILENT).run(backup, true))
                .isInstanceOfSatisfying(Problem.class,
                e -> assertThat(e.kind()).isEqualTo(Problem.Kind.BUSY)).hasMessageContaining("desk notes is being read by process");
        reading.close();
        assertThat(Fixture.bytes(fixture.home.root())).isEqualTo(before);
        try (Store store = Fixture.store(fixture.home)) {
            Fixture.ledger(store).seal();
            assertThatThrownBy(() -> new Restore(fixture.site(), Watcher.SILENT).run(backup, true)).isInstanceOfSatisfying(
                    Problem.class, e -> assertThat(e.kind()).isEqualTo(Problem.Kind.BUSY))
                    .hasMessageContaining("another process holds it");
        }
        assertThat(new Restore(fixture.site(), Watcher.SILENT).run(backup, true).report().findings()).isEmpty();
    }

    @Test
    void refusesADamagedBackupAndOneOfANewerVersion() throws Exception {
        Fixture fixture = Fixture.full(temp);
        Path backup = fixture.backup("backup");
        Home other = new Home(temp.resolve("other"));
        byte[] config = Files.readAllBytes(backup.resolve("config.toml"));
        Files.writeString(backup.resolve("config.toml"), "threads = 3\n");
        assertThatThrownBy(() -> new Restore(Fixture.site(other), Watcher.SILENT).run(backup, false)).isInstanceOfSatisfying(
                Problem.class, e -> assertThat(e.kind()).isEqualTo(Problem.Kind.MALFORMED)).hasMessageContaining("config.toml");
        assertThat(other.root()).doesNotExist();
        Files.write(backup.resolve("config.toml"), config);

        List<Schema> older = List.of(Schema.of("ledger", Ledger.SCHEMA.version() - 1));
        Site old = new Site(other, fixture.site().books(), older, Map.of(), Site.Machine.REAL);
        assertThatThrownBy(() -> new Restore(old, Watcher.SILENT).run(backup, false))
                .hasMessageContaining("run the newer Longhand");
        assertThat(other.root()).doesNotExist();
    }

    /** Goal: looking at books of an older version changes no byte. Method: tables of version 1 and a program that knows 2. */
    @Test
    void looksAtOlderBooksWithoutUpgradingThem() throws Exception {
        Home home = new Home(temp.resolve("home"));
        StoreSetting.Sqlite setting = new StoreSetting.Sqlite(home.database());
        Schema one = new Schema("counting", "dev/longhand/store/counting", 1);
        Schema two = new Schema("counting", "dev/longhand/store/countingnewer", 2);
        Store.open(setting, dev.longhand.store.Limits.DEFAULT, Clock.SYSTEM, Disk.REAL, List.of(one)).close();
        Map<String, String> before = Fixture.bytes(home.root());
        Site newer = new Site(home, setting, List.of(two), Map.of(), Site.Machine.REAL);
        Report report = new Verify(newer, Watcher.SILENT).home(false);
        assertThat(report.findings()).isEmpty();
        assertThat(report.notes()).singleElement().satisfies(n -> assertThat(n).contains("older version (counting 1 of 2)"));
        Path backup = new Backup(newer, Watcher.SILENT).run(temp.resolve("backup"), Fixture.PLAIN).folder();
        assertThat(Fixture.bytes(home.root())).isEqualTo(before);
        assertThat(new Verify(newer, Watcher.SILENT).backup(backup).notes()).hasSize(1);

        Store.open(setting, dev.longhand.store.Limits.DEFAULT, Clock.SYSTEM, Disk.REAL, List.of(two)).close();
        Site older = new Site(home, setting, List.of(one), Map.of(), Site.Machine.REAL);
        assertThat(new Verify(older, Watcher.SILENT).home(false).findings()).singleElement()
                .satisfies(f -> assertThat(f.toString()).contains("version 2").contains("run the newer Longhand"));
    }
}
