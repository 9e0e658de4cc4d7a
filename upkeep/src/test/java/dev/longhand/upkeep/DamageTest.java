package dev.longhand.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.desk.DeskFiles;
import dev.longhand.testkit.Gen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: no damage passes. Method: one kind of damage at a time, on a backup and on a data directory; the check must name the file
 * or the part. Positions are chosen by {@code -Dupkeep.seed}, else by a fixed seed; a failure prints it.
 */
@Timeout(300)
class DamageTest {
    private static final long SEED = Long.getLong("upkeep.seed", 20_261_128L);
    private static final int POSITIONS = 24;

    @TempDir
    private Path temp;
    private Fixture fixture;

    @BeforeEach
    void makeHome() throws Exception {
        fixture = Fixture.full(temp);
    }

    private Report checkBackup(Path backup) throws Problem {
        return new Verify(fixture.site(), Watcher.SILENT).backup(backup);
    }

    private Report checkHome() throws Problem {
        return new Verify(fixture.site(), Watcher.SILENT).home(true);
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private Path fullBackup() throws Problem {
        return new Backup(fixture.site(), Watcher.SILENT).run(temp.resolve("backup"), new Backup.Options(true, false, "test"))
                .folder();
    }

    @Test
    void findsEveryFlippedByteOfABackup() throws Exception {
        Path backup = fullBackup();
        assertThat(checkBackup(backup).findings()).isEmpty();
        Gen gen = new Gen(SEED);
        int flips = 0;
        for (Path file : files(backup)) {
            byte[] sound = Files.readAllBytes(file);
            for (int i = 0; i < POSITIONS; i++) {
                int at = i == 0 ? 0 : i == 1 ? sound.length - 1 : gen.between(0, sound.length);
                byte[] damaged = sound.clone();
                damaged[at] ^= (byte) gen.between(1, 256);
                Files.write(file, damaged);
                assertThat(checkBackup(backup).findings()).as(at(at, file)).isNotEmpty();
                flips++;
            }
            Files.write(file, sound);
        }
        assertThat(flips).isGreaterThan(10 * POSITIONS);
        assertThat(checkBackup(backup).findings()).isEmpty();
    }

    private static String at(int position, Path file) {
        return "byte " + position + " of " + file + ", seed " + SEED + "; again with: mvn -o -q -pl upkeep -am test "
                + "-Dtest=DamageTest -Dsurefire.failIfNoSpecifiedTests=false -DargLine=-Dupkeep.seed=" + SEED;
    }

    @Test
    void findsFilesThatAreMissingCutGrownSwappedOrExtra() throws Exception {
        Path backup = fullBackup();
        List<Path> files = files(backup);
        for (Path file : files) {
            byte[] sound = Files.readAllBytes(file);
            String name = backup.relativize(file).toString();
            Files.delete(file);
            assertThat(checkBackup(backup).findings()).as("without " + name).isNotEmpty();
            Files.write(file, java.util.Arrays.copyOf(sound, sound.length - 1));
            assertThat(checkBackup(backup).findings()).as(name + " cut").isNotEmpty();
            Files.write(file, java.util.Arrays.copyOf(sound, sound.length + 1));
            assertThat(checkBackup(backup).findings()).as(name + " grown").isNotEmpty();
            Path other = files.get((files.indexOf(file) + 1) % files.size());
            byte[] others = Files.readAllBytes(other);
            Files.write(file, others);
            Files.write(other, sound);
            assertThat(checkBackup(backup).findings()).as(name + " swapped with " + other).isNotEmpty();
            Files.write(file, sound);
            Files.write(other, others);
        }
        Path extra = Files.writeString(backup.resolve("desks/papers/index/_9.cfs"), "more");
        assertThat(checkBackup(backup).findings()).singleElement().hasToString("desks/papers/index/_9.cfs: the manifest does not "
                + "list "
                + "it: it was added later; the backup cannot be used; take another, and check the disk that it lies on");
        Files.delete(extra);
        Files.createSymbolicLink(extra, backup.resolve("longhand.db"));
        assertThat(checkBackup(backup).findings()).hasSize(1);
        Files.delete(extra);
        Path database = backup.resolve("longhand.db");
        Path away = Files.move(database, temp.resolve("away.db"));
        Files.createSymbolicLink(database, away);
        assertThat(checkBackup(backup).findings()).singleElement().satisfies(f -> assertThat(f.wrong())
                .isEqualTo("it is no plain file"));
        Files.move(away, database, StandardCopyOption.REPLACE_EXISTING);
        assertThat(checkBackup(backup).findings()).isEmpty();
    }

    /** Goal: two files of two desks that are both sound do not stand for each other. Method: also with a manifest made to fit. */
    @Test
    void findsPartsOfAnotherDeskEvenUnderAManifestThatFits() throws Exception {
        Path backup = fullBackup();
        Path papers = backup.resolve("desks/papers/catalogue");
        Path notes = backup.resolve("desks/notes/catalogue");
        byte[] swapped = Files.readAllBytes(papers);
        Files.write(papers, Files.readAllBytes(notes));
        Files.write(notes, swapped);
        forge(backup);
        assertThat(checkBackup(backup).findings()).isNotEmpty().allSatisfy(f -> assertThat(f.what()).startsWith("desk "));
    }

    /** Writes a manifest that fits the files as they are now. */
    private static void forge(Path backup) throws Problem {
        Manifest old = ManifestFile.read(backup, Limits.DEFAULT);
        Copier copier = new Copier(Site.Machine.REAL, Watcher.SILENT);
        List<Manifest.Entry> entries = new ArrayList<>();
        for (Manifest.Entry each : old.files()) {
            entries.add(copier.measure(backup, each.path()));
        }
        ManifestFile.write(dev.longhand.base.Disk.REAL, backup, new Manifest(old.at(), old.longhand(), old.books(), old.desks(),
                old.models(), entries, old.leftOut()), Limits.DEFAULT);
    }

    /** Goal: a manifest leads nowhere. Method: texts that a careful reader refuses, each with a digest that fits. */
    @Test
    void refusesManifestsThatNoBackupHas() throws Exception {
        Path backup = fullBackup();
        String sound = Files.readString(backup.resolve(Manifest.FILE));
        String entry = "\"path\" : \"longhand.db\"";
        assertThat(sound).contains(entry);
        Map<String, String> bad = Map.of(
                sound.replace(entry, "\"path\" : \"../longhand.db\""), "which no backup has",
                sound.replace(entry, "\"path\" : \"/etc/passwd\""), "which no backup has",
                sound.replace(entry, "\"path\" : \"desks/a/../../x/catalogue\""), "which no backup has",
                sound.replace(entry, "\"path\" : \"config.toml\""), "or has once",
                sound.replace("\"version\" : 2", "\"version\" : 2, \"version\" : 2"), "uplicate",
                sound.replace("\"version\" : 2", "\"version\" : \"2\""), "version is no whole number",
                sound.replace("\"longhand-backup\"", "\"other\""), "its format is",
                sound.replace("\"INCLUDED\"", "\"NONE\""), "says NONE of the books",
                sound.substring(0, sound.length() / 2), "cannot be used",
                "[".repeat(100_000), "cannot be used");
        for (Map.Entry<String, String> each : bad.entrySet()) {
            rewrite(backup, each.getKey());
            assertThat(checkBackup(backup).findings()).as(each.getValue()).first()
                    .satisfies(f -> assertThat(f.toString()).contains(each.getValue()));
        }
        rewrite(backup, sound.replace("\"version\" : 2", "\"version\" : 3"));
        assertThatThrownBy(() -> checkBackup(backup)).isInstanceOfSatisfying(Problem.class,
                e -> assertThat(e.kind()).isEqualTo(Problem.Kind.UNSUPPORTED));
        rewrite(backup, sound);
        assertThat(checkBackup(backup).findings()).isEmpty();
    }

    private static void rewrite(Path backup, String manifest) throws IOException {
        Files.writeString(backup.resolve(Manifest.FILE), manifest);
        Files.writeString(backup.resolve(Manifest.DIGEST_FILE), Sha256.of(manifest) + "  manifest.json\n");
    }

    /** Goal: a desk's every byte is covered. Method: flips in the files of its published generation; a read changes nothing. */
    @Test
    void findsEveryFlippedByteOfADesk() throws Exception {
        Gen gen = new Gen(SEED);
        DeskFiles desk = new DeskFiles(fixture.home.desks().resolve("papers"));
        assertThat(desk.check().findings()).isEmpty();
        for (Path file : files(desk.folder())) {
            if (file.endsWith("lock") || file.endsWith("write.lock")) {
                continue;
            }
            byte[] sound = Files.readAllBytes(file);
            for (int i = 0; i < POSITIONS; i++) {
                byte[] damaged = sound.clone();
                int at = gen.between(0, sound.length);
                damaged[at] ^= (byte) gen.between(1, 256);
                Files.write(file, damaged);
                assertThat(desk.check().findings()).as(at(at, file)).isNotEmpty();
            }
            assertThat(checkHome().findings()).as("%s", file).isNotEmpty().allSatisfy(f -> assertThat(f.what())
                    .isEqualTo("desk papers"));
            Files.write(file, sound);
        }
        assertThat(checkHome().findings()).isEmpty();
    }

    @Test
    void findsBooksThatWereChangedCutOrWritten() throws Exception {
        byte[] sound = Files.readAllBytes(fixture.home.database());
        for (String change : List.of("UPDATE transfer SET amount = amount + 1 WHERE id = 'unsealed'",
                "UPDATE transfer SET purpose = 'other' WHERE id = 'booked'", "UPDATE account SET spent = spent + 1",
                "UPDATE transfer SET kind = 'nothing' WHERE id = 'open'", "DELETE FROM seal",
                "DELETE FROM transfer WHERE id = 'unsealed'")) {
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + fixture.home.database());
                    Statement statement = connection.createStatement()) {
                statement.execute(change);
            }
            boolean isSeen = !checkHome().findings().isEmpty() || checkHome().looked().getFirst().contains("10 are not sealed");
            assertThat(isSeen).as(change).isTrue();
            Files.write(fixture.home.database(), sound);
        }
        for (byte[] bytes : List.of(java.util.Arrays.copyOf(sound, sound.length / 2), new byte[sound.length], new byte[3])) {
            Files.write(fixture.home.database(), bytes);
            Map<String, String> before = Fixture.bytes(fixture.home.root());
            assertThat(checkHome().findings()).first().satisfies(f -> assertThat(f.what()).isEqualTo("the books"));
            assertThat(Fixture.bytes(fixture.home.root())).isEqualTo(before);
            assertThatThrownBy(() -> fixture.backup("useless")).isInstanceOf(Problem.class);
            assertThat(temp.resolve("useless")).doesNotExist();
        }
    }

    @Test
    void tellsOfLeftoversAndOfFoldersThatAreGone() throws Exception {
        Fixture.write(fixture.home.desks().resolve("papers/.catalogue.123.tmp"), "half");
        Fixture.write(fixture.home.desks().resolve(".gone-old-1/catalogue"), "old");
        Fixture.write(fixture.home.models().resolve(".models.toml.123.tmp"), "half");
        Files.createDirectories(fixture.home.desks().resolve("begun/index"));
        Files.createDirectories(fixture.home.root().resolve("backups/.longhand-backup-x.partial"));
        Files.createDirectories(Staging.folder(fixture.home));
        Files.move(fixture.notes, temp.resolve("moved"));
        Report report = checkHome();
        assertThat(report.findings()).isEmpty();
        assertThat(String.join("\n", report.notes())).contains(".catalogue.123.tmp", ".gone-old-1", ".models.toml.123.tmp",
                "desk begun was never read to its end", ".longhand-backup-x.partial", ".restoring", "which is not there");
    }

    @Test
    void whatIsNoBackupAndNoHomeIsSaid() {
        assertThatThrownBy(() -> checkBackup(temp.resolve("nothing"))).hasMessageContaining("there is no folder");
        assertThatThrownBy(() -> checkBackup(fixture.home.root())).hasMessageContaining("is no backup");
        assertThatThrownBy(() -> new Verify(Fixture.site(new Home(temp.resolve("nothing"))), Watcher.SILENT).home(false))
                .hasMessageContaining("there is no data directory");
    }
}
