package dev.longhand.memory;

import java.lang.foreign.MemorySegment;

/**
 * One stretch of KV memory that holds 64 tokens; handed out by {@link KvPool}, which alone changes the count.
 *
 * <p>Whoever holds a reference may read; whoever holds the only one may write.
 */
final class Block {
    final MemorySegment memory;
    /** Holders. 0 means free. Guarded by the pool. */
    int references;

    Block(MemorySegment memory) {
        this.memory = memory;
    }

    long address() {
        return memory.address();
    }
}
