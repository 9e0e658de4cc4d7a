package dev.longhand.lm;

/** Receives an answer as it grows. Called from the thread that called {@link Sequence#generate}. */
public interface Sink {
    Sink SILENT = piece -> {};

    /** A piece of text, whole characters only. */
    void text(String piece);

    /** {@code done} of {@code total} prompt tokens are read. */
    default void reading(int done, int total) {}

    /** Asked before each step; true ends the answer. */
    default boolean isCancelled() {
        return false;
    }
}
