package dev.longhand.ledger;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** Ledger time: microseconds since 1970. */
public final class Times {
    private static final long SECOND_MICROS = 1_000_000;
    static final long HOUR_MICROS = 3_600 * SECOND_MICROS;
    static final long DAY_MICROS = 24 * HOUR_MICROS;

    private static final DateTimeFormatter EXACT =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private Times() {}

    public static long micros(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), SECOND_MICROS), instant.getNano() / 1000);
    }

    public static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    /** The UTC day that a time lies in, in days since 1970. */
    public static long day(long micros) {
        return Math.floorDiv(micros, DAY_MICROS);
    }

    /** The first moment of a UTC day. */
    public static long startOfDay(long day) {
        return Math.multiplyExact(day, DAY_MICROS);
    }

    /** To the microsecond, with six digits: {@code 2026-11-27T09:30:00.000001Z}. */
    static String exact(long micros) {
        return EXACT.format(instant(micros));
    }

    /** For people, to the second: {@code 2026-11-27T09:30:00Z}. */
    public static String show(long micros) {
        return instant(micros).truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
