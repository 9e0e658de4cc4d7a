package dev.longhand.ledger;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Ledger time: microseconds since 1970. */
public final class Times {
    private static final long SECOND_MICROS = 1_000_000;

    private Times() {}

    public static long micros(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), SECOND_MICROS), instant.getNano() / 1000);
    }

    public static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    /** For people, to the second: {@code 2026-11-27T09:30:00Z}. */
    static String show(long micros) {
        return instant(micros).truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
