package dev.longhand.store;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.time.Duration;

/**
 * What a store takes on at most.
 *
 * @param queueMax         writes that wait for the writer; one more waits {@code queueWait} and is then refused
 * @param queueWait        how long a write waits for a place in the queue
 * @param groupMax         writes that share one commit
 * @param gatherMax        how long a group waits for writes that probably come, see {@link Writer}
 * @param attemptsMax      how often a group is tried when another process holds the database
 * @param backoff          wait after the first failed attempt; doubled after each, up to 64 times this
 * @param lockWait         how long one attempt waits for a lock of another process
 * @param readersMax       read transactions at one time; more wait {@code queueWait}
 * @param rowsMax          rows of one query; more is a mistake of the caller, who must ask in pages
 * @param databaseBytesMax size of an SQLite database at most
 */
public record Limits(
        int queueMax,
        Duration queueWait,
        int groupMax,
        Duration gatherMax,
        int attemptsMax,
        Duration backoff,
        Duration lockWait,
        int readersMax,
        int rowsMax,
        long databaseBytesMax) {
    public static final Limits DEFAULT = new Limits(1024, Duration.ofSeconds(10), 256, Duration.ofMillis(1), 5,
            Duration.ofMillis(2), Duration.ofSeconds(5), 4, 100_000, 256L << 30);
    public static final int QUEUE_HARD_MAX = 1 << 16;
    public static final int READERS_HARD_MAX = 64;
    /** The file format's own end: 2^32 - 2 pages of 4,096 bytes. */
    public static final long DATABASE_BYTES_HARD_MAX = ((1L << 32) - 2) * SqliteDatabase.PAGE_BYTES;

    private static final int BACKOFF_DOUBLINGS_MAX = 6;

    public Limits {
        within(queueMax, 1, QUEUE_HARD_MAX, "queueMax");
        within(groupMax, 1, QUEUE_HARD_MAX, "groupMax");
        within(attemptsMax, 1, 100, "attemptsMax");
        within(readersMax, 1, READERS_HARD_MAX, "readersMax");
        within(rowsMax, 1, 10_000_000, "rowsMax");
        within(databaseBytesMax, 16 * SqliteDatabase.PAGE_BYTES, DATABASE_BYTES_HARD_MAX, "databaseBytesMax");
        within(queueWait.toNanos(), 0, Duration.ofHours(1).toNanos(), "queueWait in nanoseconds");
        within(gatherMax.toNanos(), 0, Duration.ofSeconds(1).toNanos(), "gatherMax in nanoseconds");
        within(backoff.toNanos(), 1, Duration.ofMinutes(1).toNanos(), "backoff in nanoseconds");
        within(lockWait.toMillis(), 1, Duration.ofMinutes(10).toMillis(), "lockWait in milliseconds");
    }

    private static void within(long value, long min, long max, String name) {
        Check.argument(value >= min && value <= max, "%s is %d; it must lie in [%d, %d]", name, value, min, max);
    }

    /** Waits before the attempt after {@code attempt}, which counts from 1. */
    void backOff(int attempt, Clock clock) throws Problem {
        try {
            clock.sleep(backoff.toNanos() << Math.min(attempt - 1, BACKOFF_DOUBLINGS_MAX));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "waiting for the database was stopped; nothing was stored", e);
        }
    }

    public Limits withQueue(int queueMax, Duration queueWait) {
        return new Limits(queueMax, queueWait, groupMax, gatherMax, attemptsMax, backoff, lockWait, readersMax, rowsMax,
                databaseBytesMax);
    }

    public Limits withAttempts(int attemptsMax, Duration backoff, Duration lockWait) {
        return new Limits(queueMax, queueWait, groupMax, gatherMax, attemptsMax, backoff, lockWait, readersMax, rowsMax,
                databaseBytesMax);
    }

    public Limits withRows(int rowsMax) {
        return new Limits(queueMax, queueWait, groupMax, gatherMax, attemptsMax, backoff, lockWait, readersMax, rowsMax,
                databaseBytesMax);
    }

    public Limits withDatabaseBytes(long databaseBytesMax) {
        return new Limits(queueMax, queueWait, groupMax, gatherMax, attemptsMax, backoff, lockWait, readersMax, rowsMax,
                databaseBytesMax);
    }
}
