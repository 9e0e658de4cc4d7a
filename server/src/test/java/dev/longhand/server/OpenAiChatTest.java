package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** Goal: clients of OpenAI's chat API get what it promises. Method: a real server with SmolLM2, asked over HTTP. */
class OpenAiChatTest extends SmolLm2Served {
    private static final String PATH = "/v1/chat/completions";
    private static final String HELLO = "'messages':[{'role':'user','content':'Say hello.'}]";

    private static JsonNode ok(String body) throws Exception {
        return ok(PATH, "{" + body + "}");
    }

    private static String text(JsonNode choice) {
        return choice.get("message").get("content").stringValue();
    }

    private static List<JsonNode> chunks(String body) throws Exception {
        List<String> events = served.events(PATH, "{" + body + ",'stream':true}");
        assertThat(events).last().isEqualTo("[DONE]");
        List<JsonNode> chunks = new ArrayList<>();
        for (String each : events.subList(0, events.size() - 1)) {
            chunks.add(served.read(each));
        }
        return chunks;
    }

    @Test
    void answersWithWhatItTook() throws Exception {
        JsonNode reply = ok(HELLO + ",'temperature':0,'max_tokens':6");
        assertThat(reply.get("object").stringValue()).isEqualTo("chat.completion");
        assertThat(reply.get("choices").get(0).get("message").get("content").stringValue()).isNotBlank();
        assertThat(reply.get("choices").get(0).get("finish_reason").stringValue()).isEqualTo("length");
        JsonNode usage = reply.get("usage");
        assertThat(usage.get("completion_tokens").intValue()).isEqualTo(6);
        assertThat(usage.get("total_tokens").intValue()).isEqualTo(usage.get("prompt_tokens").intValue() + 6);
        assertThat(reply.get("longhand").get("cost").get("cpuMicros").longValue()).isPositive();
        assertThat(reply.get("longhand").get("warnings")).isEmpty();
    }

    /** Goal: a stream is the same answer in pieces. Method: the same greedy request both ways. */
    @Test
    void streamsTheSameAnswer() throws Exception {
        String asked = HELLO + ",'temperature':0,'max_tokens':12";
        String whole = ok(asked).get("choices").get(0).get("message").get("content").stringValue();
        List<JsonNode> chunks = chunks(asked + ",'stream_options':{'include_usage':true}");
        StringBuilder text = new StringBuilder();
        for (JsonNode each : chunks) {
            for (JsonNode choice : each.get("choices")) {
                JsonNode piece = choice.get("delta").get("content");
                text.append(piece == null ? "" : piece.stringValue());
            }
        }
        assertThat(text).hasToString(whole);
        assertThat(chunks.getFirst().get("choices").get(0).get("delta").get("role").stringValue()).isEqualTo("assistant");
        assertThat(chunks.get(chunks.size() - 2).get("choices").get(0).get("finish_reason").stringValue()).isEqualTo("length");
        assertThat(chunks.getLast().get("choices")).isEmpty();
        assertThat(chunks.getLast().get("usage").get("completion_tokens").intValue()).isEqualTo(12);
        assertThat(chunks(asked)).noneMatch(c -> c.has("usage"));
    }

    @Test
    void givesSeveralAnswersThatSeedsTellApart() throws Exception {
        JsonNode choices = ok(HELLO + ",'n':3,'seed':5,'temperature':1.5,'max_tokens':12").get("choices");
        assertThat(choices).hasSize(3);
        assertThat(choices.valueStream().map(OpenAiChatTest::text).distinct().count()).isGreaterThan(1);
        JsonNode again = ok(HELLO + ",'n':3,'seed':5,'temperature':1.5,'max_tokens':12").get("choices");
        assertThat(again).isEqualTo(choices);
    }

    /** Goal: a prompt that several answers share is counted once. Method: of a prompt that was not there before. */
    @Test
    void countsAPromptOnceForSeveralAnswers() throws Exception {
        String said = "Many words that nobody said. ".repeat(20);
        String asked = "'messages':[{'role':'user','content':'" + said + "'}],'n':3,'max_tokens':4";
        JsonNode reply = ok(asked);
        int tokens = reply.get("usage").get("prompt_tokens").intValue();
        assertThat(reply.get("timings").get("prompt_n").intValue()).isEqualTo(tokens + 3); // each reads its last token once more
        assertThat(reply.get("usage").get("prompt_tokens_details").get("cached_tokens").intValue()).isZero();
        assertThat(reply.get("usage").get("completion_tokens").intValue()).isLessThanOrEqualTo(12);
    }

    /** Goal: several answers share a stream and are those of one document. Method: the same request both ways. */
    @Test
    void streamsSeveralAnswers() throws Exception {
        String asked = HELLO + ",'n':2,'seed':7,'temperature':1,'max_tokens':10";
        JsonNode choices = ok(asked).get("choices");
        StringBuilder[] texts = {new StringBuilder(), new StringBuilder()};
        String[] finishes = new String[2];
        for (JsonNode each : chunks(asked)) {
            JsonNode choice = each.get("choices").get(0);
            JsonNode piece = choice.get("delta").get("content");
            texts[choice.get("index").intValue()].append(piece == null ? "" : piece.stringValue());
            if (!choice.get("finish_reason").isNull()) {
                finishes[choice.get("index").intValue()] = choice.get("finish_reason").stringValue();
            }
        }
        for (int i = 0; i < 2; i++) {
            assertThat(texts[i]).hasToString(choices.get(i).get("message").get("content").stringValue());
            assertThat(finishes[i]).isEqualTo(choices.get(i).get("finish_reason").stringValue());
        }
    }

    /** Goal: whoever leaves costs nothing more. Method: leave in mid-answer, with a stream and without; ask the engine. */
    @Timeout(60)
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void endsWhenTheClientLeaves(boolean isStream) throws Exception {
        long cancelled = served.model.counters().cancelled();
        long answered = served.model.counters().answeredTokens();
        served.sendAndLeave(PATH, "{" + HELLO + ",'max_tokens':8000,'logit_bias':{'2':-100},'stream':" + isStream + "}",
                () -> served.model.counters().answeredTokens() > answered);
        while (served.model.counters().cancelled() == cancelled) {
            Thread.onSpinWait(); // ends, or the test's time limit does
        }
        served.model.checkIntegrity();
    }

    @Test
    void tellsLogprobsOfEachToken() throws Exception {
        JsonNode content = ok(HELLO + ",'temperature':0,'max_tokens':4,'logprobs':true,'top_logprobs':2")
                .get("choices").get(0).get("logprobs").get("content");
        assertThat(content).hasSize(4);
        for (JsonNode each : content) {
            assertThat(each.get("top_logprobs")).hasSize(2);
            assertThat(each.get("top_logprobs").get(0).get("token")).isEqualTo(each.get("token")); // greedy takes the first
            assertThat(each.get("logprob").doubleValue()).isLessThanOrEqualTo(0);
        }
    }

    @Test
    void keepsToAJsonSchema() throws Exception {
        String schema = "{'type':'object','properties':{'word':{'type':'string','maxLength':8},"
                + "'count':{'type':'integer'}},'required':['word','count'],'additionalProperties':false}";
        JsonNode reply = ok(HELLO + ",'max_tokens':60,'response_format':{'type':'json_schema','json_schema':{'name':'x',"
                + "'schema':" + schema + "}}");
        assertThat(reply.get("choices").get(0).get("finish_reason").stringValue()).isEqualTo("stop");
        JsonNode answer = served.read(reply.get("choices").get(0).get("message").get("content").stringValue());
        assertThat(answer.get("word").isString()).isTrue();
        assertThat(answer.get("count").isIntegralNumber()).isTrue();
    }

    /** Goal: llama.cpp's form of a schema is kept to, and what is not known in a form is said. */
    @Test
    void keepsToASchemaBesideJsonObject() throws Exception {
        JsonNode reply = ok(HELLO + ",'max_tokens':40,'modalities':['text'],'response_format':{'type':'json_object','strange':1,"
                + "'schema':{'type':'object','properties':{'zz':{'type':'boolean'}},'required':['zz'],"
                + "'additionalProperties':false}}");
        assertThat(served.read(text(reply.get("choices").get(0))).get("zz").isBoolean()).isTrue();
        assertThat(reply.get("longhand").get("warnings").valueStream().map(JsonNode::stringValue))
                .containsExactly("response_format.strange is ignored: it is not known");
    }

    /** Goal: clients see a role in every stream, also of an answer that is empty. Method: a stop text that comes first. */
    @Test
    void streamsAnAnswerOfNothing() throws Exception {
        String first = text(ok(HELLO + ",'temperature':0,'max_tokens':1").get("choices").get(0));
        List<JsonNode> chunks = chunks(HELLO + ",'temperature':0,'max_tokens':5,'stop':['" + first + "']");
        assertThat(chunks).hasSize(2);
        assertThat(chunks.getFirst().get("choices").get(0).get("delta").get("role").stringValue()).isEqualTo("assistant");
        assertThat(chunks.getLast().get("choices").get(0).get("finish_reason").stringValue()).isEqualTo("stop");
    }

    @Test
    void endsAtAStopText() throws Exception {
        String asked = HELLO + ",'temperature':0,'max_tokens':12";
        String whole = text(ok(asked).get("choices").get(0));
        String stop = whole.substring(whole.length() / 2, whole.length() / 2 + 3);
        String quoted = served.text(JsonNodeFactory.instance.stringNode(stop)).replace("'", "\\u0027");
        JsonNode choice = ok(asked + ",'stop':[" + quoted + "]").get("choices").get(0);
        assertThat(choice.get("message").get("content").stringValue()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
        assertThat(choice.get("finish_reason").stringValue()).isEqualTo("stop");
    }

    private static final String TOOLS = "'tools':[{'type':'function','function':{'name':'weather','description':'The weather"
            + " of a place','parameters':{'type':'object','properties':{'place':{'type':'string','maxLength':12},"
            + "'days':{'type':'integer'}},'required':['place','days'],'additionalProperties':false}}},"
            + "{'type':'function','function':{'name':'clock'}}]";

    private static void assertWeather(JsonNode call) throws Exception {
        assertThat(call.get("type").stringValue()).isEqualTo("function");
        assertThat(call.get("id").stringValue()).isNotEmpty();
        assertThat(call.get("function").get("name").stringValue()).isEqualTo("weather");
        JsonNode arguments = served.read(call.get("function").get("arguments").stringValue());
        assertThat(arguments.get("place").isString()).isTrue();
        assertThat(arguments.get("days").isIntegralNumber()).isTrue();
    }

    /** Goal: a tool that must be called is called, with arguments of its schema, however the answer comes. */
    @Test
    void callsTheToolThatItMust() throws Exception {
        String asked = HELLO + "," + TOOLS + ",'temperature':0,'max_tokens':120,'tool_choice':{'type':'function',"
                + "'function':{'name':'weather'}}";
        JsonNode choice = ok(asked).get("choices").get(0);
        assertThat(choice.get("finish_reason").stringValue()).isEqualTo("tool_calls");
        assertThat(choice.get("message").get("content").isNull()).isTrue();
        assertThat(choice.get("message").get("tool_calls")).hasSize(1);
        assertWeather(choice.get("message").get("tool_calls").get(0));
        List<JsonNode> chunks = chunks(asked);
        List<JsonNode> deltas = chunks.stream().map(c -> c.get("choices").get(0).get("delta"))
                .filter(d -> d.has("tool_calls")).toList();
        assertThat(deltas).hasSize(1);
        assertWeather(deltas.getFirst().get("tool_calls").get(0));
        assertThat(deltas.getFirst().get("tool_calls").get(0).get("function"))
                .isEqualTo(choice.get("message").get("tool_calls").get(0).get("function"));
        assertThat(chunks.getLast().get("choices").get(0).get("finish_reason").stringValue()).isEqualTo("tool_calls");
    }

    /** Goal: what tools gave is read, and what must not be called is not offered. Method: prompts of different lengths. */
    @Test
    void readsWhatToolsGave() throws Exception {
        String calls = "'messages':[{'role':'user','content':'Weather in Rome?'},{'role':'assistant','content':null,"
                + "'tool_calls':[{'id':'c1','type':'function','function':{'name':'weather','arguments':"
                + "'{\\'place\\':\\'Rome\\',\\'days\\':1}'}}]},"
                + "{'role':'tool','tool_call_id':'c1','content':'sunny%s'}],'max_tokens':1,";
        int with = prompt(calls.formatted("") + TOOLS);
        assertThat(prompt(calls.formatted(" and so warm that the streets are empty") + TOOLS)).isGreaterThan(with);
        assertThat(prompt(calls.formatted("") + TOOLS + ",'tool_choice':'none'")).isLessThan(with);
    }

    private static JsonNode firstToken(String body) throws Exception {
        return ok(body).get("choices").get(0).get("logprobs").get("content").get(0);
    }

    private static int prompt(String body) throws Exception {
        return ok(body).get("usage").get("prompt_tokens").intValue();
    }

    /** Goal: a bias rules over the choice. Method: the greedy first token, forbidden. */
    @Test
    void biasesTokens() throws Exception {
        String asked = HELLO + ",'temperature':0,'max_tokens':1,'logprobs':true";
        JsonNode first = firstToken(asked);
        int id = served.model.tokenize(first.get("token").stringValue())[0];
        JsonNode other = firstToken(asked + ",'logit_bias':{'" + id + "':-100}");
        assertThat(other.get("token")).isNotEqualTo(first.get("token"));
    }

    @Test
    void warnsOfWhatItDoesNotKnow() throws Exception {
        JsonNode warnings = ok(HELLO + ",'max_tokens':1,'user':'me','colour':'red'").get("longhand").get("warnings");
        assertThat(warnings.valueStream().map(JsonNode::stringValue)).containsExactlyInAnyOrder(
                "user is ignored: the key says who calls", "colour is ignored: it is not known");
    }

    /** Goal: what is wrong is said, with its place. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "'messages':[] | 400 | messages is empty",
        "'messages':'hello' | 400 | messages is 'hello'; it must be an array",
        "'messages':[{'role':'king','content':'x'}] | 400 | messages[0].role is 'king'; it must be one of",
        "'messages':[{'role':'user','content':[{'type':'image_url'}]}] | 400 | messages[0].content[0].type is image_url",
        "'model':'nobody','messages':[{'role':'user','content':'x'}] | 404 | no model nobody is served here",
        "'temperature':3,'messages':[{'role':'user','content':'x'}] | 400 | temperature is 3; it must be a number from 0.0 to 2.0",
        "'max_tokens':0,'messages':[{'role':'user','content':'x'}] | 400 | max_tokens is 0",
        "'max_tokens':9000,'messages':[{'role':'user','content':'x'}] | 400 | takes 8,192 together",
        "'top_logprobs':2,'messages':[{'role':'user','content':'x'}] | 400 | top_logprobs needs logprobs: true",
        "'functions':[],'messages':[{'role':'user','content':'x'}] | 400 | functions is not supported",
        "'logit_bias':{'9999999':1},'messages':[{'role':'user','content':'x'}] | 400 | 9999999",
        "'logit_bias':{'x':1},'messages':[{'role':'user','content':'x'}] | 400 | logit_bias.x is no token id",
        "'tool_choice':'required','messages':[{'role':'user','content':'x'}] | 400 | tools is empty",
        "'tools':[{'type':'function'}],'messages':[{'role':'user','content':'x'}] | 400 | tools[0].function is missing",
        "'response_format':{'type':'json_schema','json_schema':{'name':'x'}},'messages':[{'role':'user','content':'x'}] | 400 | "
                + "response_format.json_schema.schema is missing",
        "'modalities':['text','audio'],'messages':[{'role':'user','content':'x'}] | 400 | models here write text only",
        "'n':2,'n':3 | 400 | the body is no JSON",
    })
    void refusesWithTheReason(String body, int status, String message) throws Exception {
        Served.Reply reply = served.post(PATH, "{" + body + "}");
        assertThat(reply.status()).as(reply.http().body()).isEqualTo(status);
        assertThat(reply.body().get("error").get("message").stringValue()).contains(message.replace('\'', '"'));
    }
}
