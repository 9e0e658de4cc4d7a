package dev.longhand.kernels;

import dev.longhand.base.ElementType;

/**
 * The scalar tier: plain loops over panels, one f32 sum per result in column order. Slow, and right by inspection: the other
 * tiers are checked against it.
 *
 * <p>A KV record holds K as {@code (slot, headDim)} f16, then V as {@code (slot, headDim)} f16. Thread-safe: no state.
 */
final class ScalarOps implements Ops {
    private static final long F32 = Float.BYTES;

    @Override
    public int panelsPerTile() {
        return 1;
    }

    @Override
    public Tier tier() {
        return Tier.SCALAR;
    }

    @Override
    public String instructionSet() {
        return "scalar";
    }

    @Override
    public PanelType panelType(ElementType source) {
        return PanelType.of(source);
    }

    @Override
    public long scratchBytes(int cols) {
        return F32 * cols;
    }

    @Override
    public long quantisedRowBytes(int cols) {
        return 0;
    }

    @Override
    public void quantise(long values, int cols, long quantised) {
        // f32 values are what this tier multiplies.
    }

    @Override
    public void matmul(Matrix w, int panelFrom, int panelTo, long x, long xq, int tokens, long y, long scratch) {
        int rowTo = Math.min(panelTo * PANEL_ROWS, w.rows());
        for (int r = panelFrom * PANEL_ROWS; r < rowTo; r++) {
            PanelRows.unpack(w, r, 1, scratch);
            for (int t = 0; t < tokens; t++) {
                OffHeap.f32(y + F32 * ((long) t * w.rows() + r), dot(scratch, x + F32 * t * w.cols(), w.cols()));
            }
        }
    }

    private static float dot(long a, long b, int n) {
        float sum = 0;
        for (int i = 0; i < n; i++) {
            sum += OffHeap.f32(a + F32 * i) * OffHeap.f32(b + F32 * i);
        }
        return sum;
    }

    @Override
    public void unpackRow(Matrix w, int row, float scale, long out) {
        PanelRows.unpack(w, row, scale, out);
    }

    @Override
    public void rmsNorm(long x, int n, long weight, float eps, long out) {
        float factor = (float) (1 / Math.sqrt(dot(x, x, n) / n + eps));
        for (int i = 0; i < n; i++) {
            OffHeap.f32(out + F32 * i, OffHeap.f32(x + F32 * i) * factor * OffHeap.f32(weight + F32 * i));
        }
    }

    @Override
    public void add(long y, long x, int n) {
        for (int i = 0; i < n; i++) {
            OffHeap.f32(y + F32 * i, OffHeap.f32(y + F32 * i) + OffHeap.f32(x + F32 * i));
        }
    }

    @Override
    public void sumOfRows(long y, int n, long places, long weights, int count, long out) {
        for (int i = 0; i < n; i++) {
            float sum = 0;
            for (int j = 0; j < count; j++) {
                sum += OffHeap.f32(weights + F32 * j) * OffHeap.f32(y + F32 * ((long) OffHeap.i32(places + 4L * j) * n + i));
            }
            OffHeap.f32(out + F32 * i, sum);
        }
    }

    @Override
    public void gate(Kernels.Gate gate, long a, long b, int n, long out) {
        for (int i = 0; i < n; i++) {
            double v = OffHeap.f32(a + F32 * i);
            double gated = gate == Kernels.Gate.SILU ? silu(v) : geluTanh(v);
            OffHeap.f32(out + F32 * i, (float) gated * OffHeap.f32(b + F32 * i));
        }
    }

    private static double silu(double v) {
        return v / (1 + Math.exp(-v));
    }

    private static double geluTanh(double v) {
        return 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)));
    }

    @Override
    public void rope(long x, int pairs, long angles, Kernels.Pairing pairing) {
        boolean adjacent = pairing == Kernels.Pairing.ADJACENT;
        for (int i = 0; i < pairs; i++) {
            long first = x + F32 * (adjacent ? 2 * i : i);
            long second = x + F32 * (adjacent ? 2 * i + 1 : i + pairs);
            float cos = OffHeap.f32(angles + F32 * i);
            float sin = OffHeap.f32(angles + F32 * (pairs + i));
            float a = OffHeap.f32(first);
            float b = OffHeap.f32(second);
            OffHeap.f32(first, a * cos - b * sin);
            OffHeap.f32(second, a * sin + b * cos);
        }
    }

    @Override
    public void storeKv(long k, long v, int headDim, long record, int slot) {
        long kTo = record + 2L * headDim * slot;
        long vTo = kTo + 2L * headDim * KvShape.BLOCK_TOKENS;
        for (int d = 0; d < headDim; d++) {
            OffHeap.f16(kTo + 2L * d, OffHeap.f32(k + F32 * d));
            OffHeap.f16(vTo + 2L * d, OffHeap.f32(v + F32 * d));
        }
    }

    @Override
    public void attendSpan(long q, int group, int headDim, float scale, long table, long recordOffset, int first, int last,
            long partial, long scratch) {
        for (int g = 0; g < group; g++) {
            long query = q + F32 * g * headDim;
            float max = Float.NEGATIVE_INFINITY;
            for (int p = first; p <= last; p++) {
                float score = scale * dotK(query, key(table, recordOffset, headDim, p), headDim);
                OffHeap.f32(scratch + F32 * (p - first), score);
                max = Math.max(max, score);
            }
            sumValues(scratch, max, headDim, table, recordOffset, first, last, partial + F32 * g * (headDim + 16));
        }
    }

    private static void sumValues(long scores, float max, int headDim, long table, long recordOffset, int first, int last, long partial) {
        for (int d = 0; d < headDim; d++) {
            OffHeap.f32(partial + F32 * d, 0);
        }
        float z = 0;
        for (int p = first; p <= last; p++) {
            float e = (float) Math.exp(OffHeap.f32(scores + F32 * (p - first)) - max);
            z += e;
            long value = key(table, recordOffset, headDim, p) + 2L * headDim * KvShape.BLOCK_TOKENS;
            for (int d = 0; d < headDim; d++) {
                OffHeap.f32(partial + F32 * d, OffHeap.f32(partial + F32 * d) + e * OffHeap.f16(value + 2L * d));
            }
        }
        OffHeap.f32(partial + F32 * headDim, max);
        OffHeap.f32(partial + F32 * (headDim + 1), z);
    }

    /** Address of K of position {@code p}. */
    private static long key(long table, long recordOffset, int headDim, int p) {
        long block = OffHeap.i64(table + 8L * (p / KvShape.BLOCK_TOKENS));
        return block + recordOffset + 2L * headDim * (p % KvShape.BLOCK_TOKENS);
    }

    private static float dotK(long q, long k, int n) {
        float sum = 0;
        for (int i = 0; i < n; i++) {
            sum += OffHeap.f32(q + F32 * i) * OffHeap.f16(k + 2L * i);
        }
        return sum;
    }

    @Override
    public void mergeSpans(long partials, int spans, int group, int headDim, long out) {
        for (int g = 0; g < group; g++) {
            long first = partials + F32 * g * (headDim + 16);
            for (int s = 1; s < spans; s++) {
                merge(first, first + F32 * s * group * (headDim + 16), headDim);
            }
            float z = OffHeap.f32(first + F32 * (headDim + 1));
            for (int d = 0; d < headDim; d++) {
                OffHeap.f32(out + F32 * (g * headDim + d), OffHeap.f32(first + F32 * d) / z);
            }
        }
    }

    /** Joins a later partial of one head into {@code into}. */
    private static void merge(long into, long next, int headDim) {
        long mAt = F32 * headDim;
        long zAt = mAt + F32;
        float m = Math.max(OffHeap.f32(into + mAt), OffHeap.f32(next + mAt));
        float a = (float) Math.exp(OffHeap.f32(into + mAt) - m);
        float b = (float) Math.exp(OffHeap.f32(next + mAt) - m);
        for (int d = 0; d < headDim; d++) {
            OffHeap.f32(into + F32 * d, OffHeap.f32(into + F32 * d) * a + OffHeap.f32(next + F32 * d) * b);
        }
        OffHeap.f32(into + mAt, m);
        OffHeap.f32(into + zAt, OffHeap.f32(into + zAt) * a + OffHeap.f32(next + zAt) * b);
    }

    @Override
    public void attendMany(long q, int qStride, int tokens, int group, int headDim, float scale, long table, long recordOffset,
            int position, int window, long out, int outStride, long scratch) {
        long partialBytes = F32 * group * (headDim + 16);
        long joined = scratch + F32 * SPAN_TOKENS;
        for (int t = 0; t < tokens; t++) {
            int last = position + t;
            int first = (int) Math.max(0L, (long) last - window + 1);
            long query = q + F32 * t * qStride;
            long into = joined;
            for (int from = first; from <= last; from = from / SPAN_TOKENS * SPAN_TOKENS + SPAN_TOKENS) {
                int to = Math.min(last, from / SPAN_TOKENS * SPAN_TOKENS + SPAN_TOKENS - 1);
                attendSpan(query, group, headDim, scale, table, recordOffset, from, to, into, scratch);
                for (int g = 0; from != first && g < group; g++) {
                    long at = F32 * g * (headDim + 16);
                    merge(joined + at, into + at, headDim);
                }
                into = joined + partialBytes;
            }
            mergeSpans(joined, 1, group, headDim, out + F32 * t * outStride);
        }
    }

    @Override
    public long attentionScratchBytes(int tokensMax, int group, int headDim) {
        return F32 * (SPAN_TOKENS + 2L * group * (headDim + 16));
    }

    @Override
    public int argmax(long x, int n) {
        int best = -1;
        float greatest = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            float v = OffHeap.f32(x + F32 * i);
            if (Float.isNaN(v)) {
                return -1;
            }
            if (v > greatest || best < 0) {
                greatest = v;
                best = i;
            }
        }
        return best;
    }
}
