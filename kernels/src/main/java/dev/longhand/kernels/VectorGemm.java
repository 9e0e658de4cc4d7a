package dev.longhand.kernels;

import static dev.longhand.kernels.Lanes.F;
import static dev.longhand.kernels.Lanes.ORDER;
import static dev.longhand.kernels.OffHeap.ALL;

import jdk.incubator.vector.FloatVector;

/**
 * The one matrix product of the vector tier: {@code C (rows, 64) = A (rows, k) B (k, 64)}, f32, for weights, scores and values.
 *
 * <p>Each result is one chain of fused multiply-adds over k in ascending order, however many rows are computed together: that is
 * what makes the tier batch-invariant. Unrolled so that 24 (512 bit) or 12 (256 bit) sums stay in registers. Thread-safe: no state.
 *
 * <p>Sized to the compiler: it stops inlining in a method whose graph passes NodeCountInliningCutoff (18,000 nodes), and a vector
 * operation that is not inlined allocates its result and is some hundred times slower. {@code six512} is near that; add no
 * operation to it without the allocation test. A's values are read one by one and broadcast: the compiler makes one instruction
 * of that, with B's vectors loaded once for six rows.
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
            if (Lanes.COUNT == 16) {
                six512(a + row * aStride, aStride, b, bStride, k, c + row * cStride, cStride);
            } else {
                for (int col = 0; col < 4 * COLS; col += 2 * V) {
                    six256(a + row * aStride, aStride, b + col, bStride, k, c + row * cStride + col, cStride);
                }
            }
        }
        for (; row + 2 <= rows; row += 2) {
            for (int col = 0; col < 4 * COLS; col += 4 * V) {
                two(a + row * aStride, aStride, b + col, bStride, k, c + row * cStride + col, cStride);
            }
        }
        for (; row < rows; row++) {
            for (int col = 0; col < 4 * COLS; col += 4 * V) {
                one(a + row * aStride, b + col, bStride, k, c + row * cStride + col);
            }
        }
    }

    private static void six512(long a, long aStride, long b, long bStride, int k, long c, long cStride) {
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
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero;
        FloatVector s01 = zero;
        FloatVector s02 = zero;
        FloatVector s03 = zero;
        FloatVector s10 = zero;
        FloatVector s11 = zero;
        FloatVector s12 = zero;
        FloatVector s13 = zero;
        FloatVector s20 = zero;
        FloatVector s21 = zero;
        FloatVector s22 = zero;
        FloatVector s23 = zero;
        FloatVector s30 = zero;
        FloatVector s31 = zero;
        FloatVector s32 = zero;
        FloatVector s33 = zero;
        FloatVector s40 = zero;
        FloatVector s41 = zero;
        FloatVector s42 = zero;
        FloatVector s43 = zero;
        FloatVector s50 = zero;
        FloatVector s51 = zero;
        FloatVector s52 = zero;
        FloatVector s53 = zero;
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
            FloatVector x2 = FloatVector.broadcast(F, OffHeap.f32(a2 + ai));
            s20 = x2.fma(b0, s20);
            s21 = x2.fma(b1, s21);
            s22 = x2.fma(b2, s22);
            s23 = x2.fma(b3, s23);
            FloatVector x3 = FloatVector.broadcast(F, OffHeap.f32(a3 + ai));
            s30 = x3.fma(b0, s30);
            s31 = x3.fma(b1, s31);
            s32 = x3.fma(b2, s32);
            s33 = x3.fma(b3, s33);
            FloatVector x4 = FloatVector.broadcast(F, OffHeap.f32(a4 + ai));
            s40 = x4.fma(b0, s40);
            s41 = x4.fma(b1, s41);
            s42 = x4.fma(b2, s42);
            s43 = x4.fma(b3, s43);
            FloatVector x5 = FloatVector.broadcast(F, OffHeap.f32(a5 + ai));
            s50 = x5.fma(b0, s50);
            s51 = x5.fma(b1, s51);
            s52 = x5.fma(b2, s52);
            s53 = x5.fma(b3, s53);
        }
        s00.intoMemorySegment(ALL, c, ORDER);
        s01.intoMemorySegment(ALL, c + V, ORDER);
        s02.intoMemorySegment(ALL, c + 2 * V, ORDER);
        s03.intoMemorySegment(ALL, c + 3 * V, ORDER);
        s10.intoMemorySegment(ALL, c1, ORDER);
        s11.intoMemorySegment(ALL, c1 + V, ORDER);
        s12.intoMemorySegment(ALL, c1 + 2 * V, ORDER);
        s13.intoMemorySegment(ALL, c1 + 3 * V, ORDER);
        s20.intoMemorySegment(ALL, c2, ORDER);
        s21.intoMemorySegment(ALL, c2 + V, ORDER);
        s22.intoMemorySegment(ALL, c2 + 2 * V, ORDER);
        s23.intoMemorySegment(ALL, c2 + 3 * V, ORDER);
        s30.intoMemorySegment(ALL, c3, ORDER);
        s31.intoMemorySegment(ALL, c3 + V, ORDER);
        s32.intoMemorySegment(ALL, c3 + 2 * V, ORDER);
        s33.intoMemorySegment(ALL, c3 + 3 * V, ORDER);
        s40.intoMemorySegment(ALL, c4, ORDER);
        s41.intoMemorySegment(ALL, c4 + V, ORDER);
        s42.intoMemorySegment(ALL, c4 + 2 * V, ORDER);
        s43.intoMemorySegment(ALL, c4 + 3 * V, ORDER);
        s50.intoMemorySegment(ALL, c5, ORDER);
        s51.intoMemorySegment(ALL, c5 + V, ORDER);
        s52.intoMemorySegment(ALL, c5 + 2 * V, ORDER);
        s53.intoMemorySegment(ALL, c5 + 3 * V, ORDER);
    }

    private static void six256(long a, long aStride, long b, long bStride, int k, long c, long cStride) {
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
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero;
        FloatVector s01 = zero;
        FloatVector s10 = zero;
        FloatVector s11 = zero;
        FloatVector s20 = zero;
        FloatVector s21 = zero;
        FloatVector s30 = zero;
        FloatVector s31 = zero;
        FloatVector s40 = zero;
        FloatVector s41 = zero;
        FloatVector s50 = zero;
        FloatVector s51 = zero;
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

    private static void one(long a, long b, long bStride, int k, long c) {
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero;
        FloatVector s01 = zero;
        FloatVector s02 = zero;
        FloatVector s03 = zero;
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
        }
        s00.intoMemorySegment(ALL, c, ORDER);
        s01.intoMemorySegment(ALL, c + V, ORDER);
        s02.intoMemorySegment(ALL, c + 2 * V, ORDER);
        s03.intoMemorySegment(ALL, c + 3 * V, ORDER);
    }
}
