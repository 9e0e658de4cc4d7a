package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.TokenLogprob;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/**
 * Goal: completions have OpenAI's form, and hold what the model says. Method: a real server with SmolLM2 over HTTP; texts, tokens
 * and log-probabilities are compared with those of the model itself.
 */
class OpenAiCompletionsTest extends SmolLm2Served {
    private static final String PATH = "/v1/completions";
    private static final String TEXT = "The capital of France is";

    @AfterEach
    void booksAreInOrder() throws Problem {
        assertThat(served.books.ledger().check().findings()).isEmpty();
        served.model.checkIntegrity();
    }

    private static String greedy(int tokens) throws Problem {
        try (Sequence sequence = served.model.open(new SequenceSpec(256))) {
            return sequence.generate(served.model.begin(TEXT), GenerationSpec.greedy(tokens), Sink.SILENT).text();
        }
    }

    private static JsonNode ok(String body) throws Exception {
        return ok(PATH, body);
    }

    @Test
    void continuesAText() throws Exception {
        JsonNode reply = ok("{'model': 'smollm2', 'prompt': '%s', 'max_tokens': 8, 'temperature': 0}".formatted(TEXT));
        assertThat(reply.get("object").stringValue()).isEqualTo("text_completion");
        assertThat(reply.get("id").stringValue()).startsWith("cmpl-");
        assertThat(reply.get("model").stringValue()).isEqualTo("smollm2");
        JsonNode choice = reply.get("choices").get(0);
        assertThat(choice.get("text").stringValue()).isEqualTo(greedy(8));
        assertThat(choice.get("finish_reason").stringValue()).isEqualTo("length");
        assertThat(choice.get("logprobs").isNull()).isTrue();
        int prompt = served.model.begin(TEXT).length;
        assertThat(reply.get("usage").get("prompt_tokens").intValue()).isEqualTo(prompt);
        assertThat(reply.get("usage").get("completion_tokens").intValue()).isEqualTo(8);
        assertThat(reply.get("usage").get("total_tokens").intValue()).isEqualTo(prompt + 8);
        assertThat(reply.get("longhand").get("warnings")).isEmpty();
    }

    @Test
    void answersSixteenTokensWhereNothingIsSaid() throws Exception {
        assertThat(ok("{'prompt': '%s', 'temperature': 0}".formatted(TEXT)).get("choices").get(0).get("text").stringValue())
                .isEqualTo(greedy(16));
    }

    @Test
    void takesTokenIdsForTheTextTheyAreOf() throws Exception {
        String ids = Arrays.toString(served.model.begin(TEXT));
        JsonNode reply = ok("{'prompt': %s, 'max_tokens': 6, 'temperature': 0, 'echo': true}".formatted(ids));
        assertThat(reply.get("choices").get(0).get("text").stringValue()).isEqualTo(TEXT + greedy(6));
    }

    @Test
    void answersSeveralPromptsInTheirOrder() throws Exception {
        String ids = Arrays.toString(served.model.begin("One, two,"));
        JsonNode one = ok("{'prompt': %s, 'max_tokens': 4, 'temperature': 0}".formatted(ids));
        JsonNode all = ok("{'prompt': ['%s', 'One, two,', '%s'], 'max_tokens': 4, 'temperature': 0}".formatted(TEXT, TEXT));
        JsonNode choices = all.get("choices");
        assertThat(choices).hasSize(3);
        for (int i = 0; i < 3; i++) {
            assertThat(choices.get(i).get("index").intValue()).isEqualTo(i);
        }
        assertThat(choices.get(0).get("text").stringValue()).isEqualTo(greedy(4));
        assertThat(choices.get(1).get("text").stringValue()).isEqualTo(one.get("choices").get(0).get("text").stringValue());
        assertThat(choices.get(2).get("text").stringValue()).isEqualTo(greedy(4));
        assertThat(all.get("usage").get("completion_tokens").intValue()).isEqualTo(12);
        JsonNode ofIds = ok("{'prompt': [%s, %s], 'max_tokens': 4, 'temperature': 0}".formatted(ids, ids));
        assertThat(ofIds.get("choices").get(1).get("text")).isEqualTo(one.get("choices").get(0).get("text"));
    }

    @Test
    void answersOneTextSeveralTimesAndCountsItOnce() throws Exception {
        String body = "{'prompt': '%s', 'max_tokens': 6, 'n': 3, 'best_of': 3, 'seed': 5, 'temperature': 1}".formatted(TEXT);
        JsonNode first = ok(body);
        assertThat(first.get("choices")).hasSize(3);
        assertThat(ok(body).get("choices")).isEqualTo(first.get("choices"));
        List<String> texts = new ArrayList<>();
        first.get("choices").forEach(c -> texts.add(c.get("text").stringValue()));
        assertThat(texts).doesNotHaveDuplicates();
        JsonNode usage = first.get("usage");
        int prompt = served.model.begin(TEXT).length;
        assertThat(usage.get("prompt_tokens").intValue()).isEqualTo(prompt);
        assertThat(usage.get("completion_tokens").intValue()).isBetween(3, 18);
        JsonNode timings = first.get("timings");
        assertThat(timings.get("cache_n").intValue() + timings.get("prompt_n").intValue())
                .as("read and cached").isBetween(prompt, prompt + 3);
    }

    @Test
    void echoTellsHowLikelyTheTextIsAndAnswersNothingIfAsked() throws Exception {
        JsonNode choice = ok("{'prompt': '%s', 'max_tokens': 0, 'echo': true, 'logprobs': 2, 'temperature': 0}".formatted(TEXT))
                .get("choices").get(0);
        assertThat(choice.get("text").stringValue()).isEqualTo(TEXT);
        assertThat(choice.get("finish_reason").stringValue()).isEqualTo("length");
        JsonNode logprobs = choice.get("logprobs");
        int[] tokens = served.model.begin(TEXT);
        List<TokenLogprob> expected;
        try (Sequence sequence = served.model.open(new SequenceSpec(64))) {
            expected = sequence.score(tokens, 2);
        }
        assertThat(logprobs.get("tokens")).hasSize(tokens.length);
        assertThat(logprobs.get("token_logprobs").get(0).isNull()).isTrue();
        assertThat(logprobs.get("top_logprobs").get(0).isNull()).isTrue();
        for (int i = 1; i < tokens.length; i++) {
            assertThat(logprobs.get("token_logprobs").get(i).floatValue()).isEqualTo(expected.get(i - 1).logprob());
            assertThat(logprobs.get("top_logprobs").get(i).size()).isBetween(2, 3);
        }
        int at = 0;
        for (int i = 0; i < tokens.length; i++) {
            assertThat(logprobs.get("text_offset").get(i).intValue()).isEqualTo(at);
            at += logprobs.get("tokens").get(i).stringValue().length();
        }
        assertThat(at).isEqualTo(TEXT.length());
    }

    @Test
    void echoWithLogprobsGoesOnBehindTheText() throws Exception {
        JsonNode reply = ok("{'prompt': '%s', 'max_tokens': 5, 'echo': true, 'logprobs': 0, 'temperature': 0}".formatted(TEXT));
        JsonNode choice = reply.get("choices").get(0);
        assertThat(choice.get("text").stringValue()).isEqualTo(TEXT + greedy(5));
        int prompt = served.model.begin(TEXT).length;
        assertThat(choice.get("logprobs").get("tokens")).hasSize(prompt + 5);
        assertThat(choice.get("logprobs").get("top_logprobs").isNull()).isTrue();
        assertThat(reply.get("timings").get("cache_n").intValue()).as("what was read a moment ago").isZero();
    }

    @Test
    void writesHalfCharactersAsBytes() throws Exception {
        JsonNode choice = ok("{'prompt': 'a\\ud83e\\udd8e b', 'max_tokens': 0, 'echo': true, 'logprobs': 0}").get("choices").get(0);
        assertThat(choice.get("text").stringValue()).isEqualTo("a\ud83e\udd8e b");
        List<String> tokens = new ArrayList<>();
        choice.get("logprobs").get("tokens").forEach(t -> tokens.add(t.stringValue()));
        assertThat(tokens).anyMatch(t -> t.startsWith("bytes:\\xf0"));
        assertThat(choice.get("logprobs").get("text_offset").get(tokens.size() - 1).intValue()).as("code points before the last")
                .isEqualTo(2);
    }

    @Test
    void stopsAtAStopText() throws Exception {
        String whole = greedy(16);
        String stop = whole.split("\\W+")[3];
        JsonNode choice = ok("{'prompt': '%s', 'max_tokens': 16, 'temperature': 0, 'stop': ['%s']}".formatted(TEXT, stop))
                .get("choices").get(0);
        assertThat(choice.get("text").stringValue()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
        assertThat(choice.get("finish_reason").stringValue()).isEqualTo("stop");
    }

    /** Goal: several answers of a stream are those of a whole reply. Method: two prompts with three answers each, both ways. */
    @Test
    void streamsSeveralAnswersToEachPrompt() throws Exception {
        String body = "{'prompt': ['%s', 'One, two,'], 'max_tokens': 5, 'n': 3, 'seed': 5, 'temperature': 1%s}";
        List<String> whole = ok(PATH, body.formatted(TEXT, "")).get("choices").valueStream().map(c -> c.get("text").stringValue())
                .toList();
        List<String> events = served.events(PATH, body.formatted(TEXT, ", 'stream': true, 'stream_options': "
                + "{'include_usage': true}").replace('\'', '"'));
        String[] texts = {"", "", "", "", "", ""};
        int ends = 0;
        for (String each : events.subList(0, events.size() - 2)) {
            JsonNode choice = served.read(each).get("choices").get(0);
            texts[choice.get("index").intValue()] += choice.get("text").stringValue();
            ends += choice.get("finish_reason").isNull() ? 0 : 1;
        }
        assertThat(List.of(texts)).isEqualTo(whole);
        assertThat(ends).isEqualTo(6);
        assertThat(served.read(events.get(events.size() - 2)).at("/usage/completion_tokens").intValue()).isBetween(6, 30);
        assertThat(events.getLast()).isEqualTo("[DONE]");
    }

    @Test
    void streamsWhatItWouldHaveSaidAtOnce() throws Exception {
        List<String> events = served.events(PATH, ("{'prompt': ['%s', '%s'], 'max_tokens': 8, 'temperature': 0, 'echo': true, "
                + "'logprobs': 1, 'stream': true, 'stream_options': {'include_usage': true}}").formatted(TEXT, TEXT));
        assertThat(events.getLast()).isEqualTo("[DONE]");
        StringBuilder[] texts = {new StringBuilder(), new StringBuilder()};
        List<String> reasons = new ArrayList<>();
        int logprobs = 0;
        for (String event : events.subList(0, events.size() - 2)) {
            JsonNode choice = served.read(event).get("choices").get(0);
            texts[choice.get("index").intValue()].append(choice.get("text").stringValue());
            if (!choice.get("finish_reason").isNull()) {
                reasons.add(choice.get("finish_reason").stringValue());
                logprobs += choice.get("logprobs").get("tokens").size();
            }
        }
        assertThat(texts[0]).hasToString(TEXT + greedy(8));
        assertThat(texts[1]).hasToString(TEXT + greedy(8));
        assertThat(reasons).containsExactly("length", "length");
        int prompt = served.model.begin(TEXT).length;
        assertThat(logprobs).isEqualTo(2 * (prompt + 8));
        JsonNode usage = served.read(events.get(events.size() - 2));
        assertThat(usage.get("choices")).isEmpty();
        assertThat(usage.get("usage").get("completion_tokens").intValue()).isEqualTo(16);
    }

    @Test
    void keepsToAGrammar() throws Exception {
        String body = served.text(Json.object().put("prompt", "Yes or no?").put("max_tokens", 8)
                .put("grammar", "root ::= \"yes\" | \"no\""));
        assertThat(ok(body).get("choices").get(0).get("text").stringValue()).isIn("yes", "no");
    }

    @Test
    void addsBiasesOfTokens() throws Exception {
        int first = served.model.tokenize(greedy(1))[0];
        String body = "{'prompt': '%s', 'max_tokens': 1, 'temperature': 0, 'logit_bias': {'%d': -100}}".formatted(TEXT, first);
        assertThat(ok(body).get("choices").get(0).get("text").stringValue()).isNotEqualTo(greedy(1));
    }

    /** Method: the request is sent and the connection closed at once, so that the answers, which are long, are never wanted. */
    @Test
    void givesUpWhenTheClientLeaves() throws Exception {
        String body = served.text(Json.object().put("prompt", "a").put("max_tokens", 4000).put("n", 4)
                .put("grammar", "root ::= \"a\"{4000}"));
        served.log.clear();
        served.sendAndLeave(PATH, body);
        String line = served.log.poll(2, TimeUnit.MINUTES);
        assertThat(line).contains("the client left");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'max_tokens': 5                                    | 400 | prompt",
        "'prompt': ''                                       | 400 | prompt",
        "'prompt': []                                       | 400 | prompt",
        "'prompt': ['a', '']                                | 400 | prompt[1]",
        "'prompt': {'a': 1}                                 | 400 | prompt",
        "'prompt': [1, 49152]                               | 400 | prompt",
        "'prompt': [1, -1]                                  | 400 | prompt",
        "'prompt': [1, 1.5]                                 | 400 | prompt",
        "'prompt': [[1], [99999999]]                        | 400 | prompt[1]",
        "'prompt': 'a', 'suffix': 'b'                       | 400 | suffix",
        "'prompt': 'a', 'best_of': 2                        | 400 | best_of",
        "'prompt': 'a', 'n': 17                             | 400 | n",
        "'prompt': 'a', 'logprobs': 6                       | 400 | logprobs",
        "'prompt': 'a', 'logprobs': true                    | 400 | logprobs",
        "'prompt': 'a', 'max_tokens': 0                     | 400 | max_tokens",
        "'prompt': 'a', 'max_tokens': -1                    | 400 | max_tokens",
        "'prompt': 'a', 'max_tokens': 100000                | 400 | ",
        "'prompt': 'a', 'echo': 'yes'                       | 400 | echo",
        "'prompt': 'a', 'presence_penalty': 1               | 400 | presence_penalty",
        "'prompt': 'a', 'logit_bias': {'49152': 1}          | 400 | logit_bias",
        "'prompt': 'a', 'logit_bias': {'a': 1}              | 400 | logit_bias.a",
        "'prompt': 'a', 'model': 'smollm2@docs'             | 400 | model",
        "'prompt': 'a', 'model': 'gpt-9'                    | 404 | ",
    }, quoteCharacter = '"')
    void refusesWithTheFieldThatIsWrong(String body, int status, String field) throws Exception {
        Served.Reply reply = served.post(PATH, "{" + body + "}");
        assertThat(reply.status()).as(reply.http().body()).isEqualTo(status);
        JsonNode error = reply.body().get("error");
        assertThat(error.get("message").stringValue()).isNotBlank();
        assertThat(error.get("param").isNull() ? null : error.get("param").stringValue()).isEqualTo(field);
    }

    @Test
    void refusesBeforeAStreamBegins() throws Exception {
        assertThat(served.post(PATH, "{'prompt': 'a', 'stream': true, 'max_tokens': 100000}").status()).isEqualTo(400);
    }

    @Test
    void warnsOfWhatItDoesNotHonour() throws Exception {
        JsonNode reply = ok("{'prompt': 'a', 'max_tokens': 1, 'user': 'anna', 'colour': 'red'}");
        List<String> warnings = new ArrayList<>();
        reply.get("longhand").get("warnings").forEach(w -> warnings.add(w.stringValue()));
        assertThat(warnings).anyMatch(w -> w.startsWith("user is ignored")).anyMatch(w -> w.startsWith("colour is ignored"));
    }
}
