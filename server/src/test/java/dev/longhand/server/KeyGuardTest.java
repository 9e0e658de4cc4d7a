package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Key;
import dev.longhand.store.StoreSetting;
import dev.longhand.testkit.ManualClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Who is admitted, how often, and which servers may do without keys. */
class KeyGuardTest {
    private final ManualClock clock = new ManualClock();
    @TempDir
    private Path folder;

    private Books books() throws Problem {
        return Books.open(new StoreSetting.Sqlite(folder.resolve("books.db")), Clock.SYSTEM, Disk.REAL, List.of());
    }

    private static String add(Books books, String name, long requests, long tokens) throws Problem {
        return books.keys().add(new Key.Spec(name, Key.Role.USER, "lab", "person:x", requests, tokens)).secret();
    }

    private static Duration refused(KeyGuard guard, String secret) {
        Refusal refusal = catchThrowableOfType(Refusal.class, () -> guard.admit(Optional.of(secret)));
        assertThat(refusal.status()).isEqualTo(429);
        return refusal.retryAfter().orElseThrow();
    }

    @Test
    void admitsAsManyRequestsAsTheKeyAllowsAndSaysWhenToComeAgain() throws Exception {
        try (Books books = books()) {
            String secret = add(books, "three", 3, 0);
            String other = add(books, "other", 1, 0);
            KeyGuard guard = new KeyGuard(books.keys(), clock);
            guard.admit(Optional.of(other));
            for (int i = 0; i < 3; i++) {
                assertThat(guard.admit(Optional.of(secret)))
                        .isEqualTo(new Caller("three", Key.Role.USER, "lab", "person:x"));
            }
            Duration wait = refused(guard, secret);
            assertThat(wait).isBetween(Duration.ofMillis(19_999), Duration.ofMillis(20_001));
            refused(guard, other);
            clock.advance(wait.toNanos() - 1_000_000);
            refused(guard, secret);
            clock.advance(1_001_000);
            guard.admit(Optional.of(secret));
            refused(guard, secret);
            clock.advance(Duration.ofDays(1).toNanos());
            for (int i = 0; i < 3; i++) {
                guard.admit(Optional.of(secret));
            }
            refused(guard, secret);
        }
    }

    @Test
    void waitsUntilTokensBeyondTheLimitArePaidBack() throws Exception {
        try (Books books = books()) {
            String secret = add(books, "tokens", 0, 600);
            KeyGuard guard = new KeyGuard(books.keys(), clock);
            Caller caller = guard.admit(Optional.of(secret));
            guard.used(caller, 599);
            guard.admit(Optional.of(secret));
            guard.used(caller, 1_200);
            assertThat(refused(guard, secret)).isEqualTo(Duration.ofSeconds(120));
            clock.advance(Duration.ofSeconds(120).toNanos());
            guard.admit(Optional.of(secret));
        }
    }

    @Test
    void aServerOnTheNetworkNeedsAKeyAndSaysHowToMakeOne() throws Exception {
        try (Books books = Served.books(folder)) {
            ServerSetting everywhere = new ServerSetting("0.0.0.0", 0, Set.of(), Set.of(), Limits.DEFAULT);
            LonghandServer.Parts parts = new LonghandServer.Parts(
                    List.of(new LonghandServer.Model(List.of("m"), Served.uncached())), books, Clock.SYSTEM, "person:x",
                    line -> {});
            assertThatThrownBy(() -> LonghandServer.start(everywhere, parts)).isInstanceOf(Problem.class)
                    .hasMessageContaining("longhand keys add").hasMessageContaining("127.0.0.1");
            add(books, "one", 0, 0);
            try (LonghandServer server = LonghandServer.start(everywhere, parts); Wire wire = Wire.to(server.port())) {
                assertThat(server.warnings()).singleElement().asString().contains("--tls-cert");
                assertThat(wire.get("/v1/models").reply().status()).isEqualTo(401);
            }
        }
        for (String each : List.of("127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost")) {
            assertThat(new ServerSetting(each, 0, Set.of(), Set.of(), Limits.DEFAULT).needsKeys()).as(each).isFalse();
        }
        for (String each : List.of("0.0.0.0", "::", "192.168.1.2", "127.evil.example", "localhost.evil.example", "128.0.0.1", "")) {
            assertThat(new ServerSetting(each, 0, Set.of(), Set.of(), Limits.DEFAULT).needsKeys()).as(each).isTrue();
        }
    }

    @Test
    void thisMachineNeedsNoKey() throws Exception {
        try (Served served = Served.uncached(folder, ServerSetting.loopback(0)); Wire wire = served.wire()) {
            assertThat(wire.get("/v1/models").reply().status()).isEqualTo(200);
            assertThat(wire.request("GET", "/v1/models", "Authorization: Bearer sk-whatever\r\n", new byte[0]).reply().status())
                    .isEqualTo(200);
            assertThat(served.server.warnings()).isEmpty();
        }
    }

    /** Goal: keys are made, listed, used, limited and revoked over HTTP. */
    @Test
    void keysAreMadeAndRevokedOverHttp() throws Exception {
        try (Served served = Served.keyed(folder, Limits.DEFAULT); Wire wire = served.wire()) {
            String admin = "Authorization: Bearer " + served.key("admin", Key.Role.ADMIN) + "\r\n";
            Wire.Reply made = wire.request("POST", "/v1/keys", admin,
                    "{\"name\":\"bob\",\"role\":\"user\",\"team\":\"lab\",\"requestsPerMinute\":2,\"colour\":1}"
                            .getBytes(StandardCharsets.UTF_8)).reply();
            assertThat(made.status()).as(made.body()).isEqualTo(201);
            assertThat(made.json().at("/warnings/0").asString()).contains("colour");
            assertThat(made.json().get("account").asString()).isEqualTo("person:bob");
            String bob = "X-Api-Key: " + made.json().get("secret").asString() + "\r\n";
            assertThat(wire.request("GET", "/v1/models", bob, new byte[0]).reply().status()).isEqualTo(200);
            assertThat(wire.request("GET", "/v1/models", bob, new byte[0]).reply().status()).isEqualTo(200);
            Wire.Reply tooOften = wire.request("GET", "/v1/models", bob, new byte[0]).reply();
            assertThat(tooOften.status()).isEqualTo(429);
            assertThat(Integer.parseInt(tooOften.header("Retry-After"))).isBetween(1, 30);
            JsonNode list = wire.request("GET", "/v1/keys", admin, new byte[0]).reply().json();
            assertThat(list.get("data").findValuesAsString("name")).containsExactly("admin", "bob", "first");
            assertThat(list.toString()).doesNotContain("lh_");
            assertThat(wire.request("DELETE", "/v1/keys/bob", admin, new byte[0]).reply().json().get("revoked").isNull()).isFalse();
            assertThat(wire.request("GET", "/v1/models", bob, new byte[0]).reply().status()).isEqualTo(401);
            assertThat(wire.request("DELETE", "/v1/keys/eve", admin, new byte[0]).reply().status()).isEqualTo(404);
        }
    }

    /** Goal: an answer's tokens count against its key. Method: the first answer takes more than a minute's worth. */
    @Test
    void tokensOfAnAnswerCountAgainstItsKey() throws Exception {
        try (Served served = Served.keyed(folder, Limits.DEFAULT); Wire wire = served.wire()) {
            String secret = add(served.books, "small", 0, 10);
            byte[] body = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"max_tokens\":4}"
                    .getBytes(StandardCharsets.UTF_8);
            String header = "X-Api-Key: " + secret + "\r\n";
            assertThat(wire.request("POST", "/v1/chat/completions", header, body).reply().status()).isEqualTo(200);
            Wire.Reply second = wire.request("POST", "/v1/chat/completions", header, body).reply();
            assertThat(second.status()).as(second.body()).isEqualTo(429);
            assertThat(second.json().at("/error/message").asString()).contains("10 tokens per minute");
            assertThatCode(() -> Integer.parseInt(second.header("Retry-After"))).doesNotThrowAnyException();
        }
    }
}
