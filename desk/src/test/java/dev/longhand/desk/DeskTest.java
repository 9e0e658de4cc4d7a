package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.FilterDirectory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexOutput;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeskTest {
    @TempDir
    private Path temp;

    private Path documents;
    private Home home;

    @BeforeEach
    void writeDocuments() throws IOException {
        documents = Files.createDirectories(temp.resolve("papers"));
        home = new Home(temp.resolve("home"));
        write("pump.md", "# Pumps\n\nThe pump house runs two electric pumps.\n");
        write("sub/moth.txt", "The silver moth lays its eggs on birch bark.\n");
        write("Retry.java", "class Retry {\n    int retryBudget = 5;\n}\n");
    }

    private void write(String name, String text) throws IOException {
        Path file = documents.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
    }

    private Desks desks() {
        return new Desks(home, Disk.REAL, Clock.SYSTEM);
    }

    private static List<String> paths(Desk desk, String question) throws Problem {
        return desk.router().route(question, 10).stream().map(r -> r.passage().path()).toList();
    }

    /** Goal: a second reading reads what changed, and only that. Method: count after each kind of change. */
    @Test
    void readsAgainOnlyWhatChanged() throws Exception {
        try (Desk desk = desks().forFolder(documents, null)) {
            Refresh first = desk.refresh(ReadListener.SILENT);
            assertThat(List.of(first.added(), first.changed(), first.unchanged(), first.removed())).containsExactly(3, 0, 0, 0);
        }
        write("pump.md", "# Pumps\n\nThe pump house runs three hydraulic pumps.\n");
        write("new.md", "A new glacier document.\n");
        Files.delete(documents.resolve("Retry.java"));
        try (Desk desk = desks().forFolder(documents, null)) {
            Refresh second = desk.refresh(ReadListener.SILENT);
            assertThat(List.of(second.added(), second.changed(), second.unchanged(), second.removed())).containsExactly(1, 1, 1, 1);
            assertThat(paths(desk, "hydraulic")).containsExactly("pump.md");
            assertThat(paths(desk, "electric")).isEmpty();
            assertThat(paths(desk, "retryBudget")).isEmpty();
            assertThat(paths(desk, "glacier")).containsExactly("new.md");
        }
        try (Desk desk = desks().forFolder(documents, null)) {
            Refresh third = desk.refresh(ReadListener.SILENT);
            assertThat(third.hasChanges()).isFalse();
            assertThat(third.unchanged()).isEqualTo(3);
        }
    }

    private void zip(String name, String... entries) throws IOException {
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(documents.resolve(name)))) {
            for (int i = 0; i < entries.length; i += 2) {
                out.putNextEntry(new ZipEntry(entries[i]));
                out.write(entries[i + 1].getBytes(StandardCharsets.UTF_8));
            }
        }
        Files.setLastModifiedTime(documents.resolve(name), FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
    }

    /** Goal: an archive is read when it changed, and then what changed in it. Method: count after each kind of change. */
    @Test
    void readsAnArchiveAgainOnlyWhenItChanged() throws Exception {
        zip("old.zip", "owl.md", "# Owl\n\nThe owl hunts voles.\n", "elk.md", "# Elk\n\nThe elk swims.\n", "b.bin", "\0\1");
        try (Desk desk = desks().forFolder(documents, null)) {
            Refresh first = desk.refresh(ReadListener.SILENT);
            assertThat(first.added()).isEqualTo(5);
            assertThat(paths(desk, "voles")).containsExactly("old.zip!/owl.md");
            Refresh again = desk.refresh(ReadListener.SILENT);
            assertThat(again.hasChanges()).isFalse();
            assertThat(again.unchanged()).isEqualTo(5);
            assertThat(again.skips()).isEqualTo(first.skips()).hasSize(1);
        }
        zip("old.zip", "owl.md", "# Owl\n\nThe owl hunts shrews and voles.\n", "elk.md", "# Elk\n\nThe elk swims.\n");
        try (Desk desk = desks().forFolder(documents, null)) {
            Refresh third = desk.refresh(ReadListener.SILENT);
            assertThat(List.of(third.added(), third.changed(), third.unchanged(), third.removed())).containsExactly(0, 1, 4, 0);
            assertThat(third.skips()).isEmpty();
            assertThat(paths(desk, "shrews")).containsExactly("old.zip!/owl.md");
        }
        Files.delete(documents.resolve("old.zip"));
        try (Desk desk = desks().forFolder(documents, null)) {
            assertThat(desk.refresh(ReadListener.SILENT).removed()).isEqualTo(2);
        }
    }

    /** Goal: a file of the same size that is only touched is not indexed again. Method: touch it; count. */
    @Test
    void takesATouchedFileOfTheSameBytesAsUnchanged() throws Exception {
        try (Desk desk = desks().forFolder(documents, null)) {
            desk.refresh(ReadListener.SILENT);
            Files.setLastModifiedTime(documents.resolve("pump.md"), FileTime.from(Instant.parse("2021-01-01T00:00:00Z")));
            Refresh again = desk.refresh(ReadListener.SILENT);
            assertThat(again.hasChanges()).isFalse();
        }
    }

    /** Goal: a change that stat does not show is found. Method: same size, modified within the racy time of the walk. */
    @Test
    void findsAChangeOfTheSameSizeMadeWhileItWasReadingLast() throws Exception {
        try (Desk desk = desks().forFolder(documents, null)) {
            Instant now = Clock.SYSTEM.now();
            Files.setLastModifiedTime(documents.resolve("pump.md"), FileTime.from(now));
            desk.refresh(ReadListener.SILENT);
            Files.writeString(documents.resolve("pump.md"), "# Pumps\n\nThe pump house runs two electrox pumps.\n");
            Files.setLastModifiedTime(documents.resolve("pump.md"), FileTime.from(now));
            assertThat(desk.refresh(ReadListener.SILENT).changed()).isEqualTo(1);
        }
    }

    /** Goal: identifiers are found by their whole and by their parts, English words by their stems. Method: ask for each. */
    @Test
    void findsIdentifiersByTheirPartsAndWordsByTheirStems() throws Exception {
        try (Desk desk = desks().forFolder(documents, null)) {
            desk.refresh(ReadListener.SILENT);
            assertThat(paths(desk, "retryBudget")).containsExactly("Retry.java");
            assertThat(paths(desk, "budget")).containsExactly("Retry.java");
            assertThat(paths(desk, "laying egg")).containsExactly("sub/moth.txt");
        }
    }

    /** Goal: two folders of one name do not share a desk; one folder has one desk. Method: names of both, through a link too. */
    @Test
    void derivesOneNamePerFolder() throws Exception {
        Path other = Files.createDirectories(temp.resolve("other/papers"));
        Path link = Files.createSymbolicLink(temp.resolve("link"), documents);
        try (Desk a = desks().forFolder(documents, null); Desk b = desks().forFolder(other, null);
                Desk c = desks().forFolder(link, null)) {
            assertThat(a.name()).startsWith("papers-").isEqualTo(c.name()).isNotEqualTo(b.name());
        }
    }

    /** Goal: a name cannot leave the desks' folder. Method: a table of tricks. */
    @Test
    void refusesNamesThatAreNotOnePlainPathElement() {
        for (String name : List.of("../x", "..", ".", "", "a/b", "a\\b", ".hidden", "a\0b", "x".repeat(65), "a b", "-rf", "a..b",
                "é", "con.")) {
            assertThatThrownBy(() -> desks().forFolder(documents, name)).as(name).isInstanceOfSatisfying(Problem.class,
                    p -> assertThat(p.kind()).isEqualTo(Problem.Kind.USAGE));
            assertThatThrownBy(() -> desks().remove(name)).as(name).isInstanceOf(Problem.class);
        }
        assertThat(home.root()).doesNotExist();
    }

    /** Goal: one desk is not filled from two folders by mistake. Method: open it with another folder. */
    @Test
    void refusesADeskThatHoldsAnotherFolder() throws Exception {
        try (Desk desk = desks().forFolder(documents, "mine")) {
            desk.refresh(ReadListener.SILENT);
        }
        assertThatThrownBy(() -> desks().forFolder(temp, "mine")).isInstanceOf(Problem.class).hasMessageContaining("mine")
                .hasMessageContaining(documents.toRealPath().toString());
        try (Desk desk = desks().open("mine")) {
            assertThat(desk.root()).isEqualTo(documents.toRealPath());
        }
    }

    /** Goal: list, show and remove tell the truth. Method: make two, remove one. */
    @Test
    void listsShowsAndRemovesDesks() throws Exception {
        for (String name : List.of("a", "b")) {
            try (Desk desk = desks().forFolder(documents, name)) {
                desk.refresh(ReadListener.SILENT);
            }
        }
        assertThat(desks().list()).extracting(DeskInfo::name).containsExactly("a", "b");
        DeskInfo info = desks().show("a");
        assertThat(info.documents()).isEqualTo(3);
        assertThat(info.passages()).isGreaterThanOrEqualTo(3);
        assertThat(info.diskBytes()).isPositive();
        assertThat(info.trouble()).isEmpty();
        desks().remove("a");
        assertThat(desks().list()).extracting(DeskInfo::name).containsExactly("b");
        assertThat(documents.resolve("pump.md")).exists();
        try (Stream<Path> left = Files.list(home.desks())) {
            assertThat(left.map(p -> p.getFileName().toString())).containsExactly("b");
        }
        for (String missing : List.of("a", "nope")) {
            assertThatThrownBy(() -> desks().show(missing)).isInstanceOfSatisfying(Problem.class,
                    p -> assertThat(p.kind()).isEqualTo(Problem.Kind.NOT_FOUND));
            assertThatThrownBy(() -> desks().open(missing)).isInstanceOf(Problem.class);
            assertThatThrownBy(() -> desks().remove(missing)).isInstanceOf(Problem.class);
        }
    }

    /** Goal: damage never makes a wrong answer. Method: flip or cut every file of the desk in turn; ask again; compare. */
    @Test
    void readsAgainWhateverFileOfTheDeskIsDamaged() throws Exception {
        Path folder;
        List<Path> files;
        try (Desk desk = desks().forFolder(documents, "d")) {
            desk.refresh(ReadListener.SILENT);
            folder = home.desks().resolve("d");
        }
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile).filter(f -> !f.getFileName().toString().contains("lock"))
                    .map(folder::relativize).toList();
        }
        assertThat(files).hasSizeGreaterThan(2);
        for (Path each : files) {
            for (int how = 0; how < 3; how++) {
                damage(folder.resolve(each), how);
                try (Desk desk = desks().forFolder(documents, "d")) {
                    Refresh refresh = desk.refresh(ReadListener.SILENT);
                    assertThat(paths(desk, "birch")).as("%s, damage %d", each, how).containsExactly("sub/moth.txt");
                    assertThat(refresh.documents()).isEqualTo(3);
                }
                try (Desk desk = desks().forFolder(documents, "d")) {
                    assertThat(desk.refresh(ReadListener.SILENT).notes()).isEmpty();
                }
                if (!Files.exists(folder.resolve(each))) {
                    break;
                }
            }
        }
    }

    private static void damage(Path file, int how) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        switch (how) {
            case 0 -> {
                bytes[bytes.length / 2] ^= 0x10;
                Files.write(file, bytes);
            }
            case 1 -> Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));
            default -> Files.delete(file);
        }
    }

    /** Goal: a catalogue of the future is not misread. Method: its version number, with a right checksum. */
    @Test
    void saysWhyItReadsAgain() throws Exception {
        try (Desk desk = desks().forFolder(documents, "d")) {
            desk.refresh(ReadListener.SILENT);
        }
        Files.writeString(home.desks().resolve("d/catalogue"),
                "not a catalogue, though it is long enough to look like one at first");
        try (Desk desk = desks().forFolder(documents, "d")) {
            assertThat(desk.refresh(ReadListener.SILENT).notes()).singleElement().asString()
                    .contains("desk d is read again from the start").contains("first bytes");
        }
        assertThat(desks().list()).singleElement().satisfies(i -> assertThat(i.trouble()).isEmpty());
    }

    /**
     * Goal: a failing disk leaves the old desk, and nothing else that would keep the disk full. Method: fail the k-th write of the
     * index or the catalogue, for every k; reopen.
     */
    @Test
    void keepsTheOldStateWhateverWriteFails() throws Exception {
        try (Desk desk = desks().forFolder(documents, "d")) {
            desk.refresh(ReadListener.SILENT);
        }
        Set<String> before = indexFiles("d");
        int failures = 0;
        for (int k = 0; ; k++) {
            write("pump.md", "# Pumps\n\nNow hydraulic, version %d of the text.\n".formatted(k));
            AtomicInteger left = new AtomicInteger(k);
            Desks failing = new Desks(home, failingDisk(left), Clock.SYSTEM, folder ->
                    new FailingDirectory(FSDirectory.open(folder), left),
                    dev.longhand.ingest.Ingest.standard(), Limits.DEFAULT);
            try (Desk desk = failing.forFolder(documents, "d")) {
                desk.refresh(ReadListener.SILENT);
                break;
            } catch (Problem e) {
                assertThat(e.kind()).isEqualTo(Problem.Kind.DISK);
                assertThat(e).hasMessageContaining("No space left").hasMessageContaining("free some space");
                failures++;
            }
            assertThat(indexFiles("d")).as("files after failing write %d", k).isEqualTo(before);
            try (Desk desk = desks().open("d")) {
                assertThat(paths(desk, "electric")).as("old state after failing write %d", k).containsExactly("pump.md");
                assertThat(desk.router().route("birch", 3)).hasSize(1);
            }
        }
        assertThat(failures).isGreaterThan(3);
    }

    private Set<String> indexFiles(String desk) throws IOException {
        try (Stream<Path> files = Files.list(home.desks().resolve(desk).resolve("index"))) {
            return files.map(f -> f.getFileName().toString()).filter(f -> !f.equals("write.lock")).collect(Collectors.toSet());
        }
    }

    private static Disk failingDisk(AtomicInteger left) {
        return new Disk() {
            @Override
            public void publish(Path target, Body body) throws Problem {
                if (left.getAndDecrement() == 0) {
                    throw Disk.problem("writing", target, new IOException("No space left on device"));
                }
                REAL.publish(target, body);
            }

            @Override
            public void createFolders(Path folder) throws Problem {
                REAL.createFolders(folder);
            }

            @Override
            public void rename(Path from, Path to) throws Problem {
                REAL.rename(from, to);
            }
        };
    }

    /** A disk that is full from its k-th file operation on. */
    private static final class FailingDirectory extends FilterDirectory {
        private final AtomicInteger left;

        private FailingDirectory(Directory in, AtomicInteger left) {
            super(in);
            this.left = left;
        }

        private void count() throws IOException {
            if (left.getAndDecrement() <= 0) {
                throw new IOException("No space left on device");
            }
        }

        @Override
        public IndexOutput createOutput(String name, IOContext context) throws IOException {
            count();
            return super.createOutput(name, context);
        }

        @Override
        public void sync(java.util.Collection<String> names) throws IOException {
            count();
            super.sync(names);
        }

        @Override
        public void rename(String source, String dest) throws IOException {
            count();
            super.rename(source, dest);
        }
    }

    /** Goal: the second process on a desk is told who the first is. Method: a real process holds the lock. */
    @Test
    void tellsTheSecondProcessThePidOfTheFirst() throws Exception {
        try (Desk desk = desks().forFolder(documents, "d")) {
            desk.refresh(ReadListener.SILENT);
        }
        Process other = new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(), "-cp",
                System.getProperty("java.class.path"),
                LockHolder.class.getName(), home.desks().resolve("d/lock").toString()).redirectErrorStream(true).start();
        try (var lines = other.inputReader()) {
            assertThat(lines.readLine()).isEqualTo("held");
            write("pump.md", "changed\n");
            try (Desk desk = desks().forFolder(documents, "d")) {
                assertThatThrownBy(() -> desk.refresh(ReadListener.SILENT)).isInstanceOfSatisfying(Problem.class,
                        p -> assertThat(p.kind()).isEqualTo(Problem.Kind.BUSY)).hasMessageContaining("process " + other.pid());
            }
            assertThatThrownBy(() -> desks().remove("d")).isInstanceOf(Problem.class)
                    .hasMessageContaining("process " + other.pid());
        } finally {
            other.toHandle().destroyForcibly();
            other.waitFor(10, TimeUnit.SECONDS);
        }
        try (Desk desk = desks().forFolder(documents, "d")) {
            assertThat(desk.refresh(ReadListener.SILENT).changed()).as("the lock of a killed process is free").isEqualTo(1);
        }
    }

    /** Holds a desk's lock until it is killed. */
    static final class LockHolder {
        public static void main(String[] args) throws Exception {
            try (DeskLock lock = DeskLock.take(Path.of(args[0]), "d")) {
                System.out.println("held");
                System.in.read();
            }
        }
    }

    /** Goal: Ctrl-C at any moment leaves the old desk. Method: cancel, or interrupt, at the k-th question of the reader. */
    @Test
    void leavesTheOldStateWhenReadingIsStopped() throws Exception {
        try (Desk desk = desks().forFolder(documents, "d")) {
            desk.refresh(ReadListener.SILENT);
        }
        write("pump.md", "# Pumps\n\nNow hydraulic.\n");
        write("a.md", "Another document.\n");
        for (boolean interrupts : new boolean[] {false, true}) {
            for (int k = 1; k <= 3; k++) {
                AtomicInteger asked = new AtomicInteger();
                int at = k;
                ReadListener stopping = new ReadListener() {
                    @Override
                    public boolean isCancelled() {
                        boolean now = asked.incrementAndGet() == at;
                        if (now && interrupts) {
                            Thread.currentThread().interrupt();
                        }
                        return now && !interrupts;
                    }
                };
                try (Desk desk = desks().forFolder(documents, "d")) {
                    assertThatThrownBy(() -> desk.refresh(stopping)).isInstanceOfSatisfying(Problem.class,
                            p -> assertThat(p.kind()).isEqualTo(Problem.Kind.CANCELLED));
                } finally {
                    Thread.interrupted();
                }
                try (Desk desk = desks().open("d")) {
                    assertThat(paths(desk, "electric")).containsExactly("pump.md");
                    assertThat(paths(desk, "hydraulic")).isEmpty();
                }
            }
        }
    }

    /**
     * Goal: a reading that is cut short goes on where it was published last, and never reads a document twice. Method: publish
     * after each passage, stop at the k-th question, count what each attempt reads; at the end the desk is that of one reading.
     */
    @Test
    void goesOnWhereAReadingWasCut() throws Exception {
        write("pump.md", "# Pumps\n\nElectric pumps.\n");
        write("sub/fern.txt", "The fern grows in the shade.\n");
        List<String> published = new ArrayList<>();
        List<String> indexed = new ArrayList<>();
        int cuts = 0;
        for (int k = 1; ; k++) {
            AtomicInteger asked = new AtomicInteger();
            int at = k;
            ReadListener cutting = new ReadListener() {
                @Override
                public void document(String path, int count) {
                    indexed.add(path);
                }

                @Override
                public void published(List<Read> documents) {
                    documents.forEach(d -> published.add(d.path()));
                }

                @Override
                public boolean isCancelled() {
                    return asked.incrementAndGet() == at;
                }
            };
            try (Desk desk = smallSteps().forFolder(documents, "d")) {
                desk.refresh(cutting);
                break;
            } catch (Problem e) {
                assertThat(e.kind()).isEqualTo(Problem.Kind.CANCELLED);
                cuts++;
                try (Desk desk = desks().forFolder(documents, "d")) {
                    assertThat(desk.documents()).isEqualTo(published.size());
                }
            }
        }
        assertThat(cuts).isGreaterThan(3);
        assertThat(published).containsExactlyInAnyOrder("pump.md", "sub/moth.txt", "Retry.java", "sub/fern.txt");
        assertThat(indexed).as("one cut came between indexing and publishing at most").hasSizeBetween(4, 5);
        try (Desk desk = desks().open("d")) {
            assertThat(paths(desk, "fern")).containsExactly("sub/fern.txt");
            assertThat(paths(desk, "electric")).containsExactly("pump.md");
            assertThat(desk.refresh(ReadListener.SILENT).hasChanges()).isFalse();
        }
    }

    /** Goal: a document that changes while its desk is half read is read again. Method: cut, change, go on. */
    @Test
    void readsAgainWhatChangedSinceThePartThatWasPublished() throws Exception {
        try (Desk desk = smallSteps().forFolder(documents, "d")) {
            List<String> read = new ArrayList<>();
            assertThatThrownBy(() -> desk.refresh(new ReadListener() {
                @Override
                public void published(List<Read> documents) {
                    documents.forEach(d -> read.add(d.path()));
                }

                @Override
                public boolean isCancelled() {
                    return read.contains("pump.md");
                }
            })).isInstanceOf(Problem.class);
        }
        Files.writeString(documents.resolve("pump.md"), "# Pumps\n\nThe pump house runs two hydrauli pumps.\n");
        try (Desk desk = desks().forFolder(documents, "d")) {
            desk.refresh(ReadListener.SILENT);
            assertThat(paths(desk, "hydrauli")).containsExactly("pump.md");
            assertThat(paths(desk, "electric")).isEmpty();
            assertThat(desk.documents()).isEqualTo(3);
        }
    }

    /** Publishes after each passage. */
    private Desks smallSteps() {
        Limits l = Limits.DEFAULT;
        return new Desks(home, Disk.REAL, Clock.SYSTEM, PassageIndex.Opener.REAL, dev.longhand.ingest.Ingest.standard(),
                new Limits(l.catalogueBytesMax(), l.questionCharsMax(), l.questionTermsMax(), l.candidatesMax(),
                        l.citationLinesMax(), l.quoteCharsMax(), 1));
    }

    /** Goal: an unchanged desk costs no write. Method: nothing under the data directory changes. */
    @Test
    void writesNothingWhenNothingChanged() throws Exception {
        try (Desk desk = desks().forFolder(documents, "d")) {
            desk.refresh(ReadListener.SILENT);
        }
        List<String> before = state();
        try (Desk desk = desks().forFolder(documents, "d")) {
            desk.refresh(ReadListener.SILENT);
            assertThat(paths(desk, "birch")).hasSize(1);
        }
        assertThat(state()).isEqualTo(before);
    }

    private List<String> state() throws IOException {
        try (Stream<Path> all = Files.walk(home.root())) {
            return all.map(p -> p + " " + p.toFile().lastModified() + " " + p.toFile().length()).sorted().toList();
        }
    }

    /** Goal: an empty folder and one of skipped files say so and leave nothing. Method: refresh both. */
    @Test
    void makesNoDeskOfAFolderWithoutDocuments() throws Exception {
        Path empty = Files.createDirectories(temp.resolve("empty"));
        try (Desk desk = desks().forFolder(empty, null)) {
            assertThat(desk.refresh(ReadListener.SILENT).documents()).isZero();
        }
        Files.write(empty.resolve("a.bin"), new byte[] {0, 1, 2, 3, 0, 0, 0, 9});
        try (Desk desk = desks().forFolder(empty, null)) {
            Refresh refresh = desk.refresh(ReadListener.SILENT);
            assertThat(refresh.documents()).isZero();
            assertThat(refresh.skips()).anySatisfy(s -> assertThat(s.path()).isEqualTo("a.bin"));
        }
        assertThat(desks().list()).isEmpty();
    }

    /** Goal: a folder that vanished is said, and the desk stays. Method: delete it between two readings. */
    @Test
    void saysThatTheFolderVanished() throws Exception {
        try (Desk desk = desks().forFolder(documents, "d")) {
            desk.refresh(ReadListener.SILENT);
        }
        Files.move(documents, temp.resolve("moved"));
        try (Desk desk = desks().open("d")) {
            assertThatThrownBy(() -> desk.refresh(ReadListener.SILENT)).isInstanceOfSatisfying(Problem.class,
                    p -> assertThat(p.kind()).isEqualTo(Problem.Kind.NOT_FOUND)).hasMessageContaining("is not there");
        }
        assertThat(desks().show("d").documents()).isEqualTo(3);
    }
}
