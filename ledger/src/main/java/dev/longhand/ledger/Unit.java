package dev.longhand.ledger;

import dev.longhand.base.Problem;
import java.util.Arrays;

/** What an account counts, always in whole numbers. */
public enum Unit {
    /** Millionths of a euro. */
    EUR,
    /** Millionths of a US dollar. */
    USD,
    TOKENS,
    /** Microseconds of one processor's time. */
    CPU_MICROS,
    BYTES,
    /** Bytes of attention memory times the seconds they were held. */
    KV_BYTE_SECONDS,
    MILLIJOULES;

    /** By name, as written in settings and requests. */
    public static Unit parse(String name) throws Problem {
        for (Unit each : values()) {
            if (each.name().equalsIgnoreCase(name)) {
                return each;
            }
        }
        throw new Problem(Problem.Kind.USAGE, "there is no unit \"%s\"; the units are %s".formatted(name,
                Arrays.toString(values())));
    }
}
