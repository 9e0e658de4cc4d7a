package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Kept answers over real HTTP with SmolLM2. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AnswersTest extends SmolLm2Served {
    private static final String COUNT = "{'question': 'Count from one to a thousand, in words, all of them.', 'temperature': 0, "
            + "'max_tokens': %d, 'stream': %s}";
    private static final long SEED = 5;

    private static String post(String body) throws Exception {
        return send(served.request("/v1/answers").header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))).body();
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private static List<Streamed> replay(String id, long after) throws Exception {
        return Streamed.of(send(served.request("/v1/answers/" + id).header("Accept", "text/event-stream")
                .header("Last-Event-ID", Long.toString(after))).body());
    }

    private static JsonNode state(String id) throws Exception {
        return served.read(served.get("/v1/answers/" + id).body());
    }

    private static JsonNode ended(String id) throws Exception {
        for (JsonNode state = state(id); ; state = state(id)) {
            if (!state.get("state").stringValue().equals("running")) {
                return state;
            }
            Clock.SYSTEM.sleep(10_000_000); // until it is so far
        }
    }

    private static String idOf(List<Streamed> events) {
        assertThat(events).isNotEmpty();
        assertThat(events.getFirst().kind()).isEqualTo("answer");
        return events.getFirst().data().get("id").stringValue();
    }

    @Test
    void aStreamIsItsReplayFromEveryEventOn() throws Exception {
        List<Streamed> events = Streamed.of(post(COUNT.formatted(80, true)));
        String id = idOf(events);
        assertThat(events).extracting(Streamed::id).isEqualTo(LongStream.rangeClosed(1, events.size()).boxed().toList());
        assertThat(events).filteredOn(e -> e.kind().equals("done") || e.kind().equals("error")).hasSize(1);
        JsonNode done = events.getLast().data();
        assertThat(Streamed.text(events)).isEqualTo(done.get("answer").stringValue()).isNotEmpty();
        for (int after = 0; after < events.size(); after++) {
            assertThat(replay(id, after)).as("after event %d", after).isEqualTo(events.subList(after, events.size()));
        }
        JsonNode state = state(id);
        assertThat(state.get("state").stringValue()).isEqualTo("done");
        assertThat(state.get("answer")).isEqualTo(done.get("answer"));
        assertThat(state.get("result")).isEqualTo(done);
        assertThat(done.at("/usage/completion_tokens").intValue()).isEqualTo(80);
        JsonNode chat = ok("/v1/chat/completions", "{'messages': [{'role': 'user', 'content': 'Count from one to a thousand, in "
                + "words, all of them.'}], 'temperature': 0, 'max_tokens': 80}");
        assertThat(done.get("answer")).isEqualTo(chat.at("/choices/0/message/content"));
    }

    @Test
    void anAnswerGoesOnWithoutItsClientAndIsReadOnFromWhereItWasCut() throws Exception {
        String whole = Streamed.text(Streamed.of(post(COUNT.formatted(120, true))));
        Random random = new Random(SEED);
        for (int round = 0; round < 3; round++) {
            int cut = random.nextInt(1, 12);
            StringBuilder got = new StringBuilder();
            try (Wire wire = served.wire()) {
                wire.post("/v1/answers", COUNT.formatted(120, true).replace('\'', '"')).head();
                for (int i = 0; i < cut; i++) {
                    got.append(wire.nextEvent());
                }
                wire.reset();
            }
            List<Streamed> before = Streamed.of(got.toString());
            List<Streamed> all = new ArrayList<>(before);
            all.addAll(replay(idOf(before), before.getLast().id()));
            assertThat(Streamed.text(all)).as("cut after %d events, seed %d", cut, SEED).isEqualTo(whole);
            assertThat(all).extracting(Streamed::id).isEqualTo(LongStream.rangeClosed(1, all.size()).boxed().toList());
        }
    }
}
