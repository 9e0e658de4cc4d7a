package dev.longhand.kernels;

import dev.longhand.base.Check;

/**
 * Keys of a sealed record as numbers, one by one: for what is done once per block, and for measuring. Kernels have their own ways.
 */
public final class SealedKeys {
    private SealedKeys() {}

    /**
     * Writes the keys of the first {@code tokens} tokens to {@code keys (64, headDim)} as they are after RoPE and before the
     * Hadamard turn.
     *
     * @param record address of a stored record of {@code shape}, whose blocks are sealed
     */
    public static void read(KvShape shape, long record, int tokens, float[] keys) {
        int headDim = shape.headDim();
        Check.argument(shape.isSealing() && record != 0, "no sealed record of %s at %d", shape, record);
        Check.argument(tokens > 0 && tokens <= KvShape.BLOCK_TOKENS && keys.length >= tokens * headDim, "%d tokens to %d numbers",
                tokens, keys.length);
        int n = Integer.lowestOneBit(headDim);
        float norm = (float) (1 / Math.sqrt(n));
        for (int slot = 0; slot < tokens; slot++) {
            for (int d = 0; d < headDim; d++) {
                float scale = OffHeap.f16(record + SealedRecord.keyScaleAt(headDim, slot, d / SealedRecord.GROUP_DIMS));
                keys[slot * headDim + d] = scale * (OffHeap.u8(record + SealedRecord.keyAt(headDim, slot, d)) - SealedRecord.ZERO);
            }
            for (int run = slot * headDim; run < (slot + 1) * headDim; run += n) {
                turnBack(keys, run, n, norm);
            }
        }
    }

    /** The Hadamard turn of {@code n} numbers, its own inverse. */
    private static void turnBack(float[] x, int from, int n, float norm) {
        for (int half = 1; half < n; half *= 2) {
            for (int i = from; i < from + n; i += 2 * half) {
                for (int j = i; j < i + half; j++) {
                    float a = x[j];
                    float b = x[j + half];
                    x[j] = a + b;
                    x[j + half] = a - b;
                }
            }
        }
        for (int i = from; i < from + n; i++) {
            x[i] *= norm;
        }
    }
}
