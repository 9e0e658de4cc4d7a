package dev.longhand.server;

import java.util.Arrays;

/** The last times that something took, at most {@value #KEPT}, for how it was a moment ago. Thread-safe. */
final class RecentTimes {
    static final int KEPT = 2048;

    private final long[] at = new long[KEPT];
    private final long[] took = new long[KEPT];
    private long count;

    /** @param now on the clock that {@link #since} is asked by */
    synchronized void add(long now, long nanos) {
        int slot = (int) (count++ % KEPT);
        at[slot] = now;
        took[slot] = nanos;
    }

    /** Those that were added after {@code from}, shortest first. */
    synchronized long[] since(long from) {
        int kept = (int) Math.min(count, KEPT);
        long[] found = new long[kept];
        int size = 0;
        for (int i = 0; i < kept; i++) {
            if (at[i] - from > 0) {
                found[size++] = took[i];
            }
        }
        long[] sorted = Arrays.copyOf(found, size);
        Arrays.sort(sorted);
        return sorted;
    }

    /** Of sorted times the one that the share {@code q} of them does not exceed. */
    static long quantile(long[] sorted, double q) {
        return sorted[Math.clamp((int) Math.ceil(q * sorted.length) - 1, 0, sorted.length - 1)];
    }
}
