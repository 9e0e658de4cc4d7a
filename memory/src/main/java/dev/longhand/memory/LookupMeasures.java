package dev.longhand.memory;

/**
 * How good choices were, over rows, layers and KV heads: what {@link Lookup#measure} was asked for. Sums; see the shares.
 *
 * @param massRows      choices whose mass was measured
 * @param mass          share of the attention to all sealed blocks that went to those attended to, added up
 * @param twiceRows     choices by looking twice that were compared with a full scan's
 * @param twiceSame     share of the full scan's blocks that were chosen too, added up
 * @param twiceMassRows of these, choices of heads with planes, whose scores are shares of attention
 * @param twiceMass     score of the chosen blocks over that of the full scan's, added up
 */
public record LookupMeasures(long massRows, double mass, long twiceRows, double twiceSame, long twiceMassRows, double twiceMass) {
    /** Mean share of the attention to sealed blocks that was found; not a number if nothing was measured. */
    public double massFound() {
        return mass / massRows;
    }

    /** Mean share of the full scan's blocks that looking twice chose. */
    public double sameBlocks() {
        return twiceSame / twiceRows;
    }

    /** Mean share of the attention that the full scan's blocks have, which those have that looking twice chose. */
    public double recall() {
        return twiceMass / twiceMassRows;
    }
}
