package dev.longhand.kernels;

import static dev.longhand.kernels.Lanes.F;
import static dev.longhand.kernels.Lanes.I;
import static dev.longhand.kernels.Lanes.ORDER;
import static dev.longhand.kernels.OffHeap.ALL;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Quants to f32 on the vector tier.
 *
 * <p>A word is an int lane: four columns of one row, a byte each. A quant becomes a float without a conversion: its bits go to
 * the top of the mantissa of 1.0, which makes {@code 1 + q / 16} of a nibble and {@code 1 + q / 256} of a byte, exactly; the
 * factors and offsets of {@link VectorScales} fit that. Each weight is then {@code fma(that, factor, offset)}. Types of 5 and 6
 * bits are widened to bytes first.
 *
 * <p>A unit is as many rows as a vector has lanes. Thread-safe: no state.
 */
final class VectorUnpack {
    /** From a column of the unpacked tile to the next. */
    private static final long COL_BYTES = 4L * VectorGemm.COLS;
    /** Bytes of a slab in the widened form: {@code u8 [8 groups][16 rows][4 columns]}. */
    static final int WIDE_SLAB_BYTES = 512;

    static final int ONE = 0x3f800000;
    /** Where a nibble stands in a float, and where a byte does. */
    static final int NIBBLE = 0x00780000;
    static final int BYTE = 0x007f8000;

    private VectorUnpack() {}

    /**
     * Slabs of one unit whose quants are nibbles, to f32.
     *
     * @param quants    the unit's first quants
     * @param slabBytes from a slab to the next
     * @param scales    factors and offsets of the unit
     * @param out       where the unit's rows of the first column go
     */
    static void nibbles(int slabs, long quants, long slabBytes, long scales, long out) {
        for (int h = 0; h < 2 * slabs; h++) {
            FloatVector d = FloatVector.fromMemorySegment(F, ALL, scales + VectorScales.GROUP_BYTES * (h >> 1), ORDER);
            FloatVector m = FloatVector.fromMemorySegment(F, ALL, scales + VectorScales.GROUP_BYTES * (h >> 1) + 64, ORDER);
            for (int g = 0; g < 4; g++) {
                IntVector word = IntVector.fromMemorySegment(I, ALL, quants + slabBytes * (h >> 1) + 64L * g, ORDER)
                        .lanewise(LSHR, 4 * (h & 1));
                long to = out + COL_BYTES * (16 * h + 4 * g);
                word.lanewise(LSHL, 19).and(NIBBLE).or(ONE).reinterpretAsFloats()
                        .fma(d, m).intoMemorySegment(ALL, to, ORDER);
                word.lanewise(LSHL, 11).and(NIBBLE).or(ONE).reinterpretAsFloats()
                        .fma(d, m).intoMemorySegment(ALL, to + COL_BYTES, ORDER);
                word.lanewise(LSHL, 3).and(NIBBLE).or(ONE).reinterpretAsFloats()
                        .fma(d, m).intoMemorySegment(ALL, to + 2 * COL_BYTES, ORDER);
                word.lanewise(LSHR, 5).and(NIBBLE).or(ONE).reinterpretAsFloats()
                        .fma(d, m).intoMemorySegment(ALL, to + 3 * COL_BYTES, ORDER);
            }
        }
    }

    /** Likewise where quants are bytes; {@code groupShift}: see {@link VectorScales#groupShift}. */
    static void bytes(int slabs, long quants, long slabBytes, int groupShift, long scales, long out) {
        for (int h = 0; h < 2 * slabs; h++) {
            long group = scales + VectorScales.GROUP_BYTES * (h >> groupShift);
            FloatVector d = FloatVector.fromMemorySegment(F, ALL, group, ORDER);
            FloatVector m = FloatVector.fromMemorySegment(F, ALL, group + 64, ORDER);
            for (int g = 0; g < 4; g++) {
                long at = quants + slabBytes * (h >> 1) + 256L * (h & 1) + 64L * g;
                IntVector word = IntVector.fromMemorySegment(I, ALL, at, ORDER);
                long to = out + COL_BYTES * (16 * h + 4 * g);
                word.lanewise(LSHL, 15).and(BYTE).or(ONE).reinterpretAsFloats()
                        .fma(d, m).intoMemorySegment(ALL, to, ORDER);
                word.lanewise(LSHL, 7).and(BYTE).or(ONE).reinterpretAsFloats()
                        .fma(d, m).intoMemorySegment(ALL, to + COL_BYTES, ORDER);
                word.lanewise(LSHR, 1).and(BYTE).or(ONE).reinterpretAsFloats()
                        .fma(d, m).intoMemorySegment(ALL, to + 2 * COL_BYTES, ORDER);
                word.lanewise(LSHR, 9).and(BYTE).or(ONE).reinterpretAsFloats()
                        .fma(d, m).intoMemorySegment(ALL, to + 3 * COL_BYTES, ORDER);
            }
        }
    }

    /** Slabs of a panel of a 5-bit type to bytes: bit 4 of group g is bit g of the high byte. */
    static void widen5(int slabs, long quants, long slabBytes, long out) {
        for (int s = 0; s < slabs; s++) {
            for (int unit = 0; unit < 64; unit += Lanes.BYTES) {
                long from = quants + slabBytes * s + unit;
                IntVector high = IntVector.fromMemorySegment(I, ALL, from + PanelType.HIGH_AT, ORDER);
                for (int g = 0; g < 8; g++) {
                    IntVector low = IntVector.fromMemorySegment(I, ALL, from + 64L * (g & 3), ORDER)
                            .lanewise(LSHR, g & 4).and(0x0f0f0f0f);
                    high.lanewise(LSHR, g).and(0x01010101).lanewise(LSHL, 4).or(low)
                            .intoMemorySegment(ALL, out + (long) WIDE_SLAB_BYTES * s + 64L * g + unit, ORDER);
                }
            }
        }
    }

    /** Slabs of a panel of a 6-bit type to bytes: bits 4 and 5 of group g are two bits of a high byte, one byte per four groups. */
    static void widen6(int slabs, long quants, long slabBytes, long out) {
        for (int s = 0; s < slabs; s++) {
            for (int unit = 0; unit < 64; unit += Lanes.BYTES) {
                long from = quants + slabBytes * s + unit;
                for (int g = 0; g < 8; g++) {
                    IntVector low = IntVector.fromMemorySegment(I, ALL, from + 64L * (g & 3), ORDER)
                            .lanewise(LSHR, g & 4).and(0x0f0f0f0f);
                    IntVector.fromMemorySegment(I, ALL, from + PanelType.HIGH_AT + 16L * (g & 4), ORDER)
                            .lanewise(LSHR, 2 * (g & 3)).and(0x03030303).lanewise(LSHL, 4).or(low)
                            .intoMemorySegment(ALL, out + (long) WIDE_SLAB_BYTES * s + 64L * g + unit, ORDER);
                }
            }
        }
    }
}
