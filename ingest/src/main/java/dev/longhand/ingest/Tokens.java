package dev.longhand.ingest;

/**
 * Estimates tokens without a tokenizer: additive over lines, and rather a little too high than too low on the vocabularies in use.
 * Callers that need the true count ask the model.
 */
public final class Tokens {
    /** A run of letters costs one token, and one more for every so many letters after the first. */
    private static final int LETTERS_PER_TOKEN = 6;

    private static final int BLANKS_PER_TOKEN = 8;

    private int letters;
    private int blanks;

    Tokens() {}

    public static int estimate(String text) {
        return estimate(text, 0, text.length());
    }

    /** Estimate of {@code text[from, end)}. */
    static int estimate(String text, int from, int end) {
        Tokens counter = new Tokens();
        int tokens = 0;
        for (int i = from; i < end; i++) {
            tokens += counter.next(text.charAt(i));
        }
        return tokens;
    }

    /** What one more character costs after those before it. */
    int next(char c) {
        if (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_') {
            blanks = 0;
            return letters++ % LETTERS_PER_TOKEN == 0 ? 1 : 0;
        }
        letters = 0;
        if (c == ' ' || c == '\t' || c == '\r') {
            return ++blanks % BLANKS_PER_TOKEN == 0 ? 1 : 0;
        }
        blanks = 0;
        return c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
    }
}
