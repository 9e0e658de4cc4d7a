package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;

/**
 * Bytes that one decoded token touches in memory layers, by formula: what {@link LookupCounters} are held to. Immutable.
 *
 * <p>Per KV head: {@code scan(n) + (64 k + window + prefix) * 2 d * 8.5 / 8}; a scan reads {@code d / 2 + d / 16} bytes of each
 * token in a sensitive head and {@code 2 d} of each 64 in others.
 *
 * @param layers    memory layers
 * @param sensitive heads with planes, of all memory layers together
 */
public record CostModel(int layers, int kvHeads, int headDim, int sensitive) {
    private static final double BITS_8 = 8.5 / 8;
    private static final int COARSE_TOKENS = 256;

    public CostModel {
        Check.argument(layers > 0 && kvHeads > 0 && headDim > 0 && sensitive >= 0 && sensitive <= layers * kvHeads,
                "%d layers of %d heads of %d dimensions, %d of them sensitive", layers, kvHeads, headDim, sensitive);
    }

    public static CostModel of(KvSummaries summaries) {
        KvShape shape = summaries.shape();
        int sensitive = (int) summaries.sensitive().stream().filter(i -> summaries.isMemory(i / shape.kvHeads())).count();
        return new CostModel(summaries.memoryLayers().cardinality(), shape.kvHeads(), shape.headDim(), sensitive);
    }

    /** Attending to {@code tokens} tokens. */
    public double attended(double tokens) {
        return tokens * layers * kvHeads * 2 * headDim * BITS_8;
    }

    /** Attending to all of {@code blocks} chosen blocks, a window and the prefix. */
    public double lookedUp(int blocks, int windowTokens, int prefixTokens) {
        return attended(KvShape.BLOCK_TOKENS * (double) blocks + windowTokens + prefixTokens);
    }

    /** Scanning the summaries of {@code tokens} tokens. */
    public double scanned(double tokens) {
        double means = 2.0 * headDim / KvShape.BLOCK_TOKENS;
        double planes = headDim / 2.0 + headDim / 16.0;
        return tokens * (sensitive * planes + (layers * kvHeads - sensitive) * means);
    }

    /** Scanning coarse means of {@code tokens} tokens first, then the summaries of {@code keptTokens} of them. */
    public double scannedTwice(double tokens, double keptTokens) {
        return tokens / COARSE_TOKENS * 2 * headDim * layers * kvHeads + scanned(keptTokens);
    }
}
