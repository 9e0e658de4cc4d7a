package dev.longhand.kernels;

/**
 * Attention of the scalar tier: every sum is one f32 chain in ascending order, every element is read by its own address.
 *
 * <p>A live record holds K as {@code (slot, headDim)} f16, then V likewise. Thread-safe: no state, all memory is the caller's
 * scratch.
 */
final class ScalarAttention {
    private static final long F32 = Float.BYTES;
    private static final int SPAN = Ops.SPAN_TOKENS;
    private static final int BLOCK = KvShape.BLOCK_TOKENS;

    private ScalarAttention() {}

    /** Scores of a span, a query, an element row, and two partials of a token. */
    static long scratchBytes(int group, int headDim) {
        return F32 * (SPAN + 2L * headDim + 2L * group * (headDim + 16));
    }

    private static long queryAt(long scratch) {
        return scratch + F32 * SPAN;
    }

    private static long elementsAt(long scratch, int headDim) {
        return queryAt(scratch) + F32 * headDim;
    }

    private static long partialsAt(long scratch, int headDim) {
        return elementsAt(scratch, headDim) + F32 * headDim;
    }

    private static long partialBytes(int headDim) {
        return F32 * (headDim + 16);
    }

    // ---------------------------------------------------------------- writing

    static void store(KvType type, long k, long v, int stride, int rows, int headDim, long live, int slot) {
        for (int row = 0; row < rows; row++) {
            long kTo = live + 2L * headDim * (slot + row);
            long vTo = kTo + 2L * headDim * BLOCK;
            for (int d = 0; d < headDim; d++) {
                OffHeap.f16(vTo + 2L * d, OffHeap.f32(v + F32 * ((long) row * stride + d)));
                OffHeap.f16(kTo + 2L * d, turned(type, k + F32 * row * stride, headDim, d));
            }
        }
    }

    /** Element {@code d} of a row after the turn that {@code type} asks for: each run of 2^n elements times a Hadamard matrix. */
    private static float turned(KvType type, long x, int headDim, int d) {
        if (type == KvType.F16) {
            return OffHeap.f32(x + F32 * d);
        }
        int n = Integer.lowestOneBit(headDim);
        int run = d / n * n;
        float sum = 0;
        for (int i = 0; i < n; i++) {
            float element = OffHeap.f32(x + F32 * (run + i));
            sum += Integer.bitCount(i & d - run) % 2 == 0 ? element : -element;
        }
        return sum * (float) (1 / Math.sqrt(n));
    }

    static void seal(long live, int headDim, long stored) {
        for (int slot = 0; slot < BLOCK; slot++) {
            for (int group = 0; group < SealedRecord.groups(headDim); group++) {
                SealedRecord.sealKeys(live + 2L * headDim * slot, 2, headDim, group, slot, stored);
                SealedRecord.sealValues(live + 2L * headDim * (BLOCK + slot), 2, headDim, group, slot, stored);
            }
        }
    }

    // ---------------------------------------------------------------- attending

    static void attend(AttentionChunk c) {
        long joined = partialsAt(c.scratch, c.headDim);
        for (int t = 0; t < c.tokens; t++) {
            int own = c.position + t;
            int first = c.firstVisible(own);
            for (int span = first / SPAN; span <= own / SPAN; span++) {
                for (int g = 0; g < c.group; g++) {
                    long head = joined + partialBytes(c.headDim) * g;
                    long next = head + partialBytes(c.headDim) * c.group;
                    boolean isFirst = span == first / SPAN;
                    attendSpan(c, t, g, span, isFirst ? head : next);
                    if (!isFirst) {
                        merge(head, next, c.headDim);
                    }
                }
            }
            for (int g = 0; g < c.group; g++) {
                divide(joined + partialBytes(c.headDim) * g, c.headDim, c.out + F32 * ((long) t * c.outStride + g * c.headDim));
            }
        }
    }

    /** See {@link Ops#attendSpans}. */
    static void attendSpans(AttentionChunk c, int spanFrom, int spans, long partials) {
        for (int s = 0; s < spans; s++) {
            for (int t = 0; t < c.tokens; t++) {
                for (int g = 0; g < c.group; g++) {
                    long row = (long) (s * c.tokens + t) * c.group + g;
                    attendSpan(c, t, g, spanFrom + s, partials + partialBytes(c.headDim) * row);
                }
            }
        }
    }

    /** One row, one span: {@code o = sum e^(s_i - m) v_i}, then m and {@code z = sum e^(s_i - m)}; z is 0 if it sees nothing. */
    private static void attendSpan(AttentionChunk c, int t, int g, int span, long partial) {
        int own = c.position + t;
        int first = Math.max(c.firstVisible(own), span * SPAN);
        int last = Math.min(own, span * SPAN + SPAN - 1);
        long query = queryAt(c.scratch);
        float max = Float.NEGATIVE_INFINITY;
        for (int p = first; p <= last; p++) {
            if (p == first || p % BLOCK == 0) {
                scaleQuery(c, c.queryFor(p / BLOCK) + F32 * ((long) t * c.qStride + g * c.headDim), query);
            }
            if (p % BLOCK >= c.tokensOf(p / BLOCK)) {
                continue;
            }
            float score = 0;
            readRow(c, p, own, true);
            for (int d = 0; d < c.headDim; d++) {
                score += OffHeap.f32(query + F32 * d) * OffHeap.f32(elementsAt(c.scratch, c.headDim) + F32 * d);
            }
            OffHeap.f32(c.scratch + F32 * (p - first), score);
            max = Math.max(max, score);
        }
        sumValues(c, first, last, own, max, partial);
    }

    private static void scaleQuery(AttentionChunk c, long from, long to) {
        for (int d = 0; d < c.headDim; d++) {
            OffHeap.f32(to + F32 * d, c.scale * turned(c.type, from, c.headDim, d));
        }
    }

    private static void sumValues(AttentionChunk c, int first, int last, int own, float max, long partial) {
        for (int d = 0; d < c.headDim; d++) {
            OffHeap.f32(partial + F32 * d, 0);
        }
        float z = 0;
        for (int p = first; p <= last; p++) {
            if (p % BLOCK >= c.tokensOf(p / BLOCK)) {
                continue;
            }
            float e = (float) Math.exp(OffHeap.f32(c.scratch + F32 * (p - first)) - max);
            z += e;
            readRow(c, p, own, false);
            for (int d = 0; d < c.headDim; d++) {
                float value = OffHeap.f32(elementsAt(c.scratch, c.headDim) + F32 * d);
                OffHeap.f32(partial + F32 * d, OffHeap.f32(partial + F32 * d) + e * value);
            }
        }
        OffHeap.f32(partial + F32 * c.headDim, max);
        OffHeap.f32(partial + F32 * (c.headDim + 1), z);
    }

    /** The key or value of position {@code p}, in the form that the token at {@code own} reads. */
    private static void readRow(AttentionChunk c, int p, int own, boolean isKey) {
        long to = elementsAt(c.scratch, c.headDim);
        int slot = p % BLOCK;
        if (!c.isSealed(p, own)) {
            long row = c.liveRecord(p) + 2L * c.headDim * (isKey ? slot : BLOCK + slot);
            for (int d = 0; d < c.headDim; d++) {
                OffHeap.f32(to + F32 * d, OffHeap.f16(row + 2L * d));
            }
            return;
        }
        long record = c.storedRecord(p);
        for (int d = 0; d < c.headDim; d++) {
            int group = d / SealedRecord.GROUP_DIMS;
            long at = isKey ? SealedRecord.keyAt(c.headDim, slot, d) : SealedRecord.valueAt(c.headDim, slot, d);
            long scaleAt =
                    isKey ? SealedRecord.keyScaleAt(c.headDim, slot, group) : SealedRecord.valueScaleAt(c.headDim, slot, group);
            OffHeap.f32(to + F32 * d, OffHeap.f16(record + scaleAt) * (OffHeap.u8(record + at) - SealedRecord.ZERO));
        }
    }

    // ---------------------------------------------------------------- joining

    static void mergeSpans(long partials, int spans, AttentionChunk c) {
        int rows = c.tokens * c.group;
        for (int row = 0; row < rows; row++) {
            long first = partials + partialBytes(c.headDim) * row;
            for (int s = 1; s < spans; s++) {
                merge(first, first + partialBytes(c.headDim) * s * rows, c.headDim);
            }
            divide(first, c.headDim, c.out + F32 * ((long) row / c.group * c.outStride + row % c.group * c.headDim));
        }
    }

    /** Joins a later partial of one row into {@code into}; one that saw nothing leaves, or takes, the other as it is. */
    private static void merge(long into, long next, int headDim) {
        long mAt = F32 * headDim;
        long zAt = mAt + F32;
        if (OffHeap.f32(next + zAt) == 0) {
            return;
        }
        if (OffHeap.f32(into + zAt) == 0) {
            OffHeap.copy(next, into, partialBytes(headDim));
            return;
        }
        float m = Math.max(OffHeap.f32(into + mAt), OffHeap.f32(next + mAt));
        float a = (float) Math.exp(OffHeap.f32(into + mAt) - m);
        float b = (float) Math.exp(OffHeap.f32(next + mAt) - m);
        for (int d = 0; d < headDim; d++) {
            OffHeap.f32(into + F32 * d, OffHeap.f32(into + F32 * d) * a + OffHeap.f32(next + F32 * d) * b);
        }
        OffHeap.f32(into + mAt, m);
        OffHeap.f32(into + zAt, OffHeap.f32(into + zAt) * a + OffHeap.f32(next + zAt) * b);
    }

    private static void divide(long partial, int headDim, long out) {
        float z = OffHeap.f32(partial + F32 * (headDim + 1));
        for (int d = 0; d < headDim; d++) {
            OffHeap.f32(out + F32 * d, OffHeap.f32(partial + F32 * d) / z);
        }
    }
}
