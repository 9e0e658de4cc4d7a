package dev.longhand.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Home;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: kill -9 leaves things whole. Method: a child JVM that stops before a step is killed there by its handle. */
@Timeout(300)
class KillTest {
    @TempDir
    private Path temp;

    /** What is done while the child waits before its step. */
    private interface Meanwhile {
        void run() throws Exception;
    }

    private static void killAt(String step, String what, Home home, Path backup) throws Exception {
        killAt(step, what, home, backup, () -> {});
    }

    private static void killAt(String step, String what, Home home, Path backup, Meanwhile meanwhile) throws Exception {
        Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        UpkeepInChild.class.getName(),
                what, home.root().toString(), backup.toString(), step).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader said = new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            try {
                assertThat(said.readLine()).startsWith("at " + step);
                meanwhile.run();
            } finally {
                child.toHandle().destroyForcibly();
            }
        }
        assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    /** Digests of all files of a home, what was put aside among them. */
    static Collection<String> oldIn(Home home) throws IOException {
        return Fixture.bytes(home.root()).values();
    }

    @ParameterizedTest
    @ValueSource(strings = {"copy longhand.db", "write desks/papers/index/", "write manifest.json", "rename ", "finish "})
    void aKilledBackupIsNotThereAndTheNextCleansUp(String step) throws Exception {
        Fixture fixture = Fixture.full(temp);
        Map<String, String> before = Fixture.content(fixture.home);
        List<String> answers = Fixture.answers(fixture.home);
        Path backups = fixture.home.root().resolve("backups");
        Path target = backups.resolve("one");
        killAt(step, "backup", fixture.home, target);
        assertThat(Fixture.content(fixture.home)).isEqualTo(before);
        Verify verify = new Verify(fixture.site(), Watcher.SILENT);
        if (step.startsWith("finish")) {
            assertThat(verify.backup(target).findings()).isEmpty();
        } else {
            assertThat(target).doesNotExist();
            assertThat(verify.home(false).findings()).isEmpty();
            assertThat(verify.home(false).notes()).anySatisfy(n -> assertThat(n).contains(".partial").contains("the next backup"));
        }
        Path second = new Backup(fixture.site(), Watcher.SILENT).run(backups.resolve("two"), Fixture.PLAIN).folder();
        assertThat(verify.backup(second).findings()).isEmpty();
        assertThat(verify.home(false).notes()).noneSatisfy(n -> assertThat(n).contains(".partial"));
        assertThat(Fixture.answers(fixture.home)).isEqualTo(answers);
    }

    @ParameterizedTest
    @ValueSource(strings = {"write desks/papers/index/", "write plan"})
    void aRestoreThatIsKilledEarlyHasChangedNothing(String step) throws Exception {
        Fixture fixture = Fixture.full(temp);
        Path backup = fixture.backup("backup");
        Fixture.write(fixture.papers.resolve("more.md"), "# More\n\nA glacier moves.\n");
        fixture.read(fixture.papers, "papers");
        Map<String, String> before = Fixture.content(fixture.home);
        killAt(step, "restore", fixture.home, backup);
        Report report = new Verify(fixture.site(), Watcher.SILENT).home(false);
        assertThat(report.findings()).isEmpty();
        assertThat(report.notes()).anySatisfy(n -> assertThat(n).contains("the next restore removes it"));
        Map<String, String> after = Fixture.content(fixture.home);
        after.keySet().removeIf(f -> f.startsWith(".restoring/"));
        assertThat(after).isEqualTo(before);
        assertThat(new Restore(fixture.site(), Watcher.SILENT).run(backup, true).report().findings()).isEmpty();
        assertThat(Staging.folder(fixture.home)).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"begin plan", "place longhand.db", "aside desks", "place desks", "place config.toml", "end plan"})
    void aRestoreThatIsKilledLateIsCompletedByTheNext(String step) throws Exception {
        Fixture fixture = Fixture.full(temp);
        Path backup = fixture.backup("backup");
        List<String> answers = Fixture.answers(fixture.home);
        Fixture.write(fixture.papers.resolve("more.md"), "# More\n\nA glacier moves.\n");
        fixture.read(fixture.papers, "papers");
        Map<String, String> before = Fixture.content(fixture.home);
        killAt(step, "restore", fixture.home, backup);
        assertThat(new Verify(fixture.site(), Watcher.SILENT).home(false).findings()).first()
                .satisfies(f -> assertThat(f.toString()).contains("a restore was interrupted").contains("restore again"));
        Restore.Done done = new Restore(fixture.site(), Watcher.SILENT).run(backup, false);
        assertThat(done.report().findings()).isEmpty();
        assertThat(Fixture.answers(fixture.home)).isEqualTo(answers);
        assertThat(oldIn(fixture.home)).containsAll(before.values());
        assertThat(Staging.folder(fixture.home)).doesNotExist();
    }

    /**
     * Goal: a home that another process has open can be checked and backed up, and not replaced; after its death too nothing that
     * it booked is missed. Method: a child that holds a line in the database's log; every byte of the home is compared.
     */
    @Test
    void aHomeInUseByAnotherProcessIsCheckedBackedUpAndNotReplaced() throws Exception {
        Fixture fixture = Fixture.full(temp);
        Path before = fixture.backup("before");
        Verify verify = new Verify(fixture.site(), Watcher.SILENT);
        killAt("hold", "hold", fixture.home, before, () -> {
            Map<String, String> bytes = Fixture.content(fixture.home);
            assertThat(bytes).containsKeys("longhand.db-wal", "longhand.db-shm");
            assertThat(verify.home(false).looked().getFirst()).contains("11 lines");
            assertThat(Fixture.content(fixture.home)).isEqualTo(bytes);
            assertThat(verify.backup(fixture.backup("during")).looked()).anySatisfy(l -> assertThat(l).contains("11 lines"));
            assertThatThrownBy(() -> new Restore(fixture.site(), Watcher.SILENT).run(before, true))
                    .hasMessageContaining("another process holds it");
        });
        Map<String, String> left = Fixture.content(fixture.home);
        assertThat(left).containsKeys("longhand.db-wal", "longhand.db-shm");
        assertThat(verify.home(false).looked().getFirst()).contains("11 lines");
        assertThat(Fixture.content(fixture.home)).isEqualTo(left);
        assertThat(verify.backup(fixture.backup("after")).looked()).anySatisfy(l -> assertThat(l).contains("11 lines"));
        assertThat(new Restore(fixture.site(), Watcher.SILENT).run(before, true).report().looked().getFirst()).contains("10 lines");
    }

    /** Goal: another backup does not hide what was begun. Method: the second restore names another one and may not replace. */
    @Test
    void anotherBackupIsRestoredAfterTheFirstIsCompleted() throws Exception {
        Fixture fixture = Fixture.full(temp);
        Path backup = fixture.backup("backup");
        Path second = fixture.backup("second");
        killAt("place desks", "restore", fixture.home, backup);
        assertThat(Files.exists(fixture.home.desks())).isFalse();
        try {
            new Restore(fixture.site(), Watcher.SILENT).run(second, false);
        } catch (dev.longhand.base.Problem e) {
            assertThat(e).hasMessageContaining("--replace");
        }
        assertThat(new Verify(fixture.site(), Watcher.SILENT).home(false).findings()).isEmpty();
        assertThat(new Restore(fixture.site(), Watcher.SILENT).run(second, true).report().findings()).isEmpty();
    }
}
