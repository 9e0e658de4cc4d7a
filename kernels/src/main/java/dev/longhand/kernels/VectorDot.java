package dev.longhand.kernels;

import static dev.longhand.kernels.Lanes.F;
import static dev.longhand.kernels.Lanes.I;
import static dev.longhand.kernels.Lanes.ORDER;
import static dev.longhand.kernels.OffHeap.ALL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * One token times panels, without unpacking to memory first: {@code y(r) = sum_c w(r, c) x(c)}.
 *
 * <p>Works on two <em>units</em> at once, a unit being as many rows as a vector has lanes: two panels at 512 bit, the halves of
 * one panel at 256. Each row's sum is one chain of fused multiply-adds in column order over weights rounded once, as
 * {@link VectorGemm} over {@link VectorUnpack} computes it: the same bits. Thread-safe: no state.
 */
final class VectorDot {
    private VectorDot() {}

    /**
     * @param a        first unit's first byte in its panel; {@code b} likewise
     * @param aScales  factors and offsets of the unit, by {@link VectorScales}; {@code bScales} likewise
     * @param ya       where the unit's results go; {@code yb} likewise
     */
    static void multiply(PanelType type, int cols, long a, long b, long aScales, long bScales, long x, long ya, long yb) {
        int slabs = cols / PanelType.SLAB_COLS;
        switch (type.bits()) {
            case 4 -> dot4(type, slabs, a, b, aScales, bScales, x, ya, yb);
            case 5 -> dot5(type, slabs, a, b, aScales, bScales, x, ya, yb);
            case 6 -> dot6(type, slabs, a, b, aScales, bScales, x, ya, yb);
            default -> dot8(type, slabs, a, b, aScales, bScales, x, ya, yb);
        }
    }

    /** 4-bit quants. */
    private static void dot4(PanelType type, int slabs, long a, long b, long aScales, long bScales, long x, long ya, long yb) {
        FloatVector sum0 = FloatVector.zero(F);
        FloatVector sum1 = FloatVector.zero(F);
        int shift = type.slabsPerBlock() == 1 ? 0 : 3;
        for (int i = 0; i < slabs; i++) {
            long inPanel = type.headerBytes() + (long) (i >> shift) * type.blockBytes() + (i & (1 << shift) - 1) * 256L;
            long p0 = a + inPanel;
            long p1 = b + inPanel;
            long group0 = aScales + 128L * i;
            long group1 = bScales + 128L * i;
            long xi = x + 128L * i;
            FloatVector d0 = FloatVector.fromMemorySegment(F, ALL, group0, ORDER);
            FloatVector m0 = FloatVector.fromMemorySegment(F, ALL, group0 + 64, ORDER);
            FloatVector d1 = FloatVector.fromMemorySegment(F, ALL, group1, ORDER);
            FloatVector m1 = FloatVector.fromMemorySegment(F, ALL, group1 + 64, ORDER);
            for (int g = 0; g < 4; g++) {
                IntVector q0 = IntVector.fromMemorySegment(I, ALL, p0 + 64L * g, ORDER).and(0x0f0f0f0f);
                IntVector q1 = IntVector.fromMemorySegment(I, ALL, p1 + 64L * g, ORDER).and(0x0f0f0f0f);
                FloatVector x0 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g));
                sum0 = ((FloatVector) q0.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x0, sum0);
                sum1 = ((FloatVector) q1.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x0, sum1);
                FloatVector x1 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 4));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x1, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x1, sum1);
                FloatVector x2 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 8));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x2, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x2, sum1);
                FloatVector x3 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 12));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x3, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x3, sum1);
            }
            for (int g = 0; g < 4; g++) {
                IntVector q0 = IntVector.fromMemorySegment(I, ALL, p0 + 64L * g, ORDER).lanewise(VectorOperators.LSHR, 4).and(0x0f0f0f0f);
                IntVector q1 = IntVector.fromMemorySegment(I, ALL, p1 + 64L * g, ORDER).lanewise(VectorOperators.LSHR, 4).and(0x0f0f0f0f);
                FloatVector x0 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 64));
                sum0 = ((FloatVector) q0.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x0, sum0);
                sum1 = ((FloatVector) q1.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x0, sum1);
                FloatVector x1 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 68));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x1, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x1, sum1);
                FloatVector x2 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 72));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x2, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x2, sum1);
                FloatVector x3 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 76));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x3, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x3, sum1);
            }
        }
        sum0.intoMemorySegment(ALL, ya, ORDER);
        sum1.intoMemorySegment(ALL, yb, ORDER);
    }

    /** 5-bit quants. */
    private static void dot5(PanelType type, int slabs, long a, long b, long aScales, long bScales, long x, long ya, long yb) {
        FloatVector sum0 = FloatVector.zero(F);
        FloatVector sum1 = FloatVector.zero(F);
        int shift = type.slabsPerBlock() == 1 ? 0 : 3;
        for (int i = 0; i < slabs; i++) {
            long inPanel = type.headerBytes() + (long) (i >> shift) * type.blockBytes() + (i & (1 << shift) - 1) * 320L;
            long p0 = a + inPanel;
            long p1 = b + inPanel;
            long group0 = aScales + 128L * i;
            long group1 = bScales + 128L * i;
            long xi = x + 128L * i;
            FloatVector d0 = FloatVector.fromMemorySegment(F, ALL, group0, ORDER);
            FloatVector m0 = FloatVector.fromMemorySegment(F, ALL, group0 + 64, ORDER);
            FloatVector d1 = FloatVector.fromMemorySegment(F, ALL, group1, ORDER);
            FloatVector m1 = FloatVector.fromMemorySegment(F, ALL, group1 + 64, ORDER);
            IntVector h0 = IntVector.fromMemorySegment(I, ALL, p0 + PanelType.HIGH_AT, ORDER);
            IntVector h1 = IntVector.fromMemorySegment(I, ALL, p1 + PanelType.HIGH_AT, ORDER);
            for (int g = 0; g < 4; g++) {
                IntVector q0 = IntVector.fromMemorySegment(I, ALL, p0 + 64L * g, ORDER).and(0x0f0f0f0f).or(h0.lanewise(VectorOperators.LSHR, g).and(0x01010101).lanewise(VectorOperators.LSHL, 4));
                IntVector q1 = IntVector.fromMemorySegment(I, ALL, p1 + 64L * g, ORDER).and(0x0f0f0f0f).or(h1.lanewise(VectorOperators.LSHR, g).and(0x01010101).lanewise(VectorOperators.LSHL, 4));
                FloatVector x0 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g));
                sum0 = ((FloatVector) q0.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x0, sum0);
                sum1 = ((FloatVector) q1.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x0, sum1);
                FloatVector x1 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 4));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x1, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x1, sum1);
                FloatVector x2 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 8));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x2, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x2, sum1);
                FloatVector x3 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 12));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x3, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x3, sum1);
            }
            for (int g = 0; g < 4; g++) {
                IntVector q0 = IntVector.fromMemorySegment(I, ALL, p0 + 64L * g, ORDER).lanewise(VectorOperators.LSHR, 4).and(0x0f0f0f0f).or(h0.lanewise(VectorOperators.LSHR, g + 4).and(0x01010101).lanewise(VectorOperators.LSHL, 4));
                IntVector q1 = IntVector.fromMemorySegment(I, ALL, p1 + 64L * g, ORDER).lanewise(VectorOperators.LSHR, 4).and(0x0f0f0f0f).or(h1.lanewise(VectorOperators.LSHR, g + 4).and(0x01010101).lanewise(VectorOperators.LSHL, 4));
                FloatVector x0 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 64));
                sum0 = ((FloatVector) q0.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x0, sum0);
                sum1 = ((FloatVector) q1.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x0, sum1);
                FloatVector x1 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 68));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x1, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x1, sum1);
                FloatVector x2 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 72));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x2, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x2, sum1);
                FloatVector x3 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 76));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x3, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x3, sum1);
            }
        }
        sum0.intoMemorySegment(ALL, ya, ORDER);
        sum1.intoMemorySegment(ALL, yb, ORDER);
    }

    /** 6-bit quants. */
    private static void dot6(PanelType type, int slabs, long a, long b, long aScales, long bScales, long x, long ya, long yb) {
        FloatVector sum0 = FloatVector.zero(F);
        FloatVector sum1 = FloatVector.zero(F);
        int shift = type.slabsPerBlock() == 1 ? 0 : 3;
        for (int i = 0; i < slabs; i++) {
            long inPanel = type.headerBytes() + (long) (i >> shift) * type.blockBytes() + (i & (1 << shift) - 1) * 384L;
            long p0 = a + inPanel;
            long p1 = b + inPanel;
            long group0 = aScales + 256L * i;
            long group1 = bScales + 256L * i;
            long xi = x + 128L * i;
            FloatVector d0 = FloatVector.fromMemorySegment(F, ALL, group0, ORDER);
            FloatVector m0 = FloatVector.fromMemorySegment(F, ALL, group0 + 64, ORDER);
            FloatVector d1 = FloatVector.fromMemorySegment(F, ALL, group1, ORDER);
            FloatVector m1 = FloatVector.fromMemorySegment(F, ALL, group1 + 64, ORDER);
            IntVector h0 = IntVector.fromMemorySegment(I, ALL, p0 + PanelType.HIGH_AT, ORDER);
            IntVector h1 = IntVector.fromMemorySegment(I, ALL, p1 + PanelType.HIGH_AT, ORDER);
            for (int g = 0; g < 4; g++) {
                IntVector q0 = IntVector.fromMemorySegment(I, ALL, p0 + 64L * g, ORDER).and(0x0f0f0f0f).or(h0.lanewise(VectorOperators.LSHR, 2 * g).and(0x03030303).lanewise(VectorOperators.LSHL, 4));
                IntVector q1 = IntVector.fromMemorySegment(I, ALL, p1 + 64L * g, ORDER).and(0x0f0f0f0f).or(h1.lanewise(VectorOperators.LSHR, 2 * g).and(0x03030303).lanewise(VectorOperators.LSHL, 4));
                FloatVector x0 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g));
                sum0 = ((FloatVector) q0.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x0, sum0);
                sum1 = ((FloatVector) q1.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x0, sum1);
                FloatVector x1 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 4));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x1, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x1, sum1);
                FloatVector x2 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 8));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x2, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x2, sum1);
                FloatVector x3 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 12));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x3, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x3, sum1);
            }
            d0 = FloatVector.fromMemorySegment(F, ALL, group0 + 128, ORDER);
            m0 = FloatVector.fromMemorySegment(F, ALL, group0 + 192, ORDER);
            d1 = FloatVector.fromMemorySegment(F, ALL, group1 + 128, ORDER);
            m1 = FloatVector.fromMemorySegment(F, ALL, group1 + 192, ORDER);
            h0 = IntVector.fromMemorySegment(I, ALL, p0 + PanelType.HIGH_AT + 64, ORDER);
            h1 = IntVector.fromMemorySegment(I, ALL, p1 + PanelType.HIGH_AT + 64, ORDER);
            for (int g = 0; g < 4; g++) {
                IntVector q0 = IntVector.fromMemorySegment(I, ALL, p0 + 64L * g, ORDER).lanewise(VectorOperators.LSHR, 4).and(0x0f0f0f0f).or(h0.lanewise(VectorOperators.LSHR, 2 * g).and(0x03030303).lanewise(VectorOperators.LSHL, 4));
                IntVector q1 = IntVector.fromMemorySegment(I, ALL, p1 + 64L * g, ORDER).lanewise(VectorOperators.LSHR, 4).and(0x0f0f0f0f).or(h1.lanewise(VectorOperators.LSHR, 2 * g).and(0x03030303).lanewise(VectorOperators.LSHL, 4));
                FloatVector x0 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 64));
                sum0 = ((FloatVector) q0.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x0, sum0);
                sum1 = ((FloatVector) q1.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x0, sum1);
                FloatVector x1 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 68));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x1, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x1, sum1);
                FloatVector x2 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 72));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x2, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x2, sum1);
                FloatVector x3 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 76));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x3, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x3, sum1);
            }
        }
        sum0.intoMemorySegment(ALL, ya, ORDER);
        sum1.intoMemorySegment(ALL, yb, ORDER);
    }

    /** 8-bit quants. */
    private static void dot8(PanelType type, int slabs, long a, long b, long aScales, long bScales, long x, long ya, long yb) {
        FloatVector sum0 = FloatVector.zero(F);
        FloatVector sum1 = FloatVector.zero(F);
        int shift = type.slabsPerBlock() == 1 ? 0 : 3;
        for (int i = 0; i < slabs; i++) {
            long inPanel = type.headerBytes() + (long) (i >> shift) * type.blockBytes() + (i & (1 << shift) - 1) * 512L;
            long p0 = a + inPanel;
            long p1 = b + inPanel;
            long group0 = aScales + 128L * i;
            long group1 = bScales + 128L * i;
            long xi = x + 128L * i;
            FloatVector d0 = FloatVector.fromMemorySegment(F, ALL, group0, ORDER);
            FloatVector m0 = FloatVector.fromMemorySegment(F, ALL, group0 + 64, ORDER);
            FloatVector d1 = FloatVector.fromMemorySegment(F, ALL, group1, ORDER);
            FloatVector m1 = FloatVector.fromMemorySegment(F, ALL, group1 + 64, ORDER);
            for (int g = 0; g < 8; g++) {
                IntVector q0 = IntVector.fromMemorySegment(I, ALL, p0 + 64L * g, ORDER);
                IntVector q1 = IntVector.fromMemorySegment(I, ALL, p1 + 64L * g, ORDER);
                FloatVector x0 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g));
                sum0 = ((FloatVector) q0.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x0, sum0);
                sum1 = ((FloatVector) q1.and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x0, sum1);
                FloatVector x1 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 4));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x1, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 8).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x1, sum1);
                FloatVector x2 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 8));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x2, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 16).and(0xff).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x2, sum1);
                FloatVector x3 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xi + 16L * g + 12));
                sum0 = ((FloatVector) q0.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d0, m0).fma(x3, sum0);
                sum1 = ((FloatVector) q1.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, F, 0)).fma(d1, m1).fma(x3, sum1);
            }
        }
        sum0.intoMemorySegment(ALL, ya, ORDER);
        sum1.intoMemorySegment(ALL, yb, ORDER);
    }
}
