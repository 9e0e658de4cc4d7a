package dev.longhand.kernels;

import static dev.longhand.kernels.Lanes.F;
import static dev.longhand.kernels.Lanes.ORDER;
import static dev.longhand.kernels.OffHeap.ALL;

import jdk.incubator.vector.FloatVector;

/**
 * Attention of the vector tier: scores, exponentials and sums of one span for all query rows that share a KV head, each K and V
 * converted to f32 once for all of them.
 *
 * <p>A live record holds K as {@code (headDim, 64 slots)} f16, so that a vector is 16 keys, then V as {@code (64 slots, headDim)}.
 * A row's bits do not depend on the rows beside it: scores and sums are single chains, and positions it does not see enter as
 * exact zeros. Thread-safe: no state, all memory is the caller's scratch.
 */
final class VectorAttention {
    private static final int SPAN = Ops.SPAN_TOKENS;
    private static final int BLOCK = KvShape.BLOCK_TOKENS;
    private static final long SCORE_ROW = 4L * SPAN;

    private VectorAttention() {}

    // Pieces of scratch for `rows` query rows, in this order; computed, not kept in an object, since a call allocates nothing.

    static long scratchBytes(int tokensMax, int group, int headDim) {
        return endAt(0, tokensMax * group, headDim);
    }

    /** {@code (row, 256)}; before it, at the start, the scaled queries {@code (row, headDim)}. */
    private static long scoresAt(long scratch, int rows, int headDim) {
        return scratch + 4L * rows * headDim;
    }

    /** {@code (row, padded headDim)}. */
    private static long sumsAt(long scratch, int rows, int headDim) {
        return scoresAt(scratch, rows, headDim) + SCORE_ROW * rows;
    }

    /** Partials of a span, then the joined ones. */
    private static long partialsAt(long scratch, int rows, int headDim) {
        return sumsAt(scratch, rows, headDim) + 4L * rows * padded(headDim);
    }

    /** K of a block or V of a span in f32. */
    private static long kvAt(long scratch, int rows, int headDim) {
        return partialsAt(scratch, rows, headDim) + 2 * partialBytes(headDim) * rows;
    }

    /** Scales of a sealed block's keys or values in f32. */
    private static long scalesAt(long scratch, int rows, int headDim) {
        return kvAt(scratch, rows, headDim) + 4L * SPAN * padded(headDim);
    }

    private static long endAt(long scratch, int rows, int headDim) {
        return turnedAt(scratch, rows, headDim) + 4L * rows * headDim;
    }

    /** Scaled queries for one turn, {@code (row, headDim)}. */
    private static long turnedAt(long scratch, int rows, int headDim) {
        return scalesAt(scratch, rows, headDim) + 4L * BLOCK * SealedRecord.groups(headDim);
    }

    /** Columns of V in f32: whole tiles of {@link VectorGemm}. */
    private static int padded(int headDim) {
        return (headDim + VectorGemm.COLS - 1) / VectorGemm.COLS * VectorGemm.COLS;
    }

    private static long partialBytes(int headDim) {
        return 4L * (headDim + 16);
    }

    // ---------------------------------------------------------------- writing

    static void store(KvType type, long k, long v, int stride, int rows, int headDim, long live, int slot, long scratch) {
        for (int row = 0; row < rows; row++) {
            long key = k + 4L * row * stride;
            if (type == KvType.Q8_0) {
                copy(key, scratch, headDim);
                VectorRows.turn(scratch, headDim);
                key = scratch;
            }
            storeRow(key, v + 4L * row * stride, headDim, live, slot + row);
        }
    }

    private static void storeRow(long k, long v, int headDim, long live, int slot) {
        long vTo = live + 2L * headDim * BLOCK + 2L * headDim * slot;
        for (int d = 0; d < headDim; d++) {
            OffHeap.f16(live + 2L * (d * BLOCK + slot), OffHeap.f32(k + 4L * d));
            OffHeap.f16(vTo + 2L * d, OffHeap.f32(v + 4L * d));
        }
    }

    /** See {@link Ops#seal}. */
    static void seal(long live, int headDim, long stored) {
        for (int slot = 0; slot < BLOCK; slot++) {
            for (int group = 0; group < SealedRecord.groups(headDim); group++) {
                SealedRecord.sealKeys(live + 2L * slot, 2L * BLOCK, headDim, group, slot, stored);
                SealedRecord.sealValues(live + 2L * headDim * (BLOCK + slot), 2, headDim, group, slot, stored);
            }
        }
    }

    // ---------------------------------------------------------------- attending

    /** See {@link Ops#attend}. */
    static void attend(AttentionChunk c) {
        int rows = c.tokens * c.group;
        long next = partialsAt(c.scratch, rows, c.headDim);
        long joined = next + partialBytes(c.headDim) * rows;
        scaleQueries(c);
        int first = c.firstVisible(c.position) / SPAN;
        int last = (c.position + c.tokens - 1) / SPAN;
        for (int span = first; span <= last; span++) {
            span(c, span, span == first ? joined : next);
            for (int row = 0; span > first && row < rows; row++) {
                merge(joined + partialBytes(c.headDim) * row, next + partialBytes(c.headDim) * row, c.headDim);
            }
        }
        finish(joined, c);
    }

    /** See {@link Ops#attendSpans}. */
    static void attendSpans(AttentionChunk c, int spanFrom, int spans, long partials) {
        scaleQueries(c);
        for (int s = 0; s < spans; s++) {
            span(c, spanFrom + s, partials + partialBytes(c.headDim) * c.tokens * c.group * s);
        }
    }

    private static void scaleQueries(AttentionChunk c) {
        c.turnAtHand = 0;
        scaleQueries(c, c.q, c.scratch);
    }

    /**
     * The scaled queries that meet a block. Those for a turn are made when a block asks for another turn than the one before it,
     * which is seldom: a list's blocks lie segment by segment.
     */
    private static long queriesFor(AttentionChunk c, int block) {
        int turn = c.turnOf(block);
        if (turn == 0) {
            return c.scratch;
        }
        long turned = turnedAt(c.scratch, c.tokens * c.group, c.headDim);
        if (turn != c.turnAtHand) {
            scaleQueries(c, c.queryFor(block), turned);
            c.turnAtHand = turn;
        }
        return turned;
    }

    private static void scaleQueries(AttentionChunk c, long from, long queries) {
        int cols = c.group * c.headDim;
        for (int t = 0; t < c.tokens; t++) {
            long to = queries + 4L * t * cols;
            scaleRow(from + 4L * t * c.qStride, cols, c.scale, to);
            for (int g = 0; c.type == KvType.Q8_0 && g < c.group; g++) {
                VectorRows.turn(to + 4L * g * c.headDim, c.headDim);
            }
        }
    }

    /** Partials {@code (row, headDim + 16)} of one span: o, m, z; z is 0 for a row that sees nothing of it. */
    private static void span(AttentionChunk c, int span, long partials) {
        int rows = c.tokens * c.group;
        int from = Math.max(c.firstVisible(c.position), span * SPAN);
        int to = Math.min(c.position + c.tokens - 1, span * SPAN + SPAN - 1);
        scores(c, from, to);
        for (int row = 0; row < rows; row++) {
            int own = c.position + row / c.group;
            long scores = scoresAt(c.scratch, rows, c.headDim) + SCORE_ROW * row;
            long mz = partials + partialBytes(c.headDim) * row + 4L * c.headDim;
            int lo = Math.max(from, c.firstVisible(own));
            int hi = Math.min(to, own);
            if (lo <= hi && c.holdsToken(lo, hi)) {
                weigh(scores, lo % SPAN, hi % SPAN, from % SPAN, to % SPAN, mz);
            } else {
                fill(scores, from % SPAN, to % SPAN + 1, 0);
                OffHeap.f32(mz, Float.NEGATIVE_INFINITY);
                OffHeap.f32(mz + 4, 0);
            }
        }
        values(c, from, to);
        for (int row = 0; row < rows; row++) {
            long sums = sumsAt(c.scratch, rows, c.headDim) + 4L * row * padded(c.headDim);
            copy(sums, partials + partialBytes(c.headDim) * row, c.headDim);
        }
    }

    static void scaleRow(long from, int n, float scale, long to) {
        for (int i = 0; i < n; i += Lanes.COUNT) {
            FloatVector.fromMemorySegment(F, ALL, from + 4L * i, ORDER).mul(scale).intoMemorySegment(ALL, to + 4L * i, ORDER);
        }
    }

    private static void copy(long from, long to, int n) {
        for (int i = 0; i < n; i += Lanes.COUNT) {
            FloatVector.fromMemorySegment(F, ALL, from + 4L * i, ORDER).intoMemorySegment(ALL, to + 4L * i, ORDER);
        }
    }

    /** {@code scores (row, 256)}: q.k of every row with every slot of the blocks that {@code [first, last]} touches. */
    private static void scores(AttentionChunk c, int first, int last) {
        int rows = c.tokens * c.group;
        long k = kvAt(c.scratch, rows, c.headDim);
        long scores = scoresAt(c.scratch, rows, c.headDim);
        for (int block = first / BLOCK; block <= last / BLOCK; block++) {
            if (c.isSealed(block * BLOCK, c.position)) {
                VectorUnseal.keys(c.storedRecord(block * BLOCK), c.headDim, k, scalesAt(c.scratch, rows, c.headDim));
            } else {
                VectorScales.convertF16(c.liveRecord(block * BLOCK), k, c.headDim * BLOCK / 16, 64);
            }
            long at = scores + 4L * (block * BLOCK % SPAN);
            VectorGemm.multiply(queriesFor(c, block), 4L * c.headDim, rows, k, 4L * BLOCK, c.headDim, at, SCORE_ROW);
            int tokens = c.tokensOf(block);
            for (int row = 0; tokens < BLOCK && row < rows; row++) {
                fill(at + SCORE_ROW * row, tokens, BLOCK, Float.NEGATIVE_INFINITY);
            }
        }
    }

    /**
     * Turns a row's scores into {@code e^(s - m)}, 0 for slots of {@code [from, to]} outside {@code [lo, hi]} (all in the span),
     * and writes m and z.
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

    static void fill(long row, int from, int to, float value) {
        for (int i = from; i < to; i++) {
            OffHeap.f32(row + 4L * i, value);
        }
    }

    /** {@code o (row, padded)}: the weighted sums of the values of {@code [first, last]}. */
    private static void values(AttentionChunk c, int first, int last) {
        int rows = c.tokens * c.group;
        long rowBytes = 4L * padded(c.headDim);
        long kv = kvAt(c.scratch, rows, c.headDim);
        for (int from = first; from <= last; from = from / BLOCK * BLOCK + BLOCK) {
            int to = Math.min(last, from / BLOCK * BLOCK + BLOCK - 1);
            convertValues(c, from, to, kv + rowBytes * (from - first));
            int tokens = c.tokensOf(from / BLOCK);
            if (tokens <= to % BLOCK) { // slots without a token: 0 times what they hold need not be 0
                int begin = from / BLOCK * BLOCK + Math.max(tokens, from % BLOCK);
                OffHeap.zero(kv + rowBytes * (begin - first), rowBytes * (to + 1 - begin));
            }
        }
        if (c.tokens == 1 || seesOnlyNumbers(c, first, last, kv)) {
            sumValues(c, 0, rows, first, last, kv);
            return;
        }
        for (int row = 0; row < rows; row++) {
            int own = c.position + row / c.group;
            int lo = Math.max(first, c.firstVisible(own));
            sumValues(c, row, 1, lo, Math.max(lo - 1, Math.min(last, own)), kv + rowBytes * (lo - first));
        }
    }

    private static void sumValues(AttentionChunk c, int row, int count, int first, int last, long kv) {
        int rows = c.tokens * c.group;
        int cols = padded(c.headDim);
        long weights = scoresAt(c.scratch, rows, c.headDim) + SCORE_ROW * row + 4L * (first % SPAN);
        for (int col = 0; col < cols; col += VectorGemm.COLS) {
            VectorGemm.multiply(weights, SCORE_ROW, count, kv + 4L * col, 4L * cols, last - first + 1,
                    sumsAt(c.scratch, rows, c.headDim) + 4L * ((long) row * cols + col), 4L * cols);
        }
    }

    /** Whether no value that only some of the rows see is infinite or NaN: 0 times such a value would not be 0. */
    private static boolean seesOnlyNumbers(AttentionChunk c, int first, int last, long kv) {
        int cols = padded(c.headDim);
        int seenFrom = Math.min(Math.max(first, c.firstVisible(c.position + c.tokens - 1)), last + 1);
        int seenTo = Math.max(Math.min(last, c.position) + 1, seenFrom);
        return VectorRows.areFinite(kv, (seenFrom - first) * cols)
                && VectorRows.areFinite(kv + 4L * (seenTo - first) * cols, (last + 1 - seenTo) * cols);
    }

    /** Values of {@code [from, to]}, which lie in one block, to rows of padded headDim floats. */
    private static void convertValues(AttentionChunk c, int from, int to, long out) {
        int cols = padded(c.headDim);
        if (c.isSealed(from, c.position)) {
            long scales = scalesAt(c.scratch, c.tokens * c.group, c.headDim);
            VectorUnseal.values(c.storedRecord(from), c.headDim, from % BLOCK, to % BLOCK, out, cols, scales);
            return;
        }
        long v = c.liveRecord(from) + 2L * c.headDim * (BLOCK + from % BLOCK);
        if (c.headDim == cols) {
            VectorScales.convertF16(v, out, (to - from + 1) * c.headDim / 16, 64);
            return;
        }
        for (int i = 0; i <= to - from; i++) {
            VectorScales.convertF16(v + 2L * c.headDim * i, out + 4L * i * cols, c.headDim / 16, 64);
        }
    }

    // ---------------------------------------------------------------- joining

    /** See {@link Ops#mergeSpans}. */
    static void mergeSpans(long partials, int spans, AttentionChunk c) {
        int rows = c.tokens * c.group;
        for (int s = 1; s < spans; s++) {
            for (int row = 0; row < rows; row++) {
                long later = partials + partialBytes(c.headDim) * ((long) s * rows + row);
                merge(partials + partialBytes(c.headDim) * row, later, c.headDim);
            }
        }
        finish(partials, c);
    }

    /** Joins a later partial of one row into {@code into}; one that saw nothing leaves, or takes, the other as it is. */
    private static void merge(long into, long next, int headDim) {
        long mAt = 4L * headDim;
        long zAt = mAt + 4;
        if (OffHeap.f32(next + zAt) == 0) {
            return;
        }
        if (OffHeap.f32(into + zAt) == 0) {
            copy(next, into, headDim + 16);
            return;
        }
        float m = Math.max(OffHeap.f32(into + mAt), OffHeap.f32(next + mAt));
        float a = (float) Math.exp(OffHeap.f32(into + mAt) - m);
        float b = (float) Math.exp(OffHeap.f32(next + mAt) - m);
        for (int d = 0; d < headDim; d += Lanes.COUNT) {
            FloatVector later = FloatVector.fromMemorySegment(F, ALL, next + 4L * d, ORDER).mul(b);
            FloatVector.fromMemorySegment(F, ALL, into + 4L * d, ORDER).mul(a).add(later)
                    .intoMemorySegment(ALL, into + 4L * d, ORDER);
        }
        OffHeap.f32(into + mAt, m);
        OffHeap.f32(into + zAt, OffHeap.f32(into + zAt) * a + OffHeap.f32(next + zAt) * b);
    }

    private static void finish(long partials, AttentionChunk c) {
        for (int row = 0; row < c.tokens * c.group; row++) {
            long partial = partials + partialBytes(c.headDim) * row;
            long out = c.out + 4L * ((long) row / c.group * c.outStride + row % c.group * c.headDim);
            float z = OffHeap.f32(partial + 4L * c.headDim + 4);
            for (int d = 0; d < c.headDim; d += Lanes.COUNT) {
                FloatVector.fromMemorySegment(F, ALL, partial + 4L * d, ORDER).div(z).intoMemorySegment(ALL, out + 4L * d, ORDER);
            }
        }
    }
}
