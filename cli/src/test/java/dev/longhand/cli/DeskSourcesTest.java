package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.longhand.testkit.RealModels;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Goal: what {@code desk add} takes beside folders, from the command line to a quote. Method: the real SmolLM2 in this process, the
 * installed git, a server of pages on this machine.
 */
class DeskSourcesTest {
    private static final String QUESTION = "How often does the lighthouse lamp turn?";

    @TempDir
    private Path temp;
    private Path home;
    private Path repository;
    private TestWorld world;

    @BeforeEach
    void freshWorld() throws Exception {
        temp = temp.toRealPath();
        home = Files.createDirectory(temp.resolve("home"));
        world = new TestWorld(home).with("LONGHAND_MODEL", RealModels.smolLm2().toString());
        repository = Files.createDirectory(temp.resolve("tower"));
    }

    private JsonNode run(String... arguments) {
        assertThat(world.run(Stream.concat(Stream.of(arguments), Stream.of("--json")).toArray(String[]::new))).as(world.err())
                .isZero();
        return world.json();
    }

    private String git(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c",
                "commit.gpgsign=false", "-c", "protocol.file.allow=always", "-C", repository.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said.strip();
    }

    private void write(String path, String text) throws IOException {
        Files.createDirectories(repository.resolve(path).getParent());
        Files.writeString(repository.resolve(path), text);
    }

    private void commit() throws Exception {
        git("init", "-q", "-b", "main");
        write("lamp.md", "# The lamp\n\nThe lighthouse lamp turns every twelve seconds.\n");
        write("garden.md", "# The garden\n\nRoses and beans grow behind the house.\n");
        git("add", ".");
        git("commit", "-q", "-m", "one");
        git("tag", "v1");
    }

    private static Map<String, String> reasons(JsonNode skips) {
        Map<String, String> reasons = new HashMap<>();
        skips.forEach(s -> reasons.put(s.path("path").asString(), s.path("reason").asString()));
        return reasons;
    }

    /** Goal: both ways to write a revision, a branch that moves, and a repository without a folder. */
    @Test
    void readsARepositoryAtARevision() throws Exception {
        commit();
        String first = git("rev-parse", "HEAD");
        JsonNode added = run("desk", "add", repository + "@main", "--desk", "t");
        assertThat(added.path("documents").asInt()).isEqualTo(2);
        assertThat(added.path("root").asString()).isEqualTo(repository + "@main");
        assertThat(added.path("commit").asString()).isEqualTo(first);
        int lampTokens = added.path("readTokens").asInt();
        write("lamp.md", "# The lamp\n\nThe lighthouse lamp turns every forty minutes.\n");
        assertThat(run("desk", "add", repository.toString(), "--revision", "main", "--desk", "t").path("readTokens").asInt())
                .as("what is not committed").isZero();
        git("commit", "-q", "-a", "-m", "two");
        JsonNode again = run("desk", "add", "t");
        assertThat(again.path("changed").asInt()).isEqualTo(1);
        assertThat(again.path("unchanged").asInt()).isEqualTo(1);
        assertThat(again.path("readTokens").asInt()).isBetween(1, lampTokens - 1);
        assertThat(again.path("commit").asString()).isEqualTo(git("rev-parse", "HEAD")).isNotEqualTo(first);
        assertThat(world.run("ask", repository + "@v1", QUESTION, "-n", "8")).as(world.err()).isZero();
        assertThat(world.out()).startsWith(repository + "@v1/lamp.md:1-3\n").contains("every twelve seconds.");
        Path bare = temp.resolve("bare.git");
        git("clone", "-q", "--bare", ".", bare.toString());
        assertThat(run("desk", "add", bare.toString()).path("root").asString()).isEqualTo(bare + "@HEAD");
        assertThat(run("desk", "ls").path("desks").size()).isEqualTo(3);
        assertThat(world.run("desk", "show", "t")).isZero();
        assertThat(world.out()).contains("t: " + repository + "@main, commit " + again.path("commit").asString().substring(0, 12));
    }

    @Test
    void saysWhatIsWrongWithARevision() throws Exception {
        commit();
        assertThat(world.run("desk", "add", repository + "@v9")).isEqualTo(3);
        assertThat(world.err()).contains("has no revision \"v9\"; name a branch, a tag or a commit");
        assertThat(world.run("desk", "add", temp.resolve("home").toString(), "--revision", "main")).isEqualTo(3);
        assertThat(world.err()).contains("is no git repository");
        assertThat(world.run("desk", "add", repository + "@two words")).isEqualTo(2);
        assertThat(world.run("desk", "add", repository.toString(), home.toString())).isEqualTo(2);
        assertThat(world.err()).contains("make a desk each of");
    }

    /** Goal: what is not here is named, the rest is read. Method: a real submodule and a pointer of Git LFS. */
    @Test
    void namesSubmodulesAndPointersOfARepository() throws Exception {
        commit();
        Path library = temp.resolve("library.git");
        git("clone", "-q", "--bare", ".", library.toString());
        git("submodule", "--quiet", "add", library.toString(), "third");
        write("film.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a".repeat(64) + "\nsize 123456789\n");
        git("add", ".");
        git("commit", "-q", "-m", "more");
        JsonNode added = run("desk", "add", repository + "@HEAD", "--desk", "t");
        assertThat(reasons(added.path("skips"))).containsEntry("third", "submodule").containsEntry("film.bin", "lfs-pointer");
        assertThat(run("desk", "verify", "t").path("isSound").asBoolean()).isTrue();
        assertThat(world.run("desk", "show", "t")).isZero();
        assertThat(world.out()).contains("third: submodule (commit ").contains("is in a store of Git LFS and not here");
    }

    @Test
    void readsAnArchiveAndCitesWhatIsInIt() throws Exception {
        Path archive = temp.resolve("papers.zip");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
            for (String name : List.of("lamp", "boat")) {
                zip.putNextEntry(new ZipEntry("in/" + name + ".md"));
                zip.write(("# The " + name + "\n\nThe lighthouse " + name + " turns every twelve seconds.\n")
                        .getBytes(StandardCharsets.UTF_8));
            }
        }
        assertThat(run("desk", "add", archive.toString(), "--desk", "z").path("documents").asInt()).isEqualTo(2);
        assertThat(run("desk", "add", "z").path("readTokens").asInt()).isZero();
        assertThat(world.run("ask", "z", QUESTION, "-n", "8")).as(world.err()).isZero();
        assertThat(world.out()).startsWith(archive + "!/in/lamp.md:1-3\n");
    }

    /** Goal: copies and other people's files are told, a few at once and all on demand. */
    @Test
    void tellsWhatIsThereTwiceAndWhatOthersWrote() throws Exception {
        String text = Stream.iterate(1, i -> i + 1).limit(90).map(i -> "word" + i * 7919).reduce("", (a, b) -> a + " " + b);
        for (int i = 0; i < 4; i++) {
            write("copy" + i + ".txt", text);
        }
        write("like.txt", text + " and one more line");
        write("vendor/other.txt", "Somebody else wrote this.");
        assertThat(world.run("desk", "add", repository.toString(), "--desk", "d")).as(world.err()).isZero();
        assertThat(world.out()).contains("found: 3 duplicates, 1 near-duplicate, 1 vendored\n"
                + "  copy1.txt: duplicate of copy0.txt (the same bytes)\n")
                .contains("  and 2 more: longhand desk show d --all\n").doesNotContain("like.txt");
        assertThat(world.run("desk", "show", "d", "--all")).isZero();
        assertThat(world.out()).contains("like.txt: near-duplicate of copy0.txt")
                .contains("vendor: vendored (by its name; 1 document ");
        JsonNode shown = run("desk", "show", "d");
        assertThat(shown.path("findings").path("counts").path("duplicate").asInt()).isEqualTo(3);
        Files.delete(repository.resolve("copy0.txt"));
        assertThat(run("desk", "add", "d").path("findings").path("counts").path("duplicate").asInt()).isEqualTo(2);
    }

    private HttpServer server(Map<String, String> pages) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String page = pages.get(exchange.getRequestURI().getPath());
            byte[] body = (page == null ? "" : page).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "text/markdown");
            exchange.sendResponseHeaders(page == null ? 404 : 200, body.length == 0 ? -1 : body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        });
        server.start();
        return server;
    }

    /**
     * Goal: an address that leads nowhere is a failure unless the desk keeps what it answered before; a source is shown as what can
     * be opened. Method: a desk of files and a page; a desk of pages whose index and whose server are gone.
     */
    @Test
    void failsOnlyWhereNothingIsKeptOfAnyAddress() throws Exception {
        Path docs = Files.createDirectory(temp.resolve("docs"));
        Files.writeString(docs.resolve("lamp.md"), "# The lamp\n\nThe lighthouse lamp turns every twelve seconds.\n");
        Map<String, String> pages = new ConcurrentHashMap<>();
        pages.put("/boat", "# The boat\n\nThe boat is called Marie.\n");
        HttpServer server = server(pages);
        String host = "http://127.0.0.1:" + server.getAddress().getPort();
        Files.writeString(home.resolve("config.toml"), "fetch = \"" + host + "\"\n");
        try {
            run("desk", "add", docs.toString(), host + "/boat", "--desk", "papers");
            assertThat(world.run("desk", "add", host + "/typo", "--desk", "papers")).isEqualTo(4);
            assertThat(world.err()).contains("/typo was not fetched: the server answered 404");
            assertThat(world.run("ask", host + "/boat", QUESTION, "--desk", "papers", "-n", "8")).as(world.err()).isZero();
            assertThat(world.out()).startsWith(docs + "/lamp.md:1-3\n");
            run("desk", "add", host + "/boat", "--desk", "guide");
        } finally {
            server.stop(0);
        }
        Files.write(home.resolve("desks/guide/catalogue"), new byte[200]);
        JsonNode again = run("desk", "add", "guide");
        assertThat(again.path("documents").asInt()).isEqualTo(1);
        assertThat(again.path("fetched").path("failures").size()).isEqualTo(1);
        assertThat(run("desk", "add", host + "/boat", "--desk", "papers").path("documents").asInt()).isEqualTo(2);
        Files.write(home.resolve("desks/guide/catalogue"), new byte[200]);
        assertThat(world.run("desk", "show", "guide")).isZero();
        assertThat(world.out()).contains("to read it again: longhand desk add guide");
        assertThat(world.run("desk", "rm", "guide")).isZero();
        assertThat(world.out()).contains("pages that were kept in it are gone");
    }

    /** Goal: off by default, on by a setting, and what was fetched is quoted when the server is long gone. */
    @Test
    void fetchesPagesOfAllowedHostsAndKeepsThem() throws Exception {
        Map<String, String> pages = new ConcurrentHashMap<>();
        pages.put("/lamp", "# The lamp\n\nThe lighthouse lamp turns every twelve seconds.\n");
        HttpServer server = server(pages);
        String host = "http://127.0.0.1:" + server.getAddress().getPort();
        String lamp = host + "/lamp";
        try {
            assertThat(world.run("desk", "add", lamp, "--desk", "w")).isEqualTo(2);
            assertThat(world.err()).contains("no host is allowed. To allow it, write fetch = \"" + host + "\" into "
                    + home.resolve("config.toml"));
            Files.writeString(home.resolve("config.toml"), "fetch = \"" + host + "\"\n");
            assertThat(world.run("desk", "add", lamp, "--offline")).isEqualTo(2);
            assertThat(world.run("desk", "add", host + "/none", "--desk", "n")).isEqualTo(4);
            assertThat(world.err()).contains("/none was not fetched: the server answered 404");
            assertThat(world.run("desk", "add", "http://127.0.0.2/", "--desk", "w")).isEqualTo(2);
            assertThat(world.err()).contains("not among the allowed hosts");
            JsonNode added = run("desk", "add", lamp + "#part", host + "/none", "--desk", "w");
            assertThat(added.path("fetched").path("added").asInt()).isEqualTo(1);
            assertThat(added.path("fetched").path("failures").size()).isEqualTo(1);
            assertThat(added.path("documents").asInt()).isEqualTo(1);
            pages.put("/lamp", "# The lamp\n\nThe lighthouse lamp turns every forty minutes.\n");
            assertThat(run("desk", "add", "w").path("fetched").path("changed").asInt()).isEqualTo(1);
        } finally {
            server.stop(0);
        }
        Files.delete(home.resolve("config.toml"));
        JsonNode again = run("desk", "add", "w");
        assertThat(world.err()).contains("1 of 1 pages are not fetched again, because the setting fetch does not allow their "
                + "hosts");
        assertThat(again.path("documents").asInt()).isEqualTo(1);
        JsonNode answer = run("ask", "w", QUESTION, "-n", "8");
        JsonNode source = answer.path("sources").get(0);
        assertThat(source.path("path").asString()).isEqualTo(lamp);
        assertThat(source.path("state").asString()).isEqualTo("verified");
        assertThat(source.path("quote").asString()).contains("forty minutes");
        assertThat(Files.readString(Path.of(source.path("file").asString()))).contains("forty minutes");
        JsonNode fetched = run("desk", "show", "w").path("fetched");
        assertThat(fetched.size()).isEqualTo(2);
        Path first = home.resolve("desks/w/pages/" + fetched.get(0).path("sha256").asString() + ".md");
        assertThat(first).content().as("what it answered first").contains("twelve seconds");
        Path backup = temp.resolve("backup");
        run("backup", backup.toString());
        assertThat(backup.resolve("desks/w/pages").resolve(first.getFileName())).exists();
        assertThat(run("verify", backup.toString()).path("isSound").asBoolean()).isTrue();
        assertThat(world.run("desk", "rm", "w")).isZero();
        assertThat(world.out()).contains("pages that were kept in it are gone");
    }
}
