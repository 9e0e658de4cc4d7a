package dev.longhand.memory;

import java.lang.foreign.MemorySegment;

/**
 * One stretch of KV memory that holds 64 tokens; handed out by {@link KvPool}, which alone changes its fields.
 *
 * <p>Whoever holds a reference may read; whoever holds the only one may write. A whole is large enough for a live block; where
 * stored blocks are smaller, it can be cut into two halves that are lent as stored blocks. A whole and its halves are never lent
 * at once.
 */
final class Block {
    final MemorySegment memory;
    /** The block that this is a half of; null for a whole. */
    final Block whole;
    /** Holders. 0 means not lent. Guarded by the pool. */
    int references;
    /** The other half; null for a whole. Guarded by the pool. */
    Block sibling;
    /** One of the two halves, once this whole was cut; null before. Guarded by the pool. */
    Block half;

    Block(MemorySegment memory, Block whole) {
        this.memory = memory;
        this.whole = whole;
    }

    long address() {
        return memory.address();
    }
}
