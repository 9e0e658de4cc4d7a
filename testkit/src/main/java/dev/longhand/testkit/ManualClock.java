package dev.longhand.testkit;

import dev.longhand.base.Clock;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** Time that passes only when a test says so, and wall-clock time that jumps when it says so. Thread-safe. */
public final class ManualClock implements Clock {
    private final AtomicLong nanos = new AtomicLong(1_000_000_000L);
    private final AtomicLong wallAheadNanos = new AtomicLong();

    /** Time passes. Negative: both clocks go back, which only wall-clock time does in life. */
    public void advance(long byNanos) {
        nanos.addAndGet(byNanos);
    }

    /** Wall-clock time alone jumps, forward or back: somebody set the clock, or the machine was suspended. */
    public void jump(long byNanos) {
        wallAheadNanos.addAndGet(byNanos);
    }

    @Override
    public long nanos() {
        return nanos.get();
    }

    @Override
    public Instant now() {
        return Instant.EPOCH.plusNanos(nanos.get() + wallAheadNanos.get());
    }

    /** Does not wait: sleeping is what makes the time pass. */
    @Override
    public void sleep(long nanos) {
        advance(nanos);
    }
}
