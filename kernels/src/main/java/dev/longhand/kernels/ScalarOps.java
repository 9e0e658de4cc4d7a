package dev.longhand.kernels;

import dev.longhand.base.ElementType;

/**
 * The scalar tier: plain loops over panels, one f32 sum per result in column order. Slow, and right by inspection: the other
 * tiers are checked against it.
 *
 * <p>Thread-safe: no state.
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
    public void storeKv(KvType type, long k, long v, int stride, int rows, int headDim, long live, int slot,
            long scratch) {
        ScalarAttention.store(type, k, v, stride, rows, headDim, live, slot);
    }

    @Override
    public void seal(long live, int headDim, long stored) {
        ScalarAttention.seal(live, headDim, stored);
    }

    @Override
    public void attend(AttentionChunk chunk) {
        ScalarAttention.attend(chunk);
    }

    @Override
    public void attendSpans(AttentionChunk chunk, int spanFrom, int spans, long partials) {
        ScalarAttention.attendSpans(chunk, spanFrom, spans, partials);
    }

    @Override
    public void mergeSpans(long partials, int spans, AttentionChunk chunk) {
        ScalarAttention.mergeSpans(partials, spans, chunk);
    }

    @Override
    public long attentionScratchBytes(int tokensMax, int group, int headDim, int turnedMax) {
        return ScalarAttention.scratchBytes(group, headDim);
    }

    @Override
    public void summarise(long record, int tokens, int headDim, long mean, long planes, long scratch) {
        ScalarScan.summarise(record, tokens, headDim, mean, planes, scratch);
    }

    @Override
    public void scanMeans(ScanChunk chunk) {
        ScalarScan.scanMeans(chunk);
    }

    @Override
    public void scanPlanes(ScanChunk chunk) {
        ScalarScan.scanPlanes(chunk);
    }

    @Override
    public void shares(long masses, long stride, int group, int blocks, long out) {
        ScalarScan.shares(masses, stride, group, blocks, out);
    }

    @Override
    public long scanScratchBytes(int group, int headDim) {
        return ScalarScan.scratchBytes();
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
