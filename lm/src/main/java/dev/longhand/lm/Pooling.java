package dev.longhand.lm;

/**
 * How the final states of a text's tokens become one vector.
 *
 * @param kind         which states
 * @param isNormalised whether the vector has length 1
 */
public record Pooling(Kind kind, boolean isNormalised) {
    /** Which states. */
    public enum Kind {
        /** Their mean. */
        MEAN,
        /** That of the last token. */
        LAST
    }

    public static final Pooling MEAN = new Pooling(Kind.MEAN, true);
    public static final Pooling LAST = new Pooling(Kind.LAST, true);

    /** The same states, their lengths kept. */
    public Pooling raw() {
        return new Pooling(kind, false);
    }
}
