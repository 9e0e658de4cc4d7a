package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: reasoning is told apart and bounded. Method: texts cut at every byte; a tiny model whose vocabulary has the marks. */
class ReasoningTest {
    @TempDir
    Path folder;

    @Test
    void bothSidesAgreeOnWhatIsReasoningWhereverTheTextIsCut() throws Problem {
        String[][] cases = {
            {"<think>hm</think>\n\nyes", "hm", "yes"}, {" \n<think>a<b</thin</think>c</think>d", "a<b</thin", "c</think>d"},
            {"plain <think>no</think>", "", "plain <think>no</think>"}, {"<thin air", "", "<thin air"},
                    {"<think>endless", "endless", ""},
            {"<think></think>x", "", "x"}, {"", "", ""}, {"  x", "", "  x"}};
        try (LocalModel model = TinyLlama.open(folder, EngineOptions.DEFAULT, Clock.SYSTEM)) {
            Optional<ReasoningMarks> marks = model.engine().reasoning();
            for (String[] each : cases) {
                AnswerText text = new AnswerText(model.tokenizer(), marks, false, GenerationSpec.greedy(1), Sink.SILENT);
                ReasoningWatch watch = new ReasoningWatch(false);
                for (byte b : each[0].getBytes(StandardCharsets.UTF_8)) {
                    text.accept(b);
                    watch.accept(b);
                }
                text.finish();
                assertThat(text.reasoning()).as(each[0]).isEqualTo(each[1]);
                assertThat(text.text()).as(each[0]).isEqualTo(each[2]);
                assertThat(watch.place() == ReasoningWatch.Place.REASONING).isEqualTo(each[0].equals("<think>endless"));
            }
        }
    }

    /**
     * Goal: the budget closes the span. Method: a prompt that ends inside a mark; random text follows until the budget, then
     * the mark.
     */
    @Test
    void reasoningIsEndedByForceWhenItsTokensAreUsedUp() throws Problem {
        try (LocalModel model = TinyLlama.open(folder, EngineOptions.DEFAULT, Clock.SYSTEM);
                Sequence sequence = model.open(new SequenceSpec(200))) {
            int[] prompt = {'H', 'i', TinyLlama.THINK, '\n'};
            Answer answer = sequence.generate(prompt, GenerationSpec.greedy(60).withReasoningTokensMax(10), Sink.SILENT);
            assertThat(answer.tokens()[10]).isEqualTo(TinyLlama.CLOSE);
            assertThat(answer.tokens()[11]).isEqualTo('\n');
            assertThat(answer.usage().reasoningTokens()).isEqualTo(11);
            assertThat(answer.reasoning()).isNotEmpty().doesNotContain("</think>");
            assertThat(answer.text()).isNotEmpty();
            Answer free = sequence.generate(prompt, GenerationSpec.greedy(60), Sink.SILENT);
            assertThat(free.text()).as("never closed").isEmpty();
            assertThat(free.usage().reasoningTokens()).isEqualTo(60);
            Answer none = sequence.generate(prompt, GenerationSpec.greedy(60).withReasoningTokensMax(0), Sink.SILENT);
            assertThat(none.tokens()[0]).isEqualTo(TinyLlama.CLOSE);
            assertThat(none.reasoning()).isEmpty();
        }
    }

    /** Symptom: "the request failed: token 10 was chosen against the form of the answer". */
    @Test
    void theLineBreaksBehindReasoningThatIsEndedByForceAreNotOfTheForm() throws Problem {
        try (LocalModel model = TinyLlama.open(folder, EngineOptions.DEFAULT, Clock.SYSTEM);
                Sequence sequence = model.open(new SequenceSpec(200))) {
            int[] prompt = {'H', 'i', TinyLlama.THINK, '\n'};
            GenerationSpec spec = GenerationSpec.greedy(60).withReasoningTokensMax(10)
                    .withConstraint(new Constraint.Gbnf("root ::= [a-z]{3} \"!\""));
            Answer answer = sequence.generate(prompt, spec, Sink.SILENT);
            assertThat(answer.text()).matches("[a-z]{3}!");
            assertThat(answer.stop()).isEqualTo(Answer.Stop.END);
        }
    }

    @Test
    void stopTextsAreNotLookedForInReasoning() throws Problem {
        try (LocalModel model = TinyLlama.open(folder, EngineOptions.DEFAULT, Clock.SYSTEM)) {
            AnswerText text = new AnswerText(model.tokenizer(), model.engine().reasoning(), true,
                    GenerationSpec.greedy(1).withStops(List.of("stop")), Sink.SILENT);
            for (byte b : "a stop </think> b stop c".getBytes(StandardCharsets.UTF_8)) {
                if (!text.isStopped()) {
                    text.accept(b);
                }
            }
            assertThat(text.reasoning()).isEqualTo("a stop ");
            assertThat(text.text()).isEqualTo("b ");
        }
    }
}
