package dev.longhand.bench;

import dev.longhand.base.Check;

/**
 * How much context a task has.
 *
 * @param pieces    1 for one long context, else separate documents, of which one holds the answer
 * @param tokensMin of each piece
 * @param tokensMax of each piece
 */
public record TaskShape(int pieces, int tokensMin, int tokensMax) {
    public static final TaskShape LONG_8K = new TaskShape(1, 4_096, 8_192);
    public static final TaskShape LONG_16K = new TaskShape(1, 8_192, 16_384);

    public TaskShape {
        Check.argument(pieces > 0 && tokensMin >= 100 && tokensMin * 1.25 <= tokensMax,
                "%d pieces of %d to %d tokens: pieces must be positive, tokens at least 100 and the range a quarter wide", pieces,
                tokensMin, tokensMax);
    }

    /** So many documents of 400 to 800 tokens. */
    public static TaskShape documents(int count) {
        return new TaskShape(count, 400, 800);
    }

    /** {@code "4096-8192"}, {@code "8x400-800"}. */
    @Override
    public String toString() {
        return (pieces == 1 ? "" : pieces + "x") + tokensMin + "-" + tokensMax;
    }
}
