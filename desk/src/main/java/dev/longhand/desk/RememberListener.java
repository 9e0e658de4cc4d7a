package dev.longhand.desk;

import dev.longhand.base.Units;

/** Told of a desk's documents being read into memory, on the thread that reads. */
public interface RememberListener {
    RememberListener SILENT = new RememberListener() {};

    /**
     * How far it is.
     *
     * @param documents       whose parts are all remembered, of {@code documentsAll}
     * @param tokens          remembered, of {@code tokensAll}
     * @param tokensRead      of these, by this reading
     * @param tokensPerSecond by this reading; 0 before anything is read
     * @param secondsLeft     at this speed; 0 while it is not known
     * @param bytes           of disk that this reading took
     */
    record Progress(int documents, int documentsAll, long tokens, long tokensAll, long tokensRead, double tokensPerSecond,
            double secondsLeft, long bytes) {
        /** {@code "12 of 40 documents, 812 tokens/s, 3 min left, 120 MB written"}. */
        public String line() {
            return "%s of %s documents%s%s, %s written".formatted(Units.count(documents), Units.count(documentsAll),
                    tokensPerSecond > 0 ? ", " + Units.count(Math.round(tokensPerSecond)) + " tokens/s" : "",
                    secondsLeft > 0 ? ", " + Units.seconds(secondsLeft) + " left" : "", Units.bytes(bytes));
        }
    }

    default void progress(Progress progress) {}

    /** One line for people: a part was left out. */
    default void note(String line) {}

    /** It has ended well; {@code forgotten} segments of documents that are gone were removed. */
    default void remembered(Progress progress, int forgotten) {}

    /** Asked before each part and now and then inside; true ends it; what was read stays. */
    default boolean isCancelled() {
        return false;
    }
}
