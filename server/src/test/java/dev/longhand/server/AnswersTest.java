package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.engine.EngineCounters;
import dev.longhand.ledger.Budget;
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
        List<Streamed> events = Streamed.of(post(COUNT.formatted(40, true)));
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
        assertThat(done.at("/usage/completion_tokens").intValue()).isEqualTo(40);
        JsonNode chat = ok("/v1/chat/completions", "{'messages': [{'role': 'user', 'content': 'Count from one to a thousand, in "
                + "words, all of them.'}], 'temperature': 0, 'max_tokens': 40}");
        assertThat(done.get("answer")).isEqualTo(chat.at("/choices/0/message/content"));
    }

    @Test
    void anAnswerGoesOnWithoutItsClientAndIsReadOnFromWhereItWasCut() throws Exception {
        String whole = Streamed.text(Streamed.of(post(COUNT.formatted(40, true))));
        Random random = new Random(SEED);
        for (int round = 0; round < 3; round++) {
            int cut = random.nextInt(1, 6);
            StringBuilder got = new StringBuilder();
            try (Wire wire = served.wire()) {
                wire.post("/v1/answers", COUNT.formatted(40, true).replace('\'', '"')).head();
                for (int i = 0; i < cut && got.indexOf("event: done") < 0; i++) {
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

    private static Served.Reply call(String method, String path, String body) throws Exception {
        return served.call("", method, path, body);
    }

    private static void desk(String name, String text) throws Exception {
        assertThat(call("POST", "/v1/desks", "{'name': '" + name + "'}").status()).isEqualTo(201);
        assertThat(call("POST", "/v1/desks/" + name + "/documents?name=a.md", text).status()).isEqualTo(202);
        for (JsonNode desk = served.read(served.get("/v1/desks/" + name).body()); desk.get("documents").intValue() < 1
                || !desk.get("reading").isEmpty(); desk = served.read(served.get("/v1/desks/" + name).body())) {
            Clock.SYSTEM.sleep(20_000_000); // until it is read
        }
    }

    @Test
    void anAnswerOfADeskIsWhatItsQuestionIsReplied() throws Exception {
        desk("boats", "The ferry to Ness leaves at seven every morning. The keeper of the lamp is called Ida.");
        String ask = "'question': 'When does the ferry to Ness leave?', 'max_tokens': 24";
        JsonNode asked = ok("/v1/desks/boats/ask", "{" + ask + "}");
        List<Streamed> events = Streamed.of(post("{" + ask + ", 'desk': 'boats', 'stream': true}"));
        assertThat(events).extracting(Streamed::kind).startsWith("answer", "found").contains("text", "sentence", "citation")
                .endsWith("done");
        JsonNode done = events.getLast().data();
        assertThat(Streamed.text(events)).isEqualTo(asked.get("answer").stringValue());
        for (String each : List.of("/answer", "/desk", "/model", "/question", "/stop", "/longhand/citations",
                "/longhand/sentences", "/longhand/attached")) {
            assertThat(done.at(each)).as(each).isEqualTo(asked.at(each));
        }
        assertThat(replay(idOf(events), 0)).isEqualTo(events);
    }

    /** Goal: what goes wrong within is the last event. Method: a question that shares no word with the desk. */
    @Test
    void whatGoesWrongWithinIsTheLastEvent() throws Exception {
        desk("stones", "Granite and slate.");
        List<Streamed> events = Streamed.of(post("{'question': 'xylophone zebra?', 'desk': 'stones', 'stream': true}"));
        assertThat(events).extracting(Streamed::kind).containsExactly("answer", "error");
        JsonNode error = events.getLast().data();
        assertThat(error.get("status").intValue()).isEqualTo(404);
        assertThat(error.get("code").stringValue()).isEqualTo("not_found");
        assertThat(error.get("message").stringValue()).contains("no passage in desk stones");
        JsonNode state = ended(idOf(events));
        assertThat(state.get("state").stringValue()).isEqualTo("failed");
        assertThat(state.get("error")).isEqualTo(error);
        assertThat(replay(idOf(events), 0)).isEqualTo(events);
    }

    @Test
    void theSameKeyIsTheSameAnswer() throws Exception {
        String body = COUNT.formatted(8, false).replace('\'', '"');
        HttpRequest.Builder request = served.request("/v1/answers").header("Idempotency-Key", "same-key_1");
        HttpResponse<String> first = send(request.copy().POST(HttpRequest.BodyPublishers.ofString(body)));
        assertThat(first.statusCode()).as(first.body()).isIn(200, 202);
        String id = served.read(first.body()).get("id").stringValue();
        assertThat(first.headers().firstValue("Location")).contains("/v1/answers/" + id);
        JsonNode done = ended(id).get("result");
        EngineCounters before = served.model.counters();
        List<Streamed> again = Streamed.of(send(request.copy().POST(HttpRequest.BodyPublishers.ofString(
                COUNT.formatted(8, true).replace('\'', '"')))).body());
        assertThat(idOf(again)).isEqualTo(id);
        assertThat(again.getLast().data()).isEqualTo(done);
        HttpResponse<String> other = send(request.copy().POST(HttpRequest.BodyPublishers.ofString(
                COUNT.formatted(9, false).replace('\'', '"'))));
        assertThat(other.statusCode()).isEqualTo(409);
        assertThat(other.body()).contains("idempotency_conflict", id, "another body");
        assertThat(served.model.counters().answeredTokens()).isEqualTo(before.answeredTokens());
        assertThat(call("GET", "/v1/answers", "").body().get("data").valueStream().filter(a -> a.get("id").stringValue()
                .equals(id))).hasSize(1);
    }

    /** Goal: who deletes an answer ends its work within a step. Method: in the middle of a long one that another reads. */
    @Test
    void deletingEndsTheWorkAndForgets() throws Exception {
        EngineCounters before = served.model.counters();
        try (Wire wire = served.wire()) {
            wire.post("/v1/answers", COUNT.formatted(3000, true).replace('\'', '"')).head();
            String id = idOf(Streamed.of(wire.nextEvent()));
            wire.nextEvent();
            assertThat(call("DELETE", "/v1/answers/" + id, "").body().get("deleted").booleanValue()).isTrue();
            EngineCounters after = served.model.counters();
            assertThat(after.cancelled() - before.cancelled()).isEqualTo(1);
            assertThat(after.answeredTokens() - before.answeredTokens()).isLessThan(1000);
            assertThat(served.books.ledger().balance("person:anna").debitsPending()).isZero();
            List<Streamed> rest = Streamed.of(wire.rest());
            assertThat(rest.getLast().kind()).isEqualTo("error");
            assertThat(rest.getLast().data().get("code").stringValue()).isEqualTo("cancelled");
            assertThat(call("GET", "/v1/answers/" + id, "").status()).isEqualTo(404);
            assertThat(call("GET", "/v1/jobs/" + id, "").status()).isEqualTo(404);
            assertThat(call("DELETE", "/v1/answers/" + id, "").status()).isEqualTo(404);
        }
    }

    @Test
    void aBudgetIsRefusedBeforeAnythingIsKept() throws Exception {
        post(COUNT.formatted(1, true)); // so that it is known what a token takes, and the account is there
        int kept = call("GET", "/v1/answers", "").body().get("data").size();
        served.books.ledger().put(new Budget("person:anna", Budget.Period.EVER, 1, 1, 1));
        try {
            Served.Reply reply = call("POST", "/v1/answers", COUNT.formatted(1000, true));
            assertThat(reply.status()).as(reply.http().body()).isEqualTo(402);
            assertThat(reply.body().at("/error/code").stringValue()).isEqualTo("insufficient_quota");
        } finally {
            served.books.ledger().removeBudget("person:anna", Budget.Period.EVER);
        }
        assertThat(call("GET", "/v1/answers", "").body().get("data").size()).isEqualTo(kept);
        assertThat(served.books.ledger().balance("person:anna").debitsPending()).isZero();
    }

    /** Goal: readers that take nothing hold nobody, and are at most so many. */
    @Test
    void readersThatTakeNothingHoldNobody() throws Exception {
        String id = call("POST", "/v1/answers", COUNT.formatted(3000, false).replace("}", ", 'logit_bias': {'2': -100}}")).body()
                .get("id").stringValue();
        List<Wire> idle = new ArrayList<>();
        try {
            for (int i = 0; i < AnswerLimits.DEFAULT.readersMax(); i++) {
                idle.add(Wire.to(served.server.port(), 2048).request("GET", "/v1/answers/" + id,
                        "Accept: text/event-stream\r\n", new byte[0]));
                assertThat(idle.getLast().head().status()).isEqualTo(200);
            }
            try (Wire more = served.wire()) {
                Wire.Reply refused = more.request("GET", "/v1/answers/" + id, "Accept: text/event-stream\r\n", new byte[0]).reply();
                assertThat(refused.status()).isEqualTo(429);
            }
            long told = state(id).get("lastEvent").longValue();
            while (state(id).get("lastEvent").longValue() < told + 5) {
                Clock.SYSTEM.sleep(10_000_000); // until it has gone on
            }
            assertThat(call("DELETE", "/v1/answers/" + id, "").status()).isEqualTo(200);
        } finally {
            for (Wire each : idle) {
                each.close();
            }
        }
    }

    @Test
    void whatIsWrongIsRefusedWithItsStatus() throws Exception {
        List<Streamed> events = Streamed.of(post(COUNT.formatted(1, true)));
        String path = "/v1/answers/" + idOf(events);
        long last = events.getLast().id();
        assertThat(call("POST", "/v1/answers", "{'question': 'a', 'messages': []}").status()).isEqualTo(400);
        assertThat(call("POST", "/v1/answers", "{}").status()).isEqualTo(400);
        assertThat(call("POST", "/v1/answers", "{'question': 'a', 'desk': 'none'}").status()).isEqualTo(404);
        assertThat(call("POST", "/v1/answers", "{'question': 'a', 'model': 'none'}").status()).isEqualTo(404);
        assertThat(call("POST", "/v1/answers", "{'question': 'a', 'max_tokens': 20000}").status()).isEqualTo(400);
        assertThat(call("POST", "/v1/answers", "{'question': 'a', 'tools': [{}]}").status()).isEqualTo(400);
        assertThat(send(served.request(path + "?after=" + last).header("Accept", "text/event-stream")).statusCode()).isEqualTo(204);
        for (String after : List.of("x", "-1", "1e3", Long.toString(last + 1))) {
            assertThat(send(served.request(path).header("Accept", "text/event-stream").header("Last-Event-ID", after)).statusCode())
                    .as(after).isEqualTo(400);
        }
        assertThat(send(served.request("/v1/answers").header("Idempotency-Key", "no spaces").POST(HttpRequest.BodyPublishers
                .ofString("{\"question\": \"a\"}"))).statusCode()).isEqualTo(400);
    }
}
