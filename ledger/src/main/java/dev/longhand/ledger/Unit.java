package dev.longhand.ledger;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

    private static final Pattern AMOUNT = Pattern.compile("([0-9]{1,30}(?:\\.[0-9]{1,30})?) ?([A-Za-z_]{0,20})");

    /** An amount for people: money with all its digits that count, other units as counts. */
    public String show(long amount) {
        if (!isMoney()) {
            return Units.count(amount) + " " + name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
        String digits = BigDecimal.valueOf(amount, 6).toPlainString();
        int end = digits.length();
        while (digits.charAt(end - 1) == '0' && digits.length() - end < 4) {
            end--;
        }
        return digits.substring(0, end) + " " + name();
    }

    /** An amount for programs: money with all six digits behind the point, other units as whole numbers. */
    public String exact(long amount) {
        return isMoney() ? BigDecimal.valueOf(amount, 6).toPlainString() : Long.toString(amount);
    }

    /** Whether it is a currency, counted in millionths. */
    public boolean isMoney() {
        return this == EUR || this == USD;
    }

    /**
     * An amount of this currency as people write it, exactly: {@code 12.5}, {@code 0.000001 EUR}.
     *
     * @param what names it in messages, such as {@code --hard}
     */
    public long amount(String what, String text) throws Problem {
        Matcher parts = AMOUNT.matcher(text.strip());
        if (!parts.matches()) {
            throw new Problem(Problem.Kind.USAGE, ("%s is \"%s\", which is no amount; write digits with a point, as in 12.50; "
                    + "it must "
                    + "not be negative").formatted(what, text));
        }
        if (!parts.group(2).isEmpty() && parse(parts.group(2)) != this) {
            throw new Problem(Problem.Kind.USAGE, "%s is \"%s\", and amounts here are in %s".formatted(what, text, this));
        }
        BigDecimal millionths = new BigDecimal(parts.group(1)).movePointRight(6);
        if (millionths.stripTrailingZeros().scale() > 0) {
            throw new Problem(Problem.Kind.USAGE, "%s is \"%s\"; the smallest amount is 0.000001 %s".formatted(what, text, this));
        }
        if (millionths.compareTo(BigDecimal.valueOf(Limits.BALANCE_MAX)) > 0) {
            throw new Problem(Problem.Kind.USAGE, "%s is \"%s\"; an amount is at most %s".formatted(what, text,
                    show(Limits.BALANCE_MAX)));
        }
        return millionths.longValueExact();
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
