package dev.longhand.jobs;

import dev.longhand.base.Clock;
import dev.longhand.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;

/** A manual clock whose wall clock may also jump by itself, as a machine's does; its monotonic time never goes back. */
final class JumpyClock implements Clock {
    private final ManualClock manual = new ManualClock();
    private volatile Duration offset = Duration.ofDays(20_000);

    void advance(Duration by) {
        manual.advance(by.toNanos());
    }

    /** Of the wall clock alone. */
    void jump(Duration by) {
        offset = offset.plus(by);
    }

    @Override
    public long nanos() {
        return manual.nanos();
    }

    @Override
    public Instant now() {
        return manual.now().plus(offset);
    }

    @Override
    public void sleep(long nanos) {
        manual.sleep(nanos);
    }
}
