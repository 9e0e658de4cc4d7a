package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Seed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Goal: what is no request, or is too large, is refused in our form, and nothing of it is kept. Method: raw bytes. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BadRequestsTest {
    private static final Seed SEED = Seed.of("server", BadRequestsTest.class, 7);
    private static final int BODY_MAX = 100_000;
    private static final String CHAT = "/v1/chat/completions";
    private static final String GOOD = "{\"model\":\"smollm2\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],"
            + "\"max_tokens\":1,\"temperature\":0.5,\"stop\":[\"a\",\"b\"],\"stream\":false}";
    @TempDir
    private static Path folder;
    private static Served served;

    @BeforeAll
    static void start() throws Exception {
        served = Served.uncached(folder, new ServerSetting("127.0.0.1", 0, Set.of("Longhand.example"),
                Set.of("https://app.example"),
                Limits.DEFAULT.withBodyBytesMax(BODY_MAX)));
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static Wire.Reply ask(String bytes) throws IOException {
        try (Wire wire = served.wire()) {
            return wire.send(bytes).reply();
        }
    }

    private static void refused(Wire.Reply reply, int status) {
        assertThat(reply.status()).as(reply.toString()).isEqualTo(status);
        assertThat(reply.header("Content-Type")).isEqualTo("application/json");
        assertThat(reply.json().at("/error/message").asString()).as(reply.body()).isNotBlank();
        assertThat(reply.body()).doesNotContain("jetty", "<html", "Exception");
        assertThat(reply.header("Server")).isEmpty();
    }

    private static Wire.Reply post(String body) throws IOException {
        try (Wire wire = served.wire()) {
            return wire.post(CHAT, body).reply();
        }
    }

    @Test
    void aBodyThatSaysItIsTooLongIsRefusedBeforeItIsRead() throws IOException {
        String head = "POST " + CHAT + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: ";
        refused(ask(head + (BODY_MAX + 1) + "\r\n\r\n"), 413);
        refused(ask(head + Long.MAX_VALUE + "\r\n\r\n"), 413);
        refused(ask(head + "99999999999999999999999\r\n\r\n"), 400);
        refused(ask(head + "-1\r\n\r\n"), 400);
        refused(ask(head + "5\r\nContent-Length: 6\r\n\r\n{\"a\":"), 400);
        refused(ask(head + "5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
    }

    @Test
    void aBodyThatDoesNotSayIsRefusedOnceItIsTooLong() throws IOException {
        try (Wire wire = served.wire()) {
            wire.send("POST " + CHAT + " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
            String piece = "1000\r\n" + "a".repeat(0x1000) + "\r\n";
            for (int i = 0; i < BODY_MAX / 0x1000 + 1; i++) {
                wire.send(piece);
            }
            refused(wire.reply(), 413);
            assertThat(wire.isCut(Wire.PATIENCE_MS)).isTrue();
        }
    }

    @Test
    void headersAreBounded() throws IOException {
        refused(ask("GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: " + "a".repeat(20_000) + "\r\n\r\n"), 431);
        refused(ask("GET /health HTTP/1.1\r\nHost: localhost\r\n" + "X-Many: a\r\n".repeat(3_000) + "\r\n"), 431);
        refused(ask("GET /" + "a".repeat(20_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"), 414);
    }

    @Test
    void whatIsNoHttpIsRefusedInOurForm() throws IOException {
        for (String each : List.of("GET /health\r\n\r\n", "GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n",
                "GET /health HTTP/1.1\r\n\r\n", "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "\u0001\u0002\u0003 /health HTTP/1.1\r\n\r\n",
                "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /a/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "GET /health HTTP/1.1\r\nHost: localhost\r\nNo colon\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) {
            Wire.Reply reply = ask(each);
            refused(reply, reply.status());
            assertThat(reply.status()).as(each).isBetween(400, 505);
        }
    }

    @Test
    void jsonIsBounded() throws IOException {
        refused(post("[".repeat(10_000)), 400);
        refused(post("{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000)), 400);
        refused(post("{\"messages\":[],\"max_tokens\":" + "9".repeat(5_000) + "}"), 400);
        refused(post("{\"messages\":[],\"temperature\":1e999999999}"), 400);
        refused(post(GOOD.replace("0.5", "1e400")), 400);
        refused(post(GOOD.replace(":1,", ":99999999999,")), 400);
        refused(post(GOOD.replace(":1,", ":1e9,")), 400);
        refused(post(GOOD.replace("\"stream\"", "\"model\":\"other\",\"stream\"")), 400);
        refused(post("{\"a\":1} {}"), 400);
        refused(post("{'a':1}"), 400);
        refused(post("{\"a\":NaN}"), 400);
        refused(post("null"), 400);
        refused(post(""), 400);
        refused(post("\ud800"), 400);
    }

    /** Goal: no body makes the server fail. Method: a good one with bytes changed, cut, doubled and put in. */
    @Test
    void noMutantOfABodyMakesItFail() throws IOException {
        Gen gen = SEED.gen();
        int rounds = Integer.getInteger("rounds", 300);
        try (Wire wire = served.wire()) {
            for (int i = 0; i < rounds; i++) {
                byte[] body = mutant(gen);
                Wire.Reply reply = wire.request("POST", CHAT, "", body).reply();
                String what = "%s; round %d: %s\n%s".formatted(SEED, i, new String(body, StandardCharsets.UTF_8), reply);
                assertThat(reply.status()).as(what).isIn(200, 400, 404, 422);
                assertThat(reply.header("Content-Type")).as(what).isEqualTo("application/json");
                assertThat(reply.json().isObject()).as(what).isTrue();
            }
        }
    }

    private static byte[] mutant(Gen gen) {
        StringBuilder body = new StringBuilder(GOOD);
        for (int changes = gen.between(1, 5); changes > 0; changes--) {
            int at = gen.between(0, body.length());
            int to = Math.min(body.length(), at + gen.between(1, 12));
            switch (gen.between(0, 5)) {
                case 0 -> body.setCharAt(at, (char) gen.between(0, 0x180));
                case 1 -> body.delete(at, to);
                case 2 -> body.insert(at, body.substring(at, to));
                case 3 -> body.insert(at, gen.oneOf("{", "}", "[", "]", "\"", ":", ",", "null", "-", "0", "\\u0000", "\\", "true"));
                default -> body.setLength(Math.max(1, at));
            }
            if (body.isEmpty()) {
                body.append(' ');
            }
        }
        return body.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Goal: a page of a foreign name that resolves to this machine does not reach it. */
    @Test
    void aRequestForAnotherNameIsRefused() throws IOException {
        for (String each : List.of("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.0.1:11500",
                "evil.example:80")) {
            refused(ask("GET /health HTTP/1.1\r\nHost: " + each + "\r\n\r\n"), 421);
            refused(ask("GET http://" + each + "/health HTTP/1.1\r\nHost: " + each + "\r\n\r\n"), 421);
        }
        for (String each : List.of("localhost", "LOCALHOST:1234", "127.0.0.1", "[::1]:80", "longhand.example")) {
            assertThat(ask("GET /health HTTP/1.1\r\nHost: " + each + "\r\n\r\n").status()).as(each).isEqualTo(200);
        }
        Wire.Reply differing = ask("GET http://evil.example/health HTTP/1.1\r\nHost: localhost\r\n\r\n");
        refused(differing, differing.status());
    }

    @Test
    void pagesOfOtherOriginsMayCallOnlyWhereThatIsAllowed() throws IOException {
        for (Map.Entry<String, Boolean> each : Map.of("https://app.example", true, "https://evil.example", false,
                "null", false).entrySet()) {
            String origin = "Host: localhost\r\nOrigin: " + each.getKey() + "\r\n";
            Wire.Reply simple = ask("GET /health HTTP/1.1\r\n" + origin + "\r\n");
            Wire.Reply before = ask("OPTIONS " + CHAT + " HTTP/1.1\r\n" + origin + "Access-Control-Request-Method: POST\r\n\r\n");
            assertThat(before.status()).isEqualTo(204);
            String allowed = each.getValue() ? each.getKey() : "";
            assertThat(simple.header("Access-Control-Allow-Origin")).isEqualTo(allowed);
            assertThat(before.header("Access-Control-Allow-Origin")).isEqualTo(allowed);
            assertThat(before.header("Access-Control-Allow-Methods").isEmpty()).isEqualTo(!each.getValue());
            assertThat(simple.header("Access-Control-Allow-Credentials")).isEmpty();
        }
    }

    /**
     * Goal: a page elsewhere does nothing here, whatever a browser sends for it without asking. Method: requests that browsers call
     * simple, each of which would make a key; then the list of keys.
     */
    @Test
    void pagesOfOtherOriginsDoNothingHere() throws Exception {
        List<String> foreign = List.of("Origin: https://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n",
                "Origin: http://localhost:1\r\n", "Origin: https://evil.example\r\nSec-Fetch-Site: same-origin\r\n");
        int made = served.books.keys().after("").size();
        for (String each : foreign) {
            byte[] body = "{\"name\":\"evil\",\"role\":\"admin\"}".getBytes(StandardCharsets.UTF_8);
            Wire.Reply reply = ask("POST /v1/keys HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n" + each
                    + "Content-Length: " + body.length + "\r\n\r\n" + new String(body, StandardCharsets.UTF_8));
            assertThat(reply.status()).as(each).isEqualTo(403);
            assertThat(reply.json().at("/error/code").asString()).isEqualTo("foreign_origin");
        }
        assertThat(served.books.keys().after("")).hasSize(made);
        String own = "Host: localhost:" + served.server.port() + "\r\nOrigin: http://localhost:" + served.server.port() + "\r\n";
        assertThat(ask("GET /v1/models HTTP/1.1\r\n" + own + "\r\n").status()).isEqualTo(200);
        String known = "Host: localhost\r\nOrigin: https://app.example\r\n";
        assertThat(ask("GET /v1/models HTTP/1.1\r\n" + known + "\r\n").status()).isEqualTo(200);
    }

    @Test
    void namesOfHostsHaveNoCase() throws IOException {
        assertThat(ask("GET /health HTTP/1.1\r\nHost: LongHand.Example\r\n\r\n").status()).isEqualTo(200);
    }

    @Test
    void aQueryThatIsNoneIsTheClientsMistake() throws IOException {
        for (String each : List.of("%zz", "%ff%fe")) {
            refused(ask("GET /v1/keys?after=" + each + " HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400);
        }
    }

    @Test
    void headAndOptionsAreAnsweredAsHttpSays() throws IOException {
        try (Wire wire = served.wire()) {
            Wire.Reply head = wire.request("HEAD", "/health", "", new byte[0]).head();
            assertThat(head.status()).isEqualTo(200);
            assertThat(wire.get("/health").reply().json().get("status").asString()).isEqualTo("ok");
            Wire.Reply options = wire.request("OPTIONS", CHAT, "", new byte[0]).reply();
            refused(options, 405);
            assertThat(options.header("Allow")).isEqualTo("POST");
            refused(wire.request("BREW", "/health", "", new byte[0]).reply(), 405);
            refused(wire.get("/nothing").reply(), 404);
        }
        Wire.Reply star = ask("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n");
        refused(star, star.status());
        assertThat(star.status()).isLessThan(500);
        Wire.Reply connect = ask("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        refused(connect, connect.status());
        assertThat(connect.status()).isLessThan(500);
    }

    @Test
    void errorsHaveTheFormOfTheApiThatWasCalled() throws IOException {
        try (Wire wire = served.wire()) {
            Wire.Reply reply = wire.request("GET", "/nothing", "anthropic-version: 2023-06-01\r\n", new byte[0]).reply();
            assertThat(reply.json().get("type").asString()).isEqualTo("error");
            assertThat(reply.json().get("request_id").asString()).isEqualTo(reply.header("X-Request-Id"));
        }
    }
}
