package dev.longhand.lm;

/**
 * Receives an answer as it grows. Called from the thread that called {@link Sequence#generate}; the model works on meanwhile, a
 * bounded number of tokens ahead, and none of them is part of an answer that is cancelled here.
 */
public interface Sink {
    Sink SILENT = piece -> {};

    /** A piece of text, whole characters only. */
    void text(String piece);

    /**
     * A token was taken into the answer: each new one, in order, those of the reasoning and the end token included, before the text
     * that it makes certain. Resumed ones are not told.
     */
    default void token(int id) {}

    /** A piece of what the model thinks aloud before it answers, whole characters only. */
    default void reasoning(String piece) {}

    /** {@code done} of {@code total} tokens of the prompt, and of what is resumed, are read. */
    default void reading(int done, int total) {}

    /** Asked before each token is taken, and while nothing comes; true ends the answer. */
    default boolean isCancelled() {
        return false;
    }
}
