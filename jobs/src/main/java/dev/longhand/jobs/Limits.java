package dev.longhand.jobs;

import dev.longhand.base.Check;
import java.time.Duration;

/**
 * What jobs take on at most.
 *
 * @param inputBytesMax      of a job's input
 * @param resultBytesMax     of a step's or a job's result
 * @param checkpointBytesMax of a step's partial state
 * @param stepsMax           recorded steps of one job
 * @param childrenMax        children of one job
 * @param depthMax           generations below a job without a parent
 * @param attemptsMax        claims without a new recorded step; after that many a job is parked
 * @param lease              how long a claim holds unless it is renewed
 * @param backoffFirst       wait after the first failed attempt; doubled after each
 * @param backoffMax         longest wait after a failed attempt
 * @param pollEvery          how often an idle runner looks for work of other processes
 * @param fundsFor           how long money may stay carved for a job; it must end a day before
 * @param sweepRows          jobs that one claim moves on in passing
 * @param pageRows           jobs that are read at a time
 */
public record Limits(
        int inputBytesMax,
        int resultBytesMax,
        int checkpointBytesMax,
        int stepsMax,
        int childrenMax,
        int depthMax,
        int attemptsMax,
        Duration lease,
        Duration backoffFirst,
        Duration backoffMax,
        Duration pollEvery,
        Duration fundsFor,
        int sweepRows,
        int pageRows) {
    /** A funded job ends at least so long before its money's time is over. */
    static final Duration SETTLING = Duration.ofDays(1);
    public static final Limits DEFAULT = new Limits(1 << 20, 1 << 20, 4 << 20, 1_000_000, 10_000, 8, 5, Duration.ofSeconds(30),
            Duration.ofSeconds(1), Duration.ofMinutes(5), Duration.ofSeconds(1), Duration.ofDays(30), 100, 500);
    public static final int BYTES_HARD_MAX = 16 << 20;
    /** Of a job's id, in characters: ids of bookings are made from it. */
    public static final int ID_MAX = 72;
    /** Of names of steps, idempotency keys and owners, in characters. */
    public static final int NAME_MAX = 120;
    /** Of a failure's words, in characters. */
    public static final int WORDS_MAX = 2000;
    /** Priorities lie within this of zero. */
    public static final int PRIORITY_MAX = 100;

    public Limits {
        within(inputBytesMax, 0, BYTES_HARD_MAX, "inputBytesMax");
        within(resultBytesMax, 0, BYTES_HARD_MAX, "resultBytesMax");
        within(checkpointBytesMax, 0, BYTES_HARD_MAX, "checkpointBytesMax");
        within(stepsMax, 1, 100_000_000, "stepsMax");
        within(childrenMax, 0, 50_000, "childrenMax");
        within(depthMax, 0, 16, "depthMax");
        within(attemptsMax, 1, 1000, "attemptsMax");
        within(lease.toMillis(), 1, Duration.ofDays(1).toMillis(), "lease in milliseconds");
        within(backoffFirst.toMillis(), 1, Duration.ofDays(1).toMillis(), "backoffFirst in milliseconds");
        within(backoffMax.toMillis(), backoffFirst.toMillis(), Duration.ofDays(30).toMillis(), "backoffMax in milliseconds");
        within(pollEvery.toMillis(), 1, Duration.ofHours(1).toMillis(), "pollEvery in milliseconds");
        within(fundsFor.toMinutes(), SETTLING.toMinutes() + 1, Duration.ofDays(366).toMinutes(), "fundsFor in minutes");
        within(sweepRows, 1, 10_000, "sweepRows");
        within(pageRows, 1, 10_000, "pageRows");
    }

    private static void within(long value, long min, long max, String name) {
        Check.argument(value >= min && value <= max, "%s is %d; it must lie in [%d, %d]", name, value, min, max);
    }

    public Limits withLease(Duration lease) {
        return new Limits(inputBytesMax, resultBytesMax, checkpointBytesMax, stepsMax, childrenMax, depthMax, attemptsMax, lease,
                backoffFirst, backoffMax, pollEvery, fundsFor, sweepRows, pageRows);
    }

    long leaseMicros() {
        return lease.toNanos() / 1000;
    }
}
