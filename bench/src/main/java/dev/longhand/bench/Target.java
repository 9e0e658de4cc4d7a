package dev.longhand.bench;

import dev.longhand.base.Check;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What a figure should be.
 *
 * @param isFloor whether more is better
 * @param value   the bound
 * @param reach   a bound beyond it that would be better still
 */
public record Target(boolean isFloor, double value, OptionalDouble reach) {
    public Target {
        Check.argument(Double.isFinite(value), "a target of %s", value);
    }

    static Target atLeast(double value) {
        return new Target(true, value, OptionalDouble.empty());
    }

    static Target atLeast(double value, double reach) {
        return new Target(true, value, OptionalDouble.of(reach));
    }

    static Target atMost(double value) {
        return new Target(false, value, OptionalDouble.empty());
    }

    public boolean isMetBy(double figure) {
        return isFloor ? figure >= value : figure <= value;
    }

    /** {@code ">= 4 (7)"}. */
    @Override
    public String toString() {
        String bound = (isFloor ? ">= " : "<= ") + text(value);
        return reach.isPresent() ? bound + " (" + text(reach.getAsDouble()) + ")" : bound;
    }

    private static String text(double value) {
        return value == Math.rint(value) ? String.format(Locale.ROOT, "%.0f", value) : String.valueOf(value);
    }
}
