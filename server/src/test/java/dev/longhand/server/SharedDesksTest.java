package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.OwnerLock;
import dev.longhand.base.Problem;
import dev.longhand.desk.Desks;
import dev.longhand.lm.Sink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Desks that many use at the same time. A question that takes as long as wanted is one that the test has in hand. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SharedDesksTest {
    private static final Limits LIMITS = new Limits(32 << 20, 64 << 20, 16 << 10, 1024, Duration.ofSeconds(30),
            Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofMillis(200), 64, 16 << 20);
    private static final String ASK = "/v1/desks/boats/ask";
    private static final String QUESTION = "{\"question\": \"When does the ferry leave?\", \"max_tokens\": 2, \"stream\": %s}";
    private static final int UPLOADS = 12;
    private static final int LINES = 60_000;

    @TempDir
    private Path folder;

    private Served served;

    @BeforeEach
    void serve() throws Exception {
        served = Served.uncached(folder, ServerSetting.loopback(0).withLimits(LIMITS));
        assertThat(call("POST", "/v1/desks", "{'name': 'boats'}").status()).isEqualTo(201);
    }

    @AfterEach
    void end() {
        served.close();
    }

    private Served.Reply call(String method, String path, String body) throws Exception {
        return served.call("", method, path, body);
    }

    private JsonNode desk() throws Exception {
        Served.Reply reply = call("GET", "/v1/desks/boats", "");
        assertThat(reply.status()).as(served.text(reply.body())).isEqualTo(200);
        return reply.body();
    }

    private void upload(String name) throws Exception {
        Served.Reply reply = call("POST", "/v1/desks/boats/documents?name=" + name, "The ferry to " + name + " leaves at seven.\n");
        assertThat(reply.status()).as(served.text(reply.body())).isEqualTo(202);
    }

    private void awaitDocuments(int count) throws Exception {
        for (JsonNode desk = desk(); desk.get("documents").intValue() < count || !desk.get("reading").isEmpty(); desk = desk()) {
            Clock.SYSTEM.sleep(20_000_000); // until it is read
        }
    }

    /** What was logged of the next question that ended. */
    private JsonNode endedQuestion() throws Exception {
        JsonNode line = served.ended();
        while (!line.get("path").stringValue().equals(ASK)) {
            line = served.ended();
        }
        return line;
    }

    /** A question that is answered until it is closed. */
    private final class Held implements AutoCloseable {
        private final CountDownLatch began = new CountDownLatch(1);
        private final CountDownLatch end = new CountDownLatch(1);
        private final Thread thread;

        Held() throws Exception {
            thread = Thread.ofPlatform().start(() -> {
                try {
                    served.server.desks().orElseThrow().asks().alone("boats", Sink.SILENT, desk -> {
                        began.countDown();
                        awaitEnd();
                        return "";
                    });
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            began.await();
        }

        private void awaitEnd() throws IOException {
            try {
                end.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }

        @Override
        public void close() throws Exception {
            end.countDown();
            thread.join();
        }
    }

    private void awaitState(String state) throws Exception {
        while (!call("GET", "/v1/jobs", "").body().get("data").get(0).get("state").stringValue().equals(state)) {
            Clock.SYSTEM.sleep(5_000_000); // until it is so far
        }
    }

    /** Goal: what is uploaded while the desk is read is read by one more job. Method: many uploads while a long one is read. */
    @Test
    void manyUploadsMakeFewJobsAndNoneFails() throws Exception {
        call("POST", "/v1/desks/boats/documents?name=long.md",
                "The ferry to nowhere leaves at seven, or at eight.\n\n".repeat(LINES));
        while (call("GET", "/v1/jobs?state=queued", "").body().get("data").size() > 0) {
            Clock.SYSTEM.sleep(5_000_000); // until it is being read
        }
        for (int i = 1; i < UPLOADS; i++) {
            upload("boat" + i + ".md");
        }
        awaitDocuments(UPLOADS);

        JsonNode jobs = call("GET", "/v1/jobs", "").body().get("data");
        assertThat(jobs.size()).as(served.text(jobs)).isLessThan(UPLOADS / 2);
        for (JsonNode each : jobs) {
            assertThat(each.get("state").stringValue()).as(served.text(jobs)).isEqualTo("done");
            assertThat(each.get("attempts").intValue()).as(served.text(jobs)).isEqualTo(1);
        }
        assertThat(call("GET", "/v1/desks/boats/documents", "").body().get("data").size()).isEqualTo(UPLOADS);
    }

    /** Goal: a job that waits to begin again finds what is new too. Method: hold the desk as a command line does that reads it. */
    @Test
    void aJobThatBeginsAgainReadsWhatIsUploadedMeanwhile() throws Exception {
        try (OwnerLock lock = lock()) {
            upload("boat0.md");
            awaitState("waiting");
            upload("boat1.md");
            assertThat(call("GET", "/v1/jobs", "").body().get("data").size()).isEqualTo(1);
        }
        awaitDocuments(2);
        assertThat(call("GET", "/v1/jobs", "").body().get("data").size()).isEqualTo(1);
    }

    @Test
    void whoLooksAtADeskOrAddsToItDoesNotWaitForQuestions() throws Exception {
        upload("boat.md");
        awaitDocuments(1);
        try (Held held = new Held()) {
            assertThat(desk().get("documents").intValue()).isEqualTo(1);
            assertThat(call("GET", "/v1/desks/boats/documents", "").status()).isEqualTo(200);
            assertThat(call("GET", "/v1/desks/boats/documents/boat.md", "").status()).isEqualTo(200);
            assertThat(call("POST", "/v1/desks/boats/read", "").status()).isEqualTo(202);
            upload("second.md");
            awaitDocuments(2);
        }
    }

    @Test
    void aQuestionThatWaitsSaysThatItIsAliveAndEndsWhenItsClientLeaves() throws Exception {
        upload("boat.md");
        awaitDocuments(1);
        try (Held held = new Held()) {
            try (Wire wire = served.wire()) {
                wire.post(ASK, QUESTION.formatted(true));
                assertThat(wire.head().status()).isEqualTo(200);
                assertThat(List.of(wire.line(), wire.line())).contains(": ping");
            }
            assertThat(endedQuestion().get("failure").stringValue()).contains("IOException");
            try (Wire wire = served.wire()) {
                wire.post(ASK, QUESTION.formatted(false));
                assertThat(wire.hasReply(200)).isFalse();
            }
            assertThat(endedQuestion().get("status").intValue()).isEqualTo(499);
        }
        Served.Reply reply = call("POST", ASK, QUESTION.formatted(false));
        assertThat(reply.status()).as(served.text(reply.body())).isEqualTo(200);
    }

    @Test
    void onlySoManyQuestionsWait() throws Exception {
        upload("boat.md");
        awaitDocuments(1);
        List<Wire> wires = new ArrayList<>();
        try (Held held = new Held()) {
            for (int i = 0; i < DeskAsks.WAITING_MAX + 1; i++) {
                wires.add(served.wire().post(ASK, QUESTION.formatted(false)));
            }
            assertThat(endedQuestion().get("status").intValue()).isEqualTo(429);
            Served.Reply reply = call("POST", ASK, QUESTION.formatted(false));
            assertThat(reply.status()).isEqualTo(429);
            assertThat(reply.http().headers().firstValueAsLong("Retry-After").orElse(0)).isPositive();
            assertThat(endedQuestion().get("status").intValue()).isEqualTo(429);
            for (Wire each : wires) {
                each.close();
            }
            for (int i = 0; i < DeskAsks.WAITING_MAX; i++) {
                assertThat(endedQuestion().get("status").intValue()).isEqualTo(499);
            }
        }
        assertThat(call("POST", ASK, QUESTION.formatted(false)).status()).isEqualTo(200);
    }

    /** Goal: what the command line removes is gone here too. Method: ask, so that the desk is open; remove it; ask again. */
    @Test
    void aDeskThatIsRemovedElsewhereIsNotThere() throws Exception {
        upload("boat.md");
        awaitDocuments(1);
        assertThat(call("POST", ASK, QUESTION.formatted(false)).status()).isEqualTo(200);

        new Desks(new Home(folder.toAbsolutePath()), Disk.REAL, Clock.SYSTEM).remove("boats");

        Served.Reply reply = call("POST", ASK, QUESTION.formatted(false));
        assertThat(reply.status()).isEqualTo(404);
        assertThat(reply.body().at("/error/message").stringValue()).isEqualTo("there is no desk boats; POST /v1/desks makes one");
        Served.Reply chat = call("POST", "/v1/chat/completions",
                "{'model': 'smollm2@boats', 'messages': [{'role': 'user', 'content': 'When does the ferry leave?'}]}");
        assertThat(chat.status()).isEqualTo(404);
        assertThat(call("GET", "/v1/desks", "").body().get("data").isEmpty()).isTrue();
    }

    private List<String> states() throws Exception {
        return call("GET", "/v1/jobs", "").body().get("data").valueStream().map(j -> j.get("state").stringValue()).toList();
    }

    private OwnerLock lock() throws Problem {
        return OwnerLock.take(folder.resolve("desks/boats/lock"), owner -> new Problem(Problem.Kind.BUSY, owner));
    }

    /**
     * Goal: a removal does not wait for ever, and what is not removed is still read. Method: a job that waits for the desk, and a
     * removal that is refused because of a question, and then because of another process that reads the desk; then let go.
     */
    @Test
    void aRemovalThatIsRefusedStopsNoJob() throws Exception {
        try (OwnerLock lock = lock()) {
            upload("boat.md");
            awaitState("waiting");
            try (Held held = new Held()) {
                Served.Reply reply = call("DELETE", "/v1/desks/boats", "");
                assertThat(reply.status()).isEqualTo(409);
                assertThat(reply.body().at("/error/message").stringValue()).contains("is asked", "nothing was removed");
                assertThat(call("GET", "/v1/desks/boats", "").status()).isEqualTo(200);
            }
            assertThat(states()).hasSize(1).doesNotContain("cancelled");
            assertThat(call("DELETE", "/v1/desks/boats", "").status()).isEqualTo(409);
            assertThat(states()).hasSize(1).doesNotContain("cancelled");
        }
        awaitDocuments(1);
        assertThat(states()).containsExactly("done");
        assertThat(call("DELETE", "/v1/desks/boats", "").status()).isEqualTo(200);
    }

    /** Goal: what is removed while it is read does not come back. Method: remove as soon as something was uploaded. */
    @Test
    void aDeskThatIsReadIsRemovedOnceThatIsKnown() throws Exception {
        upload("boat.md");
        Served.Reply reply = call("DELETE", "/v1/desks/boats", "");
        while (reply.status() == 409) { // a reading that took long
            assertThat(reply.body().at("/error/message").stringValue()).contains("is being read");
            assertThat(states()).doesNotContain("cancelled");
            reply = call("DELETE", "/v1/desks/boats", "");
        }
        assertThat(reply.status()).as(served.text(reply.body())).isEqualTo(200);
        while (states().contains("running")) {
            Clock.SYSTEM.sleep(5_000_000); // until it has noticed
        }
        assertThat(states()).isSubsetOf("cancelled", "done");
        assertThat(call("GET", "/v1/desks/boats", "").status()).isEqualTo(404);
        assertThat(folder.resolve("desks/boats")).doesNotExist();
    }

    @Test
    void aDocumentIsNoFolderAndAFolderNoDocument() throws Exception {
        upload("d1.md");
        upload("deep/d2.md");

        for (String each : List.of("d1.md/x.md", "d1.md/deep/x.md", "deep")) {
            Served.Reply reply = call("POST", "/v1/desks/boats/documents?name=" + each, "text");
            assertThat(reply.status()).as(each).isEqualTo(400);
            assertThat(reply.http().body()).as(each).doesNotContain(folder.toString());
            assertThat(call("DELETE", "/v1/desks/boats/documents/" + each, "").status()).as(each).isEqualTo(400);
        }
        assertThat(Files.readString(folder.resolve("desks/boats/documents/d1.md"))).startsWith("The ferry to d1.md");
    }
}
