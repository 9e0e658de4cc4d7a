package dev.longhand.desk;

import dev.longhand.base.Units;
import java.util.Locale;

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
        private static final double TOKENS_SHORT = 1e6;
        private static final double MINUTES_FROM = 120;
        private static final double HOURS_FROM = 3_600;

        /** {@code "31 % of 1.2 M tokens, 12/40 documents, 812 tokens/s, 13 min left, 120 MB"}: fits into a line of a terminal. */
        public String line() {
            return "%d %% of %s tokens, %s/%s documents%s%s, %s".formatted(tokensAll == 0 ? 100 : 100 * tokens / tokensAll,
                    tokensAll < TOKENS_SHORT ? Units.count(tokensAll)
                            : String.format(Locale.ROOT, "%.1f M", tokensAll / TOKENS_SHORT),
                    Units.count(documents), Units.count(documentsAll),
                    tokensPerSecond > 0 ? ", " + Units.count(Math.round(tokensPerSecond)) + " tokens/s" : "",
                    secondsLeft > 0 ? ", " + left() + " left" : "", Units.bytes(bytes));
        }

        private String left() {
            return secondsLeft >= MINUTES_FROM && secondsLeft < HOURS_FROM ? Math.round(secondsLeft / 60) + " min"
                    : Units.seconds(secondsLeft);
        }

        /** Seconds that this reading took so far; 0 before anything is read. */
        public double secondsRead() {
            return tokensPerSecond > 0 ? tokensRead / tokensPerSecond : 0;
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
