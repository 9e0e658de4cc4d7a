package dev.longhand.bench;

import dev.longhand.base.Check;
import java.util.Collection;
import java.util.Locale;

/**
 * Mean and standard error of independent figures.
 *
 * @param count         of figures, at least 1
 * @param standardError sample deviation (n - 1) by the root of the count; 0 for one figure
 */
public record Stats(int count, double mean, double standardError) {
    public Stats {
        Check.argument(count > 0, "count is %d; figures are needed", count);
    }

    public static Stats of(double... figures) {
        Check.argument(figures.length > 0, "no figures");
        double sum = 0;
        for (double each : figures) {
            sum += each;
        }
        double mean = sum / figures.length;
        double squares = 0;
        for (double each : figures) {
            squares += (each - mean) * (each - mean);
        }
        double deviation = figures.length == 1 ? 0 : Math.sqrt(squares / (figures.length - 1));
        return new Stats(figures.length, mean, deviation / Math.sqrt(figures.length));
    }

    public static Stats of(Collection<Double> figures) {
        return of(figures.stream().mapToDouble(Double::doubleValue).toArray());
    }

    /** Of figures by group, one mean per group first: segments of one source are not independent of each other. */
    public static Stats ofGroups(Collection<? extends Collection<Double>> groups) {
        return of(groups.stream().mapToDouble(g -> of(g).mean()).toArray());
    }

    /** {@code "0.0142 +- 0.0021"}. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.4g +- %.2g", mean, standardError);
    }
}
