package dev.longhand.ledger;

import dev.longhand.base.Check;
import java.math.BigInteger;

/**
 * What a processor's time on the owner's own hardware costs: energy, and the purchase spread over the machine's life.
 *
 * @param fromMicros     valid from this ledger time until the next price begins
 * @param kwhMicros      price of a kilowatt-hour, millionths of a euro
 * @param busyMilliwatts power with all processors busy
 * @param idleMilliwatts power with none busy
 * @param purchaseMicros price of the machine, millionths of a euro
 * @param lifeDays       over which the purchase is written off
 * @param processors     that share all this
 * @param isDedicated    whether the machine is there for Longhand alone, so that its idle time is booked too
 */
public record MachinePrice(long fromMicros, long kwhMicros, long busyMilliwatts, long idleMilliwatts, long purchaseMicros,
        long lifeDays, long processors, boolean isDedicated) {
    private static final long DAY_MICROS = 86_400_000_000L;
    private static final long KWH_MILLIJOULES = 3_600_000_000L;
    private static final long KWH_MICROS_MAX = 100_000_000;
    private static final long MILLIWATTS_MAX = 100_000_000;
    private static final long PURCHASE_MICROS_MAX = 1_000_000_000_000_000L;
    private static final long LIFE_DAYS_MAX = 36_525;
    private static final long PROCESSORS_MAX = 1 << 16;

    public MachinePrice {
        within(fromMicros, 0, Long.MAX_VALUE, "the time from which it is valid, in microseconds since 1970,");
        within(kwhMicros, 0, KWH_MICROS_MAX, "the price of a kilowatt-hour in millionths of a euro");
        within(busyMilliwatts, 0, MILLIWATTS_MAX, "the busy power in milliwatts");
        within(idleMilliwatts, 0, busyMilliwatts, "the idle power in milliwatts");
        within(purchaseMicros, 0, PURCHASE_MICROS_MAX, "the purchase price in millionths of a euro");
        within(lifeDays, 1, LIFE_DAYS_MAX, "the life in days");
        within(processors, 1, PROCESSORS_MAX, "the number of processors");
    }

    private static void within(long value, long min, long max, String name) {
        Check.argument(value >= min && value <= max, "%s is %d; it must lie in [%d, %d]", name, value, min, max);
    }

    /** Holds where nobody has said anything: 0.30 EUR/kWh, 65 W busy, 20 W idle, 1,000 EUR over four years, shared. */
    public static MachinePrice assumed(int processors) {
        return new MachinePrice(0, 300_000, 65_000, 20_000, 1_000_000_000, 1_461, processors, false);
    }

    /** Energy of {@code cpuMicros} by the declared power. */
    public long declaredMillijoules(long cpuMicros) {
        return divided(cpuMicros, busyMilliwatts, processors * 1_000_000L);
    }

    /** Cost of so much energy, millionths of a euro. */
    public long energyMicros(long millijoules) {
        return divided(millijoules, kwhMicros, KWH_MILLIJOULES);
    }

    /** Share of the purchase that {@code cpuMicros} wear off, millionths of a euro. */
    public long wearMicros(long cpuMicros) {
        return divided(cpuMicros, purchaseMicros, Math.multiplyExact(lifeDays * DAY_MICROS, processors));
    }

    /** Energy and wear together; work that took time costs at least one millionth. */
    public long cost(long cpuMicros, long millijoules) {
        return Math.max(cpuMicros > 0 ? 1 : 0, Math.addExact(energyMicros(millijoules), wearMicros(cpuMicros)));
    }

    /** {@code a * b / by}, halves up, exact in between. */
    private static long divided(long a, long b, long by) {
        BigInteger divisor = BigInteger.valueOf(by);
        return BigInteger.valueOf(a).multiply(BigInteger.valueOf(b)).add(divisor.shiftRight(1)).divide(divisor).longValueExact();
    }
}
