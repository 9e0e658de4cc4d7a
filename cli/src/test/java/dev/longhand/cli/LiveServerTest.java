package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.testkit.RealModels;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Goal: a command that finds a server on its data directory gives what it would give by itself, and one sees what the server does.
 * Method: the real program serves two models as a process; commands run beside it, the same ones with {@code --no-server} too.
 */
@Timeout(Child.SECONDS_MAX)
class LiveServerTest {
    private static final String QUESTION = "How often does the lighthouse lamp turn?";
    private static final List<String> ENDLESS = List.of("-n", "3000", "--temp", "1.6");

    @TempDir
    private static Path folder;
    private static Path home;
    private static Path docs;
    private static String model;
    private static ServeProgram server;
    private TestWorld world;

    @BeforeAll
    static void serve() throws IOException {
        home = Files.createDirectory(folder.resolve("home"));
        docs = Files.createDirectory(folder.resolve("docs"));
        Files.writeString(docs.resolve("lamp.md"), "# The lamp\n\nThe lighthouse lamp turns every twelve seconds.\n");
        Files.writeString(docs.resolve("garden.md"), "# The garden\n\nThe lamp of the garden does not turn; beans grow there.\n");
        model = RealModels.smolLm2().toString();
        Path second = folder.resolve("second.gguf");
        Files.copy(RealModels.smolLm2(), second);
        server = ServeProgram.start(home, model, second.toString(), "--alias", "two=" + second, "--max-wait", "1");
    }

    @AfterAll
    static void stop() throws InterruptedException {
        server.close();
    }

    @BeforeEach
    void freshWorld() {
        world = new TestWorld(home).with("LONGHAND_MODEL", model);
    }

    /** Standard output of the program with those arguments, which must succeed, in the server or by itself. */
    private String out(boolean isServed, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        if (!isServed) {
            all.add("--no-server");
        }
        assertThat(world.run(all.toArray(String[]::new))).as(world.err()).isZero();
        if (isServed) {
            assertThat(world.err()).contains("in the server at " + server.address);
        } else {
            assertThat(world.err()).doesNotContain("server");
        }
        return world.out();
    }

    /** Goal: people read the same. Method: all lines but that of the cost, which has times. */
    @Test
    void anAnswerFromADeskIsTheSame() {
        String served = out(true, "ask", docs.toString(), QUESTION, "-n", "24", "--explain");
        String own = out(false, "ask", docs.toString(), QUESTION, "-n", "24", "--explain");
        Pattern cost = Pattern.compile("(?m)^Cost: .*$|, \\d+ tokens read now|, \\d+ of them read now| read now");
        assertThat(cost.matcher(served).replaceAll("")).contains("every twelve seconds", "Sources", "Attached", "What carried it")
                .isEqualTo(cost.matcher(own).replaceAll(""));
        assertThat(served).contains("Cost: 0.", "tokens read", "peak memory");
    }

    /** Goal: programs read the same. Method: the whole document but for what is measured. */
    @Test
    void theDocumentOfAnAnswerIsTheSame() {
        String first = out(true, "ask", docs.toString(), QUESTION, "-n", "24", "--json");
        if (first.contains("\"isReadNow\" : true")) {
            out(true, "ask", docs.toString(), QUESTION, "-n", "24", "--json");
        }
        ObjectNode served = (ObjectNode) world.json();
        out(false, "ask", docs.toString(), QUESTION, "-n", "24", "--json");
        ObjectNode own = (ObjectNode) world.json();
        for (String field : List.of("usage", "cost", "seconds", "peakMemoryBytes")) {
            assertThat(Set.copyOf(served.path(field).propertyNames())).isEqualTo(Set.copyOf(own.path(field).propertyNames()));
            served.remove(field);
            own.remove(field);
        }
        assertThat(served.path("answer").asString()).contains("twelve seconds");
        assertThat(served).isEqualTo(own);
    }

    @Test
    void aDrawnAnswerWithPassagesIsTheSame() {
        String[] ask = {"ask", docs.toString(), QUESTION, "-n", "12", "--parts", "0", "--temp", "0.9", "--seed", "7", "--budget",
            "200"};
        assertThat(out(true, ask).replaceAll("Cost: .*", "")).isEqualTo(out(false, ask).replaceAll("Cost: .*", ""));
    }

    @Test
    void aPromptIsAnsweredTheSame() {
        String[] run = {"run", model, "Name three rivers.", "-n", "16", "--temp", "0.8", "--seed", "5", "--kv", "q8_0"};
        String served = out(true, run);
        assertThat(world.err()).containsPattern("tokens read, \\d+ cached, 16 answered in .*EUR");
        assertThat(served.strip()).isNotEmpty();
        assertThat(out(false, run)).isEqualTo(served);
    }

    /** Goal: a conversation goes on. Method: the second turn's prompt holds the first, and the server remembers what it read. */
    @Test
    void aChatRemembersWhatWasSaid() {
        world.withInput("My name is Ada.\nSay it again.\n/bye\n");
        out(true, "run", model, "--temp", "0", "-n", "70");
        assertThat(world.err()).containsPattern("\\d+ tokens read, 6\\d cached, .* EUR in all");
    }

    @Test
    void aFormIsKeptTo() throws IOException {
        Path schema = Files.writeString(folder.resolve("form.json"), "{\"type\":\"boolean\"}");
        assertThat(out(true, "run", model, "Is water wet?", "--json-schema", schema.toString()).strip()).isIn("true", "false");
        Path grammar = Files.writeString(folder.resolve("form.gbnf"), "root ::= \"aye\" | \"nay\"");
        assertThat(out(true, "run", model, "Is water wet?", "--grammar", grammar.toString()).strip()).isIn("aye", "nay");
    }

    @Test
    void whatIsWrongIsToldTheSame() {
        assertThat(world.run("run", model, "Hello", "-c", "16")).isEqualTo(7);
        String served = world.err().lines().reduce((a, b) -> b).orElseThrow();
        assertThat(world.run("run", model, "Hello", "-c", "16", "--no-server")).isEqualTo(7);
        assertThat(world.err().lines().reduce((a, b) -> b).orElseThrow()).isEqualTo(served);
        assertThat(world.run("ask", docs.toString(), "xylophone")).isEqualTo(3);
        assertThat(world.err()).contains("longhand: no passage in desk");
    }

    @Test
    void whatTheServerDoesNotHaveIsLoadedHere() {
        assertThat(world.run("run", model, "Hello", "-n", "2", "--kv", "f16")).isZero();
        assertThat(world.err()).contains("the server does not work with other keys and values; the model is loaded here");
    }

    /** Goal: who has a server and loads the model twice is told. Method: commands that always do; the server's desk stays whole. */
    @Test
    void whatIsLoadedBesideTheServerIsSaid() {
        String said = "this command does not use the server in process " + server.pid() + "; the model is loaded here";
        assertThat(world.run("embed", "lamp", "-m", model)).as(world.err()).isZero();
        assertThat(world.err()).contains(said);
        assertThat(world.run("desk", "add", docs.toString(), "-m", model)).as(world.err()).isZero();
        assertThat(world.err()).contains(said);
        assertThat(world.run("verify")).as(world.out()).isZero();
    }

    @Test
    void aCtrlCEndsTheAnswerHereAndThere() throws Exception {
        List<String> ask = new ArrayList<>(List.of("ask", docs.toString(), QUESTION, "-m", model));
        ask.addAll(ENDLESS);
        Process asking = Child.builder(home, Child.interruptible(Child.command(ask.toArray(String[]::new)))).start();
        try (BufferedReader out = new BufferedReader(new InputStreamReader(asking.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(out.readLine()).contains(".md");
            JsonNode running = requests("/ask").getFirst();
            assertThat(running.path("state").asString()).isIn("waiting", "reading", "answering");
            assertThat(running.path("model").asString() + running.path("desk").asString()).contains("smollm2", "docs-");
            new ProcessBuilder("kill", "-INT", Long.toString(asking.pid())).start().waitFor();
            assertThat(asking.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(asking.exitValue()).isEqualTo(130);
        assertThat(new String(asking.getErrorStream().readAllBytes(), StandardCharsets.UTF_8)).endsWith("longhand: stopped\n");
        while (ps().path("requests").valueStream().anyMatch(r -> r.path("route").asString().endsWith("/ask"))) {
            Clock.SYSTEM.sleep(20_000_000);
        }
    }

    private JsonNode ps() {
        assertThat(world.run("ps", "--json")).as(world.err()).isZero();
        return world.json();
    }

    /** Those in flight on such a route, once there are any. */
    private List<JsonNode> requests(String route) throws InterruptedException {
        while (true) {
            List<JsonNode> found = ps().path("requests").valueStream()
                    .filter(r -> r.path("route").asString().endsWith(route)).toList();
            if (!found.isEmpty()) {
                return found;
            }
            Clock.SYSTEM.sleep(20_000_000);
        }
    }

    @Test
    void psAndTopShowTheServer() {
        assertThat(world.run("ps")).isZero();
        assertThat(world.out()).contains("serves smollm2-135m-instruct-q4_1, second\nat " + server.address + ", process "
                + server.pid());
        JsonNode all = ps();
        assertThat(all.path("state").asString()).isEqualTo("live");
        assertThat(all.at("/server/models/1/names").valueStream().map(JsonNode::asString)).containsExactly("second", "two");
        assertThat(world.run("top", "--once")).isZero();
        assertThat(world.out().lines().toList()).allMatch(l -> l.length() <= 80)
                .anyMatch(l -> l.startsWith("processor")).anyMatch(l -> l.startsWith("MODEL"))
                .anyMatch(l -> l.startsWith("second "));
    }

    /** Goal: at a terminal q ends it, or a signal, and the terminal is as before. Method: a pseudo-terminal that types. */
    @Test
    void topAtATerminalEndsByQ() throws Exception {
        Path script = folder.resolve("top.py");
        try (var in = LiveServerTest.class.getResourceAsStream("top.py")) {
            Files.copy(in, script);
        }
        List<String> command = new ArrayList<>(List.of("python3", script.toString()));
        command.addAll(Child.command("top"));
        ProcessBuilder killed = Child.builder(home, command);
        killed.environment().put("TOP_END", "term");
        assertThat(Child.run(killed).out()).contains("drawn in place", "exit 143", "screen given back");
        Child.Ended ended = Child.run(Child.builder(home, command));
        assertThat(ended.out()).as(ended.err()).contains("drawn in place", "wheel passed over", "exit 0", "screen given back",
                "settings given back");
    }

    @Test
    void aSecondServerIsRefusedWithTheFirstOnesAddress() {
        assertThat(world.run("serve", "--port", "0")).isEqualTo(9);
        assertThat(world.err()).contains("process %d at %s serves".formatted(server.pid(), server.address));
    }

    /** Goal: who would wait too long is told so at once. Method: more long prompts than are read in the second that was allowed. */
    @Test
    void whoWouldWaitTooLongIsRefused() throws Exception {
        BlockingQueue<HttpResponse<String>> ended = new LinkedBlockingQueue<>();
        try (HttpClient client = HttpClient.newHttpClient()) {
            assertThat(ask(client, "mist ".repeat(200)).join().statusCode()).isEqualTo(200); // so that its speed is known
            for (int i = 0; i < 12; i++) {
                ask(client, "wind %d ".formatted(i).repeat(400)).thenAccept(ended::add);
            }
            HttpResponse<String> first = ended.poll(60, TimeUnit.SECONDS);
            client.shutdownNow();
            assertThat(first.statusCode()).as(first.body()).isEqualTo(429);
            assertThat(first.headers().firstValue("Retry-After")).isPresent();
            assertThat(first.body()).contains("a request that would wait longer than 1.0 s is refused");
        }
        while (!ps().path("requests").isEmpty()) {
            Clock.SYSTEM.sleep(20_000_000); // until it is noticed that the clients left
        }
    }

    private static CompletableFuture<HttpResponse<String>> ask(HttpClient client, String question) {
        String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"max_tokens\":2}".formatted(question);
        return client.sendAsync(HttpRequest.newBuilder(URI.create(server.address + "/v1/chat/completions"))
                .POST(HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Goal: a request chooses its model, and two that are busy answer both. Method: both at once, by a second name too. */
    @Test
    void twoModelsAnswerAtTheSameTime() {
        String body = "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Count.\"}],\"max_tokens\":12}";
        try (HttpClient client = HttpClient.newHttpClient()) {
            List<CompletableFuture<HttpResponse<String>>> both = List.of("smollm2-135m-instruct-q4_1", "two").stream()
                    .map(name -> client.sendAsync(HttpRequest.newBuilder(URI.create(server.address + "/v1/chat/completions"))
                            .POST(HttpRequest.BodyPublishers.ofString(body.formatted(name))).build(),
                            HttpResponse.BodyHandlers.ofString())).toList();
            assertThat(both).extracting(b -> JsonMapper.shared().readTree(b.join().body()).path("model").asString())
                    .containsExactly("smollm2-135m-instruct-q4_1", "second");
        }
    }
}
