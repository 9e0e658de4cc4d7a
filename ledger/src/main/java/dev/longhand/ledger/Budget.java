package dev.longhand.ledger;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import java.time.LocalDate;
import java.util.Locale;
import java.util.Optional;

/**
 * How much an account may be debited. Pending amounts count, so a budget can be refused but never overrun.
 *
 * @param soft       above this an admission carries a warning
 * @param hard       above this it is refused
 * @param requestMax of one booking
 */
public record Budget(String account, Period period, long soft, long hard, long requestMax) {
    /** After which time an account starts anew; days and months are those of UTC. */
    public enum Period {
        DAY, MONTH, EVER;

        /** As in "its budget per day". */
        String shown() {
            return this == EVER ? "in all" : "per " + word();
        }

        /** All days of the period that {@code day} lies in, days since 1970; empty for one that never ends. */
        Optional<AccountState.Days> days(long day) {
            LocalDate first = this == EVER ? LocalDate.EPOCH : LocalDate.ofEpochDay(firstDay(day));
            return switch (this) {
                case DAY -> Optional.of(new AccountState.Days(first, first));
                case MONTH -> Optional.of(new AccountState.Days(first, first.plusMonths(1).minusDays(1)));
                case EVER -> Optional.empty();
            };
        }

        /** By name, as people write it. */
        public static Period of(String word) throws Problem {
            for (Period each : values()) {
                if (each.word().equals(word)) {
                    return each;
                }
            }
            throw new Problem(Problem.Kind.USAGE, "a budget's period is day, month or ever, not \"%s\"".formatted(
                    Key.shown(word)));
        }

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The first day of the period that {@code day} lies in, as days since 1970. */
        long firstDay(long day) {
            return switch (this) {
                case DAY -> day;
                case MONTH -> LocalDate.ofEpochDay(day).withDayOfMonth(1).toEpochDay();
                case EVER -> Long.MIN_VALUE;
            };
        }
    }

    public Budget {
        Check.argument(soft >= 0 && soft <= hard && hard <= Limits.BALANCE_MAX,
                "a budget's limits are soft %d, hard %d; they must be 0 <= soft <= hard <= %d", soft, hard, Limits.BALANCE_MAX);
        Check.argument(requestMax >= 0, "a budget's requestMax is %d; it must not be negative", requestMax);
    }

    /** Whether a limit bounds anything. */
    public static boolean isLimit(long amount) {
        return amount < Limits.BALANCE_MAX;
    }

    /** For people: the soft limit is passed. */
    String warning(Unit unit) {
        return "%s is over the soft limit of its budget %s, %s, with what was set aside for this".formatted(account, period.shown(),
                unit.show(soft));
    }

    /** A budget that never warns and has no limit per request. */
    public static Budget of(String account, Period period, long hard) {
        return new Budget(account, period, hard, hard, Long.MAX_VALUE);
    }
}
