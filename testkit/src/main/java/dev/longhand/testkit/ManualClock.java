package dev.longhand.testkit;

import dev.longhand.base.Clock;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** Time that passes only when a test says so. Thread-safe. */
public final class ManualClock implements Clock {
    private final AtomicLong nanos = new AtomicLong(1_000_000_000L);

    public void advance(long byNanos) {
        nanos.addAndGet(byNanos);
    }

    @Override
    public long nanos() {
        return nanos.get();
    }

    @Override
    public Instant now() {
        return Instant.EPOCH.plusNanos(nanos.get());
    }

    /** Does not wait: sleeping is what makes the time pass. */
    @Override
    public void sleep(long nanos) {
        advance(nanos);
    }
}
