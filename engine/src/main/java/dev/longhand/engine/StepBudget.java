package dev.longhand.engine;

import dev.longhand.base.Check;

/**
 * How many prompt tokens may be read in a step in which others wait for their next token.
 *
 * <p>Learns from the steps themselves: what a step with d decoding sequences alone takes, and what one more prompt token adds. The
 * rows are so many that the step takes at most {@code stallMax} times as long as without them; where more requests are read than
 * answered, the delay that is allowed grows in proportion, so that many who wait for their first token weigh as much. What was
 * measured grows old: after {@link #FRESH_STEPS} mixed steps one step without prompt tokens is asked for. Used by the engine
 * thread.
 */
final class StepBudget {
    /** Prompt tokens beside decoding ones before anything was measured. */
    static final int ROWS_FIRST = 4;
    /** A measurement of decoding alone serves so many steps. */
    static final int FRESH_STEPS = 32;
    /** Weight of a new measurement. */
    private static final double SMOOTHING = 0.2;
    /** Part of the allowed delay that is planned; the rest is for what steps differ by themselves. */
    private static final double PLANNED = 0.8;
    /** A step that takes this many times as long as expected was held up by something else, and counts with a limit. */
    private static final double OUTLIER = 1.5;

    /** Prompt tokens take at least this part of a step, whatever the noise of two measurements says. */
    private static final double ROW_PART_MIN = 0.05;

    private final double stallMax;
    private final int rowsMax;
    private final double[] decodeNanos; // by decoding rows; 0 where never measured
    private final int[] age; // steps since it was measured
    private double rowNanos; // of one prompt token beside decoding ones; 0 before the first measurement
    private double bulkRowNanos; // of one prompt token in a step of prompt tokens only

    /** @param stallMax how much longer a step may take because of prompt tokens, as a factor above 1 */
    StepBudget(double stallMax, int rowsMax, int decodeRowsMax) {
        Check.argument(stallMax > 1, "a stall factor of %s; it must be above 1", stallMax);
        this.stallMax = stallMax;
        this.rowsMax = rowsMax;
        this.decodeNanos = new double[decodeRowsMax + 1];
        this.age = new int[decodeRowsMax + 1];
    }

    /**
     * Prompt tokens for a step with {@code decodeRows} answered ones; 0 asks for a step that measures.
     *
     * @param pressure by how much the allowed delay is multiplied, {@code >= 1}
     */
    int promptRows(int decodeRows, double pressure) {
        if (decodeRows == 0) {
            return rowsMax;
        }
        int known = Math.min(decodeRows, decodeNanos.length - 1);
        double alone = decodeNanos[known];
        if (alone == 0 || age[known] >= FRESH_STEPS) {
            return 0;
        }
        double perRow = rowNanos > 0 ? rowNanos : bulkRowNanos;
        double rows = perRow > 0 ? (stallMax - 1) * pressure * PLANNED * alone / perRow : ROWS_FIRST;
        return (int) Math.clamp(rows, 1, rowsMax);
    }

    /** A step of so many rows took {@code nanos}. */
    void record(int decodeRows, int promptRows, long nanos) {
        int known = Math.min(decodeRows, decodeNanos.length - 1);
        double alone = decodeNanos[known];
        if (promptRows == 0) {
            decodeNanos[known] = blend(alone, Math.max(1, limited(nanos, alone)));
            age[known] = 0;
        } else if (decodeRows == 0) {
            bulkRowNanos = blend(bulkRowNanos, (double) nanos / promptRows);
        } else {
            age[known]++;
            if (alone > 0) {
                double step = rowNanos > 0 ? limited(nanos, alone + rowNanos * promptRows) : nanos;
                rowNanos = blend(rowNanos, Math.max(step - alone, step * ROW_PART_MIN) / promptRows);
            }
        }
    }

    private static double limited(double nanos, double expected) {
        return expected > 0 ? Math.min(nanos, OUTLIER * expected) : nanos;
    }

    private static double blend(double old, double value) {
        return old == 0 ? value : old + SMOOTHING * (value - old);
    }
}
