package dev.longhand.desk;

import dev.longhand.lm.Sink;
import dev.longhand.lm.SinkFilter;

/**
 * Stops an answer that goes in circles: its end repeats, word for word, what stands right before. A penalty on repeated tokens
 * would do it too, but keeps a small model from copying the very numbers and names it was asked for (docs/LOG.md). Not thread-safe.
 */
final class LoopGuard extends SinkFilter {
    private static final int PERIOD_MIN = 6;
    private static final int PERIOD_MAX = 240;
    private static final int LONG_PERIOD = 40;

    private final StringBuilder text = new StringBuilder();
    private boolean isLooping;

    LoopGuard(Sink sink) {
        this(sink, "");
    }

    /** @param before text of the answer that was told already */
    LoopGuard(Sink sink, String before) {
        super(sink);
        text.append(before);
        isLooping = repeats();
    }

    boolean isLooping() {
        return isLooping;
    }

    @Override
    public void text(String piece) {
        text.append(piece);
        sink.text(piece);
        isLooping |= repeats();
    }

    @Override
    public boolean isCancelled() {
        return isLooping || sink.isCancelled();
    }

    /** Whether the text ends with two equal stretches, or four if they are short. */
    private boolean repeats() {
        for (int period = PERIOD_MIN; period <= Math.min(PERIOD_MAX, text.length() / 2); period++) {
            int times = period >= LONG_PERIOD ? 2 : 4;
            int equal = 0;
            int last = text.length() - 1;
            while (equal < period * (times - 1) && last - equal - period >= 0
                    && text.charAt(last - equal) == text.charAt(last - equal - period)) {
                equal++;
            }
            if (equal == period * (times - 1)) {
                return true;
            }
        }
        return false;
    }
}
