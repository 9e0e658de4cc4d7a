package dev.longhand.kernels;

import static dev.longhand.kernels.Lanes.F;
import static dev.longhand.kernels.Lanes.ORDER;
import static dev.longhand.kernels.OffHeap.ALL;

import jdk.incubator.vector.FloatVector;

/**
 * The one matrix product of the vector tier: {@code C (rows, 64) = A (rows, k) B (k, 64)}, f32, for weights, scores and values.
 *
 * <p>Each result is one chain of fused multiply-adds over k in ascending order, however many rows are computed together: that is
 * what makes the tier batch-invariant. Six rows times two vectors of columns: twelve sums fill the latency of two multipliers and
 * leave registers on machines that have sixteen; more sums were not faster. Thread-safe: no state.
 *
 * <p>Sized to the compiler: it stops inlining in a method whose graph passes NodeCountInliningCutoff (18,000 nodes), and a vector
 * operation that is not inlined allocates its result and is some hundred times slower. A's values are read one by one and
 * broadcast: the compiler makes one instruction of that, with B's vectors loaded once for six rows.
 */
final class VectorGemm {
    /** Columns of a tile. */
    static final int COLS = 64;

    private static final int V = Lanes.BYTES;

    private VectorGemm() {}

    /**
     * Row strides in bytes; B's row is 64 contiguous floats.
     */
    static void multiply(long a, long aStride, int rows, long b, long bStride, int k, long c, long cStride) {
        int row = 0;
        for (; row + 6 <= rows; row += 6) {
            for (int col = 0; col < 4 * COLS; col += 2 * V) {
                six(a + row * aStride, aStride, b + col, bStride, k, c + row * cStride + col, cStride);
            }
        }
        for (; row + 2 <= rows; row += 2) {
            for (int col = 0; col < 4 * COLS; col += 4 * V) {
                two(a + row * aStride, aStride, b + col, bStride, k, c + row * cStride + col, cStride);
            }
        }
        for (; row < rows; row++) {
            for (int col = 0; col < 4 * COLS; col += 4 * V) {
                long bc = b + col;
                one(a + row * aStride, bc, bc + V, bc + 2 * V, bc + 3 * V, bStride, k, c + row * cStride + col);
            }
        }
    }

    private static void six(long a, long aStride, long b, long bStride, int k, long c, long cStride) {
        long a1 = a + aStride;
        long a2 = a + 2 * aStride;
        long a3 = a + 3 * aStride;
        long a4 = a + 4 * aStride;
        long a5 = a + 5 * aStride;
        long c1 = c + cStride;
        long c2 = c + 2 * cStride;
        long c3 = c + 3 * cStride;
        long c4 = c + 4 * cStride;
        long c5 = c + 5 * cStride;
        FloatVector s00 = FloatVector.zero(F);
        FloatVector s01 = s00;
        FloatVector s10 = s00;
        FloatVector s11 = s00;
        FloatVector s20 = s00;
        FloatVector s21 = s00;
        FloatVector s30 = s00;
        FloatVector s31 = s00;
        FloatVector s40 = s00;
        FloatVector s41 = s00;
        FloatVector s50 = s00;
        FloatVector s51 = s00;
        for (int i = 0; i < k; i++) {
            long bi = b + i * bStride;
            long ai = 4L * i;
            FloatVector b0 = FloatVector.fromMemorySegment(F, ALL, bi, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(F, ALL, bi + V, ORDER);
            FloatVector x0 = FloatVector.broadcast(F, OffHeap.f32(a + ai));
            s00 = x0.fma(b0, s00);
            s01 = x0.fma(b1, s01);
            FloatVector x1 = FloatVector.broadcast(F, OffHeap.f32(a1 + ai));
            s10 = x1.fma(b0, s10);
            s11 = x1.fma(b1, s11);
            FloatVector x2 = FloatVector.broadcast(F, OffHeap.f32(a2 + ai));
            s20 = x2.fma(b0, s20);
            s21 = x2.fma(b1, s21);
            FloatVector x3 = FloatVector.broadcast(F, OffHeap.f32(a3 + ai));
            s30 = x3.fma(b0, s30);
            s31 = x3.fma(b1, s31);
            FloatVector x4 = FloatVector.broadcast(F, OffHeap.f32(a4 + ai));
            s40 = x4.fma(b0, s40);
            s41 = x4.fma(b1, s41);
            FloatVector x5 = FloatVector.broadcast(F, OffHeap.f32(a5 + ai));
            s50 = x5.fma(b0, s50);
            s51 = x5.fma(b1, s51);
        }
        s00.intoMemorySegment(ALL, c, ORDER);
        s01.intoMemorySegment(ALL, c + V, ORDER);
        s10.intoMemorySegment(ALL, c1, ORDER);
        s11.intoMemorySegment(ALL, c1 + V, ORDER);
        s20.intoMemorySegment(ALL, c2, ORDER);
        s21.intoMemorySegment(ALL, c2 + V, ORDER);
        s30.intoMemorySegment(ALL, c3, ORDER);
        s31.intoMemorySegment(ALL, c3 + V, ORDER);
        s40.intoMemorySegment(ALL, c4, ORDER);
        s41.intoMemorySegment(ALL, c4 + V, ORDER);
        s50.intoMemorySegment(ALL, c5, ORDER);
        s51.intoMemorySegment(ALL, c5 + V, ORDER);
    }

    private static void two(long a, long aStride, long b, long bStride, int k, long c, long cStride) {
        long a1 = a + aStride;
        long c1 = c + cStride;
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero;
        FloatVector s01 = zero;
        FloatVector s02 = zero;
        FloatVector s03 = zero;
        FloatVector s10 = zero;
        FloatVector s11 = zero;
        FloatVector s12 = zero;
        FloatVector s13 = zero;
        for (int i = 0; i < k; i++) {
            long bi = b + i * bStride;
            long ai = 4L * i;
            FloatVector b0 = FloatVector.fromMemorySegment(F, ALL, bi, ORDER);
            FloatVector b1 = FloatVector.fromMemorySegment(F, ALL, bi + V, ORDER);
            FloatVector b2 = FloatVector.fromMemorySegment(F, ALL, bi + 2 * V, ORDER);
            FloatVector b3 = FloatVector.fromMemorySegment(F, ALL, bi + 3 * V, ORDER);
            FloatVector x0 = FloatVector.broadcast(F, OffHeap.f32(a + ai));
            s00 = x0.fma(b0, s00);
            s01 = x0.fma(b1, s01);
            s02 = x0.fma(b2, s02);
            s03 = x0.fma(b3, s03);
            FloatVector x1 = FloatVector.broadcast(F, OffHeap.f32(a1 + ai));
            s10 = x1.fma(b0, s10);
            s11 = x1.fma(b1, s11);
            s12 = x1.fma(b2, s12);
            s13 = x1.fma(b3, s13);
        }
        s00.intoMemorySegment(ALL, c, ORDER);
        s01.intoMemorySegment(ALL, c + V, ORDER);
        s02.intoMemorySegment(ALL, c + 2 * V, ORDER);
        s03.intoMemorySegment(ALL, c + 3 * V, ORDER);
        s10.intoMemorySegment(ALL, c1, ORDER);
        s11.intoMemorySegment(ALL, c1 + V, ORDER);
        s12.intoMemorySegment(ALL, c1 + 2 * V, ORDER);
        s13.intoMemorySegment(ALL, c1 + 3 * V, ORDER);
    }

    /** One row times four vectors of columns that lie anywhere. */
    static void one(long a, long b0, long b1, long b2, long b3, long bStride, int k, long c) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int i = 0; i < k; i++) {
            long at = i * bStride;
            FloatVector x = FloatVector.broadcast(F, OffHeap.f32(a + 4L * i));
            s0 = x.fma(FloatVector.fromMemorySegment(F, ALL, b0 + at, ORDER), s0);
            s1 = x.fma(FloatVector.fromMemorySegment(F, ALL, b1 + at, ORDER), s1);
            s2 = x.fma(FloatVector.fromMemorySegment(F, ALL, b2 + at, ORDER), s2);
            s3 = x.fma(FloatVector.fromMemorySegment(F, ALL, b3 + at, ORDER), s3);
        }
        s0.intoMemorySegment(ALL, c, ORDER);
        s1.intoMemorySegment(ALL, c + V, ORDER);
        s2.intoMemorySegment(ALL, c + 2 * V, ORDER);
        s3.intoMemorySegment(ALL, c + 3 * V, ORDER);
    }
}
