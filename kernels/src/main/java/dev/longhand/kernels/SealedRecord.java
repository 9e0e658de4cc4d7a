package dev.longhand.kernels;

/**
 * Bytes of a sealed record, the same on every tier: {@code docs/formats/sealed.md}.
 *
 * <p>64 tokens of one layer and KV head. An element is {@code scale * (u - 128)}, its scale an f16 per token and 32 dimensions
 * (the last group may be 16). Integer kernels multiply-add pairs of 16-bit lanes, so four elements share 32 bits in the order
 * 0, 2, 1, 3: the even bytes of a lane pair are elements 0 and 1, the odd bytes 2 and 3.
 *
 * <p>A group that holds an infinity or a NaN has such a scale, so that whoever reads it gets no number.
 *
 * <pre>
 * keys        u8 [4 runs of 16 tokens][dim / 4][16 tokens][4 dims]
 * values      u8 [16 runs of 4 tokens][dim][4 tokens]
 * key scales  f16 [groups of 32 dims][64 tokens]
 * value scales, likewise
 * </pre>
 */
final class SealedRecord {
    static final int GROUP_DIMS = 32;
    /** The byte that means 0. */
    static final int ZERO = 128;
    /** Greatest magnitude of {@code u - 128}. */
    static final int STEPS = 127;

    private static final int TOKENS = KvShape.BLOCK_TOKENS;

    private SealedRecord() {}

    static int groups(int headDim) {
        return Math.ceilDiv(headDim, GROUP_DIMS);
    }

    static long bytes(int headDim) {
        return TOKENS * (2L * headDim + 2 * Short.BYTES * groups(headDim));
    }

    static long keyAt(int headDim, int slot, int d) {
        return (long) slot / 16 * 16 * headDim + d / 4 * 64 + slot % 16 * 4 + place(d % 4);
    }

    static long valueAt(int headDim, int slot, int d) {
        return (long) TOKENS * headDim + (long) slot / 4 * 4 * headDim + 4L * d + place(slot % 4);
    }

    static long keyScaleAt(int headDim, int slot, int group) {
        return 2L * TOKENS * headDim + Short.BYTES * ((long) group * TOKENS + slot);
    }

    static long valueScaleAt(int headDim, int slot, int group) {
        return keyScaleAt(headDim, slot, groups(headDim) + group);
    }

    /** Keys of one token and group; {@code row}: f16 elements {@code stride} bytes apart. */
    static void sealKeys(long row, long stride, int headDim, int group, int slot, long record) {
        float inverse = sealScale(row, stride, headDim, group, record + keyScaleAt(headDim, slot, group));
        for (int d = group * GROUP_DIMS; d < Math.min(headDim, group * GROUP_DIMS + GROUP_DIMS); d++) {
            OffHeap.u8(record + keyAt(headDim, slot, d), steps(row + stride * d, inverse));
        }
    }

    /** Values of one token and group. */
    static void sealValues(long row, long stride, int headDim, int group, int slot, long record) {
        float inverse = sealScale(row, stride, headDim, group, record + valueScaleAt(headDim, slot, group));
        for (int d = group * GROUP_DIMS; d < Math.min(headDim, group * GROUP_DIMS + GROUP_DIMS); d++) {
            OffHeap.u8(record + valueAt(headDim, slot, d), steps(row + stride * d, inverse));
        }
    }

    /** Writes a group's scale; returns its inverse, 0 where nothing but the scale says what the group is (zeros, no numbers). */
    private static float sealScale(long row, long stride, int headDim, int group, long scaleAt) {
        float max = 0;
        for (int d = group * GROUP_DIMS; d < Math.min(headDim, group * GROUP_DIMS + GROUP_DIMS); d++) {
            max = Math.max(max, Math.abs(OffHeap.f16(row + stride * d))); // NaN stays
        }
        OffHeap.f16(scaleAt, max / STEPS);
        float scale = OffHeap.f16(scaleAt);
        return scale > 0 && scale < Float.POSITIVE_INFINITY ? 1 / scale : 0;
    }

    private static int steps(long at, float inverse) {
        float steps = inverse == 0 ? 0 : OffHeap.f16(at) * inverse;
        return ZERO + (int) Math.rint(Math.clamp(steps, -STEPS, STEPS));
    }

    /** Byte of element {@code i} of four. */
    private static int place(int i) {
        return i == 1 ? 2 : i == 2 ? 1 : i;
    }
}
