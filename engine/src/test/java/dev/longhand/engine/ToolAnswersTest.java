package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.ParallelAnswers;
import dev.longhand.lm.Prompting;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.TokenLogprob;
import dev.longhand.lm.Tool;
import dev.longhand.lm.ToolCall;
import dev.longhand.lm.ToolCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Goal: what vendors' interfaces ask of an answer beside its text holds on a real model. Method: SmolLM2, which knows no tools. */
class ToolAnswersTest extends OnSmolLm2 {
    private static final String SCHEMA = "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":20},"
            + "\"days\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":7}},\"required\":[\"city\",\"days\"]}";
    private static final List<Tool> TOOLS = List.of(new Tool("get_weather", "the weather of the next days", SCHEMA),
            new Tool("now", "the time", ""));
    @Test
    void anAnswerThatMustBeACallIsOneThatFits() throws Problem {
        int[] prompt = model.render(List.of(Message.user("How is the weather in Paris?")), Prompting.PLAIN.withTools(TOOLS));
        for (long seed = 0; seed < 4; seed++) {
            Sampling sampling = seed == 0 ? Sampling.GREEDY : new Sampling(1.5f, 0, 1, 0, 1, 64, seed);
            GenerationSpec spec = new GenerationSpec(200, sampling, List.of()).withConstraint(new Constraint.OneCall(TOOLS));
            Answer answer = answer(prompt, spec);
            assertThat(answer.stop()).as(answer.text()).isEqualTo(Answer.Stop.END);
            ToolCalls.Split split = ToolCalls.split(model.toolFormat(), List.of("get_weather", "now")::contains, answer.text());
            assertThat(split.text()).isEmpty();
            assertThat(split.calls()).as(answer.text()).hasSize(1);
            ToolCall call = split.calls().getFirst();
            assertThat(call.name()).isIn("get_weather", "now");
            if (call.name().equals("get_weather")) {
                assertThat(SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(SCHEMA, InputFormat.JSON)
                        .validate(call.argumentsJson(), InputFormat.JSON)).as(call.argumentsJson()).isEmpty();
            }
        }
    }

    @Test
    void aConversationGoesOnBehindAToolsResult() throws Problem {
        int[] prompt = model.render(List.of(Message.user("What is the secret word?"),
                Message.assistant("", List.of(new ToolCall("a", "now", "{}"))), Message.tool("a", "The secret word is \"plum\".")),
                Prompting.PLAIN.withTools(TOOLS));
        assertThat(answer(prompt, GenerationSpec.greedy(40)).text().toLowerCase()).contains("plum");
    }

    @Test
    void anAnswerThatIsBegunIsGoneOnWith() throws Problem {
        List<Message> begun = List.of(Message.user("Count from 1 to 8."), Message.assistant("1, 2, 3,"));
        int[] prompt = model.render(begun, Prompting.PLAIN.continued());
        assertThat(answer(prompt, GenerationSpec.greedy(8)).text()).startsWith(" 4, 5");
    }

    @Test
    void aBiasForbidsAndForcesTokensAndLeavesLogprobsAlone() throws Problem {
        int[] prompt = chat("What is the capital of France?");
        Answer free = answer(prompt, GenerationSpec.greedy(8).withLogprobs(5));
        int first = free.tokens()[0];
        Answer forbidden = answer(prompt, GenerationSpec.greedy(8).withLogprobs(5).withLogitBias(Map.of(first, -100f)));
        assertThat(forbidden.tokens()).doesNotContain(first);
        assertThat(forbidden.logprobs().getFirst().top()).extracting(TokenLogprob::logprob)
                .isEqualTo(free.logprobs().getFirst().top().stream().map(TokenLogprob::logprob).toList());
        assertThat(forbidden.tokens()[0]).isEqualTo(free.logprobs().getFirst().top().get(1).token());
        Sampling warm = new Sampling(1f, 0, 1, 0, 1, 64, 5);
        Answer forced = answer(prompt, new GenerationSpec(4, warm, List.of()).withLogitBias(Map.of(1000, 100f)));
        assertThat(forced.tokens()).containsOnly(1000);
        for (int id : new int[] {-1, model.tokenizer().size()}) {
            assertThatThrownBy(() -> answer(prompt, GenerationSpec.greedy(4).withLogitBias(Map.of(id, 1f))))
                    .isInstanceOf(Problem.class).hasMessageContaining("token " + id);
        }
        assertThatThrownBy(() -> GenerationSpec.greedy(4).withLogitBias(Map.of(5, 101f)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("101");
        assertThatThrownBy(() -> GenerationSpec.greedy(4).withLogitBias(Map.of(5, Float.NaN)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static final class Kept implements Sink {
        private final StringBuilder text = new StringBuilder();
        private final int piecesMax;
        private int pieces;

        Kept(int piecesMax) {
            this.piecesMax = piecesMax;
        }

        @Override
        public void text(String piece) {
            text.append(piece);
            pieces++;
        }

        @Override
        public boolean isCancelled() {
            return pieces >= piecesMax;
        }
    }

    @Test
    void parallelAnswersGoToTheirOwnSinks() throws Problem {
        int[] prompt = chat("Tell me a story about a lighthouse.");
        GenerationSpec spec = new GenerationSpec(24, new Sampling(1f, 0, 1, 0, 1, 64, 11), List.of());
        List<Kept> sinks = List.of(new Kept(1000), new Kept(3), new Kept(1000));
        try (Sequence sequence = model.open(new SequenceSpec(prompt.length + 24))) {
            List<Answer> answers = ParallelAnswers.generate(sequence, prompt, spec, sinks);
            for (int i = 0; i < 3; i++) {
                assertThat(sinks.get(i).text.toString()).isEqualTo(answers.get(i).text()).isNotEmpty();
            }
            assertThat(answers).extracting(Answer::stop).containsExactly(Answer.Stop.LENGTH, Answer.Stop.CANCELLED,
                    Answer.Stop.LENGTH);
        }
    }

    @Test
    void aSinkThatThrowsEndsAllAnswers() throws Problem {
        int[] prompt = chat("Tell me a story about a lighthouse.");
        GenerationSpec endless = new GenerationSpec(2000, new Sampling(1f, 0, 1, 0, 1, 64, 11), List.of())
                .withConstraint(new Constraint.Gbnf("root ::= [a-z ]{3000}"));
        List<Sink> sinks = new ArrayList<>(List.of(Sink.SILENT, piece -> {
            throw new IllegalStateException("the client is gone");
        }));
        long before = model.counters().answeredTokens();
        try (Sequence sequence = model.open(new SequenceSpec(prompt.length + 2000))) {
            assertThatThrownBy(() -> ParallelAnswers.generate(sequence, prompt, endless, sinks)).hasMessage("the client is gone");
            assertThat(model.counters().answeredTokens() - before).as("neither went on to its end").isLessThan(2000);
        }
    }
}
