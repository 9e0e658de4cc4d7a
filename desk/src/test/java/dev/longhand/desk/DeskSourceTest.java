package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.ingest.UrlRules;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a desk reads beside folders: revisions of repositories, archives, pages that were fetched. */
class DeskSourceTest {
    @TempDir
    private Path temp;
    private Path repository;
    private Home home;

    @BeforeEach
    void names() throws IOException {
        temp = temp.toRealPath();
        repository = temp.resolve("tool");
        home = new Home(temp.resolve("home"));
    }

    private Desks desks() {
        return new Desks(home, Disk.REAL, Clock.SYSTEM);
    }

    /** Publishes after each passage. */
    private Desks smallSteps() {
        Limits l = Limits.DEFAULT;
        return new Desks(home, Disk.REAL, Clock.SYSTEM, PassageIndex.Opener.REAL, dev.longhand.ingest.Ingest.standard(),
                new Limits(l.catalogueBytesMax(), l.questionCharsMax(), l.questionTermsMax(), l.candidatesMax(),
                        l.citationLinesMax(), l.quoteCharsMax(), 1));
    }

    private void git(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c",
                "commit.gpgsign=false", "-C", repository.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    private void write(String path, String text) throws IOException {
        Files.createDirectories(repository.resolve(path).getParent());
        Files.writeString(repository.resolve(path), text);
    }

    private void commitTwo() throws Exception {
        Files.createDirectories(repository);
        git("init", "-q", "-b", "main");
        write("lamp.md", "# Lamp\n\nIt turns every twelve seconds.\n");
        write("boat.md", "# Boat\n\nIt is called Marie.\n");
        git("add", ".");
        git("commit", "-q", "-m", "one");
        git("tag", "v1");
    }

    private static List<String> found(Desk desk, String word) throws Problem {
        return desk.router().route(word, 10).stream().map(r -> r.passage().path()).toList();
    }

    /** Goal: a revision is read, not the folder; a branch that moved costs its changed files. Method: counts of what is read. */
    @Test
    void readsARevisionAndOnARefreshChangedFilesOnly() throws Exception {
        commitTwo();
        write("lamp.md", "# Lamp\n\nNot committed.\n");
        DeskSource main = new DeskSource.Revision(repository, "main");
        String first;
        try (Desk desk = desks().forSource(main, null)) {
            assertThat(desk.name()).startsWith("tool-main-");
            assertThat(desk.refresh(ReadListener.SILENT).added()).isEqualTo(2);
            assertThat(found(desk, "twelve")).containsExactly("lamp.md");
            assertThat(found(desk, "committed")).isEmpty();
            assertThat(desk.read("lamp.md").source().line(3)).contains("twelve");
            first = desk.commit();
            assertThat(first).matches("[0-9a-f]{40}");
        }
        git("commit", "-q", "-a", "-m", "two");
        List<String> read = new ArrayList<>();
        try (Desk desk = desks().forSource(main, null)) {
            assertThat(desk.read("lamp.md").source().line(3)).as("as it was read").contains("twelve");
            Refresh refresh = desk.refresh(new ReadListener() {
                @Override
                public void document(String path, int count) {
                    read.add(path);
                }
            });
            assertThat(read).containsExactly("lamp.md");
            assertThat(refresh.changed()).isEqualTo(1);
            assertThat(refresh.unchanged()).isEqualTo(1);
            assertThat(desk.commit()).isNotEqualTo(first);
            assertThat(desk.read("lamp.md").source().line(3)).contains("Not committed");
            assertThat(desks().show(desk.name()).root()).isEqualTo(repository + "@main");
            assertThat(desks().show(desk.name()).commit()).isEqualTo(desk.commit());
        }
        try (Desk tag = desks().forSource(new DeskSource.Revision(repository, "v1"), null)) {
            tag.refresh(ReadListener.SILENT);
            assertThat(found(tag, "twelve")).containsExactly("lamp.md");
            assertThatThrownBy(() -> desks().forSource(main, tag.name())).hasMessageContaining("holds " + repository + "@v1, not "
                    + repository + "@main");
        }
        try (Desk again = desks().open(desks().list().getFirst().name())) {
            assertThat(again.source()).isEqualTo(main);
        }
    }

    /** Goal: a commit without a changed file is noted. Method: an empty one. */
    @Test
    void notesACommitThatChangesNothing() throws Exception {
        commitTwo();
        try (Desk desk = desks().forSource(new DeskSource.Revision(repository, "main"), "d")) {
            desk.refresh(ReadListener.SILENT);
            String before = desk.commit();
            git("commit", "-q", "--allow-empty", "-m", "nothing");
            assertThat(desk.refresh(ReadListener.SILENT).hasChanges()).isFalse();
            assertThat(desk.commit()).isNotEqualTo(before);
            assertThat(desks().show("d").commit()).isEqualTo(desk.commit());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/papers", "/with space/x", "git:v1.2 /code/tool.git", "git:feature/x@y /a b/c", "kept:"})
    void aSourceIsStoredAsOneLine(String text) throws Problem {
        assertThat(DeskSource.parse(text).text()).isEqualTo(text);
        assertThat(DeskSource.parse(text).shown()).doesNotContain("git:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"git:v1", "git: /code", "git:-x /code", "a\0b"})
    void refusesWhatIsNoSource(String text) {
        assertThatThrownBy(() -> DeskSource.parse(text)).isInstanceOfSatisfying(Problem.class,
                p -> assertThat(p.kind()).isEqualTo(Problem.Kind.MALFORMED));
    }

    /**
     * Goal: an archive of which a part was published when the reading was cut is read to its end. Method: cut in the middle of one
     * that is older than the last reading, so that its time says nothing; go on.
     */
    @Test
    void goesOnInsideAnArchiveThatWasCut() throws Exception {
        Path docs = Files.createDirectories(temp.resolve("docs"));
        Files.writeString(docs.resolve("first.txt"), "The first text.\n");
        try (Desk desk = smallSteps().forFolder(docs, "d")) {
            desk.refresh(ReadListener.SILENT);
        }
        Path archive = docs.resolve("many.zip");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
            for (int i = 0; i < 6; i++) {
                zip.putNextEntry(new ZipEntry("t" + i + ".txt"));
                zip.write(("The text of word" + i + " is here.\n").getBytes(StandardCharsets.UTF_8));
            }
        }
        Files.setLastModifiedTime(archive, FileTime.from(Clock.SYSTEM.now().minus(Duration.ofDays(400))));
        List<String> published = new ArrayList<>();
        try (Desk desk = smallSteps().forFolder(docs, "d")) {
            assertThatThrownBy(() -> desk.refresh(new ReadListener() {
                @Override
                public void published(List<Read> documents) {
                    documents.forEach(d -> published.add(d.path()));
                }

                @Override
                public boolean isCancelled() {
                    return published.size() == 3;
                }
            })).isInstanceOf(Problem.class).hasMessageContaining("stopped");
        }
        try (Desk desk = desks().forFolder(docs, "d")) {
            Refresh refresh = desk.refresh(ReadListener.SILENT);
            assertThat(refresh.added()).isEqualTo(3);
            assertThat(desk.documents()).isEqualTo(7);
            assertThat(found(desk, "word5").getFirst()).isEqualTo("many.zip!/t5.txt");
            assertThat(desk.refresh(ReadListener.SILENT).hasChanges()).isFalse();
        }
    }

    /** Goal: an archive alone is a desk, not unpacked again while it is unchanged. Method: other bytes in the same file. */
    @Test
    void readsOneArchive() throws Exception {
        Path archive = temp.resolve("one.zip");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
            zip.putNextEntry(new ZipEntry("in/lamp.txt"));
            zip.write("The lamp turns.\n".getBytes(StandardCharsets.UTF_8));
        }
        Files.setLastModifiedTime(archive, FileTime.from(Clock.SYSTEM.now().minus(Duration.ofDays(1))));
        try (Desk desk = desks().forFolder(archive, "d")) {
            desk.refresh(ReadListener.SILENT);
            assertThat(found(desk, "lamp")).containsExactly("one.zip!/in/lamp.txt");
            assertThat(desk.read("one.zip!/in/lamp.txt").source().line(1)).isEqualTo("The lamp turns.");
            FileTime time = Files.getLastModifiedTime(archive);
            byte[] rubbish = new byte[(int) Files.size(archive)];
            Files.write(archive, rubbish);
            Files.setLastModifiedTime(archive, time);
            assertThat(desk.refresh(ReadListener.SILENT).unchanged()).isEqualTo(1);
            Files.setLastModifiedTime(archive, FileTime.from(Clock.SYSTEM.now()));
            assertThat(desk.refresh(ReadListener.SILENT).removed()).isEqualTo(1);
        }
    }

    /** A server of pages on this machine, whose pages may change. */
    private static final class Server implements AutoCloseable {
        private final HttpServer server;
        private final Map<String, String> pages = new ConcurrentHashMap<>();

        Server() throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", exchange -> {
                String page = pages.get(exchange.getRequestURI().getPath());
                byte[] body = (page == null ? "" : page).getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().add("Content-Type", "text/html");
                exchange.sendResponseHeaders(page == null ? 404 : 200, body.length == 0 ? -1 : body.length);
                try (OutputStream out = exchange.getResponseBody()) {
                    out.write(body);
                }
            });
            server.start();
        }

        URI address(String path) {
            return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
        }

        UrlRules rules() {
            return new UrlRules(List.of("http://127.0.0.1:" + server.getAddress().getPort()), true, 3, 1 << 20, 10_000);
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    /** Goal: what was fetched can be read and quoted for ever. Method: the page changes, then the server is gone. */
    @Test
    void keepsWhatPagesAnsweredAndReadsItWithoutTheNetwork() throws Exception {
        URI tower;
        Path kept = home.desks().resolve("web/pages");
        try (Server server = new Server(); Desk desk = desks().forSource(new DeskSource.Kept(), "web")) {
            tower = server.address("/tower");
            server.pages.put("/tower", "<h1>Tower</h1><p>It has ninety steps.</p>");
            server.pages.put("/boat", "<h1>Boat</h1><p>It is called Marie.</p>");
            Desk.FetchReport report = desk.fetch(List.of(tower, server.address("/boat"), server.address("/none")),
                    each -> server.rules(), ReadListener.SILENT);
            assertThat(report.added()).isEqualTo(2);
            assertThat(report.failures()).singleElement().asString().contains("/none was not fetched: the server answered 404");
            desk.refresh(ReadListener.SILENT);
            assertThat(desk.documents()).isEqualTo(2);
            server.pages.put("/tower", "<h1>Tower</h1><p>It has ninety-one steps.</p>");
            server.pages.remove("/boat");
            report = desk.fetch(desk.addresses(), each -> server.rules(), ReadListener.SILENT);
            assertThat(report.changed()).isEqualTo(1);
            assertThat(report.failures()).hasSize(1);
            Refresh refresh = desk.refresh(ReadListener.SILENT);
            assertThat(refresh.changed()).isEqualTo(1);
            assertThat(refresh.unchanged()).isEqualTo(1);
            assertThat(desk.fetch(List.of(tower), each -> server.rules(), ReadListener.SILENT).unchanged()).isEqualTo(1);
        }
        try (Desk desk = desks().open("web")) {
            assertThat(desk.refresh(ReadListener.SILENT).hasChanges()).isFalse();
            assertThat(desk.read(tower.toString()).source().line(1)).contains("ninety-one");
            assertThat(found(desk, "marie")).singleElement().asString().endsWith("/boat");
            assertThat(desk.fileOf(tower.toString())).exists().content().contains("ninety-one");
        }
        assertThat(desks().pages("web")).hasSize(3).filteredOn(p -> !p.isCurrent()).singleElement()
                .satisfies(p -> assertThat(kept.resolve(p.sha256() + ".html")).content().contains("ninety steps"));
        assertThat(new DeskFiles(home.desks().resolve("web")).check().findings()).isEmpty();
        try (DeskFiles.Generation generation = new DeskFiles(home.desks().resolve("web")).open()) {
            assertThat(generation.members()).extracting(DeskFiles.Member::path).contains("pages/list").filteredOn(
                    p -> p.startsWith("pages/")).hasSize(4);
        }
    }

    /**
     * Goal: a damaged page is found, is never quoted and is whole once it is fetched again; a damaged list loses no page. Method:
     * flip a byte of each.
     */
    @Test
    void findsDamageOfWhatIsKept() throws Exception {
        Path folder = home.desks().resolve("web/pages");
        try (Server server = new Server(); Desk desk = desks().forSource(new DeskSource.Kept(), "web")) {
            server.pages.put("/a", "<p>Some words of a page.</p>");
            List<URI> address = List.of(server.address("/a"));
            desk.fetch(address, each -> server.rules(), ReadListener.SILENT);
            desk.refresh(ReadListener.SILENT);
            Path page = folder.resolve(Pages.read(folder).files().iterator().next());
            Files.writeString(page, Files.readString(page).replace("words", "wordz"));
            DeskFiles.Checked checked = new DeskFiles(folder.getParent()).check();
            assertThat(checked.readFindings()).isEmpty();
            assertThat(checked.pageFindings()).isEqualTo(checked.findings()).singleElement().asString().contains(
                    "the page " + address.getFirst() + " is damaged");
            assertThatThrownBy(() -> desk.read(address.getFirst().toString())).hasMessageContaining("is damaged; fetch it again");
            Refresh refresh = desk.refresh(ReadListener.SILENT);
            assertThat(refresh.removed()).isEqualTo(1);
            assertThat(refresh.skips()).singleElement().satisfies(skip -> {
                assertThat(skip.path()).isEqualTo(address.getFirst().toString());
                assertThat(skip.detail()).contains("is damaged; fetch it again");
            });
            assertThat(found(desk, "wordz")).isEmpty();
            Files.write(page, new byte[8]);
            assertThat(desk.refresh(ReadListener.SILENT).skips()).singleElement().asString().contains("is damaged; fetch it again");
            assertThat(desk.fetch(address, each -> server.rules(), ReadListener.SILENT).unchanged()).isEqualTo(1);
            assertThat(new DeskFiles(folder.getParent()).check().findings()).isEmpty();
            assertThat(desk.refresh(ReadListener.SILENT).added()).isEqualTo(1);
            assertThat(found(desk, "words")).containsExactly(address.getFirst().toString());
            assertThat(desk.read(address.getFirst().toString()).source().line(1)).contains("Some words");
        }
        Path list = folder.resolve(Pages.LIST);
        Files.writeString(list, Files.readString(list).replace("/a\n", "/b\n"));
        assertThat(new DeskFiles(folder.getParent()).check().findings()).singleElement().asString().contains("its checksum");
        try (Desk desk = desks().open("web")) {
            assertThatThrownBy(() -> desk.refresh(ReadListener.SILENT)).hasMessageContaining("restore it from a backup");
            assertThat(desk.documents()).as("what was read stays").isEqualTo(1);
            assertThat(desks().list()).singleElement().satisfies(i -> assertThat(i.trouble()).contains("its checksum"));
        }
    }

    /**
     * Goal: what came before fetching was stopped is kept and found; a file that no list names is in no backup. Method: stop before
     * the second of two; a lock that is held; a stray file; a damaged list.
     */
    @Test
    void keepsWhatCameBeforeFetchingWasStopped() throws Exception {
        Path folder = home.desks().resolve("web/pages");
        DeskFiles files = new DeskFiles(folder.getParent());
        try (Server server = new Server(); Desk desk = desks().forSource(new DeskSource.Kept(), "web")) {
            server.pages.put("/a", "<p>Some words of a page.</p>");
            server.pages.put("/b", "<p>Other words of a page.</p>");
            List<URI> both = List.of(server.address("/a"), server.address("/b"));
            int[] asked = new int[1];
            ReadListener stopping = new ReadListener() {
                @Override
                public boolean isCancelled() {
                    return ++asked[0] > 1;
                }
            };
            assertThatThrownBy(() -> desk.fetch(both, each -> server.rules(), stopping)).isInstanceOfSatisfying(Problem.class,
                    p -> assertThat(p.kind()).isEqualTo(Problem.Kind.CANCELLED))
                    .hasMessage("fetching was stopped before " + both.get(1) + "; 1 page before it is kept");
            assertThat(desk.addresses()).containsExactly(both.getFirst());
            desk.refresh(ReadListener.SILENT);
            assertThat(found(desk, "words")).containsExactly(both.getFirst().toString());
            try (DeskLock held = DeskLock.take(folder.resolveSibling("lock"), "web")) {
                assertThatThrownBy(() -> desk.fetch(both, each -> server.rules(), ReadListener.SILENT)).isInstanceOfSatisfying(
                        Problem.class, p -> assertThat(p.kind()).isEqualTo(Problem.Kind.BUSY));
            }
            assertThat(pagesOf(files)).as("the list and one page").hasSize(2);
            Files.writeString(folder.resolve("ab".repeat(32) + ".html"), "left by a process that was killed");
            assertThat(pagesOf(files)).hasSize(2);
            Path list = folder.resolve(Pages.LIST);
            Files.writeString(list, Files.readString(list).replace("/a\n", "/c\n"));
            assertThat(pagesOf(files)).as("of a damaged list all").hasSize(3);
        }
    }

    private static List<String> pagesOf(DeskFiles files) throws Problem {
        try (DeskFiles.Generation generation = files.open()) {
            return generation.members().stream().map(DeskFiles.Member::path).filter(p -> p.startsWith("pages/")).toList();
        }
    }

    /** Goal: a desk of pages outlives its catalogue, and what removing costs can be said. Method: damage it; of a folder too. */
    @Test
    void aDeskOfPagesIsReadAgainWhereItsCatalogueIsDamaged() throws Exception {
        try (Server server = new Server(); Desk desk = desks().forSource(new DeskSource.Kept(), "web")) {
            server.pages.put("/a", "<p>Some words of a page.</p>");
            desk.fetch(List.of(server.address("/a")), each -> server.rules(), ReadListener.SILENT);
            desk.refresh(ReadListener.SILENT);
        }
        Path catalogue = home.desks().resolve("web/catalogue");
        Files.write(catalogue, new byte[200]);
        assertThat(desks().list()).singleElement().satisfies(i -> {
            assertThat(i.trouble()).contains("its first bytes differ");
            assertThat(i.pages()).isEqualTo(1);
        });
        try (Desk desk = desks().open("web")) {
            assertThat(desk.source()).isEqualTo(new DeskSource.Kept());
            assertThat(desk.refresh(ReadListener.SILENT).added()).isEqualTo(1);
            assertThat(found(desk, "words")).hasSize(1);
        }
        assertThat(desks().show("web").trouble()).isEmpty();
        Path docs = Files.createDirectories(temp.resolve("docs"));
        Files.writeString(docs.resolve("a.txt"), "Some words.\n");
        try (Desk desk = desks().forFolder(docs, "d")) {
            desk.refresh(ReadListener.SILENT);
        }
        Files.write(home.desks().resolve("d/catalogue"), new byte[200]);
        assertThat(desks().show("d").pages()).isZero();
        assertThatThrownBy(() -> desks().open("d")).isInstanceOfSatisfying(Problem.class,
                p -> assertThat(p.kind()).isEqualTo(Problem.Kind.NOT_FOUND)).hasMessageContaining(
                        "name it again: longhand desk add SOURCE --desk d");
        try (Desk desk = desks().forFolder(docs, "d")) {
            assertThat(desk.refresh(ReadListener.SILENT).added()).isEqualTo(1);
        }
    }

    /** Goal: no list is written that would not be read. Method: addresses that take more than it may have. */
    @Test
    void aListThatWouldBeTooLongIsNotWritten() throws Exception {
        Path folder = Files.createDirectories(temp.resolve("pages"));
        dev.longhand.base.Sha256 hash = dev.longhand.base.Sha256.of("a page");
        List<Pages.Page> many = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            many.add(new Pages.Page("https://h/%04000d".formatted(i), Clock.SYSTEM.now(), hash, hash.hex() + ".html"));
        }
        assertThatThrownBy(() -> Pages.list(Disk.REAL, folder, many)).isInstanceOfSatisfying(Problem.class,
                p -> assertThat(p.kind()).isEqualTo(Problem.Kind.LIMIT)).hasMessageContaining("make another desk");
        assertThat(folder).isEmptyDirectory();
        assertThat(Pages.list(Disk.REAL, folder, many.subList(0, 100))).containsExactly(100, 0);
        assertThat(Pages.read(folder).all()).hasSize(100);
    }

    /** Goal: who cleans up is alone. Method: the memory of a desk open in this process and in another one. */
    @Test
    void isIdleOnlyWhileNobodyWritesMemory() throws Exception {
        Path docs = Files.createDirectories(temp.resolve("docs"));
        Files.writeString(docs.resolve("a.txt"), "Some words.\n");
        int[] runs = new int[1];
        try (Desk desk = desks().forFolder(docs, "d")) {
            assertThat(desk.ifMemoryIsIdle(() -> runs[0]++)).as("before the desk is there").isFalse();
            desk.refresh(ReadListener.SILENT);
            try (DeskMemory one = DeskMemory.of(desk, FakeModel.attaching(512, p -> "")).orElseThrow();
                    DeskMemory two = DeskMemory.of(desk, FakeModel.attaching(512, p -> "")).orElseThrow()) {
                assertThat(desk.ifMemoryIsIdle(() -> runs[0]++)).isFalse();
            }
            Process other = new ProcessBuilder("python3", "-c", """
                    import fcntl, sys
                    f = open(sys.argv[1], 'r+')
                    fcntl.lockf(f, fcntl.LOCK_SH, 1, 0)
                    print('held', flush=True)
                    sys.stdin.read()
                    """, home.desks().resolve("d/memory.lock").toString()).start();
            try {
                assertThat(other.inputReader().readLine()).isEqualTo("held");
                assertThat(desk.ifMemoryIsIdle(() -> runs[0]++)).isFalse();
                desk.writeMemory(() -> assertThat(desk.ifMemoryIsIdle(() -> runs[0]++)).isFalse());
            } finally {
                other.getOutputStream().close();
                assertThat(other.waitFor()).isZero();
            }
            assertThat(desk.ifMemoryIsIdle(() -> runs[0]++)).isTrue();
            assertThat(runs[0]).isEqualTo(1);
        }
    }

    /** Goal: a second reader in the same process neither gets the lock nor takes it away. Method: another process tries too. */
    @Test
    void aLockOfThisProcessOutlivesAnotherTry() throws Exception {
        Path file = temp.resolve("lock");
        try (DeskLock held = DeskLock.take(file, "d")) {
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> DeskLock.take(file, "d")).isInstanceOfSatisfying(Problem.class,
                        p -> assertThat(p.kind()).isEqualTo(Problem.Kind.BUSY))
                        .hasMessageContaining("process " + ProcessHandle.current().pid());
            }
            Process other = new ProcessBuilder("python3", "-c", """
                    import fcntl, sys
                    f = open(sys.argv[1], 'r+')
                    try:
                        fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 1024)
                        print('taken')
                    except OSError:
                        print('refused')
                    """, file.toString()).start();
            assertThat(other.inputReader().readLine()).isEqualTo("refused");
            assertThat(other.waitFor()).isZero();
        }
        DeskLock.take(file, "d").close();
    }
}
