package dev.longhand.kernels;

import dev.longhand.base.Check;
import java.util.Objects;

/**
 * The shape of KV memory: blocks of 64 tokens that hold every layer and KV head of a model.
 *
 * <p>A block is {@code layers x kvHeads} records; a record is the K {@code (64, headDim)} and the V {@code (64, headDim)} of one
 * layer and head, contiguous. A block has a live form, which is written, and a stored form, which later blocks' queries read; with
 * {@link KvType#F16} they are one. How the elements lie inside a live record is the tier's business: it is written by
 * {@link Kernels#storeKv} and read by {@link Kernels#attention} only. A sealed record is the same on every tier.
 */
public record KvShape(int layers, int kvHeads, int headDim, KvType type) {
    public static final int BLOCK_TOKENS = 64;

    public KvShape {
        Objects.requireNonNull(type, "type");
        Check.argument(layers > 0 && kvHeads > 0 && headDim > 0 && headDim % 16 == 0,
                "KV of %d layers, %d heads, dimension %d: all positive, dimension a multiple of 16", layers, kvHeads, headDim);
    }

    /** With {@link KvType#F16}. */
    public KvShape(int layers, int kvHeads, int headDim) {
        this(layers, kvHeads, headDim, KvType.F16);
    }

    /** Bytes of a block where live and stored are one. */
    public long blockBytes() {
        Check.argument(!isSealing(), "%s has live and stored blocks of different sizes", this);
        return liveBlockBytes();
    }

    /** Whether a full block has a stored form of its own. */
    public boolean isSealing() {
        return type == KvType.Q8_0;
    }

    public long liveRecordBytes() {
        return 2L * 2 * BLOCK_TOKENS * headDim;
    }

    public long storedRecordBytes() {
        return isSealing() ? SealedRecord.bytes(headDim) : liveRecordBytes();
    }

    public long liveBlockBytes() {
        return liveRecordBytes() * layers * kvHeads;
    }

    public long storedBlockBytes() {
        return storedRecordBytes() * layers * kvHeads;
    }

    /** Offset of the live record of {@code (layer, kvHead)} from its block's first byte. */
    public long liveOffset(int layer, int kvHead) {
        return liveRecordBytes() * record(layer, kvHead);
    }

    /** Offset of the stored record of {@code (layer, kvHead)} from its block's first byte. */
    public long storedOffset(int layer, int kvHead) {
        return storedRecordBytes() * record(layer, kvHead);
    }

    private long record(int layer, int kvHead) {
        return (long) layer * kvHeads + kvHead;
    }
}
