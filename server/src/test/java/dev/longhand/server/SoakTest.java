package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.engine.EngineCounters;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LookupOptions;
import dev.longhand.ledger.By;
import dev.longhand.ledger.Filter;
import dev.longhand.ledger.Meters;
import dev.longhand.testkit.Gen;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: nothing leaks, whoever comes and however they leave. Method: clients of all kinds for {@code -Dsoak.minutes} (2), many of
 * which leave at a random moment; then memory that is lent, threads, files and books are what they were or must be.
 */
@Tag("full")
class SoakTest {
    private static final int CLIENTS = 12;
    private static final int SEED = Integer.getInteger("soak.seed", 1);
    private static final Duration TIME = Duration.ofMinutes(Integer.getInteger("soak.minutes", 2));
    private static final long HEAP_GROWTH_MAX = 24 << 20;
    private static final String DESK_TEXT = "# Boats\n\nThe ferry to Norderney leaves at seven.\nThe harbour master is Hinrichs.\n";

    /** What a client may send; {@code %d} is a number that makes each another. */
    private enum Sent {
        CHAT("/v1/chat/completions", "{'messages':[{'role':'user','content':'Count to fifty, run %d.'}],'max_tokens':60,"
                + "'stream':true}"),
        CHAT_WHOLE("/v1/chat/completions", "{'messages':[{'role':'user','content':'Say hello, run %d.'}],'max_tokens':8,'n':2}"),
        SCHEMA("/v1/chat/completions", "{'messages':[{'role':'user','content':'Give me JSON, run %d.'}],'max_tokens':40,"
                + "'stream':true,'response_format':{'type':'json_object'}}"),
        COMPLETION("/v1/completions", "{'prompt':'Once upon a time, in year %d,','max_tokens':30,'logprobs':2}"),
        MESSAGE("/v1/messages", "{'model':'smollm2','max_tokens':30,'stream':true,'messages':[{'role':'user','content':'Hi %d'}]}"),
        RESPONSE("/v1/responses", "{'input':'Say something about %d.','max_output_tokens':30,'stream':true}"),
        EMBEDDING("/v1/embeddings", "{'input':['one %d','two','three']}"),
        ASK("/v1/desks/boats/ask", "{'question':'When does ferry %d leave?','max_tokens':20,'stream':true}"),
        WRONG("/v1/chat/completions", "{'messages':[{'role':'nobody','content':'%d'}]}"),
        BROKEN("/v1/chat/completions", "{'messages':[{'role':'user','content':'%d"),
        TOO_MUCH("/v1/chat/completions", "{'messages':[{'role':'user','content':'%d'}],'max_tokens':9999999}");

        private final String path;
        private final String body;

        Sent(String path, String body) {
            this.path = path;
            this.body = body.replace('\'', '"');
        }
    }

    /** What must not grow. */
    private record Held(int blocks, int threads, long files) {
        static Held now(Served served) {
            return new Held(served.model.pool().blocksLent(), ManagementFactory.getThreadMXBean().getThreadCount(),
                    ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class).getOpenFileDescriptorCount());
        }
    }

    @TempDir
    private Path temp;

    private Served served;
    private final Map<String, Integer> endings = new TreeMap<>();

    @BeforeEach
    void serve() throws Exception {
        served = Served.smolLm2(temp, EngineOptions.DEFAULT.withLookup(LookupOptions.DEFAULT).withPrefixBytesMax(0));
        served.post("/v1/desks", "{'name': 'boats'}");
        served.call("", "POST", "/v1/desks/boats/documents?name=boats.md", DESK_TEXT);
        while (served.call("", "GET", "/v1/desks/boats", "").body().get("documents").intValue() == 0
                || !served.call("", "GET", "/v1/desks/boats", "").body().get("reading").isEmpty()) {
            Clock.SYSTEM.sleep(20_000_000); // until it is read
        }
    }

    @AfterEach
    void end() {
        served.close();
    }

    @Test
    void nothingLeaks() throws Exception {
        run(Duration.ofSeconds(15)); // caches, pools and compiled code are there then
        Held before = settled();
        EngineCounters countedBefore = served.model.counters(); // the model itself read what all documents stand behind
        Meters bookedBefore = booked();
        long heapBefore = heapBytes();

        run(TIME);

        Held after = settled();
        assertThat(after.blocks).as("blocks lent after %s", endings).isEqualTo(before.blocks);
        assertThat(after.threads).as("threads after %s", endings).isLessThanOrEqualTo(before.threads + 4);
        assertThat(after.files).as("open files after %s", endings).isLessThanOrEqualTo(before.files + 4);
        assertThat(heapBytes() - heapBefore).as("heap after %s", endings).isLessThan(HEAP_GROWTH_MAX);
        assertThat(endings).as("all kinds of ends").containsKeys("200", "400", "left");
        assertThat(endings.keySet()).as("no request failed: %s", endings).doesNotContain("500", "cut");
        served.model.checkIntegrity();
        checkBooks(countedBefore, bookedBefore);
    }

    private Meters booked() throws Problem {
        return served.books.reports().report(By.MODEL, Filter.ALL).totals().getFirst().meters();
    }

    /** What is booked is what the engine counted, and nothing stays set aside. */
    private void checkBooks(EngineCounters countedBefore, Meters bookedBefore) throws Exception {
        EngineCounters counted = served.model.counters();
        Meters booked = booked();
        assertThat(booked.tokensIn() - bookedBefore.tokensIn()).isEqualTo(counted.promptTokens() - countedBefore.promptTokens());
        assertThat(booked.tokensCached() - bookedBefore.tokensCached())
                .isEqualTo(counted.cachedTokens() - countedBefore.cachedTokens());
        assertThat(booked.tokensOut() - bookedBefore.tokensOut())
                .isBetween(1L, counted.answeredTokens() - countedBefore.answeredTokens()); // some were made and not taken
        assertThat(counted.failed()).isZero();
        assertThat(served.books.ledger().balance("person:anna").debitsPending()).isZero();
        assertThat(served.books.ledger().check().findings()).isEmpty();
    }

    /** Waits until nobody is connected and the threads of what ended are gone. */
    private Held settled() throws InterruptedException {
        while (served.server.connections() > 0) {
            Clock.SYSTEM.sleep(20_000_000);
        }
        served.log.clear();
        return Held.now(served);
    }

    private static long heapBytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private void run(Duration time) throws Exception {
        long until = Clock.SYSTEM.nanos() + time.toNanos();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Gen gen = new Gen(SEED * 1_000L + i);
                all.add(clients.submit(() -> {
                    for (int n = 0; Clock.SYSTEM.nanos() < until; n++) {
                        ended(visit(gen, n));
                        served.log.clear();
                    }
                    return null;
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
    }

    private synchronized void ended(String how) {
        endings.merge(how, 1, Integer::sum);
    }

    /** One request, taken to its end or left at some moment; returns how it ended. */
    private String visit(Gen gen, int number) throws IOException {
        Sent sent = gen.oneOf(Sent.values());
        byte[] body = sent.body.formatted(number).getBytes(StandardCharsets.UTF_8);
        int leaving = gen.between(0, 6);
        try (Wire wire = served.wire()) {
            if (leaving == 0) { // a part of the request
                wire.send("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n".formatted(sent.path, body.length));
                wire.send(new String(body, 0, gen.between(0, body.length), StandardCharsets.UTF_8));
                return "left";
            }
            wire.request("POST", sent.path, "Connection: close\r\n", body);
            if (leaving == 1) { // before the answer, at some moment of it
                Clock.SYSTEM.sleep(gen.between(0, 300) * 1_000_000L);
                wire.reset();
                return "left";
            }
            Wire.Reply head = wire.head();
            if (leaving == 2 && head.status() == 200) { // in the middle of the answer
                wire.socket.getInputStream().read();
                return "left";
            }
            String rest = wire.rest();
            return head.status() == 200 && rest.isEmpty() ? "cut" : Integer.toString(head.status());
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
