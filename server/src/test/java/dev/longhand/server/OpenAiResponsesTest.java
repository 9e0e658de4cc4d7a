package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.lm.Message;
import dev.longhand.lm.ToolCall;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Goal: clients of OpenAI's responses get what it promises. Method: a real server with SmolLM2, asked over HTTP. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class OpenAiResponsesTest extends SmolLm2Served {
    private static final String PATH = "/v1/responses";
    private static final String HEAD = "'model':'smollm2','temperature':0,";
    private static final String HELLO = HEAD + "'input':'Say hello.'";
    private static final String TOOL = ",'tools':[{'type':'function','name':'weather','parameters':{'type':'object','properties':"
            + "{'town':{'type':'string','enum':['Bonn','Rome']}},'required':['town']}}],'tool_choice':'required'";

    private static JsonNode ok(String body) throws Exception {
        return ok(PATH, "{" + body + "}");
    }

    private static String text(JsonNode response) {
        assertThat(response.get("output")).hasSize(1);
        return response.get("output").get(0).get("content").get(0).get("text").stringValue();
    }

    private static List<JsonNode> events(String body) throws Exception {
        List<JsonNode> events = new ArrayList<>();
        for (String each : served.events(PATH, "{" + body + ",'stream':true}")) {
            events.add(served.read(each));
            assertThat(events.getLast().get("sequence_number").intValue()).isEqualTo(events.size() - 1);
        }
        return events;
    }

    /** Types in order, without repeated ones. */
    private static List<String> order(List<JsonNode> events) {
        List<String> order = new ArrayList<>();
        for (JsonNode each : events) {
            String type = each.get("type").stringValue().substring("response.".length());
            if (order.isEmpty() || !type.equals(order.getLast())) {
                order.add(type);
            }
        }
        return order;
    }

    @Test
    void answersWithWhatItTook() throws Exception {
        JsonNode response = ok(HELLO + ",'max_output_tokens':6,'metadata':{'a':'b'},'instructions':'Be kind.'");
        assertThat(response.get("object").stringValue()).isEqualTo("response");
        assertThat(response.get("status").stringValue()).isEqualTo("incomplete");
        assertThat(response.get("incomplete_details").get("reason").stringValue()).isEqualTo("max_output_tokens");
        assertThat(text(response)).isNotBlank();
        assertThat(response.get("usage").get("output_tokens").intValue()).isEqualTo(6);
        assertThat(response.get("metadata").get("a").stringValue()).isEqualTo("b");
        assertThat(response.get("instructions").stringValue()).isEqualTo("Be kind.");
        assertThat(response.get("longhand").get("cost").get("cpuMicros").longValue()).isPositive();
        assertThat(response.get("longhand").get("warnings")).isEmpty();
    }

    @Test
    void streamsTheSameAnswerInTheOrderThatClientsKnow() throws Exception {
        String whole = text(ok(HELLO + ",'max_output_tokens':12"));
        List<JsonNode> events = events(HELLO + ",'max_output_tokens':12");
        assertThat(order(events)).containsExactly("created", "in_progress", "output_item.added", "content_part.added",
                "output_text.delta", "output_text.done", "content_part.done", "output_item.done", "incomplete");
        StringBuilder pieces = new StringBuilder();
        events.stream().filter(e -> e.has("delta")).forEach(e -> pieces.append(e.get("delta").stringValue()));
        assertThat(pieces.toString()).isEqualTo(whole);
        assertThat(text(events.getLast().get("response"))).isEqualTo(whole);
    }

    /** Goal: a response goes on from the one before. Method: the same conversation told whole has as many tokens. */
    @Test
    void goesOnFromAResponseThatIsKept() throws Exception {
        JsonNode first = ok(HELLO
                + ",'max_output_tokens':5,'text':{'format':{'type':'json_schema','name':'n','schema':{'const':42}}}");
        String id = first.get("id").stringValue();
        JsonNode second = ok(HEAD + "'input':'Again.','max_output_tokens':2,'previous_response_id':'" + id + "'");
        String whole = HEAD + "'input':[{'role':'user','content':'Say hello.'},{'role':'assistant','content':"
                + served.text(first.get("output").get(0).get("content").get(0).get("text"))
                        + "},{'role':'user','content':'Again.'}],"
                + "'max_output_tokens':2";
        assertThat(second.get("usage").get("input_tokens")).isEqualTo(ok(whole).get("usage").get("input_tokens"));
        assertThat(served.read(served.get(PATH + "/" + id).body())).isEqualTo(first);
        assertThat(delete(id)).isEqualTo(200);
        assertThat(delete(id)).isEqualTo(404);
        assertThat(served.get(PATH + "/" + id).statusCode()).isEqualTo(404);
        assertThat(served.post(PATH, "{" + HELLO + ",'previous_response_id':'" + id + "'}").status()).isEqualTo(404);
    }

    private static int delete(String id) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(served.request(PATH + "/" + id).DELETE().build(),
                    HttpResponse.BodyHandlers.discarding()).statusCode();
        }
    }

    @Test
    void doesNotKeepWhatItMustNot() throws Exception {
        String id = ok(HELLO + ",'max_output_tokens':1,'store':false").get("id").stringValue();
        assertThat(served.get(PATH + "/" + id).statusCode()).isEqualTo(404);
    }

    @Test
    void keepsToASchema() throws Exception {
        JsonNode response = ok(HELLO + ",'max_output_tokens':60,'text':{'format':{'type':'json_schema','name':'n','schema':"
                + "{'type':'object','properties':{'town':{'enum':['Bonn','Rome']}},'required':['town']}}}");
        assertThat(response.get("status").stringValue()).isEqualTo("completed");
        assertThat(served.read(text(response)).get("town").stringValue()).isIn("Bonn", "Rome");
    }

    @Test
    void callsAToolAndTakesWhatItGave() throws Exception {
        JsonNode response = ok(HELLO + TOOL + ",'max_output_tokens':60");
        JsonNode item = response.get("output").get(0);
        assertThat(item.get("type").stringValue()).isEqualTo("function_call");
        assertThat(served.read(item.get("arguments").stringValue()).get("town").stringValue()).isIn("Bonn", "Rome");
        JsonNode next = ok(HEAD + "'max_output_tokens':4,'previous_response_id':'" + response.get("id").stringValue()
                + "','input':[{'type':'function_call_output','call_id':'" + item.get("call_id").stringValue()
                        + "','output':'sunny'}]");
        assertThat(text(next)).isNotBlank();
        assertThat(order(events(HELLO + TOOL + ",'max_output_tokens':60"))).containsExactly("created", "in_progress",
                "output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done",
                        "completed");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "'model':'smollm2'|input",
        "'input':[]|input",
        "'input':[{'role':'robot','content':'a'}]|input[0].role",
        "'input':'a','truncation':'auto'|truncation",
        "'input':'a','background':true|background",
        "'input':'a','metadata':{'a':5}|metadata.a",
        "'input':'a','tools':[{'type':'web_search'}]|tools[0].type",
        "'input':'a','reasoning':{'effort':'huge'}|reasoning.effort"})
    void refusesWhatItCannotDo(String body, String field) throws Exception {
        Served.Reply reply = served.post(PATH, "{" + body + "}");
        assertThat(reply.status()).as(reply.http().body()).isEqualTo(400);
        assertThat(reply.body().get("error").get("param").stringValue()).isEqualTo(field);
    }

    @Test
    void saysWhatBecomesOfEffort() throws Exception {
        assertThat(ok(HELLO + ",'max_output_tokens':1,'reasoning':{'effort':'low'}").get("longhand").get("warnings")).hasSize(1);
    }

    /** Goal: an answer ends when its client leaves. Method: a long one, left after its start; its line of the log comes. */
    @Test
    void endsWhenTheClientLeaves() throws Exception {
        served.log.clear();
        served.sendAndLeave(PATH, "{" + HELLO + ",'max_output_tokens':8000,'stream':true}");
        assertThat(served.log.take()).contains(PATH);
        served.model.checkIntegrity();
    }

    /** Goal: what the assistant said and called is one turn, by whatever items. Method: the lengths of prompts. */
    @Test
    void joinsWhatTheAssistantSaidAndCalled() throws Exception {
        String input = "{'input':[{'role':'user','content':'a'},{'role':'assistant','content':'b'},"
                + "{'type':'function_call','call_id':'1','name':'f'},{'type':'function_call','call_id':'2','name':'g'},"
                + "{'type':'function_call_output','call_id':'1','output':'x'},{'role':'assistant','content':'c'}]}";
        Fields fields = new Fields((ObjectNode) served.read(input.replace('\'', '"')));
        List<Message> messages = ResponseInput.of(fields);
        assertThat(messages).extracting(Message::role).containsExactly(Message.Role.USER, Message.Role.ASSISTANT, Message.Role.TOOL,
                Message.Role.ASSISTANT);
        assertThat(messages.get(1).text()).isEqualTo("b");
        assertThat(messages.get(1).calls()).extracting(ToolCall::name).containsExactly("f", "g");
    }

    /** Goal: an answer of nothing is one empty message, in a stream too. */
    @Test
    void anAnswerOfNothingIsAMessage() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Line line = new Line(new Lines(null, Limits.DEFAULT, Clock.SYSTEM), new Line.Waiting(Line.Wait.NOTHING, 0));
        EventStream out = new EventStream(() -> bytes, null, line, new Json(Limits.DEFAULT));
        ArrayNode output = new ResponseStream(out, new ResponseReply("x", Json.object())).finish(false);
        assertThat(output).hasSize(1);
        assertThat(output.get(0).get("content").get(0).get("text").stringValue()).isEmpty();
        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("event: response.created", "event: response.output_item.done");
    }
}
