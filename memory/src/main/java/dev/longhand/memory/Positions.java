package dev.longhand.memory;

/** Where attached documents stand, seen from the live text. */
public enum Positions {
    /** One after another, in the order given: the last is next to the live text. */
    TRUE,
    /** Each ends where the live text begins: their order does not matter. */
    PARALLEL,
    /**
     * As {@link #TRUE}, but beyond a window distances grow a whole number of times slower, so that all stay within a reach: what a
     * model was trained for. Source: Self-Extend (Jin et al. 2024), by blocks.
     */
    GROUPED,
    /** As {@link #TRUE}, but nothing is farther away than a window. Source: ReRoPE, InfLLM (Xiao et al. 2024), by blocks. */
    CONST;

    /** Whether documents come one after another, so that each but the first has one before it. */
    public boolean isInARow() {
        return this != PARALLEL;
    }
}
