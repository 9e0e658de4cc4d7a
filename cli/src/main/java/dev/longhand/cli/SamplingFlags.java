package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.lm.Sampling;
import picocli.CommandLine.Option;

/** How tokens are chosen: flags with the names that llama.cpp gave them. */
final class SamplingFlags {
    @Option(names = {"-n", "--n-predict"}, paramLabel = "N", description = "Tokens to answer at most.")
    Integer tokens;

    @Option(names = "--temp", paramLabel = "T", description = "Temperature; 0 always takes the most probable token.")
    Float temperature;

    @Option(names = "--top-k", paramLabel = "K", description = "Keep the K most probable tokens; 0 keeps all.")
    Integer topK;

    @Option(names = "--top-p", paramLabel = "P", description = "Keep the fewest tokens whose probabilities sum to P.")
    Float topP;

    @Option(names = "--min-p", paramLabel = "P", description = "Keep tokens at least P times as probable as the first.")
    Float minP;

    @Option(names = "--repeat-penalty", paramLabel = "R", description = "Make recent tokens less likely; 1 is off.")
    Float repeatPenalty;

    @Option(names = "--seed", paramLabel = "S", description = "Seed of the draws; the same seed gives the same text on one tier.")
    Long seed;

    int tokensOr(int fallback) throws Problem {
        int chosen = tokens == null ? fallback : tokens;
        if (chosen < 1 || chosen > 1_000_000) {
            throw new Problem(Problem.Kind.USAGE, "--n-predict is " + chosen + "; it must lie in [1, 1000000]");
        }
        return chosen;
    }

    /** The fallback with what the flags say; a value out of range is a usage problem. */
    Sampling sampling(Sampling fallback) throws Problem {
        try {
            return new Sampling(
                    temperature == null ? fallback.temperature() : temperature,
                    topK == null ? fallback.topK() : topK,
                    topP == null ? fallback.topP() : topP,
                    minP == null ? fallback.minP() : minP,
                    repeatPenalty == null ? fallback.repeatPenalty() : repeatPenalty,
                    fallback.repeatWindow(),
                    seed == null ? fallback.seed() : seed);
        } catch (IllegalArgumentException e) {
            throw new Problem(Problem.Kind.USAGE, e.getMessage(), e);
        }
    }
}
