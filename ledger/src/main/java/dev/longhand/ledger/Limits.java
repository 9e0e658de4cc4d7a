package dev.longhand.ledger;

import dev.longhand.base.Check;
import java.time.Duration;

/**
 * What the books take on at most.
 *
 * @param amountMax  of one transfer, in its unit
 * @param timeoutMax how long a reservation may stay open
 * @param sealRows   transfers in one seal at most
 * @param pageRows   transfers that are read at a time when the books are checked
 * @param expireRows reservations that one call expires
 */
public record Limits(long amountMax, Duration timeoutMax, int sealRows, int pageRows, int expireRows) {
    public static final Limits DEFAULT = new Limits(1_000_000_000_000_000L, Duration.ofDays(30), 1000, 1000, 100);
    /** Of ids, accounts and jobs, in characters. */
    public static final int TEXT_MAX = 120;
    /** A balance beyond is refused; twice as much still fits a long, so that sums are seen before they wrap. */
    public static final long BALANCE_MAX = Long.MAX_VALUE / 2;

    public Limits {
        Check.argument(amountMax >= 1 && amountMax <= BALANCE_MAX / 4, "amountMax is %d; it must lie in [1, %d]", amountMax,
                BALANCE_MAX / 4);
        Check.argument(timeoutMax.isPositive() && timeoutMax.compareTo(Duration.ofDays(366)) <= 0,
                "timeoutMax is %s; it must be positive and at most 366 days", timeoutMax);
        Check.argument(sealRows >= 1 && sealRows <= 100_000, "sealRows is %d; it must lie in [1, 100000]", sealRows);
        Check.argument(pageRows >= 1 && pageRows <= 100_000, "pageRows is %d; it must lie in [1, 100000]", pageRows);
        Check.argument(expireRows >= 1 && expireRows <= 100_000, "expireRows is %d; it must lie in [1, 100000]", expireRows);
    }
}
