package dev.longhand.kernels;

import dev.longhand.base.ElementType;

/**
 * One tier's kernels, as {@link TeamKernels} hands them out in chunks to threads.
 *
 * <p>Nothing is checked and nothing allocated here. Every {@code long} is the address of off-heap memory that the caller keeps
 * alive, f32 unless said otherwise, 64-byte aligned at matrix starts. Methods are called from many threads at once on disjoint
 * outputs. The bits of an output row depend on that row's inputs only.
 */
interface Ops {
    /** Rows of a weight panel. */
    int PANEL_ROWS = 16;

    /** Tokens of a span of attention: sums run within a span, then over spans in ascending order. */
    int SPAN_TOKENS = 256;

    /** Most tokens of one {@link #attend}; divides a block. */
    int ATTEND_TOKENS_MAX = 32;

    /** Panels unpacked together in prefill; the unit of a {@link #matmul} chunk should be a multiple of it. */
    int panelsPerTile();

    Tier tier();

    String instructionSet();

    PanelType panelType(ElementType source);

    /** Bytes of scratch each thread needs in {@link #matmul} for inputs of {@code cols} columns. */
    long scratchBytes(int cols);

    /** Bytes of the quantised form of a row of {@code cols} values; 0 where the tier multiplies f32. */
    long quantisedRowBytes(int cols);

    /** Makes the quantised form of one row of values. */
    void quantise(long values, int cols, long quantised);

    /**
     * {@code y(t, r) = sum_c w(r, c) x(t, c)} for the rows of panels {@code [panelFrom, panelTo)} and {@code t < tokens}.
     * {@code x}: {@code (tokens, cols)} values; {@code xq}: quantised rows, {@code quantisedRowBytes} apart (0: none);
     * {@code y}: {@code (tokens, w.rows)}, padding rows of the last panel are not written.
     */
    void matmul(Matrix w, int panelFrom, int panelTo, long x, long xq, int tokens, long y, long scratch);

    /** Row {@code row} of {@code w}, dequantised and scaled, to {@code out (cols)}. */
    void unpackRow(Matrix w, int row, float scale, long out);

    void rmsNorm(long x, int n, long weight, float eps, long out);

    /** {@code y += x}. */
    void add(long y, long x, int n);

    /** {@code out(c) = sum_j weights[j] y(places[j], c)} in the order of j; y rows of n values, {@code places} ints. */
    void sumOfRows(long y, int n, long places, long weights, int count, long out);

    /** {@code out = gate(a) * b}. */
    void gate(Kernels.Gate gate, long a, long b, int n, long out);

    /** One head; see {@link Kernels#rope}. */
    void rope(long x, int pairs, long angles, Kernels.Pairing pairing);

    /**
     * Writes {@code rows} rows of k and v of one head (f32, headDim values, {@code stride} floats apart) into slots {@code slot
     * ..} of a live record. With {@link KvType#Q8_0} the key gets its Hadamard turn first, in scratch of one row.
     */
    void storeKv(KvType type, long k, long v, int stride, int rows, int headDim, long live, int slot,
            long scratch);

    /** Makes the sealed record ({@link SealedRecord}) of a full live one. */
    void seal(long live, int headDim, long stored);

    /**
     * Attention of a chunk's tokens, each over all positions it sees: its own block live, earlier ones stored. Sums run over spans
     * of {@link #SPAN_TOKENS} positions, which are joined in ascending order.
     */
    void attend(AttentionChunk chunk);

    /**
     * Attention of a chunk's tokens over each of the spans {@code [spanFrom, spanFrom + spans)} alone.
     * {@code partials (spans, tokens, group, headDim + 16)}: per row the unnormalised output {@code o = sum e^(s_i - m) v_i},
     * then m, then {@code z = sum e^(s_i - m)}, then 14 unused floats; z is 0 for a row that sees nothing of the span.
     */
    void attendSpans(AttentionChunk chunk, int spanFrom, int spans, long partials);

    /**
     * Joins the partials of {@code spans} spans, {@code (spans, tokens, group, headDim + 16)}, in ascending order, and divides
     * by z, into the chunk's {@code out}: the bits that {@link #attend} gives.
     */
    void mergeSpans(long partials, int spans, AttentionChunk chunk);

    /** Bytes of scratch each thread needs in the attention methods; {@code tokensMax} at most {@link #ATTEND_TOKENS_MAX}. */
    long attentionScratchBytes(int tokensMax, int group, int headDim, int turnedMax);

    /**
     * Summaries ({@link KvSummaries}) of the first {@code tokens} keys of a sealed record: the mean key, f16, to {@code mean}; to
     * {@code planes}, unless it is 0, {@link Planes}. {@code scratch}: {@link #summariseScratchBytes}.
     */
    void summarise(long record, int tokens, int headDim, long mean, long planes, long scratch);

    /** Bytes of scratch in {@link #summarise} on every tier: {@code (2, 64, headDim)} f32. */
    static long summariseScratchBytes(int headDim) {
        return 4L * 2 * KvShape.BLOCK_TOKENS * headDim;
    }

    /** {@code out(b) = max over the group of scale q . mean(b)}; NaN if one of the products is NaN. */
    void scanMeans(ScanChunk chunk);

    /**
     * {@code out(j, b) = log of the sum over the block's tokens of e^(scale q_j . key)}, keys as the planes have them. A query or a
     * plane that is no number gives NaN.
     */
    void scanPlanes(ScanChunk chunk);

    /**
     * {@code out(b) = sum over the group of e^mass(j, b) / (sum over all blocks of e^mass(j, .))}; {@code masses (group, ...)} lie
     * {@code stride} floats apart and are lost. One mass of a head that is no number makes all of {@code out} NaN.
     */
    void shares(long masses, long stride, int group, int blocks, long out);

    /** Bytes of scratch each thread needs in {@link #scanMeans} and {@link #scanPlanes}. */
    long scanScratchBytes(int group, int headDim);

    /** Index of the greatest value, the lowest among equals; -1 if there is a NaN. */
    int argmax(long x, int n);
}
