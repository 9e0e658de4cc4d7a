package dev.longhand.memory;

import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels.Pairing;

/**
 * The rotary embedding of a layer, as far as queries have to be turned by other distances than their own. Stateless for callers.
 */
public interface Turner {
    Pairing pairing();

    /** Pairs of a head that turn. */
    int pairs();

    /** Fills row {@code row} of {@code angles (rows, 2 * pairs)} with cos and sin of {@code positions}, which may be negative. */
    void angles(int positions, Floats angles, int row);

    /** The rotary embedding of each layer. */
    interface OfLayers {
        Turner of(int layer);
    }
}
