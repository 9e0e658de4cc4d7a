package dev.longhand.kernels;

import static dev.longhand.kernels.Lanes.F;
import static dev.longhand.kernels.Lanes.I;
import static dev.longhand.kernels.Lanes.ORDER;
import static dev.longhand.kernels.OffHeap.ALL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Unpacks quantised panels to f32, {@code (column, 64 rows)}, for {@link VectorGemm}. A unit is as many rows as a vector has
 * lanes. Each weight is rounded once: {@code fma(factor, quant, offset)}. Thread-safe: no state.
 */
final class VectorUnpack {
    /** From a column of the unpacked tile to the next. */
    private static final long COL_BYTES = 4L * VectorGemm.COLS;

    private VectorUnpack() {}

    /**
     * Slabs {@code [slabFrom, slabTo)} of one unit.
     *
     * @param panel  the unit's first byte in its panel
     * @param scales factors and offsets of the unit, by {@link VectorScales}
     * @param out    where the unit's rows of column {@code 32 * slabFrom} go
     */
    static void unpack(PanelType type, int slabFrom, int slabTo, long panel, long scales, long out) {
        switch (type.bits()) {
            case 4 -> unpack4(type, slabFrom, slabTo, panel, scales, out);
            case 5 -> unpack5(type, slabFrom, slabTo, panel, scales, out);
            case 6 -> unpack6(type, slabFrom, slabTo, panel, scales, out);
            default -> unpack8(type, slabFrom, slabTo, panel, scales, out);
        }
    }

    /** 4-bit quants. */
    private static void unpack4(PanelType type, int slabFrom, int slabTo, long panel, long scales, long out) {
        int shift = type.slabsPerBlock() == 1 ? 0 : 3;
        for (int i = slabFrom; i < slabTo; i++) {
            long p0 = panel + type.headerBytes() + (long) (i >> shift) * type.blockBytes() + (i & (1 << shift) - 1) * 256L;
            long group0 = scales + 128L * i;
            long to = out + 32L * COL_BYTES * (i - slabFrom);
            FloatVector d0 = FloatVector.fromMemorySegment(F, ALL, group0, ORDER);
            FloatVector m0 = FloatVector.fromMemorySegment(F, ALL, group0 + 64, ORDER);
            for (int g = 0; g < 4; g++) {
                IntVector q0 = IntVector.fromMemorySegment(I, ALL, p0 + 64L * g, ORDER).and(0x0f0f0f0f);
                ((FloatVector) q0.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 2L * COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 3L * COL_BYTES, ORDER);
            }
            for (int g = 0; g < 4; g++) {
                IntVector q0 = IntVector.fromMemorySegment(I, ALL, p0 + 64L * g, ORDER).lanewise(VectorOperators.LSHR, 4).and(0x0f0f0f0f);
                ((FloatVector) q0.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 16L * COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 17L * COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 18L * COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 19L * COL_BYTES, ORDER);
            }
        }
    }

    /** 5-bit quants. */
    private static void unpack5(PanelType type, int slabFrom, int slabTo, long panel, long scales, long out) {
        int shift = type.slabsPerBlock() == 1 ? 0 : 3;
        for (int i = slabFrom; i < slabTo; i++) {
            long p0 = panel + type.headerBytes() + (long) (i >> shift) * type.blockBytes() + (i & (1 << shift) - 1) * 320L;
            long group0 = scales + 128L * i;
            long to = out + 32L * COL_BYTES * (i - slabFrom);
            FloatVector d0 = FloatVector.fromMemorySegment(F, ALL, group0, ORDER);
            FloatVector m0 = FloatVector.fromMemorySegment(F, ALL, group0 + 64, ORDER);
            IntVector h0 = IntVector.fromMemorySegment(I, ALL, p0 + PanelType.HIGH_AT, ORDER);
            for (int g = 0; g < 4; g++) {
                IntVector q0 = IntVector.fromMemorySegment(I, ALL, p0 + 64L * g, ORDER).and(0x0f0f0f0f).or(h0.lanewise(VectorOperators.LSHR, g).and(0x01010101).lanewise(VectorOperators.LSHL, 4));
                ((FloatVector) q0.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 2L * COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 3L * COL_BYTES, ORDER);
            }
            for (int g = 0; g < 4; g++) {
                IntVector q0 = IntVector.fromMemorySegment(I, ALL, p0 + 64L * g, ORDER).lanewise(VectorOperators.LSHR, 4).and(0x0f0f0f0f).or(h0.lanewise(VectorOperators.LSHR, g + 4).and(0x01010101).lanewise(VectorOperators.LSHL, 4));
                ((FloatVector) q0.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 16L * COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 17L * COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 18L * COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 19L * COL_BYTES, ORDER);
            }
        }
    }

    /** 6-bit quants. */
    private static void unpack6(PanelType type, int slabFrom, int slabTo, long panel, long scales, long out) {
        int shift = type.slabsPerBlock() == 1 ? 0 : 3;
        for (int i = slabFrom; i < slabTo; i++) {
            long p0 = panel + type.headerBytes() + (long) (i >> shift) * type.blockBytes() + (i & (1 << shift) - 1) * 384L;
            long group0 = scales + 256L * i;
            long to = out + 32L * COL_BYTES * (i - slabFrom);
            FloatVector d0 = FloatVector.fromMemorySegment(F, ALL, group0, ORDER);
            FloatVector m0 = FloatVector.fromMemorySegment(F, ALL, group0 + 64, ORDER);
            IntVector h0 = IntVector.fromMemorySegment(I, ALL, p0 + PanelType.HIGH_AT, ORDER);
            for (int g = 0; g < 4; g++) {
                IntVector q0 = IntVector.fromMemorySegment(I, ALL, p0 + 64L * g, ORDER).and(0x0f0f0f0f).or(h0.lanewise(VectorOperators.LSHR, 2 * g).and(0x03030303).lanewise(VectorOperators.LSHL, 4));
                ((FloatVector) q0.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 2L * COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 3L * COL_BYTES, ORDER);
            }
            d0 = FloatVector.fromMemorySegment(F, ALL, group0 + 128, ORDER);
            m0 = FloatVector.fromMemorySegment(F, ALL, group0 + 192, ORDER);
            h0 = IntVector.fromMemorySegment(I, ALL, p0 + PanelType.HIGH_AT + 64, ORDER);
            for (int g = 0; g < 4; g++) {
                IntVector q0 = IntVector.fromMemorySegment(I, ALL, p0 + 64L * g, ORDER).lanewise(VectorOperators.LSHR, 4).and(0x0f0f0f0f).or(h0.lanewise(VectorOperators.LSHR, 2 * g).and(0x03030303).lanewise(VectorOperators.LSHL, 4));
                ((FloatVector) q0.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 16L * COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 17L * COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 18L * COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 19L * COL_BYTES, ORDER);
            }
        }
    }

    /** 8-bit quants. */
    private static void unpack8(PanelType type, int slabFrom, int slabTo, long panel, long scales, long out) {
        int shift = type.slabsPerBlock() == 1 ? 0 : 3;
        for (int i = slabFrom; i < slabTo; i++) {
            long p0 = panel + type.headerBytes() + (long) (i >> shift) * type.blockBytes() + (i & (1 << shift) - 1) * 512L;
            long group0 = scales + 128L * i;
            long to = out + 32L * COL_BYTES * (i - slabFrom);
            FloatVector d0 = FloatVector.fromMemorySegment(F, ALL, group0, ORDER);
            FloatVector m0 = FloatVector.fromMemorySegment(F, ALL, group0 + 64, ORDER);
            for (int g = 0; g < 8; g++) {
                IntVector q0 = IntVector.fromMemorySegment(I, ALL, p0 + 64L * g, ORDER);
                ((FloatVector) q0.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 2L * COL_BYTES, ORDER);
                ((FloatVector) q0.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).intoMemorySegment(ALL, to + 4L * COL_BYTES * g + 3L * COL_BYTES, ORDER);
            }
        }
    }
}
