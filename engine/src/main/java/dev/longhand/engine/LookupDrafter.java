package dev.longhand.engine;

/**
 * Guesses that what followed the longest repeated end of the sequence before follows again: answers that quote or change what was
 * read are guessed well.
 *
 * <p>Knows tokens only. How often a guess after a repeated end of some length was right is learned from every token of the answer,
 * guessed for or not, and fades. Not thread-safe.
 */
final class LookupDrafter implements Drafter {
    /** Lengths of the repeated end from which a class starts. */
    private static final int[] CLASS_FROM = {1, 2, 3, 4, 6, 8, 12, 16, 24, 48};
    /** Chances before anything was learned. */
    private static final double[] CHANCE_FIRST = {0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.9};
    /** What was learned first weighs as much as so many tokens. */
    private static final double WEIGHT_FIRST = 4;
    private static final double FADING = 0.97;

    private final int[] ids; // the sequence's own, longer than what is known
    private final SuffixAutomaton known;
    private final double[] right = new double[CLASS_FROM.length];
    private final double[] seen = new double[CLASS_FROM.length];

    /**
     * @param ids       the sequence: its first {@code length} tokens are there; those that are accepted stand behind them by then
     * @param tokensMax tokens that it may have in the end
     */
    LookupDrafter(int[] ids, int length, int tokensMax) {
        this.ids = ids;
        this.known = new SuffixAutomaton(tokensMax);
        for (int i = 0; i < length; i++) {
            known.append(ids[i]);
        }
        for (int i = 0; i < seen.length; i++) {
            seen[i] = WEIGHT_FIRST;
            right[i] = WEIGHT_FIRST * CHANCE_FIRST[i];
        }
    }

    @Override
    public void accept(int token) {
        if (known.matchLength() > 0) {
            int i = classOf(known.matchLength());
            right[i] = right[i] * FADING + (ids[known.matchEnd() + 1] == token ? 1 : 0);
            seen[i] = seen[i] * FADING + 1;
        }
        known.append(token);
    }

    @Override
    public int draft(int[] into, int at, int most) {
        if (known.matchLength() == 0) {
            return 0;
        }
        int from = known.matchEnd() + 1;
        for (int i = 0; i < most; i++) {
            int place = from + i;
            // What repeats itself goes on so: guesses follow guesses.
            into[at + i] = place < known.tokens() ? ids[place] : into[at + place - known.tokens()];
        }
        return most;
    }

    @Override
    public double chance(int i) {
        int of = classOf(known.matchLength() + i);
        return right[of] / seen[of];
    }

    private static int classOf(int length) {
        int i = 0;
        while (i + 1 < CLASS_FROM.length && CLASS_FROM[i + 1] <= length) {
            i++;
        }
        return i;
    }
}
