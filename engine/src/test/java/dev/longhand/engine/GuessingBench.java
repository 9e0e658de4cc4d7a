package dev.longhand.engine;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.testkit.RealModels;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Answered tokens per second with guessing over those without, on an answer that quotes and on one that does not: interleaved
 * rounds on one model, median of the rounds' ratios. Arguments: rounds, and a model file; by default 7 and SmolLM2.
 */
final class GuessingBench {
    private static final int TOKENS_MAX = 256;

    /** Drawn at temperature 1: small models repeat themselves when they are greedy, and what repeats is no free text. */
    private static final GenerationSpec FREE =
            new GenerationSpec(TOKENS_MAX, new Sampling(1, 0, 1, 0, 1, 64, 3), List.of());

    private interface Run {
        double tokensPerSecond(LocalModel model) throws Problem;
    }

    private GuessingBench() {}

    public static void main(String[] arguments) throws Problem {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 7;
        Path file = arguments.length > 1 ? Path.of(arguments[1]) : RealModels.smolLm2();
        EngineOptions options = EngineOptions.DEFAULT;
        try (LocalModel plain = LocalModel.open(file, "plain", "", options.withGuessing(false), Clock.SYSTEM);
                LocalModel guessing = LocalModel.open(file, "guessing", "", options, Clock.SYSTEM)) {
            System.out.printf("%s, %d threads, %s%n", file.getFileName(), plain.threads(), plain.kernels().instructionSet());
            for (String task : List.of("quoting", "free")) {
                boolean quotes = task.equals("quoting");
                int[] prompt = quotes ? QuotingTask.quoting(plain) : QuotingTask.free(plain);
                GenerationSpec spec = quotes ? GenerationSpec.greedy(TOKENS_MAX) : FREE;
                measure(plain, guessing, task, model -> tokensPerSecond(model, prompt, spec), rounds);
            }
        }
    }

    private static void measure(LocalModel plain, LocalModel guessing, String task, Run run, int rounds) throws Problem {
        double[] ratios = new double[rounds];
        double best = 0;
        double bestPlain = 0;
        EngineCounters before = guessing.counters();
        for (int i = -1; i < rounds; i++) {
            double without = run.tokensPerSecond(plain);
            double with = run.tokensPerSecond(guessing);
            if (i >= 0) {
                ratios[i] = with / without;
                best = Math.max(best, with);
                bestPlain = Math.max(bestPlain, without);
            }
        }
        EngineCounters after = guessing.counters();
        Arrays.sort(ratios);
        System.out.printf("%-8s median ratio %.2f (%.2f to %.2f), best %.1f against %.1f tokens/s; "
                        + "%d guessed, %d right, %d steps for %d tokens%n",
                task, ratios[rounds / 2], ratios[0], ratios[rounds - 1], best, bestPlain,
                after.guessedTokens() - before.guessedTokens(), after.guessedRight() - before.guessedRight(),
                after.steps() - before.steps(), after.answeredTokens() - before.answeredTokens());
    }

    private static double tokensPerSecond(LocalModel model, int[] prompt, GenerationSpec spec) throws Problem {
        try (Sequence sequence = model.open(new SequenceSpec(2048))) {
            Answer answer = sequence.generate(prompt, spec, Sink.SILENT);
            return answer.usage().answeredTokensPerSecond();
        }
    }
}
