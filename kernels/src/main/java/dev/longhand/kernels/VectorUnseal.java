package dev.longhand.kernels;

import static dev.longhand.kernels.Lanes.F;
import static dev.longhand.kernels.Lanes.I;
import static dev.longhand.kernels.Lanes.ORDER;
import static dev.longhand.kernels.OffHeap.ALL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Keys and values of sealed records ({@link SealedRecord}) as f32, on the vector tier. A 32-bit lane holds four elements; shifts
 * take them apart, with their sign. Thread-safe: no state.
 */
final class VectorUnseal {
    private static final int TOKENS = KvShape.BLOCK_TOKENS;
    private static final int SIGNS = 0x80808080;

    private VectorUnseal() {}

    /** {@code out (headDim, 64)}; {@code scales} is scratch for {@code (groups, 64)}. */
    static void keys(long record, int headDim, long out, long scales) {
        int groups = SealedRecord.groups(headDim);
        VectorScales.convertF16(record + SealedRecord.keyScaleAt(headDim, 0, 0), scales, groups * TOKENS / 16, 64);
        for (int token = 0; token < TOKENS; token += Lanes.COUNT) {
            long from = record + SealedRecord.keyAt(headDim, token, 0);
            for (int d = 0; d < headDim; d += 4) {
                FloatVector scale = FloatVector.fromMemorySegment(F, ALL,
                        scales + 4L * (d / SealedRecord.GROUP_DIMS * TOKENS + token), ORDER);
                IntVector four = IntVector.fromMemorySegment(I, ALL, from + 16L * d, ORDER).lanewise(VectorOperators.XOR, SIGNS);
                long to = out + 4L * (d * TOKENS + token);
                store(four.lanewise(VectorOperators.LSHL, 24), scale, to);
                store(four.lanewise(VectorOperators.LSHL, 8), scale, to + 4L * TOKENS);
                store(four.lanewise(VectorOperators.LSHL, 16), scale, to + 8L * TOKENS);
                store(four, scale, to + 12L * TOKENS);
            }
        }
    }

    /** Values of slots {@code [slotFrom, slotTo]} to rows {@code stride} floats apart; {@code scales} as above. */
    static void values(long record, int headDim, int slotFrom, int slotTo, long out, int stride, long scales) {
        int groups = SealedRecord.groups(headDim);
        VectorScales.convertF16(record + SealedRecord.valueScaleAt(headDim, 0, 0), scales, groups * TOKENS / 16, 64);
        for (int slot = slotFrom; slot <= slotTo; slot++) {
            int shift = slot % 4 == 0 ? 24 : slot % 4 == 1 ? 8 : slot % 4 == 2 ? 16 : 0;
            long from = record + SealedRecord.valueAt(headDim, slot / 4 * 4, 0);
            long to = out + 4L * (slot - slotFrom) * stride;
            for (int d = 0; d < headDim; d += Lanes.COUNT) {
                float scale = OffHeap.f32(scales + 4L * (d / SealedRecord.GROUP_DIMS * TOKENS + slot));
                IntVector four = IntVector.fromMemorySegment(I, ALL, from + 4L * d, ORDER).lanewise(VectorOperators.XOR, SIGNS);
                store(four.lanewise(VectorOperators.LSHL, shift), FloatVector.broadcast(F, scale), to + 4L * d);
            }
        }
    }

    /** The elements in the top bytes, with their sign, times {@code scale}. Small enough to be inlined always. */
    private static void store(IntVector top, FloatVector scale, long to) {
        FloatVector steps = (FloatVector) top.lanewise(VectorOperators.ASHR, 24).convertShape(VectorOperators.I2F, F, 0);
        steps.mul(scale).intoMemorySegment(ALL, to, ORDER);
    }
}
