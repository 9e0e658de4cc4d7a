package dev.longhand.memory;

import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;

/**
 * Sealed records of one document, wherever they lie: a segment on disk, or blocks of a pool.
 *
 * <p>Its keys stand at positions behind the shared prefix. Used by the engine's thread, except {@link #retain} and {@link
 * #release}.
 */
public interface KvSource {
    /** Which document of which model: the order of attached documents where no other is given. */
    String id();

    /** Differs where the records of one document do: what was computed with some is not used with others. */
    default String version() {
        return id();
    }

    int tokens();

    default int blocks() {
        return Math.ceilDiv(tokens(), KvShape.BLOCK_TOKENS);
    }

    /** Tokens of block {@code i}; the last may not be full. */
    default int tokens(int i) {
        return Math.min(tokens() - i * KvShape.BLOCK_TOKENS, KvShape.BLOCK_TOKENS);
    }

    /** Ids of the first block's tokens. */
    int[] firstIds();

    /** First block whose records of layers that are not looked up are there. */
    int tailFrom();

    /** How the summaries lie. */
    KvSummaries layout();

    /** Address of the summaries: one region of {@link #blocks} blocks, or of one block each, see {@link #regionBlocks}. */
    long summaries(int region);

    /** Blocks of a region of summaries: {@link #blocks}, or 1. */
    int regionBlocks();

    /**
     * Address of a record, good until the attention at hand is done. {@link UnreadableMemory} if it cannot be read: the document
     * must
     * be read again.
     */
    long record(int layer, int block, int kvHead);

    /** One holder more. */
    void retain();

    /** One holder less; the last one lets the memory go. */
    void release();
}
