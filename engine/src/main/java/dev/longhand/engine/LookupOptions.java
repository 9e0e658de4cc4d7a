package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.memory.LookupSpec;
import dev.longhand.memory.Positions;
import java.util.BitSet;
import java.util.Optional;

/**
 * How a model looks things up.
 *
 * @param spec          how much
 * @param sensitive     heads that need precise keys, as {@code layer * kvHeads + kvHead}; empty: all of them, until the model is
 *                      calibrated
 * @param positions     where attached documents stand; empty: one after another while they fit into the trained length well,
 *                      else side
 *                      by side
 * @param stitching     what is done so that documents that were read alone fit together
 * @param cacheBytesMax bytes of records of attached documents that are kept in memory
 */
public record LookupOptions(LookupSpec spec, Optional<BitSet> sensitive, Optional<Positions> positions,
        Stitching stitching, long cacheBytesMax) {
    public static final LookupOptions DEFAULT =
            new LookupOptions(LookupSpec.DEFAULT, Optional.empty(), Optional.empty(), Stitching.NONE, 1L << 30);

    public LookupOptions {
        Check.argument(cacheBytesMax > 0, "cacheBytesMax is %d; it must be positive", cacheBytesMax);
        sensitive = sensitive.map(heads -> (BitSet) heads.clone());
    }

    public LookupOptions withSpec(LookupSpec spec) {
        return new LookupOptions(spec, sensitive, positions, stitching, cacheBytesMax);
    }

    public LookupOptions withSensitive(BitSet sensitive) {
        return new LookupOptions(spec, Optional.of(sensitive), positions, stitching, cacheBytesMax);
    }

    public LookupOptions withPositions(Positions positions) {
        return new LookupOptions(spec, sensitive, Optional.of(positions), stitching, cacheBytesMax);
    }

    public LookupOptions withStitching(Stitching stitching) {
        return new LookupOptions(spec, sensitive, positions, stitching, cacheBytesMax);
    }

    public LookupOptions withCacheBytesMax(long cacheBytesMax) {
        return new LookupOptions(spec, sensitive, positions, stitching, cacheBytesMax);
    }
}
