package dev.longhand.kernels;

import static dev.longhand.kernels.Lanes.F;
import static dev.longhand.kernels.Lanes.I;
import static dev.longhand.kernels.Lanes.ORDER;
import static dev.longhand.kernels.OffHeap.ALL;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Makes one form of the scales of all quantised types: per group of columns (32; 16 for Q6_K) {@code f32 factor[16 rows]}, then
 * {@code f32 offset[16 rows]}, such that {@code weight = factor * (1 + quant / n) + offset} with n = 16 for types of 4 bits and 256
 * for the others, in bytes: {@code factor = n d}, {@code offset = m - n d}. The kernels that follow
 * then depend on the bits of a quant only. Both are exact for types without mins, offsets rounded once for the others. Also f16 to
 * f32 for whole runs. Thread-safe: no state.
 *
 * <p>The loops call methods of the vector API only, which are inlined however large the caller is; see {@link VectorDot}.
 */
final class VectorScales {
    /** Bytes of factors and offsets of one group. */
    static final long GROUP_BYTES = 128;

    private VectorScales() {}

    /** log2 of slabs per group: 1 where a slab has one group of scales, 0 where each half of it has its own. */
    static int groupShift(PanelType type) {
        return type == PanelType.Q6_K ? 0 : 1;
    }

    /** {@code blocks} blocks of one panel. */
    static void expand(PanelType type, long panel, int blocks, long out) {
        float n = type.bits() == 4 ? 16 : 256;
        int groups = type.slabsPerBlock() << 1 >> groupShift(type);
        convert(type, panel + PanelType.SCALES_AT, blocks, groups, out);
        if (type.hasMins()) {
            convert(type, panel + PanelType.MINS_AT, blocks, groups, out + 64);
        }
        switch (type) {
            case Q4_1, Q5_1 -> offsetByMins(n, blocks, out);
            case Q4_K, Q5_K -> multiplySubMins(type, n, panel, blocks, out);
            case Q6_K -> multiplySubScales(type, n, panel, blocks, out);
            default -> offsetByZero(n, type.zero(), blocks, out);
        }
    }

    /** The f16 scale (or min) of each block to the first of its {@code groups} groups. */
    private static void convert(PanelType type, long from, int blocks, int groups, long out) {
        convertF16(from, type.blockBytes(), out, GROUP_BYTES * groups, blocks);
    }

    private static void offsetByZero(float n, int zero, int blocks, long out) {
        for (int b = 0; b < blocks; b++) {
            for (int r = 0; r < Panels.ROWS; r += Lanes.COUNT) {
                long to = out + GROUP_BYTES * b + 4 * r;
                FloatVector d = FloatVector.fromMemorySegment(F, ALL, to, ORDER);
                d.mul(n).intoMemorySegment(ALL, to, ORDER);
                d.mul(-(n + zero)).intoMemorySegment(ALL, to + 64, ORDER);
            }
        }
    }

    private static void offsetByMins(float n, int blocks, long out) {
        for (int b = 0; b < blocks; b++) {
            for (int r = 0; r < Panels.ROWS; r += Lanes.COUNT) {
                long to = out + GROUP_BYTES * b + 4 * r;
                FloatVector factor = FloatVector.fromMemorySegment(F, ALL, to, ORDER).mul(n);
                factor.intoMemorySegment(ALL, to, ORDER);
                FloatVector.fromMemorySegment(F, ALL, to + 64, ORDER).sub(factor).intoMemorySegment(ALL, to + 64, ORDER);
            }
        }
    }

    /** From each block's scale and min to those of its groups. */
    private static void multiplySubMins(PanelType type, float n, long panel, int blocks, long out) {
        for (int b = 0; b < blocks; b++) {
            for (int r = 0; r < Panels.ROWS; r += Lanes.COUNT) {
                long from = panel + (long) b * type.blockBytes() + r;
                long first = out + GROUP_BYTES * 8 * b + 4 * r;
                FloatVector d = FloatVector.fromMemorySegment(F, ALL, first, ORDER).mul(n);
                FloatVector m = FloatVector.fromMemorySegment(F, ALL, first + 64, ORDER).neg();
                for (int slab = 0; slab < 8; slab++) {
                    long to = first + GROUP_BYTES * slab;
                    ByteVector sub = ByteVector.fromMemorySegment(Lanes.B, ALL, from + PanelType.SUB_SCALES_AT + 16 * slab, ORDER);
                    FloatVector factor = d.mul((FloatVector) sub.convertShape(VectorOperators.B2F, F, 0));
                    factor.intoMemorySegment(ALL, to, ORDER);
                    ByteVector min = ByteVector.fromMemorySegment(Lanes.B, ALL, from + PanelType.SUB_MINS_AT + 16 * slab, ORDER);
                    m.mul((FloatVector) min.convertShape(VectorOperators.B2F, F, 0)).sub(factor)
                            .intoMemorySegment(ALL, to + 64, ORDER);
                }
            }
        }
    }

    /** From each block's scale to those of its groups. */
    private static void multiplySubScales(PanelType type, float n, long panel, int blocks, long out) {
        float offset = -(n + type.zero());
        for (int b = 0; b < blocks; b++) {
            for (int r = 0; r < Panels.ROWS; r += Lanes.COUNT) {
                long from = panel + (long) b * type.blockBytes() + r;
                long first = out + GROUP_BYTES * 16 * b + 4 * r;
                FloatVector d = FloatVector.fromMemorySegment(F, ALL, first, ORDER);
                for (int group = 0; group < 16; group++) {
                    long to = first + GROUP_BYTES * group;
                    ByteVector sub = ByteVector.fromMemorySegment(Lanes.B, ALL, from + PanelType.SUB_SCALES_AT + 16 * group, ORDER);
                    FloatVector factor = d.mul((FloatVector) sub.convertShape(VectorOperators.B2F, F, 0));
                    factor.mul(n).intoMemorySegment(ALL, to, ORDER);
                    factor.mul(offset).intoMemorySegment(ALL, to + 64, ORDER);
                }
            }
        }
    }

    /** {@code runs} runs of 16 values from f16, end to end, to f32, {@code strideBytes} apart. */
    static void convertF16(long from, long to, int runs, long strideBytes) {
        convertF16(from, 32, to, strideBytes, runs);
    }

    /**
     * f16 values by integer arithmetic: the exponent is moved; where it is 0 (subnormal), the mantissa was read as
     * {@code 2^-15 (1 + m / 1024)} and stands for {@code 2^-14 (m / 1024)}; where it is 31 (infinity, NaN), it is moved once
     * more, to 255. No denormal ever enters floating point.
     */
    private static void convertF16(long from, long fromStride, long to, long toStride, int runs) {
        for (int i = 0; i < runs; i++) {
            for (int r = 0; r < 16; r += Lanes.COUNT) {
                IntVector bits = (IntVector) ShortVector.fromMemorySegment(Lanes.S, ALL, from + fromStride * i + 2 * r, ORDER)
                        .convertShape(VectorOperators.S2I, I, 0);
                IntVector magnitude = bits.and(0x7fff);
                FloatVector normal = magnitude.lanewise(VectorOperators.LSHL, 13).add(0x38000000)
                        .add(0x38000000, magnitude.compare(VectorOperators.GE, 0x7c00)).reinterpretAsFloats();
                FloatVector subnormal = normal.fma(FloatVector.broadcast(F, 2f), FloatVector.broadcast(F, -0x1p-14f));
                normal.blend(subnormal, magnitude.lt(0x400).cast(F)).reinterpretAsInts().or(bits.and(0x80000000))
                        .reinterpretAsFloats().intoMemorySegment(ALL, to + toStride * i + 4 * r, ORDER);
            }
        }
    }
}
