package dev.longhand.kernels;

import dev.longhand.base.Check;

/**
 * The shape of KV memory: blocks of 64 tokens that hold every layer and KV head of a model, f16.
 *
 * <p>A block is {@code layers x kvHeads} records; a record is the K {@code (64, headDim)} and the V {@code (64, headDim)} of one
 * layer and head, contiguous. How the elements lie inside a record is the tier's business: it is written by
 * {@link Kernels#storeKv} and read by {@link Kernels#attention} only.
 */
public record KvShape(int layers, int kvHeads, int headDim) {
    public static final int BLOCK_TOKENS = 64;

    public KvShape {
        Check.argument(layers > 0 && kvHeads > 0 && headDim > 0 && headDim % 16 == 0,
                "KV of %d layers, %d heads, dimension %d: all positive, dimension a multiple of 16", layers, kvHeads, headDim);
    }

    public long recordBytes() {
        return 2L * 2 * BLOCK_TOKENS * headDim;
    }

    public long blockBytes() {
        return recordBytes() * layers * kvHeads;
    }

    /** Offset of the record of {@code (layer, kvHead)} from the block's first byte. */
    public long recordOffset(int layer, int kvHead) {
        return recordBytes() * ((long) layer * kvHeads + kvHead);
    }
}
