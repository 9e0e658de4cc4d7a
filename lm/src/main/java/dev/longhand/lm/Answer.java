package dev.longhand.lm;

/** What came out of one {@link Sequence#generate}. */
public record Answer(String text, int[] tokens, Stop stop, Usage usage) {
    /** Why the answer ended. */
    public enum Stop {
        /** The model said so, or a stop text appeared. */
        END,
        /** {@code tokensMax} was reached. */
        LENGTH,
        CANCELLED
    }
}
