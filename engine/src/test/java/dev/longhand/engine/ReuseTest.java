package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.kernels.KvType;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.TokenLogprob;
import dev.longhand.testkit.RealModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Goal: an answer is the same bits whether its prompt was read anew, was held, came with a fork, or out of the prefix cache, over
 * f16 and over sealed blocks. Method: real models; tokens and the log-probabilities of the five best at each place are compared
 * exactly, and counters say that the reuse took place.
 */
class ReuseTest {
    private static final int ANSWERED = 24;
    private static final SequenceSpec SPEC = new SequenceSpec(1024);

    @Test
    void smolLm2AnswersTheSameHoweverItsPromptCame() throws Problem {
        compare(RealModels.smolLm2(), KvType.F16);
        compare(RealModels.smolLm2(), KvType.Q8_0);
    }

    @Test
    void gemma3AnswersTheSameHoweverItsPromptCame() throws Problem {
        compare(RealModels.gemma3(), KvType.F16);
        compare(RealModels.gemma3(), KvType.Q8_0);
    }

    private static void compare(Path file, KvType type) throws Problem {
        EngineOptions options = EngineOptions.DEFAULT.withKvType(type);
        Answer cold;
        try (LocalModel model = LocalModel.open(file, "cold", "", options.withPrefixBytesMax(0).withGuessing(false), Clock.SYSTEM);
                Sequence sequence = model.open(SPEC)) {
            cold = answer(sequence, prompt(model));
            assertThat(cold.usage().cachedTokens()).isZero();
        }
        try (LocalModel model = LocalModel.open(file, "reusing", "", options.withChunkRows(100), Clock.SYSTEM);
                Sequence first = model.open(SPEC); Sequence restored = model.open(SPEC)) {
            int[] prompt = prompt(model);
            same(answer(first, prompt), cold, 0);
            same(answer(first, prompt), cold, prompt.length / 2);
            same(answer(restored, prompt), cold, prompt.length / 64 * 64 - 64);
            first.read(Arrays.copyOf(prompt, prompt.length - 10), Sink.SILENT);
            try (Sequence fork = first.fork()) {
                first.generate(Arrays.copyOf(prompt, prompt.length - 30), GenerationSpec.greedy(40), Sink.SILENT);
                same(answer(fork, prompt), cold, prompt.length / 2);
            }
            same(answer(first, prompt), cold, prompt.length / 2);
            assertThat(model.prefixCounters().hitTokens()).isPositive();
            model.checkIntegrity();
        }
    }

    private static int[] prompt(LocalModel model) {
        String text = "The harbour master wrote down every ship that came in before the storm. ".repeat(60);
        return Arrays.copyOf(model.begin(text), 410);
    }

    private static Answer answer(Sequence sequence, int[] prompt) throws Problem {
        return sequence.generate(prompt, GenerationSpec.greedy(ANSWERED).withLogprobs(5), Sink.SILENT);
    }

    private static void same(Answer answer, Answer cold, int cachedMin) {
        assertThat(answer.usage().cachedTokens()).isGreaterThanOrEqualTo(cachedMin);
        assertThat(answer.tokens()).containsExactly(cold.tokens());
        List<TokenLogprob> expected = cold.logprobs();
        assertThat(answer.logprobs()).hasSize(expected.size());
        for (int i = 0; i < expected.size(); i++) {
            assertThat(bits(answer.logprobs().get(i))).as("log-probabilities of token %d", i).isEqualTo(bits(expected.get(i)));
        }
    }

    private static List<Integer> bits(TokenLogprob place) {
        List<Integer> bits = new ArrayList<>(List.of(place.token(), Float.floatToRawIntBits(place.logprob())));
        for (TokenLogprob best : place.top()) {
            bits.add(best.token());
            bits.add(Float.floatToRawIntBits(best.logprob()));
        }
        return bits;
    }
}
