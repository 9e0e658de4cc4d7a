package dev.longhand.kernels;

import dev.longhand.base.ElementType;

/**
 * The vector tier: {@code jdk.incubator.vector} at 256 or 512 bit ({@link Lanes}), f32 activations, the portable floor.
 *
 * <p>Knows which class does what. Vectors stay inside methods that hold their own loop: as an argument or result of a helper that
 * is not inlined a vector is a heap object. Only helpers small enough to be inlined always ({@link VectorScales}) return one, and
 * methods that use two of them are split. Nothing is allocated once the compiler has seen the loops; {@link VectorWarmup} sees to
 * that before the first prefill. Thread-safe: no state.
 */
final class VectorOps implements Ops {
    @Override
    public int panelsPerTile() {
        return VectorMatmul.PANELS_PER_TILE;
    }

    @Override
    public Tier tier() {
        return Tier.VECTOR;
    }

    @Override
    public String instructionSet() {
        return "vector " + Lanes.BITS + " bit";
    }

    @Override
    public String toString() {
        return instructionSet();
    }

    @Override
    public PanelType panelType(ElementType source) {
        return PanelType.of(source);
    }

    @Override
    public long scratchBytes(int cols) {
        return VectorMatmul.scratchBytes(cols);
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
        VectorMatmul.multiply(w, panelFrom, panelTo, x, tokens, y, scratch);
    }

    @Override
    public void unpackRow(Matrix w, int row, float scale, long out) {
        PanelRows.unpack(w, row, scale, out);
    }

    @Override
    public void rmsNorm(long x, int n, long weight, float eps, long out) {
        VectorRows.rmsNorm(x, n, weight, eps, out);
    }

    @Override
    public void add(long y, long x, int n) {
        VectorRows.add(y, x, n);
    }

    @Override
    public void sumOfRows(long y, int n, long places, long weights, int count, long out) {
        VectorRows.sumOfRows(y, n, places, weights, count, out);
    }

    @Override
    public void gate(Kernels.Gate gate, long a, long b, int n, long out) {
        switch (gate) {
            case SILU -> VectorRows.silu(a, b, n, out);
            case GELU_TANH -> VectorRows.geluTanh(a, b, n, out);
        }
    }

    @Override
    public void rope(long x, int pairs, long angles, Kernels.Pairing pairing) {
        VectorRows.rope(x, pairs, angles, pairing);
    }

    @Override
    public void storeKv(KvType type, long k, long v, int stride, int rows, int headDim, long live, int slot,
            long scratch) {
        VectorAttention.store(type, k, v, stride, rows, headDim, live, slot, scratch);
    }

    @Override
    public void seal(long live, int headDim, long stored) {
        VectorAttention.seal(live, headDim, stored);
    }

    @Override
    public void attend(AttentionChunk chunk) {
        VectorAttention.attend(chunk);
    }

    @Override
    public void attendSpans(AttentionChunk chunk, int spanFrom, int spans, long partials) {
        VectorAttention.attendSpans(chunk, spanFrom, spans, partials);
    }

    @Override
    public void mergeSpans(long partials, int spans, AttentionChunk chunk) {
        VectorAttention.mergeSpans(partials, spans, chunk);
    }

    @Override
    public long attentionScratchBytes(int tokensMax, int group, int headDim, int turnedMax) {
        return VectorAttention.scratchBytes(tokensMax, group, headDim);
    }

    @Override
    public void summarise(long record, int tokens, int headDim, long mean, long planes, long scratch) {
        VectorScan.summarise(record, tokens, headDim, mean, planes, scratch);
    }

    @Override
    public void scanMeans(ScanChunk chunk) {
        VectorScan.scanMeans(chunk);
    }

    @Override
    public void scanPlanes(ScanChunk chunk) {
        VectorScan.scanPlanes(chunk);
    }

    @Override
    public void shares(long masses, long stride, int group, int blocks, long out) {
        VectorScan.shares(masses, stride, group, blocks, out);
    }

    @Override
    public long scanScratchBytes(int group, int headDim) {
        return VectorScan.scratchBytes(group, headDim);
    }

    @Override
    public int argmax(long x, int n) {
        return VectorRows.argmax(x, n);
    }
}
