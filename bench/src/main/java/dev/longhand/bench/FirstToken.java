package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.lm.Sink;

/** Notes when the first token of an answer came. Used once. */
final class FirstToken implements Sink {
    private final Clock clock;
    private final long startNanos;
    private double seconds = -1;

    /** The time begins now. */
    FirstToken(Clock clock) {
        this.clock = clock;
        this.startNanos = clock.nanos();
    }

    @Override
    public void token(int id) {
        if (seconds < 0) {
            seconds = clock.secondsSince(startNanos);
        }
    }

    @Override
    public void text(String piece) {}

    /** From the beginning to the first token, or to now if none came. */
    double seconds() {
        return seconds < 0 ? clock.secondsSince(startNanos) : seconds;
    }
}
