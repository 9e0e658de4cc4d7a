package dev.longhand.kernels;

import static dev.longhand.kernels.Lanes.F;
import static dev.longhand.kernels.Lanes.I;
import static dev.longhand.kernels.Lanes.ORDER;
import static dev.longhand.kernels.OffHeap.ALL;
import static dev.longhand.kernels.VectorUnpack.BYTE;
import static dev.longhand.kernels.VectorUnpack.NIBBLE;
import static dev.longhand.kernels.VectorUnpack.ONE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * One token times panels, without unpacking to f32 in memory first.
 *
 * <p>Works on two <em>units</em> at once, a unit being as many rows as a vector has lanes. Four would hide more of the latency of a
 * fused multiply-add, but their graph comes near the limit below, and at times passed it. Quants come as {@link VectorUnpack}
 * describes; each row's sum is one chain in column order over the weights that {@link VectorUnpack} makes, as {@link VectorGemm}
 * computes it: the same bits. Sums are taken up from memory and put back, so that columns may come in parts. Columns come in
 * halves of a slab, each four groups of 4: one loop for both, because the compiler peels rounds off short inner loops.
 *
 * <p>The loops call methods of the vector API only: the compiler inlines those however large a method has become, helpers not; and
 * a vector that is handed to a method which is not inlined is allocated. Thread-safe: no state.
 */
final class VectorDot {
    private static final long V = Lanes.BYTES;

    private VectorDot() {}

    /**
     * Quants in nibbles: the low ones are the first half of a slab, the high ones the second.
     *
     * @param halves     halves of slabs
     * @param p0         the first unit's first quants; {@code p1} likewise
     * @param slabBytes  from a slab to the next
     * @param s0         the first unit's factors, then offsets, by {@link VectorScales}; {@code s1} likewise
     * @param sums       {@code (unit, lanes)}
     */
    static void nibbles(int halves, long p0, long p1, long slabBytes, long s0, long s1, long x, long sums) {
        FloatVector sum0 = FloatVector.fromMemorySegment(F, ALL, sums, ORDER);
        FloatVector sum1 = FloatVector.fromMemorySegment(F, ALL, sums + V, ORDER);
        for (int i = 0; i < 4 * halves; i++) {
            int h = i >> 2;
            int g = i & 3;
            long scales = VectorScales.GROUP_BYTES * (h >> 1);
            FloatVector d0 = FloatVector.fromMemorySegment(F, ALL, s0 + scales, ORDER);
            FloatVector d1 = FloatVector.fromMemorySegment(F, ALL, s1 + scales, ORDER);
            FloatVector m0 = FloatVector.fromMemorySegment(F, ALL, s0 + scales + 64, ORDER);
            FloatVector m1 = FloatVector.fromMemorySegment(F, ALL, s1 + scales + 64, ORDER);
            int shift = 4 * (h & 1);
            long at = slabBytes * (h >> 1) + 64L * g;
            long xg = x + 64L * h + 16L * g;
            IntVector w0 = IntVector.fromMemorySegment(I, ALL, p0 + at, ORDER).lanewise(LSHR, shift);
            IntVector w1 = IntVector.fromMemorySegment(I, ALL, p1 + at, ORDER).lanewise(LSHR, shift);
            FloatVector x0 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xg));
            sum0 = w0.lanewise(LSHL, 19).and(NIBBLE).or(ONE).reinterpretAsFloats().fma(d0, m0).fma(x0, sum0);
            sum1 = w1.lanewise(LSHL, 19).and(NIBBLE).or(ONE).reinterpretAsFloats().fma(d1, m1).fma(x0, sum1);
            FloatVector x1 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xg + 4));
            sum0 = w0.lanewise(LSHL, 11).and(NIBBLE).or(ONE).reinterpretAsFloats().fma(d0, m0).fma(x1, sum0);
            sum1 = w1.lanewise(LSHL, 11).and(NIBBLE).or(ONE).reinterpretAsFloats().fma(d1, m1).fma(x1, sum1);
            FloatVector x2 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xg + 8));
            sum0 = w0.lanewise(LSHL, 3).and(NIBBLE).or(ONE).reinterpretAsFloats().fma(d0, m0).fma(x2, sum0);
            sum1 = w1.lanewise(LSHL, 3).and(NIBBLE).or(ONE).reinterpretAsFloats().fma(d1, m1).fma(x2, sum1);
            FloatVector x3 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xg + 12));
            sum0 = w0.lanewise(LSHR, 5).and(NIBBLE).or(ONE).reinterpretAsFloats().fma(d0, m0).fma(x3, sum0);
            sum1 = w1.lanewise(LSHR, 5).and(NIBBLE).or(ONE).reinterpretAsFloats().fma(d1, m1).fma(x3, sum1);
        }
        sum0.intoMemorySegment(ALL, sums, ORDER);
        sum1.intoMemorySegment(ALL, sums + V, ORDER);
    }

    /** Quants in bytes; {@code groupShift} 1 where a slab has one group of scales, 0 where each half has its own. */
    static void bytes(int halves, long p0, long p1, long slabBytes, int groupShift, long s0, long s1, long x, long sums) {
        FloatVector sum0 = FloatVector.fromMemorySegment(F, ALL, sums, ORDER);
        FloatVector sum1 = FloatVector.fromMemorySegment(F, ALL, sums + V, ORDER);
        for (int i = 0; i < 4 * halves; i++) {
            int h = i >> 2;
            int g = i & 3;
            long scales = VectorScales.GROUP_BYTES * (h >> groupShift);
            FloatVector d0 = FloatVector.fromMemorySegment(F, ALL, s0 + scales, ORDER);
            FloatVector d1 = FloatVector.fromMemorySegment(F, ALL, s1 + scales, ORDER);
            FloatVector m0 = FloatVector.fromMemorySegment(F, ALL, s0 + scales + 64, ORDER);
            FloatVector m1 = FloatVector.fromMemorySegment(F, ALL, s1 + scales + 64, ORDER);
            long half = slabBytes * (h >> 1) + 256L * (h & 1);
            long at = half + 64L * g;
            long xg = x + 64L * h + 16L * g;
            IntVector w0 = IntVector.fromMemorySegment(I, ALL, p0 + at, ORDER);
            IntVector w1 = IntVector.fromMemorySegment(I, ALL, p1 + at, ORDER);
            FloatVector x0 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xg));
            sum0 = w0.lanewise(LSHL, 15).and(BYTE).or(ONE).reinterpretAsFloats().fma(d0, m0).fma(x0, sum0);
            sum1 = w1.lanewise(LSHL, 15).and(BYTE).or(ONE).reinterpretAsFloats().fma(d1, m1).fma(x0, sum1);
            FloatVector x1 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xg + 4));
            sum0 = w0.lanewise(LSHL, 7).and(BYTE).or(ONE).reinterpretAsFloats().fma(d0, m0).fma(x1, sum0);
            sum1 = w1.lanewise(LSHL, 7).and(BYTE).or(ONE).reinterpretAsFloats().fma(d1, m1).fma(x1, sum1);
            FloatVector x2 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xg + 8));
            sum0 = w0.lanewise(LSHR, 1).and(BYTE).or(ONE).reinterpretAsFloats().fma(d0, m0).fma(x2, sum0);
            sum1 = w1.lanewise(LSHR, 1).and(BYTE).or(ONE).reinterpretAsFloats().fma(d1, m1).fma(x2, sum1);
            FloatVector x3 = FloatVector.broadcast(F, ALL.get(OffHeap.F32, xg + 12));
            sum0 = w0.lanewise(LSHR, 9).and(BYTE).or(ONE).reinterpretAsFloats().fma(d0, m0).fma(x3, sum0);
            sum1 = w1.lanewise(LSHR, 9).and(BYTE).or(ONE).reinterpretAsFloats().fma(d1, m1).fma(x3, sum1);
        }
        sum0.intoMemorySegment(ALL, sums, ORDER);
        sum1.intoMemorySegment(ALL, sums + V, ORDER);
    }
}
