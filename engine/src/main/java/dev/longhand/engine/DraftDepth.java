package dev.longhand.engine;

/**
 * How many guesses are worth their rows.
 *
 * <p>Learns what a step takes from its rows: a straight line through the steps of late, drawn towards a careful guess while they
 * differ little. A guess is worth its row if the tokens it brings on average per second are more than the step brings without it.
 * Used by the engine thread.
 */
final class DraftDepth {
    /** Guesses for one sequence in one step. */
    static final int DEPTH_MAX = 15;
    /** Rows of guesses in one step. */
    static final int ROWS_MAX = 48;

    /** A guess must bring so much more than the step without it: estimates err, and nothing must be lost on them. */
    private static final double MARGIN = 1.2;
    private static final double FADING = 0.99;
    /** Time of one row more, as part of a step of one row, before anything was measured. */
    private static final double ROW_PART_FIRST = 0.25;
    /** Weight of that guess, in squared rows of difference. */
    private static final double WEIGHT_FIRST = 4;
    /** A row is never free. */
    private static final double ROW_PART_MIN = 0.02;

    /** Steps after which one that takes this many times as long as expected is taken for held up by something else. */
    private static final double STEPS_SETTLED = 8;
    private static final double OUTLIER = 1.5;

    private double steps;
    private double rows;
    private double nanos;
    private double rowsSquared;
    private double rowsNanos;

    /** A step of {@code stepRows} rows, none of a prompt, took {@code measuredNanos}; one that was held up counts with a limit. */
    void record(int stepRows, double measuredNanos) {
        double stepNanos = steps < STEPS_SETTLED ? measuredNanos : Math.min(measuredNanos, OUTLIER * expectedNanos(stepRows));
        steps = steps * FADING + 1;
        rows = rows * FADING + stepRows;
        nanos = nanos * FADING + stepNanos;
        rowsSquared = rowsSquared * FADING + (double) stepRows * stepRows;
        rowsNanos = rowsNanos * FADING + stepRows * stepNanos;
    }

    /** Time of a row as part of the time of a step of {@code baseRows} rows. */
    double rowPart(int baseRows) {
        if (steps == 0) {
            return ROW_PART_FIRST;
        }
        double base = expectedNanos(baseRows);
        return base > 0 ? Math.clamp(slope() / base, ROW_PART_MIN, 1) : ROW_PART_FIRST;
    }

    private double slope() {
        double meanRows = rows / steps;
        double meanNanos = nanos / steps;
        double spread = rowsSquared - rows * meanRows;
        double guess = WEIGHT_FIRST * ROW_PART_FIRST * meanNanos;
        return Math.max(0, (rowsNanos - rows * meanNanos + guess) / (spread + WEIGHT_FIRST));
    }

    private double expectedNanos(int stepRows) {
        return nanos / steps + slope() * (stepRows - rows / steps);
    }

    /**
     * How many of the {@code count} guesses of {@code drafter} are worth it in a step that brings {@code baseRows} tokens by
     * itself.
     */
    int choose(Drafter drafter, int count, int baseRows) {
        double part = rowPart(baseRows);
        double tokens = baseRows;
        double time = 1;
        double chance = 1;
        int depth = 0;
        while (depth < count) {
            chance *= drafter.chance(depth);
            if (chance * time < MARGIN * part * tokens) {
                break;
            }
            tokens += chance;
            time += part;
            depth++;
        }
        return depth;
    }
}
