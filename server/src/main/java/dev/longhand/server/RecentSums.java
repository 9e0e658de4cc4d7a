package dev.longhand.server;

import dev.longhand.ledger.Unit;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/** What was added in the last hour, by unit, to the minute. Thread-safe. */
final class RecentSums {
    private static final int MINUTES = 60;

    private final Map<Unit, long[]> sums = new EnumMap<>(Unit.class);
    private long minute = Long.MIN_VALUE; // the one that is added to

    /** @param now seconds of a clock that only goes forward */
    synchronized void add(long now, Unit unit, long amount) {
        forward(now / 60);
        sums.computeIfAbsent(unit, u -> new long[MINUTES])[slot(minute)] += amount;
    }

    /** Of the minute that runs and the 59 before it. */
    synchronized Map<Unit, Long> lastHour(long now) {
        forward(now / 60);
        Map<Unit, Long> all = new EnumMap<>(Unit.class);
        sums.forEach((unit, minutes) -> all.put(unit, Arrays.stream(minutes).sum()));
        return all;
    }

    private void forward(long to) {
        if (minute == Long.MIN_VALUE) {
            minute = to;
        }
        for (long m = Math.max(minute + 1, to - MINUTES + 1); m <= to; m++) {
            int slot = slot(m);
            sums.values().forEach(minutes -> minutes[slot] = 0);
        }
        minute = Math.max(minute, to);
    }

    private static int slot(long minute) {
        return (int) Math.floorMod(minute, (long) MINUTES);
    }
}
