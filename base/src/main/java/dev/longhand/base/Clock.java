package dev.longhand.base;

import java.time.Instant;

/** The only source of time. Durations come from {@link #nanos}, which never jumps; {@link #now} is for people and files. */
public interface Clock {
    Clock SYSTEM = new Clock() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
            Thread.sleep(nanos / 1_000_000, (int) (nanos % 1_000_000));
        }
    };

    /** Monotonic nanoseconds from an arbitrary origin. */
    long nanos();

    /** Wall-clock time; may jump. */
    Instant now();

    void sleep(long nanos) throws InterruptedException;

    default double secondsSince(long startNanos) {
        return (nanos() - startNanos) / 1e9;
    }
}
