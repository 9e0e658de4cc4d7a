package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.desk.Desk;
import dev.longhand.desk.Desks;
import dev.longhand.desk.ReadListener;
import dev.longhand.engine.EngineCounters;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.engine.LookupOptions;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.By;
import dev.longhand.ledger.Filter;
import dev.longhand.ledger.Group;
import dev.longhand.ledger.Key;
import dev.longhand.ledger.Meters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Goal: an answer survives the server that makes it. Method: a server is closed in the middle of one, and the next one on the same
 * data directory goes on, with SmolLM2. What a kill does is in cli's AnswerKillTest.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AnswersRestartTest {
    private static final String COUNT = "{\"question\":\"Count from one to a thousand, in words.\",\"max_tokens\":100,"
            + "\"stream\":true,\"logit_bias\":{\"2\":-100},%s}"; // without the token that ends an answer
    private static final String STREAM = "Accept: text/event-stream\r\n";

    private static LocalModel model;

    @TempDir
    private Path folder;

    /** It attaches documents, and keeps no prompts, so that what is lent is what requests hold. */
    @BeforeAll
    static void open() throws Exception {
        model = Served.open(EngineOptions.DEFAULT.withPrefixBytesMax(0).withLookup(LookupOptions.DEFAULT));
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private Served serve() throws Exception {
        return Served.with(folder, model);
    }

    /** Asks and reads that many events; what came. */
    private static List<Streamed> begin(Served served, String body, int events) throws Exception {
        StringBuilder got = new StringBuilder();
        try (Wire wire = served.wire()) {
            wire.post("/v1/answers", body).head();
            for (int i = 0; i < events; i++) {
                got.append(wire.nextEvent());
            }
        }
        return Streamed.of(got.toString());
    }

    private static List<Streamed> rest(Served served, String id, long after) throws Exception {
        try (Wire wire = served.wire()) {
            wire.request("GET", "/v1/answers/" + id, STREAM + "Last-Event-ID: " + after + "\r\n", new byte[0]);
            assertThat(wire.head().status()).isEqualTo(200);
            return Streamed.of(wire.rest());
        }
    }

    private static String id(List<Streamed> events) {
        return events.getFirst().data().get("id").stringValue();
    }

    private static void booksMeet(Served served, EngineCounters before, Meters booked) throws Exception {
        EngineCounters after = served.model.counters();
        Meters now = meters(served);
        assertThat(now.tokensOut() - booked.tokensOut()).isEqualTo(after.answeredTokens() - before.answeredTokens());
        assertThat(now.tokensIn() - booked.tokensIn()).isEqualTo(after.promptTokens() - before.promptTokens());
        assertThat(served.books.ledger().balance("person:anna").debitsPending()).isZero();
        assertThat(served.books.ledger().check().findings()).isEmpty();
        served.model.checkIntegrity();
    }

    private static Meters meters(Served served) throws Exception {
        Meters sum = Meters.NONE;
        for (Group each : served.books.reports().report(By.JOB, Filter.ALL).totals()) {
            sum = sum.plus(each.meters());
        }
        return sum;
    }

    @Test
    void anAnswerGoesOnBehindWhatWasTold() throws Exception {
        for (String sampling : List.of("\"temperature\":0", "\"temperature\":0.8,\"seed\":7")) {
            String body = COUNT.formatted(sampling);
            String whole;
            List<Streamed> all;
            Meters booked;
            EngineCounters before = model.counters();
            try (Served served = serve()) {
                booked = meters(served);
                whole = Streamed.text(rest(served, id(begin(served, body, 1)), 0));
                all = new ArrayList<>(begin(served, body, 4));
            }
            try (Served served = serve()) {
                String id = id(all);
                all.addAll(rest(served, id, all.getLast().id()));
                assertThat(Streamed.text(all)).as(sampling).isEqualTo(whole);
                assertThat(all.getLast().data().get("answer").stringValue()).isEqualTo(whole);
                assertThat(all.getLast().data().at("/longhand/warnings").toString()).contains("in 2 runs");
                assertThat(all).extracting(Streamed::id).isEqualTo(LongStream.rangeClosed(1, all.size()).boxed().toList());
                assertThat(rest(served, id, 0)).isEqualTo(all);
                booksMeet(served, before, booked);
            }
        }
    }

    private void desk(Served served, String text) throws Exception {
        served.call("", "POST", "/v1/desks", "{'name': 'boats'}");
        assertThat(served.call("", "POST", "/v1/desks/boats/documents?name=a.md", text).status()).isEqualTo(202);
        for (JsonNode desk = served.call("", "GET", "/v1/desks/boats", "").body(); desk.get("documents").intValue() < 1
                || !desk.get("reading").isEmpty(); desk = served.call("", "GET", "/v1/desks/boats", "").body()) {
            Clock.SYSTEM.sleep(10_000_000); // until it is read
        }
    }

    private static final String STORY = "The ferry to Ness leaves at seven every morning. " + "It is slow and it is red. ".repeat(3)
            + "\n\nThe keeper of the lamp is called Ida, and she counts every boat that passes.\n";

    private static String ask(int parts) {
        return "{\"question\":\"Write a very long story about the ferry to Ness, its keeper and the boats.\",\"desk\":\"boats\","
                + "\"stream\":true,\"max_tokens\":150,\"temperature\":2,\"seed\":3,\"parts\":" + parts + "}";
    }

    /** How a client leaves. */
    private enum Way {
        CLOSE, RESET, HALF_OPEN;

        void leave(Wire wire) throws Exception {
            switch (this) {
                case CLOSE -> wire.close();
                case RESET -> wire.reset();
                case HALF_OPEN -> wire.socket.shutdownOutput(); // and it stays
            }
        }
    }

    /** Goal: who leaves costs an answer nothing and holds nothing. Method: leave at each event in each way; then count. */
    @Test
    void whoLeavesAtAnyEventHoldsNothingAndTheAnswerGoesOn() throws Exception {
        String body = COUNT.formatted("\"temperature\":0").replace(":100,", ":12,");
        try (Served served = serve()) {
            EngineCounters before = served.model.counters();
            int lent = served.model.pool().blocksLent();
            String whole = Streamed.text(rest(served, id(begin(served, body, 1)), 0));
            List<Wire> open = new ArrayList<>();
            for (Way way : Way.values()) {
                for (int events = 0; events < 4; events++) {
                    Wire wire = served.wire().post("/v1/answers", body);
                    open.add(wire);
                    String head = events == 0 ? "" : wire.head().header("Location");
                    for (int i = 0; i < events; i++) {
                        wire.nextEvent();
                    }
                    way.leave(wire);
                    if (events > 0) {
                        String id = head.substring(head.lastIndexOf('/') + 1);
                        assertThat(Streamed.text(rest(served, id, 0))).as("%s after %d events", way, events).isEqualTo(whole);
                    }
                }
            }
            for (JsonNode each : served.call("", "GET", "/v1/answers", "").body().get("data")) {
                rest(served, each.get("id").stringValue(), 0); // also of those that nobody read
            }
            while (served.server.desks().orElseThrow().answers().readers() > 0) {
                Clock.SYSTEM.sleep(10_000_000); // until those that left are noticed
            }
            assertThat(served.model.pool().blocksLent()).isEqualTo(lent);
            assertThat(served.model.counters().cancelled()).isEqualTo(before.cancelled());
            assertThat(served.books.ledger().balance("person:anna").debitsPending()).isZero();
            for (Wire each : open) {
                each.close();
            }
        }
    }

    /** Leaves of an answer that is done what a process leaves that dies after so many events. */
    private void rewind(String id, long events) throws Exception {
        try (Books books = Served.books(folder)) {
            books.store().write(tx -> {
                tx.update("DELETE FROM step WHERE job = ? AND number > ?", id, events - AnswerEvent.BEFORE_STEPS);
                return tx.update("UPDATE job SET state = 'QUEUED', attempts = 0, result = NULL, failure = '', steps = ? "
                        + "WHERE id = ?", events - 1, id);
            });
        }
    }

    /**
     * Goal: an answer of a desk goes on from the prompt that was kept. Method: passages in the prompt, and attached; cut
     * before, within and behind the text, and before the last event.
     */
    @Test
    void anAnswerOfADeskGoesOnBehindWhatWasTold() throws Exception {
        for (int parts : new int[] {0, 2}) {
            List<Streamed> whole;
            try (Served served = serve()) {
                desk(served, STORY);
                whole = rest(served, id(begin(served, ask(parts), 1)), 0);
            }
            assertThat(whole.get(1).data().get("attached").size()).isEqualTo(parts == 0 ? 0 : 1);
            for (double share : parts == 0 ? new double[] {0.5} : new double[] {0.5, 1, 2}) {
                int texts = (int) whole.stream().filter(e -> e.kind().equals("text")).count();
                int cut = share > 1 ? whole.size() - 1 : 2 + (int) (share * texts);
                rewind(id(whole), cut);
                try (Served served = serve()) {
                    EngineCounters before = served.model.counters();
                    List<Streamed> all = new ArrayList<>(whole.subList(0, cut));
                    all.addAll(rest(served, id(whole), cut));
                    String what = "%d parts, cut after %d of %d: %s".formatted(parts, cut, whole.size(), all);
                    assertThat(all.getLast().kind()).as(what).isEqualTo("done");
                    assertThat(Streamed.text(all)).as(what).isEqualTo(Streamed.text(whole));
                    assertThat(all.getLast().data().get("answer")).as(what).isEqualTo(whole.getLast().data().get("answer"));
                    assertThat(all).as(what).filteredOn(e -> e.kind().equals("found")).hasSize(1);
                    assertThat(all.getLast().data().at("/longhand/citations").isEmpty()).as(what).isFalse();
                    assertThat(all).extracting(Streamed::id).isEqualTo(LongStream.rangeClosed(1, all.size()).boxed().toList());
                    if (share == 1) { // what ended the answer may be made again, and the token that is taken no more
                        assertThat(served.model.counters().answeredTokens() - before.answeredTokens()).as(what).isLessThan(8);
                    }
                    whole = all;
                }
            }
        }
    }

    /** Goal: an answer never goes on from other words than it began with. Method: the attached document changes meanwhile. */
    @Test
    void anAnswerWhoseDocumentChangedEndsAndSaysSo() throws Exception {
        List<Streamed> all;
        try (Served served = serve()) {
            desk(served, STORY);
            all = rest(served, id(begin(served, ask(2), 1)), 0);
        }
        rewind(id(all), 4);
        all = new ArrayList<>(all.subList(0, 4));
        Files.writeString(folder.resolve("desks/boats/documents/a.md"), STORY.replace("seven", "eight"));
        try (Desk desk = new Desks(new Home(folder.toAbsolutePath()), Disk.REAL, Clock.SYSTEM).openAny("boats")) {
            desk.refresh(ReadListener.SILENT);
        }
        try (Served served = serve()) {
            all.addAll(rest(served, id(all), all.getLast().id()));
            Streamed last = all.getLast();
            assertThat(last.kind()).isEqualTo("error");
            assertThat(last.data().get("code").stringValue()).isEqualTo("desk_changed");
            assertThat(last.data().get("status").intValue()).isEqualTo(409);
            assertThat(last.data().get("message").stringValue()).contains("a.md", "boats", "ask again");
            JsonNode state = served.call("", "GET", "/v1/answers/" + id(all), "").body();
            assertThat(state.get("state").stringValue()).isEqualTo("failed");
            assertThat(state.get("answer").stringValue()).isEqualTo(Streamed.text(all));
            assertThat(served.books.ledger().balance("person:anna").debitsPending()).isZero();
        }
    }

    /** Goal: teams do not see each other's answers, and what a key began goes on without it. */
    @Test
    void aTeamSeesItsOwnAnswersAndTheyOutliveTheirKey() throws Exception {
        try (Served served = Served.keyed(folder, Limits.DEFAULT)) {
            String red = served.key("red", Key.Role.USER, "red");
            String mate = served.key("mate", Key.Role.READ_ONLY, "red");
            String blue = served.key("blue", Key.Role.USER, "blue");
            String nobody = served.key("nobody", Key.Role.USER);
            String body = "{'question': 'Count from one to a hundred, in words.', 'logit_bias': {'2': -100}, 'max_tokens': 40}";
            String id = served.call(red, "POST", "/v1/answers", body).body().get("id").stringValue();
            served.books.keys().revoke("red");
            for (String other : List.of(blue, nobody)) {
                for (String method : List.of("GET", "DELETE")) {
                    Served.Reply reply = served.call(other, method, "/v1/answers/" + id, "");
                    Served.Reply none = served.call(other, method, "/v1/answers/ans-none", "");
                    assertThat(reply.status()).isEqualTo(404);
                    assertThat(reply.http().body().replace(id, "ans-none")).isEqualTo(none.http().body());
                }
                assertThat(served.call(other, "GET", "/v1/answers", "").body().get("data").isEmpty()).isTrue();
                assertThat(served.call(other, "GET", "/v1/jobs/" + id, "").status()).isEqualTo(404);
            }
            JsonNode state = served.call(mate, "GET", "/v1/answers/" + id, "").body();
            while (state.get("state").stringValue().equals("running")) {
                Clock.SYSTEM.sleep(10_000_000); // until it is made
                state = served.call(mate, "GET", "/v1/answers/" + id, "").body();
            }
            assertThat(state.get("state").stringValue()).isEqualTo("done");
            assertThat(state.at("/result/usage/completion_tokens").intValue()).isEqualTo(40);
            assertThat(served.books.ledger().balance("person:red").spent()).isPositive();
        }
    }
}
