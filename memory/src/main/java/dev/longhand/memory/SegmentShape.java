package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.kernels.ArchivedRecord;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import java.util.Objects;

/**
 * What a segment holds, in numbers. Memory layers are stored whole; the other layers see a window only, and of them the last blocks
 * are stored: the sliding tail.
 *
 * @param summaries      the model's shape, its memory layers, and the heads that have planes
 * @param tokens         at least 1; the last block may hold fewer than 64
 * @param tailFirstBlock first block of the sliding tail; the number of blocks where there is none
 * @param isArchived     whether its values lie on disk in 4 bits, see {@link ArchivedRecord}
 */
public record SegmentShape(KvSummaries summaries, int tokens, int tailFirstBlock, boolean isArchived) {
    public SegmentShape {
        Objects.requireNonNull(summaries, "summaries");
        Check.argument(tokens > 0, "a segment of %d tokens; it must have some", tokens);
        int blocks = Math.ceilDiv(tokens, KvShape.BLOCK_TOKENS);
        Check.argument(tailFirstBlock >= 0 && tailFirstBlock <= blocks, "the tail begins at block %d of %d", tailFirstBlock,
                blocks);
        Check.argument(!summaries.memoryLayers().isEmpty(), "a segment without memory layers");
        Check.argument(!isArchived || summaries.shape().isSealing(), "records of %s are not archived", summaries.shape());
    }

    /** With records as they are in memory. */
    public SegmentShape(KvSummaries summaries, int tokens, int tailFirstBlock) {
        this(summaries, tokens, tailFirstBlock, false);
    }

    /** The same, archived. */
    public SegmentShape archived() {
        return new SegmentShape(summaries, tokens, tailFirstBlock, true);
    }

    /** The same, not archived. */
    public SegmentShape full() {
        return new SegmentShape(summaries, tokens, tailFirstBlock, false);
    }

    /** Bytes of a record on disk. */
    public long recordBytes() {
        return isArchived ? ArchivedRecord.bytes(kv()) : kv().storedRecordBytes();
    }

    public KvShape kv() {
        return summaries.shape();
    }

    /** Including the last one, which may be partial. */
    public int blocks() {
        return Math.ceilDiv(tokens, KvShape.BLOCK_TOKENS);
    }

    /** Tokens that a block holds. */
    public int tokensOf(int block) {
        return Math.min(KvShape.BLOCK_TOKENS, tokens - Check.index(block, blocks(), "block") * KvShape.BLOCK_TOKENS);
    }

    /** Blocks of the sliding tail, 0 where no layer has one. */
    public int tailBlocks() {
        return summaries.memoryLayers().cardinality() == kv().layers() ? 0 : blocks() - tailFirstBlock;
    }

    /** Whether a segment of this shape has the records of this block and layer. */
    public boolean isStored(int layer, int block) {
        return block >= (summaries.isMemory(layer) ? 0 : tailFirstBlock) && block < blocks();
    }

    /** Bytes of the summaries of all blocks. */
    public long summariesBytes() {
        return summaries.bytes(blocks());
    }
}
