package dev.longhand.jobs;

import dev.longhand.base.Clock;
import dev.longhand.store.Tx;
import java.sql.SQLException;
import java.time.Instant;

/**
 * Job time, in microseconds since 1970: the wall clock, but always later than the last one that was given out by any process, and
 * never slower than this process's monotonic clock. So a wall clock that goes back neither ends a lease twice nor stops it from
 * ending, and one that jumps forward ends leases early, which fencing tokens make harmless. Thread-safe.
 */
final class JobTime {
    private final Clock clock;
    private boolean isAnchored; // with the lock, as the next two
    private long anchorMicros;
    private long anchorNanos;

    JobTime(Clock clock) {
        this.clock = clock;
    }

    /** A new time, later than all before. Writes are one after the other, so no two are the same. */
    long next(Tx tx) throws SQLException {
        long at = after(Rows.head(tx) + 1);
        Rows.putHead(tx, at);
        return at;
    }

    /** What {@link #next} would give out at least. */
    long peek(Tx tx) throws SQLException {
        return after(Rows.head(tx));
    }

    private synchronized long after(long leastMicros) {
        Instant now = clock.now();
        long nanos = clock.nanos();
        long wall = Math.addExact(Math.multiplyExact(now.getEpochSecond(), 1_000_000L), now.getNano() / 1000);
        long flowed = isAnchored ? anchorMicros + (nanos - anchorNanos) / 1000 : Long.MIN_VALUE;
        long at = Math.max(flowed, Math.max(wall, leastMicros));
        if (at > flowed) {
            isAnchored = true;
            anchorMicros = at;
            anchorNanos = nanos;
        }
        return at;
    }

    static long micros(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1000);
    }
}
