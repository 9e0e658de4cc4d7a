package dev.longhand.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.desk.Desk;
import dev.longhand.desk.DeskFiles;
import dev.longhand.desk.DeskSource;
import dev.longhand.desk.Desks;
import dev.longhand.desk.ReadListener;
import dev.longhand.testkit.Gen;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Goal: files that were handed to a desk, of which it has the only copy, are in a backup and come back. */
@Timeout(300)
class HandedFilesTest {
    private static final String FERRY = "# Boats\n\nThe ferry leaves at seven.\n";
    private static final String OLD = "old ".repeat(200_000); // more than the copier takes at once
    private static final String NEW = "new content ".repeat(70_000);

    @TempDir
    private Path temp;
    private Home home;

    @BeforeEach
    void makeDesk() throws Exception {
        home = new Home(temp.resolve("home"));
        Fixture.desks(home).make("boats", 5_000_000);
        put("ferry.md", FERRY);
    }

    private void put(String name, String text) throws Problem {
        Path file = Fixture.desks(home).documents("boats").resolve(name);
        Disk.REAL.publish(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static void read(Home home) throws Problem {
        try (Desk desk = Fixture.desks(home).openAny("boats")) {
            desk.refresh(ReadListener.SILENT);
        }
    }

    private Backup.Done backup() throws Problem {
        return backup(Steps.NONE);
    }

    private Backup.Done backup(Steps steps) throws Problem {
        return new Backup(Fixture.site(home, steps), Watcher.SILENT).run(temp.resolve("backup"), Fixture.PLAIN);
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException, Problem;
    }

    /** A backup that is at {@code step} for the first time when something is done. */
    private Backup.Done backup(String step, Work meanwhile) throws Problem {
        boolean[] isDone = new boolean[1];
        Backup.Done done = backup(each -> {
            if (each.equals(step) && !isDone[0]) {
                isDone[0] = true;
                try {
                    meanwhile.run();
                } catch (Problem e) {
                    throw new IOException(e);
                }
            }
        });
        assertThat(isDone[0]).as(step).isTrue();
        return done;
    }

    private Report check(Path backup) throws Problem {
        return new Verify(Fixture.site(home), Watcher.SILENT).backup(backup);
    }

    private Home restore(Path backup) throws Problem {
        Home other = new Home(temp.resolve("other"));
        assertThat(new Restore(Fixture.site(other), Watcher.SILENT).run(backup, false).report().findings()).isEmpty();
        return other;
    }

    private static Map<String, String> handed(Home home) throws IOException {
        return Fixture.bytes(home.desks().resolve("boats/documents"));
    }

    private static List<String> found(Home home) throws Problem {
        try (Desk desk = Fixture.desks(home).openAny("boats")) {
            return desk.router().route("When does the ferry leave?", 5).stream().map(r -> r.passage().path()).sorted().toList();
        }
    }

    private void loseHome() throws IOException {
        Tree.delete(home.root());
    }

    /** Method: names of every kind that the server takes; the old data directory is gone; what is handed in later is read too. */
    @Test
    void allOfThemComeBackAndTheDeskIsUsedElsewhere() throws Exception {
        String longest = String.join("/", Stream.generate(() -> "a".repeat(100)).limit(8).toList());
        for (String each : List.of("deep/er/still/a b (1)+,@-_.txt", "żółć/日本語/Überfahrt.md", "z".repeat(100), longest, "quota",
                "catalogue", "x/lock.md")) {
            put(each, each + "\n" + FERRY);
        }
        put("large.bin", new Gen(7).between(0, 10) + "\0".repeat(3 << 20));
        read(home);
        List<String> found = found(home);
        assertThat(found).contains("ferry.md");
        Map<String, String> before = handed(home);
        assertThat(before).hasSize(9);

        Backup.Done done = backup();
        assertThat(done.manifest().leftOut()).isEmpty();
        assertThat(done.manifest().files()).anySatisfy(f -> assertThat(f).isEqualTo(new Manifest.Entry(
                "desks/boats/documents/ferry.md", FERRY.length(), Sha256.of(FERRY))));
        assertThat(check(done.folder()).findings()).isEmpty();
        assertThat(check(done.folder()).notes()).isEmpty();
        loseHome();

        Home other = restore(done.folder());
        assertThat(handed(other)).isEqualTo(before);
        Desks desks = Fixture.desks(other);
        assertThat(desks.diskBytesMax("boats")).hasValue(5_000_000);
        assertThat(found(other)).isEqualTo(found);
        Path documents = desks.documents("boats").toRealPath();
        assertThat(desks.show("boats").root()).isEqualTo(documents.toString());
        try (Desk desk = desks.open("boats")) {
            assertThat(desk.root()).isEqualTo(documents);
            assertThat(desk.refresh(ReadListener.SILENT).unchanged()).isGreaterThan(4);
        }
        Files.writeString(documents.resolve("second.md"), FERRY);
        String order = home.desks().resolve("boats/documents").toString(); // of a job that was submitted where the desk was before
        try (Desk desk = desks.forSource(DeskSource.parse(order), "boats")) {
            assertThat(desk.refresh(ReadListener.SILENT).added()).isEqualTo(1);
        }
        assertThat(found(other)).contains("second.md");
        assertThat(new Verify(Fixture.site(other), Watcher.SILENT).home(false).notes()).isEmpty();
    }

    /** Goal: what was promised is in it, read or not. Method: a desk never read, one without a file, one damaged. */
    @Test
    void desksOfWhichNothingIsReadAreInItToo() throws Exception {
        Fixture.desks(home).make("empty");
        Backup.Done done = backup();
        assertThat(done.manifest().desks()).extracting(Manifest.Desk::name, Manifest.Desk::isMade, Manifest.Desk::generation)
                .containsExactly(Tuple.tuple("boats", true, 0L),
                        Tuple.tuple("empty", true, 0L));
        assertThat(check(done.folder()).findings()).isEmpty();
        Home other = restore(done.folder());
        assertThat(handed(other)).isEqualTo(handed(home)).hasSize(1);
        assertThat(Fixture.desks(other).isMade("empty")).isTrue();
        Tree.delete(done.folder().resolve("desks/empty"));
        assertThat(check(done.folder()).findings()).as("copied by a tool that takes no empty folders").isEmpty();
        Tree.delete(other.root());
        assertThat(Fixture.desks(restore(done.folder())).isMade("empty")).isTrue();

        Tree.delete(other.root());
        Tree.delete(done.folder());
        read(home);
        Files.writeString(home.desks().resolve("boats/catalogue"), "damaged");
        Backup.Done second = backup();
        assertThat(second.manifest().leftOut()).singleElement().satisfies(l -> assertThat(l.toString())
                .contains("what was read of desk boats", "the files that were handed to it are in the backup"));
        Home third = restore(second.folder());
        assertThat(handed(third)).isEqualTo(handed(home));
        read(third);
        assertThat(found(third)).containsExactly("ferry.md");
    }

    /** Goal: each file is an old one or a new one, whole. Method: replace, remove and put in while they are copied. */
    @Test
    void whatIsPutInMeanwhileIsOldOrNewAndWhole() throws Exception {
        put("a.txt", OLD);
        put("b.txt", "removed meanwhile");
        put("c.txt", OLD);
        Path documents = Fixture.desks(home).documents("boats");
        Files.writeString(documents.resolve(".d.txt.123.tmp"), "half");
        Backup.Done done = backup("write desks/boats/documents/a.txt", () -> {
            put("a.txt", NEW);
            put("c.txt", NEW);
            put("e.txt", NEW);
            Files.delete(documents.resolve("b.txt"));
        });
        assertThat(done.manifest().leftOut()).isEmpty();
        assertThat(check(done.folder()).findings()).isEmpty();
        Path copied = done.folder().resolve("desks/boats/documents");
        assertThat(Fixture.bytes(copied)).containsExactlyInAnyOrderEntriesOf(Map.of("a.txt", Sha256.of(OLD).hex(), "c.txt",
                Sha256.of(NEW).hex(), "ferry.md", Sha256.of(FERRY).hex()));
    }

    @Test
    void aDeskThatIsRemovedMeanwhileIsNotInIt() throws Exception {
        read(home);
        Backup.Done done = backup("force desks/boats/documents/ferry.md", () -> Fixture.desks(home).remove("boats"));
        assertThat(done.manifest().desks()).isEmpty();
        assertThat(done.manifest().files()).isEmpty();
        assertThat(check(done.folder()).findings()).isEmpty();
    }

    /** Goal: nothing from elsewhere gets in. Method: links to a file and to folders, and a file that nobody could hand in. */
    @Test
    void noLinkIsFollowedAndWhatIsLeftOutIsSaid() throws Exception {
        Path secret = Files.writeString(Files.createDirectory(temp.resolve("secrets")).resolve("secret.txt"), "secret");
        Path documents = Fixture.desks(home).documents("boats");
        Files.createSymbolicLink(documents.resolve("link.txt"), secret);
        Files.createSymbolicLink(documents.resolve("folder"), secret.getParent());
        Files.writeString(documents.resolve("what?.txt"), "what");
        Path linked = Files.createDirectory(home.desks().resolve("linked"));
        Files.createSymbolicLink(linked.resolve("documents"), secret.getParent());
        Backup.Done done = backup();
        assertThat(done.manifest().files()).extracting(Manifest.Entry::path).containsExactly("desks/boats/documents/ferry.md",
                "desks/boats/quota");
        assertThat(done.manifest().leftOut()).singleElement().satisfies(l -> assertThat(l.toString()).contains("3 files of"));
        assertThat(check(done.folder()).findings()).isEmpty();
        assertThat(check(done.folder()).notes()).anySatisfy(n -> assertThat(n).contains("not in the backup: 3 files of"));
    }

    @Test
    void everyDamageIsFoundAndNoLinkInABackupIsFollowed() throws Exception {
        put("deep/second.md", FERRY + FERRY);
        Path backup = backup().folder();
        Path documents = backup.resolve("desks/boats/documents");
        Path file = documents.resolve("deep/second.md");
        byte[] sound = Files.readAllBytes(file);
        for (int i = 0; i < sound.length; i++) {
            byte[] damaged = sound.clone();
            damaged[i] ^= 1;
            Files.write(file, damaged);
            assertThat(check(backup).findings()).singleElement().satisfies(f -> assertThat(f.what())
                    .isEqualTo("desks/boats/documents/deep/second.md"));
        }
        Files.write(file, sound);
        Files.writeString(backup.resolve("desks/boats/quota"), "9000000");
        assertThat(check(backup).findings()).hasSize(1);
        Files.writeString(backup.resolve("desks/boats/quota"), "5000000");
        Files.writeString(documents.resolve("third.md"), "third");
        assertThat(check(backup).findings()).hasSize(1);
        Files.delete(documents.resolve("third.md"));
        assertThat(check(backup).findings()).isEmpty();

        Path away = Files.move(documents, temp.resolve("away"));
        Files.createSymbolicLink(documents, away);
        assertThat(check(backup).findings()).singleElement().satisfies(f -> assertThat(f.what())
                .isEqualTo("desks/boats/documents"));
        assertThatThrownBy(() -> restore(backup)).isInstanceOf(Problem.class).hasMessageContaining("is not sound");
    }

    /** Goal: a manifest leads nowhere. Method: names that no file is handed in under, each with a digest that fits. */
    @Test
    void refusesManifestsThatNoBackupHas() throws Exception {
        Path backup = backup().folder();
        String sound = Files.readString(backup.resolve(Manifest.FILE));
        String path = "desks/boats/documents/ferry.md";
        assertThat(sound).contains(path);
        for (String each : List.of("../../../x", "a/../x", "/etc/passwd", ".hidden", "a/.hidden", "a//b", "a/", "", "a\\\\b",
                "a\\u0000b", "a\\u202eb", "\\ud800", "a?", "a:b", "a.", "a ", "a".repeat(101), "a/".repeat(8) + "a")) {
            rewrite(backup, sound.replace(path, "desks/boats/documents/" + each));
            assertThat(check(backup).findings()).as(each).first().satisfies(f -> assertThat(f.toString())
                    .contains("which no backup has"));
        }
        rewrite(backup, sound.replace(path, "desks/boats/documents/a\\nb")); // of what is wrong one line is shown
        assertThat(check(backup).findings()).hasSize(1);
        for (String each : List.of("..", "../../x", "a/b", "", ".gone-boats", "a\\u0000")) {
            rewrite(backup, sound.replace("\"name\" : \"boats\"", "\"name\" : \"" + each + "\""));
            assertThat(check(backup).findings()).as(each).first().satisfies(f -> assertThat(f.toString())
                    .contains("which is no desk's name"));
        }
        rewrite(backup, sound.replace("\"isMade\" : true", "\"isMade\" : false"));
        assertThat(check(backup).findings()).anySatisfy(f -> assertThat(f.toString()).contains("no desk that files are handed to"));
        rewrite(backup, sound.replace("\"isMade\" : true", "\"isMade\" : true, \"isMade\" : true"));
        assertThat(check(backup).findings()).hasSize(1);
        rewrite(backup, sound);
        assertThat(check(backup).findings()).isEmpty();
    }

    private static void rewrite(Path backup, String manifest) throws IOException {
        Files.writeString(backup.resolve(Manifest.FILE), manifest);
        Files.writeString(backup.resolve(Manifest.DIGEST_FILE), Sha256.of(manifest) + "  manifest.json\n");
    }

    /** Goal: no backup that could not be read again. Method: limits that the desk is over by one file, and by a byte. */
    @Test
    void refusesMoreThanAManifestMayList() throws Exception {
        put("second.md", FERRY);
        for (Limits each : List.of(new Limits(1 << 20, 1, 100, 0), new Limits(1 << 20, 2, 100, 0), new Limits(300, 100, 100, 0))) {
            Site site = new Site(home, Fixture.site(home).books(), Site.SCHEMAS, Map.of(),
                    new Site.Machine(Clock.SYSTEM, Disk.REAL, Steps.NONE, each));
            assertThatThrownBy(() -> new Backup(site, Watcher.SILENT).run(temp.resolve("backup"), Fixture.PLAIN))
                    .isInstanceOfSatisfying(Problem.class, e -> assertThat(e.kind()).isEqualTo(Problem.Kind.LIMIT));
            assertThat(Files.exists(temp.resolve("backup"), LinkOption.NOFOLLOW_LINKS)).isFalse();
        }
    }

    /** Goal: backups of before are read. Method: what a backup of a folder's desk was before files could be handed in. */
    @Test
    void readsBackupsOfVersionOne() throws Exception {
        Fixture fixture = Fixture.full(temp.resolve("old"));
        Path backup = fixture.backup("backup");
        String manifest = Files.readString(backup.resolve(Manifest.FILE));
        rewrite(backup, manifest.replace("\"version\" : 2", "\"version\" : 1").replaceAll(",\\s*\"isMade\" : false", ""));
        assertThat(Files.readString(backup.resolve(Manifest.FILE))).doesNotContain("isMade");
        assertThat(check(backup).findings()).isEmpty();
        Home other = restore(backup);
        assertThat(Fixture.answers(other)).isEqualTo(Fixture.answers(fixture.home));
        assertThat(new DeskFiles(other.desks().resolve("papers")).isMade()).isFalse();
    }
}
