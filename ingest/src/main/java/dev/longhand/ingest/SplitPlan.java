package dev.longhand.ingest;

import dev.longhand.base.Check;

/**
 * How long passages are.
 *
 * @param tokensMax no passage is longer, by {@link Tokens#estimate}
 * @param tokensMin shorter neighbours are joined where structure allows it
 * @param linesMax no passage has more reading lines; with the default a whole passage is a citation
 */
public record SplitPlan(int tokensMax, int tokensMin, int linesMax) {
    public static final SplitPlan DEFAULT = new SplitPlan(256, 48, 30);

    public SplitPlan {
        Check.argument(tokensMax >= 16 && tokensMax <= 1 << 20, "tokensMax is %d; it must lie in 16..1,048,576", tokensMax);
        Check.argument(tokensMin >= 0 && tokensMin <= tokensMax, "tokensMin is %d; it must lie in 0..tokensMax, %d", tokensMin,
                tokensMax);
        Check.argument(linesMax > 0, "linesMax is %d; it must be positive", linesMax);
    }
}
