package dev.longhand.ledger;

import dev.longhand.base.Check;
import java.time.LocalDate;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * Which lines a report takes.
 *
 * @param since first day, UTC
 * @param until last day, UTC
 * @param only   the one text that a dimension must have; a dimension that is not in it may have any
 * @param payers accounts of which one must have paid; empty for any
 */
public record Filter(LocalDate since, LocalDate until, Map<By, String> only, Set<String> payers) {
    /** Accounts that can be named. */
    public static final int PAYERS_MAX = 1_000;
    private static final LocalDate LAST = LocalDate.of(9999, 12, 31);
    public static final Filter ALL = new Filter(LocalDate.EPOCH, LAST, Map.of(), Set.of());

    public Filter {
        Check.argument(!since.isBefore(LocalDate.EPOCH) && !until.isAfter(LAST),
                "a report's days are %s to %s; they must lie in [%s, %s]",
                since, until, LocalDate.EPOCH, LAST);
        Check.argument(!until.isBefore(since), "a report's last day, %s, is before its first, %s", until, since);
        only = Map.copyOf(only);
        payers = Set.copyOf(payers);
        Check.argument(payers.size() <= PAYERS_MAX, "a report of %d accounts; at most %d", payers.size(), PAYERS_MAX);
        Check.argument(only.keySet().stream().noneMatch(By::isTime), "days are chosen by since and until, not by %s",
                only.keySet());
    }

    public Filter since(LocalDate day) {
        return new Filter(day, until, only, payers);
    }

    public Filter until(LocalDate day) {
        return new Filter(since, day, only, payers);
    }

    /** Only lines whose {@code by} is {@code text}. */
    public Filter only(By by, String text) {
        Map<By, String> more = new EnumMap<>(By.class);
        more.putAll(only);
        more.put(by, text);
        return new Filter(since, until, more, payers);
    }

    /** Only what one of these accounts paid. */
    public Filter paidBy(Set<String> accounts) {
        return new Filter(since, until, only, accounts);
    }

    /** Whether it takes every line. */
    public boolean isOpen() {
        return equals(ALL);
    }

    long fromMicros() {
        return Times.startOfDay(since.toEpochDay());
    }

    /** Exclusive. */
    long toMicros() {
        return Times.startOfDay(until.toEpochDay() + 1);
    }
}
