package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.engine.EngineCounters;
import dev.longhand.engine.LocalModel;
import dev.longhand.ledger.Key;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/**
 * Goal: a client that leaves, dawdles or sleeps costs the others nothing. Method: sockets that do so at each stage, with the real
 * model; the engine's counters and the memory that is lent are compared with those before.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FaultyClientsTest {
    private static final Duration SHORT = Duration.ofMillis(400);
    private static final int TOKENS = 3_000;

    @TempDir
    private Path folder;

    private static String ask(boolean isStream, int tokens) {
        return "{\"messages\":[{\"role\":\"user\",\"content\":\"Count from one to a thousand, in words, all of them.\"}],"
                + "\"temperature\":0,\"max_tokens\":" + tokens + ",\"stream\":" + isStream + "}";
    }

    /** Goal: who leaves stops what works for them. Method: leave after so many events of a stream, or once it is worked on. */
    @ParameterizedTest
    @CsvSource({"true,0,false", "true,0,true", "true,1,false", "true,5,true", "true,20,false", "false,0,false",
        "false,0,true"})
    void whoLeavesStopsWhatWorksForThem(boolean isStream, int events, boolean isReset) throws Exception {
        LocalModel model = Served.uncached();
        try (Served served = Served.uncached(folder, ServerSetting.loopback(0))) {
            EngineCounters before = model.counters();
            int lent = model.pool().blocksLent();
            try (Wire wire = served.wire()) {
                wire.post("/v1/chat/completions", ask(isStream, TOKENS));
                while (model.pool().blocksLent() == lent) {
                    Clock.SYSTEM.sleep(1_000_000); // until it is worked on
                }
                leave(wire, events, isReset);
            }
            JsonNode line = served.ended();
            EngineCounters after = model.counters();
            assertThat(model.pool().blocksLent()).as("blocks lent after %s", line).isEqualTo(lent);
            assertThat(after.failed()).isEqualTo(before.failed());
            assertThat(after.answeredTokens() - before.answeredTokens()).as("tokens of %s", line).isLessThan(TOKENS);
            assertThat(after.cancelled() - before.cancelled()).as("cancelled by %s", line).isEqualTo(1);
            assertThat(line.path("failure").asString("")).as("%s", line).isNotEmpty();
            model.checkIntegrity();
            try (Wire next = served.wire()) {
                Wire.Reply reply = next.post("/v1/chat/completions", ask(false, 2)).reply();
                assertThat(reply.status()).as(reply.body()).isEqualTo(200);
            }
            served.ended();
            assertThat(spent(served)).isPositive();
        }
    }

    private static void leave(Wire wire, int events, boolean isReset) throws IOException {
        if (events > 0) {
            assertThat(wire.head().status()).isEqualTo(200);
        }
        for (int i = 0; i < events; i++) {
            assertThat(wire.event()).startsWith("{");
        }
        if (isReset) {
            wire.reset();
        } else {
            wire.close();
        }
    }

    /** What is booked; nothing may stay set aside. */
    private static long spent(Served served) throws Exception {
        assertThat(served.books.ledger().balance("person:anna").debitsPending()).isZero();
        return served.books.ledger().balance("person:anna").spent();
    }

    /** Goal: a reader that takes nothing, or a byte now and then, is cut at the deadline, and what is kept for it is bounded. */
    @ParameterizedTest
    @CsvSource({"false", "true"})
    void aReaderThatDawdlesIsCut(boolean takesSome) throws Exception {
        LinkedBlockingQueue<Long> ended = new LinkedBlockingQueue<>();
        Route flood = Route.of("GET", "/flood", Key.Role.USER, Shape.OPENAI, call -> {
            long sent = 0;
            EventStream out = call.stream();
            try {
                for (int i = 0; i < 100_000; i++) {
                    out.data(Json.object().put("i", i).put("text", "x".repeat(1000)));
                    sent += 1000;
                }
            } finally {
                ended.add(sent);
            }
        });
        ServerSetting setting = ServerSetting.loopback(0).withLimits(Limits.DEFAULT.withTimes(SHORT));
        RequestLog log = new RequestLog(Clock.SYSTEM, new Json(setting.limits()), line -> {});
        Router router = new Router(List.of(flood), Guard.open(new Caller("k", Key.Role.USER, "", "person:k")), setting, log,
                new Metrics(), new Requests(Clock.SYSTEM));
        try (HttpServer http = HttpServer.start(setting, router, Clock.SYSTEM); Wire wire = Wire.to(http.port(), 4096)) {
            wire.get("/flood");
            Long sent = null;
            while (sent == null) {
                if (takesSome) {
                    wire.socket.getInputStream().read();
                }
                sent = ended.poll(50, TimeUnit.MILLISECONDS);
            }
            assertThat(sent).isLessThan(10_000_000);
        }
    }

    /** Goal: limits of time are for the client's part only. Method: an answer that takes longer than all of them. */
    @Test
    void anAnswerMayTakeLongerThanAClientMay() throws Exception {
        Limits limits = Limits.DEFAULT.withTimes(Duration.ofMillis(150));
        try (Served served = Served.uncached(folder, ServerSetting.loopback(0).withLimits(limits)); Wire wire = served.wire()) {
            Wire.Reply reply = wire.post("/v1/chat/completions", ask(false, 1000)).reply();
            assertThat(reply.status()).as(reply.body()).isEqualTo(200);
            assertThat(served.ended().get("ms").asLong()).isGreaterThan(150);
        }
    }

    /** Goal: headers must come whole in time, however steadily they drip. Method: a byte whenever nothing came for a while. */
    @ParameterizedTest
    @CsvSource({"''", "'G'", "'GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: '"})
    void headersThatDripAreCutAtTheDeadline(String begin) throws Exception {
        ServerSetting setting = ServerSetting.loopback(0).withLimits(Limits.DEFAULT.withTimes(SHORT));
        try (Served served = Served.uncached(folder, setting); Wire wire = served.wire()) {
            wire.send(begin);
            assertThat(drip(wire)).isTrue();
            assertThat(served.endedCount()).isZero();
        }
    }

    private static boolean drip(Wire wire) {
        try {
            while (!wire.isCut(20)) {
                wire.send("a");
            }
            return true;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void aBodyThatDripsIsRefusedAtTheDeadline() throws Exception {
        ServerSetting setting = ServerSetting.loopback(0).withLimits(Limits.DEFAULT.withTimes(SHORT));
        for (String each : List.of("Content-Length: 100000\r\n", "Transfer-Encoding: chunked\r\n")) {
            try (Served served = Served.uncached(folder, setting); Wire wire = served.wire()) {
                wire.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n" + each + "\r\n");
                String next = each.startsWith("C") ? "a" : "1\r\na\r\n";
                wire.send(next);
                while (!wire.hasReply(20)) {
                    wire.send(next);
                }
                Wire.Reply reply = wire.reply();
                assertThat(reply.status()).as(reply.body()).isEqualTo(408);
                assertThat(reply.json().at("/error/code").asString()).isEqualTo("timeout");
                assertThat(drip(wire)).isTrue();
            }
        }
    }

    @Test
    void aBodyThatEndsEarlyEndsItsRequestOnly() throws Exception {
        try (Served served = Served.uncached(folder, ServerSetting.loopback(0))) {
            try (Wire wire = served.wire()) {
                wire.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{\"messages\"");
            }
            served.ended();
            try (Wire wire = served.wire()) {
                assertThat(wire.get("/health").reply().status()).isEqualTo(200);
            }
        }
    }

    @Test
    void aConnectionThatSleepsIsCut() throws Exception {
        ServerSetting setting = ServerSetting.loopback(0).withLimits(Limits.DEFAULT.withTimes(SHORT));
        try (Served served = Served.uncached(folder, setting); Wire silent = served.wire(); Wire once = served.wire()) {
            assertThat(once.get("/health").reply().status()).isEqualTo(200);
            assertThat(once.isCut(Wire.PATIENCE_MS)).isTrue();
            assertThat(silent.isCut(Wire.PATIENCE_MS)).isTrue();
        }
    }

    /** Goal: no more connections than allowed, and the next one comes when one goes. */
    @Test
    void oneConnectionTooManyWaitsForAnotherToEnd() throws Exception {
        ServerSetting setting = ServerSetting.loopback(0).withLimits(Limits.DEFAULT.withConnectionsMax(2));
        try (Served served = Served.uncached(folder, setting); Wire first = served.wire(); Wire second = served.wire()) {
            assertThat(first.get("/health").reply().status()).isEqualTo(200);
            assertThat(second.get("/health").reply().status()).isEqualTo(200);
            try (Wire third = served.wire()) {
                third.get("/health");
                assertThat(third.hasReply(300)).isFalse();
                assertThat(served.server.connections()).isLessThanOrEqualTo(2);
                first.close();
                assertThat(third.reply().status()).isEqualTo(200);
            }
        }
    }

    /** Goal: a server with more bytes in a request than its length says is not confused. Method: two requests sent at once. */
    @Test
    void requestsSentAheadAreAnsweredOrTheConnectionEnds() throws Exception {
        try (Served served = Served.uncached(folder, ServerSetting.loopback(0)); Wire wire = served.wire()) {
            byte[] body = ask(false, 8).getBytes(StandardCharsets.UTF_8);
            wire.request("POST", "/v1/chat/completions", "", body).get("/health");
            Wire.Reply first = wire.reply();
            assertThat(first.status()).isEqualTo(200);
            if (first.header("Connection").equals("close")) {
                assertThat(wire.isCut(Wire.PATIENCE_MS)).isTrue();
            } else {
                assertThat(wire.reply().json().get("status").asString()).isEqualTo("ok");
            }
        }
    }

    /**
     * Goal: of a request that is sent while a stream comes nothing is misread. Method: a request in mid-stream; then the connection
     * ends and nothing more was handled.
     */
    @Test
    void aRequestInMidStreamIsNotMisread() throws Exception {
        try (Served served = Served.uncached(folder, ServerSetting.loopback(0)); Wire wire = served.wire()) {
            wire.post("/v1/chat/completions", ask(true, 200));
            assertThat(wire.head().header("Connection")).isEqualTo("close");
            wire.event();
            wire.get("/health");
            while (!wire.line().equals("data: [DONE]")) {
                // To the end of the stream.
            }
            wire.line();
            assertThat(wire.rest()).doesNotContain("HTTP/1.1");
            assertThat(served.ended().get("path").asString()).isEqualTo("/v1/chat/completions");
            assertThat(served.endedCount()).isZero();
        }
    }

    /** Goal: a client of a stream that cannot go on is told why, and sees that it is not whole; the log has it. */
    @Test
    void aStreamThatFailsSaysWhyAndIsCut() throws Exception {
        Route failing = Route.of("GET", "/failing", Key.Role.USER, Shape.OPENAI, call -> {
            call.stream().data(Json.object().put("i", 1));
            throw new Problem(Problem.Kind.DISK, "the disk is full");
        });
        List<String> log = new CopyOnWriteArrayList<>();
        ServerSetting setting = ServerSetting.loopback(0);
        Router router = new Router(List.of(failing), Guard.open(new Caller("k", Key.Role.USER, "", "person:k")), setting,
                new RequestLog(Clock.SYSTEM, new Json(setting.limits()), log::add), new Metrics(), new Requests(Clock.SYSTEM));
        try (HttpServer http = HttpServer.start(setting, router, Clock.SYSTEM); Wire wire = Wire.to(http.port())) {
            wire.get("/failing").head();
            assertThat(wire.event()).isEqualTo("{\"i\":1}");
            assertThat(wire.event()).contains("the disk is full", "\"error\"");
            assertThat(wire.rest()).doesNotContain("\r\n0\r\n"); // the end of a body that is whole
        }
        assertThat(log).singleElement().satisfies(line -> assertThat(line).contains("the disk is full"));
    }

    /** Goal: when a server is closed nobody works with what its caller closes next. Method: close while an answer is made. */
    @Test
    void closingWaitsForThoseWhoAnswer() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        CountDownLatch begun = new CountDownLatch(1);
        Route slow = Route.of("GET", "/slow", Key.Role.USER, Shape.OPENAI, call -> {
            inside.incrementAndGet();
            begun.countDown();
            while (!call.isGone()) {
                Thread.onSpinWait();
            }
            inside.decrementAndGet();
        });
        ServerSetting setting = ServerSetting.loopback(0);
        Router router = new Router(List.of(slow), Guard.open(new Caller("k", Key.Role.USER, "", "person:k")), setting,
                new RequestLog(Clock.SYSTEM, new Json(setting.limits()), line -> {}), new Metrics(), new Requests(Clock.SYSTEM));
        try (HttpServer http = HttpServer.start(setting, router, Clock.SYSTEM); Wire wire = Wire.to(http.port())) {
            wire.get("/slow");
            begun.await();
            http.close();
            assertThat(inside).hasValue(0);
        }
    }

    /** Goal: many bodies do not fill the memory together. Method: one that waits for its end holds what there is for all. */
    @Test
    void bodiesAreBoundedTogether() throws Exception {
        Limits limits = Limits.DEFAULT.withBodyBytesMax(1 << 20).withBodyBytesAllMax(1 << 20);
        try (Served served = Served.uncached(folder, ServerSetting.loopback(0).withLimits(limits)); Wire holds = served.wire()) {
            holds.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + (1 << 20) + "\r\n\r\n");
            holds.send(new byte[(1 << 20) - 1]);
            while (!served.get("/metrics").body().contains("longhand_http_body_bytes 1048575.0\n")) {
                // Until what was sent is there.
            }
            Wire.Reply reply;
            try (Wire other = served.wire()) {
                reply = other.post("/v1/chat/completions", ask(false, 1)).reply();
            }
            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.header("Retry-After")).isEqualTo("1");
            holds.close();
            do {
                try (Wire other = served.wire()) {
                    reply = other.post("/v1/chat/completions", ask(false, 1)).reply();
                }
            } while (reply.status() == 503);
            assertThat(reply.status()).isEqualTo(200);
        }
    }
}
