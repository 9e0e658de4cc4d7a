package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.kernels.KvType;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.testkit.ManualClock;
import dev.longhand.testkit.RealModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Goal: guessing ahead never changes an answer, greedy or drawn, alone or among others, whatever KV is kept as; and guesses are
 * made and are right where an answer quotes. Method: real models with and without guessing; counters. The clock stands still, so
 * that how far is guessed does not depend on what else the machine does.
 */
class GuessingTest {
    private static final GenerationSpec GREEDY = GenerationSpec.greedy(160);
    private static final GenerationSpec DRAWN =
            new GenerationSpec(120, new Sampling(0.6f, 40, 0.95f, 0, 1.1f, 64, 7), List.of());

    private record Answers(List<int[]> tokens, EngineCounters counters) {}

    @Test
    void answersAreTheSameWithAndWithoutGuesses() throws Exception {
        compare(RealModels.smolLm2(), EngineOptions.DEFAULT);
    }

    @Test
    void answersAreTheSameOverSealedBlocks() throws Exception {
        compare(RealModels.smolLm2(), EngineOptions.DEFAULT.withKvType(KvType.Q8_0));
    }

    @Test
    void answersOfASlidingWindowModelAreTheSame() throws Exception {
        compare(RealModels.gemma3(), EngineOptions.DEFAULT);
    }

    /** Goal: a guess of a forbidden token is refused. Method: a token in the middle of what is quoted is forbidden. */
    @Test
    void answersWithABiasOnAGuessedTokenAreTheSame() throws Exception {
        List<int[]> answers = new ArrayList<>();
        for (boolean isGuessing : new boolean[] {false, true}) {
            EngineOptions options = EngineOptions.DEFAULT.withGuessing(isGuessing);
            try (LocalModel model = LocalModel.open(RealModels.smolLm2(), "model", "", options, new ManualClock());
                    Sequence sequence = model.open(new SequenceSpec(1024))) {
                int[] quoting = QuotingTask.quoting(model);
                int[] free = answer(sequence, quoting, GREEDY);
                int forbidden = free[free.length / 2];
                assertThat(quoting).as("the prompt, which is quoted").contains(forbidden);
                for (GenerationSpec spec : List.of(GREEDY, DRAWN)) {
                    int[] biased = answer(sequence, quoting, spec.withLogitBias(Map.of(forbidden, -100f)));
                    assertThat(biased).doesNotContain(forbidden).isNotEqualTo(free);
                    answers.add(biased);
                }
                assertThat(model.counters().guessedRight() > 0).isEqualTo(isGuessing);
                assertThat(model.counters().guessedTokens() > model.counters().guessedRight()).isEqualTo(isGuessing);
            }
        }
        assertThat(answers.subList(2, 4)).usingElementComparator(Arrays::compare).isEqualTo(answers.subList(0, 2));
    }

    private static void compare(Path file, EngineOptions options) throws Exception {
        Answers plain = answers(file, options.withGuessing(false));
        Answers guessed = answers(file, options);
        for (int i = 0; i < plain.tokens.size(); i++) {
            assertThat(guessed.tokens.get(i)).as("answer %d", i).isEqualTo(plain.tokens.get(i));
        }
        assertThat(plain.counters.guessedTokens()).isZero();
        assertThat(guessed.counters.guessedRight()).isBetween(1L, guessed.counters.guessedTokens());
        assertThat(guessed.counters.answeredTokens()).isEqualTo(plain.counters.answeredTokens());
        assertThat(guessed.counters.steps()).isLessThan(plain.counters.steps());
    }

    /** Two answers one after the other in one sequence, then four at once. */
    private static Answers answers(Path file, EngineOptions options) throws Exception {
        try (LocalModel model = LocalModel.open(file, "model", "", options, new ManualClock())) {
            List<int[]> tokens = new ArrayList<>();
            int[] quoting = QuotingTask.quoting(model);
            int[] free = QuotingTask.free(model);
            try (Sequence sequence = model.open(new SequenceSpec(1024))) {
                tokens.add(answer(sequence, quoting, GREEDY));
                tokens.add(answer(sequence, quoting, DRAWN));
            }
            tokens.addAll(together(model, quoting, free));
            model.checkIntegrity();
            return new Answers(tokens, model.counters());
        }
    }

    private static List<int[]> together(LocalModel model, int[] quoting, int[] free) throws Exception {
        List<int[]> tokens = new ArrayList<>();
        try (ExecutorService callers = Executors.newFixedThreadPool(4)) {
            List<Future<int[]>> running = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int[] prompt = i % 2 == 0 ? quoting : free;
                GenerationSpec spec = i < 2 ? GREEDY : DRAWN;
                running.add(callers.submit(() -> {
                    try (Sequence sequence = model.open(new SequenceSpec(1024))) {
                        return answer(sequence, prompt, spec);
                    }
                }));
            }
            for (Future<int[]> each : running) {
                tokens.add(each.get());
            }
        }
        return tokens;
    }

    private static int[] answer(Sequence sequence, int[] prompt, GenerationSpec spec) throws Problem {
        Answer answer = sequence.generate(prompt, spec, Sink.SILENT);
        assertThat(answer.usage().answeredTokens()).isEqualTo(answer.tokens().length);
        return answer.tokens();
    }
}
