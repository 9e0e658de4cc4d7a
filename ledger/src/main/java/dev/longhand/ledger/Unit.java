package dev.longhand.ledger;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Locale;

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

    /** An amount for people: money with all its digits that count, other units as counts. */
    public String show(long amount) {
        if (this != EUR && this != USD) {
            return Units.count(amount) + " " + name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
        String digits = BigDecimal.valueOf(amount, 6).toPlainString();
        int end = digits.length();
        while (digits.charAt(end - 1) == '0' && digits.length() - end < 4) {
            end--;
        }
        return digits.substring(0, end) + " " + name();
    }

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
