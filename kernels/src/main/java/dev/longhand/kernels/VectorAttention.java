package dev.longhand.kernels;

import static dev.longhand.kernels.Lanes.F;
import static dev.longhand.kernels.Lanes.ORDER;
import static dev.longhand.kernels.OffHeap.ALL;

import jdk.incubator.vector.FloatVector;

/**
 * Attention of the vector tier: scores, exponentials and sums of one span for all query rows that share a KV head, each K and V
 * converted to f32 once for all of them.
 *
 * <p>A KV record holds K as {@code (headDim, 64 slots)} f16, so that a vector is 16 keys, then V as {@code (64 slots, headDim)}.
 * A row's bits do not depend on the rows beside it: scores and sums are single chains, and positions it does not see enter as
 * exact zeros. Thread-safe: no state, all memory is the caller's scratch.
 */
final class VectorAttention {
    private static final int SPAN = Ops.SPAN_TOKENS;
    private static final int BLOCK = KvShape.BLOCK_TOKENS;
    private static final long SCORE_ROW = 4L * SPAN;

    private VectorAttention() {}

    static long scratchBytes(int tokensMax, int group, int headDim) {
        return endAt(0, tokensMax * group, headDim);
    }

    // Pieces of scratch for `rows` query rows, in this order; computed, not kept in an object, since a call allocates nothing.

    /** {@code (row, 256)}; before it, at the start, the scaled queries {@code (row, headDim)}. */
    private static long scoresAt(long scratch, int rows, int headDim) {
        return scratch + 4L * rows * headDim;
    }

    /** {@code (row, padded headDim)}. */
    private static long sumsAt(long scratch, int rows, int headDim) {
        return scoresAt(scratch, rows, headDim) + SCORE_ROW * rows;
    }

    /** One partial of a span, then {@code (row)} joined partials. */
    private static long partialAt(long scratch, int rows, int headDim) {
        return sumsAt(scratch, rows, headDim) + 4L * rows * padded(headDim);
    }

    /** K of a block or V of a span in f32. */
    private static long kvAt(long scratch, int rows, int headDim) {
        return partialAt(scratch, rows, headDim) + partialBytes(headDim) * (rows + 1);
    }

    private static long endAt(long scratch, int rows, int headDim) {
        return kvAt(scratch, rows, headDim) + 4L * SPAN * padded(headDim);
    }

    /** Columns of V in f32: whole tiles of {@link VectorGemm}. */
    private static int padded(int headDim) {
        return (headDim + VectorGemm.COLS - 1) / VectorGemm.COLS * VectorGemm.COLS;
    }

    static long partialBytes(int headDim) {
        return 4L * (headDim + 16);
    }

    static void store(long k, long v, int headDim, long record, int slot) {
        long vTo = record + 2L * headDim * BLOCK + 2L * headDim * slot;
        for (int d = 0; d < headDim; d++) {
            OffHeap.f16(record + 2L * (d * BLOCK + slot), OffHeap.f32(k + 4L * d));
            OffHeap.f16(vTo + 2L * d, OffHeap.f32(v + 4L * d));
        }
    }

    /** See {@link Ops#attendSpan}. */
    static void span(long q, int group, int headDim, float scale, long table, long recordOffset, int first, int last, long partial,
            long scratch) {
        long scores = scoresAt(scratch, group, headDim);
        long sums = sumsAt(scratch, group, headDim);
        scaleRow(q, group * headDim, scale, scratch);
        scores(scratch, group, headDim, table, recordOffset, first, last);
        for (int g = 0; g < group; g++) {
            weigh(scores + SCORE_ROW * g, first % SPAN, last % SPAN, first % SPAN, last % SPAN,
                    partial + partialBytes(headDim) * g + 4L * headDim);
        }
        values(scratch, group, headDim, table, recordOffset, first, last);
        for (int g = 0; g < group; g++) {
            copy(sums + 4L * g * padded(headDim), partial + partialBytes(headDim) * g, headDim);
        }
    }

    /** See {@link Ops#attendMany}. */
    static void many(long q, int qStride, int tokens, int group, int headDim, float scale, long table, long recordOffset,
            int position, int window, long out, int outStride, long scratch) {
        int rows = tokens * group;
        long joined = partialAt(scratch, rows, headDim) + partialBytes(headDim);
        for (int t = 0; t < tokens; t++) {
            scaleRow(q + 4L * t * qStride, group * headDim, scale, scratch + 4L * t * group * headDim);
        }
        int last = position + tokens - 1;
        int first = firstVisible(position, window);
        for (int from = first; from <= last; from = from / SPAN * SPAN + SPAN) {
            int to = Math.min(last, from / SPAN * SPAN + SPAN - 1);
            scores(scratch, rows, headDim, table, recordOffset, from, to);
            for (int row = 0; row < rows; row++) {
                int at = position + row / group;
                weighRow(scratch, rows, row, Math.max(from, firstVisible(at, window)), Math.min(to, at), from, to, headDim);
            }
            values(scratch, rows, headDim, table, recordOffset, from, to);
            for (int row = 0; row < rows; row++) {
                join(scratch, rows, row, position + row / group, window, from, to, headDim);
            }
        }
        for (int t = 0; t < tokens; t++) {
            finish(joined + partialBytes(headDim) * t * group, group, headDim, out + 4L * t * outStride);
        }
    }

    private static int firstVisible(int position, int window) {
        return (int) Math.max(0L, (long) position - window + 1);
    }

    private static void scaleRow(long from, int n, float scale, long to) {
        for (int i = 0; i < n; i += Lanes.COUNT) {
            FloatVector.fromMemorySegment(F, ALL, from + 4L * i, ORDER).mul(scale).intoMemorySegment(ALL, to + 4L * i, ORDER);
        }
    }

    private static void copy(long from, long to, int n) {
        for (int i = 0; i < n; i += Lanes.COUNT) {
            FloatVector.fromMemorySegment(F, ALL, from + 4L * i, ORDER).intoMemorySegment(ALL, to + 4L * i, ORDER);
        }
    }

    private static long record(long table, int position, long recordOffset) {
        return OffHeap.i64(table + 8L * (position / BLOCK)) + recordOffset;
    }

    /** {@code scores (row, 256)}: q.k of every row with every slot of the blocks that {@code [first, last]} touches. */
    private static void scores(long scratch, int rows, int headDim, long table, long recordOffset, int first, int last) {
        long k = kvAt(scratch, rows, headDim);
        long scores = scoresAt(scratch, rows, headDim);
        for (int block = first / BLOCK; block <= last / BLOCK; block++) {
            VectorScales.convertF16(record(table, block * BLOCK, recordOffset), k, headDim * BLOCK / 16, 64);
            VectorGemm.multiply(scratch, 4L * headDim, rows, k, 4L * BLOCK, headDim,
                    scores + 4L * (block * BLOCK % SPAN), SCORE_ROW);
        }
    }

    /**
     * One row's scores of a span; a row that sees nothing of it enters with zeros. m and z wait in the unused end of the row's
     * joined partial until {@link #join}.
     */
    private static void weighRow(long scratch, int rows, int row, int lo, int hi, int from, int to, int headDim) {
        long scores = scoresAt(scratch, rows, headDim) + SCORE_ROW * row;
        if (lo <= hi) {
            long joined = partialAt(scratch, rows, headDim) + partialBytes(headDim) * (row + 1);
            weigh(scores, lo % SPAN, hi % SPAN, from % SPAN, to % SPAN, joined + 4L * headDim + 8);
        } else {
            fill(scores, from % SPAN, to % SPAN + 1, 0);
        }
    }

    /**
     * Turns a row's scores into {@code e^(s - m)}, 0 for slots of {@code [from, to]} outside {@code [lo, hi]} (all in the span), and
     * writes m and z.
     */
    private static void weigh(long scores, int lo, int hi, int from, int to, long mz) {
        int begin = from / 16 * 16;
        int end = to / 16 * 16 + 16;
        fill(scores, begin, lo, Float.NEGATIVE_INFINITY);
        fill(scores, hi + 1, end, Float.NEGATIVE_INFINITY);
        float max = VectorRows.max(scores + 4L * begin, end - begin);
        OffHeap.f32(mz, max);
        VectorRows.exp(scores + 4L * begin, end - begin, max);
        OffHeap.f32(mz + 4, VectorRows.sum(scores + 4L * begin, end - begin));
    }

    private static void fill(long row, int from, int to, float value) {
        for (int i = from; i < to; i++) {
            OffHeap.f32(row + 4L * i, value);
        }
    }

    /** {@code o (row, padded)}: the weighted sums of the values of {@code [first, last]}. */
    private static void values(long scratch, int rows, int headDim, long table, long recordOffset, int first, int last) {
        int cols = padded(headDim);
        long kv = kvAt(scratch, rows, headDim);
        for (int from = first; from <= last; from = from / BLOCK * BLOCK + BLOCK) {
            int to = Math.min(last, from / BLOCK * BLOCK + BLOCK - 1);
            long v = record(table, from, recordOffset) + 2L * headDim * BLOCK;
            convertValues(v, headDim, from % BLOCK, to % BLOCK, kv + 4L * (from - first) * cols);
        }
        for (int col = 0; col < cols; col += VectorGemm.COLS) {
            VectorGemm.multiply(scoresAt(scratch, rows, headDim) + 4L * (first % SPAN), SCORE_ROW, rows, kv + 4L * col, 4L * cols,
                    last - first + 1, sumsAt(scratch, rows, headDim) + 4L * col, 4L * cols);
        }
    }

    private static void convertValues(long v, int headDim, int slotFrom, int slotTo, long out) {
        if (headDim == padded(headDim)) {
            VectorScales.convertF16(v + 2L * headDim * slotFrom, out, (slotTo - slotFrom + 1) * headDim / 16, 64);
            return;
        }
        for (int slot = slotFrom; slot <= slotTo; slot++) {
            VectorScales.convertF16(v + 2L * headDim * slot, out + 4L * (slot - slotFrom) * padded(headDim), headDim / 16, 64);
        }
    }

    /** Joins this span's partial of a row, if it sees any of the span, with those of the spans before. */
    private static void join(long scratch, int rows, int row, int at, int window, int from, int to, int headDim) {
        int first = firstVisible(at, window);
        if (Math.max(from, first) > Math.min(to, at)) {
            return;
        }
        long partial = partialAt(scratch, rows, headDim);
        long joined = partial + partialBytes(headDim) * (row + 1);
        long mz = 4L * headDim;
        long target = first >= from ? joined : partial; // the first span it sees starts the row
        copy(sumsAt(scratch, rows, headDim) + 4L * row * padded(headDim), target, headDim);
        OffHeap.f32(target + mz, OffHeap.f32(joined + mz + 8));
        OffHeap.f32(target + mz + 4, OffHeap.f32(joined + mz + 12));
        if (target != joined) {
            merge(joined, target, headDim);
        }
    }

    /** Joins a later partial of one head into {@code into}. */
    private static void merge(long into, long next, int headDim) {
        long mAt = 4L * headDim;
        long zAt = mAt + 4;
        float m = Math.max(OffHeap.f32(into + mAt), OffHeap.f32(next + mAt));
        float a = (float) Math.exp(OffHeap.f32(into + mAt) - m);
        float b = (float) Math.exp(OffHeap.f32(next + mAt) - m);
        for (int d = 0; d < headDim; d += Lanes.COUNT) {
            FloatVector later = FloatVector.fromMemorySegment(F, ALL, next + 4L * d, ORDER).mul(b);
            FloatVector.fromMemorySegment(F, ALL, into + 4L * d, ORDER).mul(a).add(later).intoMemorySegment(ALL, into + 4L * d, ORDER);
        }
        OffHeap.f32(into + mAt, m);
        OffHeap.f32(into + zAt, OffHeap.f32(into + zAt) * a + OffHeap.f32(next + zAt) * b);
    }

    /** See {@link Ops#mergeSpans}. */
    static void mergeSpans(long partials, int spans, int group, int headDim, long out) {
        for (int s = 1; s < spans; s++) {
            for (int g = 0; g < group; g++) {
                merge(partials + partialBytes(headDim) * g, partials + partialBytes(headDim) * ((long) s * group + g), headDim);
            }
        }
        finish(partials, group, headDim, out);
    }

    private static void finish(long partials, int group, int headDim, long out) {
        for (int g = 0; g < group; g++) {
            long partial = partials + partialBytes(headDim) * g;
            float z = OffHeap.f32(partial + 4L * headDim + 4);
            for (int d = 0; d < headDim; d += Lanes.COUNT) {
                FloatVector.fromMemorySegment(F, ALL, partial + 4L * d, ORDER).div(z)
                        .intoMemorySegment(ALL, out + 4L * (g * headDim + d), ORDER);
            }
        }
    }
}
