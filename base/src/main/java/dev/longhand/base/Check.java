package dev.longhand.base;

/**
 * Checks that stay on. {@link #argument} is for the caller's mistakes, {@link #invariant} for ours.
 *
 * <p>Mistakes of the world (files, networks, users, disks) are not checked here: they are {@link Problem}s.
 */
public final class Check {
    private Check() {}

    /** Refuses a caller's bad argument. The message names the argument, its value and the rule. */
    public static void argument(boolean holds, String rule, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(rule.formatted(values));
        }
    }

    /** {@link #argument(boolean, String, Object...)} without values: nothing is allocated where the rule holds. */
    public static void argument(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }

    /** Stops the owner of broken state. */
    public static void invariant(boolean holds, String rule, Object... values) {
        if (!holds) {
            throw new IllegalStateException("broken invariant: " + rule.formatted(values));
        }
    }

    /** {@link #invariant(boolean, String, Object...)} without values: nothing is allocated where the rule holds. */
    public static void invariant(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalStateException("broken invariant: " + rule);
        }
    }

    /** The index, if it lies in {@code [0, size)}. */
    public static int index(int index, int size, String name) {
        if (index < 0 || index >= size) {
            throw outside(index, size, name);
        }
        return index;
    }

    /** Made apart, so that a hot caller does not carry the code that joins strings. */
    private static IllegalArgumentException outside(int index, int size, String name) {
        return new IllegalArgumentException(name + " is " + index + "; it must lie in [0, " + size + ")");
    }
}
