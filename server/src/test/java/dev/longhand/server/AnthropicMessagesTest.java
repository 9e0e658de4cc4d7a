package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.lm.Answer;
import dev.longhand.lm.ToolCall;
import dev.longhand.lm.ToolCalls;
import dev.longhand.lm.Usage;
import java.net.http.HttpRequest;
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

/** Goal: clients of Anthropic's messages get what it promises. Method: a real server with SmolLM2, asked over HTTP. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class AnthropicMessagesTest extends SmolLm2Served {
    private static final String PATH = "/v1/messages";
    private static final String HEAD = "'model':'smollm2','temperature':0,";
    private static final String HELLO = HEAD + "'messages':[{'role':'user','content':'Say hello.'}]";
    private static final String TOOL = ",'tools':[{'name':'weather','description':'The weather of a town','input_schema':"
            + "{'type':'object','properties':{'town':{'type':'string','enum':['Bonn','Rome']}},'required':['town']}}],"
            + "'tool_choice':{'type':'tool','name':'weather'}";

    private static JsonNode ok(String body) throws Exception {
        return ok(PATH, "{" + body + "}");
    }

    private static List<JsonNode> events(String body) throws Exception {
        List<JsonNode> events = new ArrayList<>();
        for (String each : served.events(PATH, "{" + body + ",'stream':true}")) {
            events.add(served.read(each));
        }
        return events;
    }

    private static String text(JsonNode message) {
        assertThat(message.get("content")).hasSize(1);
        assertThat(message.get("content").get(0).get("type").stringValue()).isEqualTo("text");
        return message.get("content").get(0).get("text").stringValue();
    }

    /** Types in order, without pings and repeated deltas. */
    private static List<String> order(List<JsonNode> events) {
        List<String> order = new ArrayList<>();
        for (JsonNode each : events) {
            String type = each.get("type").stringValue();
            if (!type.equals("ping") && !(type.equals("content_block_delta") && type.equals(order.getLast()))) {
                order.add(type);
            }
        }
        return order;
    }

    @Test
    void answersWithWhatItTook() throws Exception {
        JsonNode message = ok(HELLO + ",'max_tokens':6,'system':[{'type':'text','text':'Be "
                + "kind.','cache_control':{'type':'ephemeral'}}]");
        assertThat(message.get("type").stringValue()).isEqualTo("message");
        assertThat(message.get("id").stringValue()).startsWith("msg_");
        assertThat(text(message)).isNotBlank();
        assertThat(message.get("stop_reason").stringValue()).isEqualTo("max_tokens");
        assertThat(message.get("usage").get("output_tokens").intValue()).isEqualTo(6);
        assertThat(message.get("longhand").get("cost").get("cpuMicros").longValue()).isPositive();
        assertThat(message.get("longhand").get("warnings")).isEmpty();
    }

    /** Goal: the two counts of the prompt are all of it. Method: the same prompt twice, against count_tokens. */
    @Test
    void countsWhatWasReadAndWhatWasThere() throws Exception {
        String known = "All of this is known already. ".repeat(20);
        String asked = HEAD + "'system':'" + known + "','messages':[{'role':'user','content':'Hi.'}]";
        int tokens = ok(PATH + "/count_tokens", "{" + asked + "}").get("input_tokens").intValue();
        for (int i = 0; i < 2; i++) {
            JsonNode usage = ok(asked + ",'max_tokens':2").get("usage");
            int cached = usage.get("cache_read_input_tokens").intValue();
            assertThat(usage.get("input_tokens").intValue() + cached).isEqualTo(tokens);
            if (i == 1) {
                assertThat(cached).isPositive();
            }
        }
    }

    @Test
    void streamsTheSameAnswerInTheOrderThatClientsKnow() throws Exception {
        String whole = text(ok(HELLO + ",'max_tokens':12"));
        List<JsonNode> events = events(HELLO + ",'max_tokens':12");
        assertThat(order(events)).containsExactly("message_start", "content_block_start", "content_block_delta",
                "content_block_stop", "message_delta", "message_stop");
        assertThat(events.get(1).get("type").stringValue()).isEqualTo("ping");
        StringBuilder text = new StringBuilder();
        events.stream().filter(e -> e.get("type").stringValue().equals("content_block_delta"))
                .forEach(e -> text.append(e.get("delta").get("text").stringValue()));
        assertThat(text.toString()).isEqualTo(whole);
        JsonNode delta = events.get(events.size() - 2);
        assertThat(delta.get("delta").get("stop_reason").stringValue()).isEqualTo("max_tokens");
        assertThat(delta.get("usage").get("output_tokens").intValue()).isEqualTo(12);
    }

    @Test
    void goesOnBehindABegunAnswer() throws Exception {
        String begun = HEAD + "'messages':[{'role':'user','content':'Count: one, two, three, four.'},{'role':'assistant',"
                + "'content':'one, two,'}],'max_tokens':4";
        assertThat(text(ok(begun))).contains("three").doesNotContain("one");
    }

    @Test
    void saysWhichStopTextEndedIt() throws Exception {
        String whole = text(ok(HELLO + ",'max_tokens':12"));
        String stop = whole.substring(4, 7);
        JsonNode message = ok(HELLO + ",'max_tokens':12,'stop_sequences':['never said','" + stop + "']");
        assertThat(message.get("stop_reason").stringValue()).isEqualTo("stop_sequence");
        assertThat(message.get("stop_sequence").stringValue()).isEqualTo(stop);
        assertThat(text(message)).isEqualTo(whole.substring(0, whole.indexOf(stop)));
    }

    @Test
    void callsTheToolThatItMust() throws Exception {
        JsonNode message = ok(HELLO + TOOL + ",'max_tokens':60");
        assertThat(message.get("stop_reason").stringValue()).isEqualTo("tool_use");
        JsonNode use = message.get("content").get(0);
        assertThat(use.get("type").stringValue()).isEqualTo("tool_use");
        assertThat(use.get("name").stringValue()).isEqualTo("weather");
        assertThat(use.get("input").get("town").stringValue()).isIn("Bonn", "Rome");
        List<JsonNode> events = events(HELLO + TOOL + ",'max_tokens':60");
        assertThat(order(events)).containsExactly("message_start", "content_block_start", "content_block_delta",
                "content_block_stop", "message_delta", "message_stop");
        JsonNode input = events.stream().filter(e -> e.get("type").stringValue().equals("content_block_delta")).findFirst()
                .orElseThrow();
        assertThat(served.read(input.get("delta").get("partial_json").stringValue())).isEqualTo(use.get("input"));
        String id = use.get("id").stringValue();
        String rest = HEAD + "'messages':[{'role':'user','content':'Weather in "
                + "Rome?'},{'role':'assistant','content':[{'type':'tool_use',"
                + "'id':'" + id + "','name':'weather','input':{'town':'Rome'}}]},{'role':'user','content':[{'type':'tool_result',"
                + "'tool_use_id':'" + id + "','content':[{'type':'text','text':'sunny'}]}]}],'max_tokens':8";
        assertThat(text(ok(rest))).isNotBlank();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'messages':[{'role':'user','content':'a'}],'max_tokens':1|model",
        "'model':'smollm2','messages':[{'role':'user','content':'a'}]|max_tokens",
        "'model':'smollm2','messages':[],'max_tokens':1|messages",
        "'model':'smollm2','messages':[{'role':'robot','content':'a'}],'max_tokens':1|messages[0].role",
        "'model':'smollm2','messages':[{'role':'user','content':[{'type':'image'}]}],'max_tokens':1|messages[0].content[0].type",
        "'model':'smollm2','messages':[{'role':'user','content':'a'}],'max_tokens':9,"
                + "'thinking':{'type':'enabled','budget_tokens':9}"
                + "|thinking.budget_tokens",
        "'model':'smollm2','messages':[{'role':'user','content':'a'}],'max_tokens':9,'mcp_servers':[]|mcp_servers",
        "'model':'smollm2','messages':[{'role':'user','content':'a'}],'max_tokens':9,"
                + "'tool_choice':{'type':'any'}|tool_choice.type"},
            quoteCharacter = '`')
    void refusesInAnthropicsForm(String body, String field) throws Exception {
        Served.Reply reply = served.post(PATH, "{" + body + "}");
        assertThat(reply.status()).as(reply.http().body()).isEqualTo(400);
        assertThat(reply.body().get("type").stringValue()).isEqualTo("error");
        assertThat(reply.body().get("error").get("type").stringValue()).isEqualTo("invalid_request_error");
        assertThat(reply.body().get("error").get("message").stringValue()).contains(field);
        assertThat(reply.body().get("request_id").stringValue()).startsWith("req_");
    }

    @Test
    void warnsOfWhatItIgnores() throws Exception {
        JsonNode message = ok(HELLO + ",'max_tokens':1,'metadata':{'user_id':'u'},'colour':'red'");
        assertThat(message.get("longhand").get("warnings")).hasSize(2);
    }

    @Test
    void speaksTwoVersions() throws Exception {
        String body = ("{" + HELLO + ",'max_tokens':1}").replace('\'', '"');
        assertThat(statusOf("2023-06-01", body)).isEqualTo(200);
        assertThat(statusOf("2026-10-21", body)).isEqualTo(200);
        assertThat(statusOf("2023-01-01", body)).isEqualTo(400);
    }

    private static int statusOf(String version, String body) throws Exception {
        HttpRequest request = served.request(PATH).header("anthropic-version", version).header("x-api-key", "any")
                .POST(HttpRequest.BodyPublishers.ofString(body)).build();
        try (java.net.http.HttpClient client = java.net.http.HttpClient.newHttpClient()) {
            return client.send(request, java.net.http.HttpResponse.BodyHandlers.discarding()).statusCode();
        }
    }

    /** Goal: an answer ends when its client leaves. Method: a long one, left after its start; its line of the log comes. */
    @Test
    void endsWhenTheClientLeaves() throws Exception {
        served.log.clear();
        served.sendAndLeave(PATH, "{" + HELLO + ",'max_tokens':8000,'stream':true}");
        assertThat(served.log.take()).contains(PATH);
        served.model.checkIntegrity();
    }

    @Test
    void countingTokensWarnsOfWhatItDoesNotKnow() throws Exception {
        JsonNode counted = ok(PATH + "/count_tokens",
                "{'model':'smollm2','sytem':'x','messages':[{'role':'user','content':'Hi'}]}");
        assertThat(counted.get("input_tokens").intValue()).isPositive();
        assertThat(counted.get("longhand").get("warnings").get(0).stringValue()).contains("sytem");
    }

    /** Goal: a reason is that of the vendor. Method: every end, with a call and without. */
    @Test
    void anAnswerThatWasCutSaysSo() {
        for (Answer.Stop stop : Answer.Stop.values()) {
            for (boolean hasCalls : new boolean[] {false, true}) {
                ObjectNode node = Json.object();
                Answer answer = new Answer("a", new int[1], stop, Usage.NONE, "a! b", List.of(),
                        stop == Answer.Stop.END ? "!" : "");
                AnthropicReply.putStop(node, answer, hasCalls);
                boolean isCut = stop == Answer.Stop.LENGTH || stop == Answer.Stop.DEADLINE;
                assertThat(node.get("stop_reason").stringValue()).isEqualTo(isCut ? "max_tokens" : hasCalls ? "tool_use"
                        : stop == Answer.Stop.END ? "stop_sequence" : "end_turn");
                assertThat(node.get("stop_sequence").isNull()).isEqualTo(hasCalls || stop != Answer.Stop.END);
            }
        }
    }

    /** Goal: a call that is larger than a request may be is told all the same. */
    @Test
    void tellsCallsThatNestDeeply() {
        String deep = "{\"a\":" + "[".repeat(90) + "1".repeat(120) + "]".repeat(90) + "}";
        ArrayNode content = Json.array();
        AnthropicReply.content(content, new ToolCalls.Split("", List.of(new ToolCall("c", "f", deep))), "");
        assertThat(content.get(0).get("input").toString()).isEqualTo(deep);
    }
}
