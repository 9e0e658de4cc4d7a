package dev.longhand.memory;

import dev.longhand.base.Check;

/**
 * A rule for where attached documents stand, with its figures. Distances are those of a document's tokens from the first token of
 * the live text, so that they hold for a whole context: live tokens that follow are farther away by as much as they follow.
 *
 * @param windowTokens with {@link Positions#GROUPED} and {@link Positions#CONST}: distances up to this stay as they are; else 0
 * @param reachTokens  with {@link Positions#GROUPED}: no distance is much greater, see {@link #group}; else 0
 */
public record Placement(Positions positions, int windowTokens, int reachTokens) {
    public static final Placement TRUE = new Placement(Positions.TRUE, 0, 0);
    public static final Placement PARALLEL = new Placement(Positions.PARALLEL, 0, 0);

    public Placement {
        boolean hasWindow = positions == Positions.GROUPED || positions == Positions.CONST;
        Check.argument(hasWindow ? windowTokens > 0 : windowTokens == 0, "%s with a window of %d tokens", positions, windowTokens);
        Check.argument(positions == Positions.GROUPED ? reachTokens > windowTokens : reachTokens == 0,
                "%s with a window of %d tokens and a reach of %d", positions, windowTokens, reachTokens);
    }

    public static Placement grouped(int windowTokens, int reachTokens) {
        return new Placement(Positions.GROUPED, windowTokens, reachTokens);
    }

    public static Placement constant(int windowTokens) {
        return new Placement(Positions.CONST, windowTokens, 0);
    }

    /**
     * The rule with the figures that suit a model: a window as lookups have it, and what is left of the reach behind the prefix.
     *
     * @param reachTokens how far positions may go; of use with {@link Positions#GROUPED} only
     */
    public static Placement of(Positions positions, int windowTokens, int reachTokens) {
        return switch (positions) {
            case TRUE -> TRUE;
            case PARALLEL -> PARALLEL;
            case GROUPED -> grouped(windowTokens, Math.max(2 * windowTokens, reachTokens));
            case CONST -> constant(windowTokens);
        };
    }

    /** How many times slower distances beyond the window grow, 1 or more, where the farthest token is {@code farthest} away. */
    int group(int farthest) {
        return positions == Positions.GROUPED ? Math.max(1, Math.ceilDiv(farthest - windowTokens, reachTokens - windowTokens)) : 1;
    }

    /** All that decides where tokens stand whose farthest is {@code farthest} away; the reach does by the group only. */
    public String rule(int farthest) {
        return positions + " " + windowTokens + " " + group(farthest);
    }

    /** Where a token stands that is {@code distance} tokens away in a row, the farthest being {@code farthest}. */
    int distance(int distance, int farthest) {
        return switch (positions) {
            case TRUE, PARALLEL -> distance;
            case GROUPED -> distance <= windowTokens ? distance : windowTokens + (distance - windowTokens) / group(farthest);
            case CONST -> Math.min(distance, windowTokens);
        };
    }
}
