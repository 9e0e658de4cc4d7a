package dev.longhand.memory;

import dev.longhand.kernels.KvSummaries;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Summaries of a sequence's own sealed blocks in one piece, so that a scan runs over them as over a document's. Blocks carry their
 * summaries with them, because sequences share blocks; this is a copy, a twentieth of the keys and values, beside the pool's memory
 * and counted by {@link KvPool#bytesFor}.
 *
 * <p>A pass seals blocks layer by layer, so layers are copied one by one: {@link #reserve} when a pass looks up first, {@link
 * #copy} before each layer's scan, {@link #keep} after the last. What was not kept is copied again.
 */
final class OwnSummaries implements AutoCloseable {
    private final KvSummaries layout;
    private final long at; // bytes of a block before its summaries
    private Arena arena = Arena.ofShared();
    private MemorySegment memory = MemorySegment.NULL; // a region of `capacity` blocks
    private int capacity;
    private int kept; // blocks whose layers are all there

    OwnSummaries(KvSummaries layout) {
        this.layout = layout;
        this.at = layout.shape().storedBlockBytes();
    }

    /** Address of the region; of no use before {@link #reserve}. */
    long address() {
        return memory.address();
    }

    /** Blocks that the region has room for. */
    int capacity() {
        return capacity;
    }

    /** Makes room for {@code blocks} blocks. */
    void reserve(int blocks) {
        if (blocks > capacity) {
            arena.close();
            arena = Arena.ofShared();
            capacity = blocks + blocks / 4 + 16;
            memory = arena.allocate(layout.bytes(capacity), 64);
            kept = 0;
        }
    }

    /** Copies what one layer lacks of the first {@code blocks} blocks of {@code from}. */
    void copy(int layer, DenseKv from, int blocks) {
        for (int i = kept; i < blocks; i++) {
            layout.copyBlock(layer, from.reserved(i).memory, at, memory, capacity, i);
        }
    }

    /** All layers of the first {@code blocks} blocks are there. */
    void keep(int blocks) {
        kept = Math.max(kept, blocks);
    }

    /** The sequence has no more than {@code blocks} sealed blocks now. */
    void truncate(int blocks) {
        kept = Math.min(kept, blocks);
    }

    @Override
    public void close() {
        arena.close();
    }
}
