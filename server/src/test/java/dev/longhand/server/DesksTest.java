package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LookupOptions;
import dev.longhand.ledger.Key;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

@Timeout(300) // a reading that never ends
class DesksTest {
    private static final String TEXT = "# Boats\n\nThe ferry to Norderney leaves at seven.\n"
            + "The harbour master is called Hinrichs.\n";

    @TempDir
    Path folder;

    private Served served;
    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void serve() throws Exception {
        served = Served.smolLm2(folder, EngineOptions.DEFAULT.withLookup(LookupOptions.DEFAULT));
    }

    @AfterEach
    void end() {
        served.close();
        client.close();
    }

    private Served.Reply call(String method, String path, String body) throws Exception {
        HttpResponse<String> response = client.send(served.request(path).method(method, body.isEmpty()
                ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString());
        return new Served.Reply(response.statusCode(), served.read(response.body()), response);
    }

    /** Makes a desk with one document and waits until nothing of it is left to read. */
    private void boats() throws Exception {
        assertThat(served.post("/v1/desks", "{'name': 'boats'}").status()).isEqualTo(201);
        assertThat(call("POST", "/v1/desks/boats/documents?name=boats.md", TEXT).status()).isEqualTo(202);
        JsonNode desk;
        do {
            desk = call("GET", "/v1/desks/boats", "").body();
        } while (desk.get("documents").intValue() == 0 || !desk.get("reading").isEmpty());
    }

    /** As the books have it. */
    private long lookedUp() throws Exception {
        return call("GET", "/v1/ledger/report", "").body().at("/totals/0/tokensLookedUp").longValue();
    }

    @Test
    void whatIsUploadedIsReadListedShownByLinesAndAsked() throws Exception {
        boats();

        assertThat(call("GET", "/v1/desks", "").body().get("data").get(0).get("name").stringValue()).isEqualTo("boats");
        assertThat(call("GET", "/v1/desks/boats/documents", "").body().get("data").get(0).get("path").stringValue())
                .isEqualTo("boats.md");
        JsonNode lines = call("GET", "/v1/desks/boats/documents/boats.md?lines=3-4", "").body().get("lines");
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0).get("number").intValue()).isEqualTo(3);
        assertThat(lines.get(0).get("text").stringValue()).isEqualTo("The ferry to Norderney leaves at seven.");

        long booked = lookedUp();
        Served.Reply reply = served.post("/v1/desks/boats/ask", "{'question': 'When does the ferry leave?', 'max_tokens': 12}");
        assertThat(reply.status()).as(served.text(reply.body())).isEqualTo(200);
        JsonNode longhand = reply.body().get("longhand");
        assertThat(longhand.get("citations").get(0).get("path").stringValue()).isEqualTo("boats.md");
        assertThat(longhand.get("citations").get(0).get("state").stringValue()).isEqualTo("verified");
        assertThat(longhand.get("attachedTokens").intValue()).isPositive();
        assertThat(lookedUp() - booked).isEqualTo(longhand.get("attachedTokens").intValue());
        assertThat(longhand.get("cost").get("amountMicros").longValue()).isPositive();
        assertThat(longhand.get("warnings")).isEmpty();
        assertThat(served.get("/metrics").body()).containsPattern("longhand_desk_segments_total\\{found=\"yes\",.*} [1-9]")
                .containsPattern("longhand_desk_attached_tokens_total\\{.*} [1-9]");
    }

    @Test
    void askedAsAStreamOrByAChatADeskAnswersTheSame() throws Exception {
        boats();
        String question = "When does the ferry leave?";
        String whole = served.post("/v1/desks/boats/ask", "{'question': '" + question + "', 'max_tokens': 12}").body().get("answer")
                .stringValue();

        List<String> events = served.events("/v1/desks/boats/ask",
                "{'question': '" + question + "', 'max_tokens': 12, 'stream': true}");
        assertThat(served.read(events.getFirst()).has("lead")).isTrue();
        assertThat(served.read(events.getLast()).get("answer").stringValue()).isEqualTo(whole);

        Served.Reply chat = served.post("/v1/chat/completions", "{'model': 'smollm2@boats', 'max_tokens': 12, 'messages': ["
                + "{'role': 'system', 'content': 'Be short.'}, {'role': 'user', 'content': '" + question + "'}]}");
        assertThat(chat.body().get("choices").get(0).get("message").get("content").stringValue()).isEqualTo(whole);
        assertThat(chat.body().get("longhand").get("desk").stringValue()).isEqualTo("boats");
        assertThat(chat.body().get("longhand").get("warnings").get(0).stringValue()).contains("the 1 turns before it were not");

        List<String> chunks = served.events("/v1/chat/completions", "{'longhand': {'desk': 'boats'}, 'stream': true, "
                + "'max_tokens': 12, 'messages': [{'role': 'user', 'content': '" + question + "'}]}");
        JsonNode last = served.read(chunks.get(chunks.size() - 2));
        assertThat(last.get("longhand").get("citations").get(0).get("path").stringValue()).isEqualTo("boats.md");
        assertThat(chunks.getLast()).isEqualTo("[DONE]");
    }

    @Test
    void namesThatLeadElsewhereAndFilesOutsideOfTheRootsAreRefused() throws Exception {
        served.post("/v1/desks", "{'name': 'boats'}");

        for (String each : List.of("..%2Fx.md", "a%2F..%2F..%2Fx.md", "%2Fetc%2Fx", ".hidden", "a%00b", "a%5Cb", "")) {
            assertThat(call("POST", "/v1/desks/boats/documents?name=" + each, TEXT).status()).as(each).isEqualTo(400);
        }
        assertThat(served.post("/v1/desks/boats/documents", "{'path': '/etc/hostname'}").status()).isEqualTo(400);
        assertThat(served.post("/v1/desks", "{'name': 'boats'}").status()).isEqualTo(409);
        assertThat(served.post("/v1/desks", "{'name': '../x'}").status()).isEqualTo(400);
        assertThat(served.post("/v1/desks", "{'name': 'a--b'}").status()).isEqualTo(400);
        assertThat(call("GET", "/v1/desks/a--b", "").status()).isEqualTo(404);
        assertThat(call("GET", "/v1/desks/none/documents", "").status()).isEqualTo(404);
    }

    @Test
    void aDeskIsRemovedWithItsDocuments() throws Exception {
        boats();

        assertThat(call("DELETE", "/v1/desks/boats", "").status()).isEqualTo(200);

        assertThat(call("GET", "/v1/desks/boats", "").status()).isEqualTo(404);
        assertThat(folder.resolve("desks").resolve("boats")).doesNotExist();
    }

    @Test
    void aTeamSeesItsOwnDesksOnly() throws Exception {
        Caller red = new Caller("r", Key.Role.USER, "red", "team:red");
        Caller nobody = new Caller("n", Key.Role.USER, "", "person:n");

        assertThat(DeskNames.stored(red, "boats")).isEqualTo("red--boats");
        assertThat(DeskNames.shown(red, "red--boats")).contains("boats");
        assertThat(DeskNames.shown(red, "blue--boats")).isEmpty();
        assertThat(DeskNames.shown(red, "boats")).isEmpty();
        assertThat(DeskNames.shown(nobody, "red--boats")).isEmpty();
        assertThat(DeskNames.shown(nobody, "boats")).contains("boats");
        for (String each : List.of("-boats", "a--boats", "--boats")) {
            assertThatThrownBy(() -> DeskNames.stored(red, each)).as(each).isInstanceOf(Refusal.class);
        }
        assertThat(DeskNames.shown(red, "red---boats")).isEmpty();
    }
}
