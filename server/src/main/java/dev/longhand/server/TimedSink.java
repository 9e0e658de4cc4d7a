package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.lm.Sink;
import dev.longhand.lm.SinkFilter;

/** Passes an answer on and notes when its first and its last token came. Of one thread, as the sink behind it. */
final class TimedSink extends SinkFilter {
    private final Clock clock;
    private final long began;
    private long firstNanos = -1;
    private long lastNanos = -1;

    TimedSink(Sink sink, Clock clock) {
        super(sink);
        this.clock = clock;
        this.began = clock.nanos();
    }

    /** From the start to the first token; -1 if there was none. */
    long firstNanos() {
        return firstNanos;
    }

    /** From the start to the last token; -1 if there was none. */
    long lastNanos() {
        return lastNanos;
    }

    /** By the clock that it measures with. */
    long nowNanos() {
        return clock.nanos();
    }

    @Override
    public void token(int id) {
        lastNanos = clock.nanos() - began;
        firstNanos = firstNanos < 0 ? lastNanos : firstNanos;
        sink.token(id);
    }
}
