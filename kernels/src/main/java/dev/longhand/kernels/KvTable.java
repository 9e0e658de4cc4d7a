package dev.longhand.kernels;

import dev.longhand.base.Check;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Off-heap list of block addresses: token position p lies in block {@code p / 64}, slot {@code p % 64}. Not thread-safe. */
public final class KvTable {
    private final MemorySegment addresses; // (blocksMax) long
    private final int blocksMax;
    private int blocks;

    public KvTable(Arena arena, int blocksMax) {
        Check.argument(blocksMax > 0, "a table of %d blocks", blocksMax);
        this.addresses = arena.allocate(8L * blocksMax, 64);
        this.blocksMax = blocksMax;
    }

    /** Blocks in use; positions below {@code 64 * blocks} may be stored. */
    public int blocks() {
        return blocks;
    }

    public int blocksMax() {
        return blocksMax;
    }

    public void append(long blockAddress) {
        Check.index(blocks, blocksMax, "block");
        addresses.setAtIndex(ValueLayout.JAVA_LONG, blocks++, blockAddress);
    }

    public long block(int index) {
        return addresses.getAtIndex(ValueLayout.JAVA_LONG, Check.index(index, blocks, "block"));
    }

    /** Replaces a block, for copy on write. */
    public void set(int index, long blockAddress) {
        addresses.setAtIndex(ValueLayout.JAVA_LONG, Check.index(index, blocks, "block"), blockAddress);
    }

    /** Forgets all blocks from {@code index} on. */
    public void truncate(int index) {
        Check.argument(index >= 0 && index <= blocks, "truncate to %d of %d blocks", index, blocks);
        blocks = index;
    }

    /** Address of the list itself, for kernels. */
    public long address() {
        return addresses.address();
    }
}
