package dev.longhand.kernels;

import dev.longhand.base.Check;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Off-heap list of a sequence's blocks: token position p lies in block {@code p / 64}, slot {@code p % 64}.
 *
 * <p>Each block has two addresses: <i>stored</i>, what queries of later blocks read, and <i>live</i>, what is written and what the
 * block's own queries read. With {@link KvType#F16} both are the same. With {@link KvType#Q8_0} an address may be 0 while nobody
 * needs it: stored until the block's last token is written, live afterwards. Not thread-safe.
 */
public final class KvTable {
    private final MemorySegment stored; // (blocksMax) long
    private final MemorySegment live; // (blocksMax) long
    private final int blocksMax;
    private int blocks;

    public KvTable(Arena arena, int blocksMax) {
        Check.argument(blocksMax > 0, "a table of %d blocks", blocksMax);
        this.stored = arena.allocate(8L * blocksMax, 64);
        this.live = arena.allocate(8L * blocksMax, 64);
        this.blocksMax = blocksMax;
    }

    /** Blocks in use; positions below {@code 64 * blocks} may be written. */
    public int blocks() {
        return blocks;
    }

    public int blocksMax() {
        return blocksMax;
    }

    public void append(long storedAddress, long liveAddress) {
        Check.index(blocks, blocksMax, "block");
        blocks++;
        set(blocks - 1, storedAddress, liveAddress);
    }

    /** Appends a block whose live and stored form are one. */
    public void append(long address) {
        append(address, address);
    }

    /** Replaces a block whose live and stored form are one. */
    public void set(int index, long address) {
        set(index, address, address);
    }

    public long stored(int index) {
        return stored.getAtIndex(ValueLayout.JAVA_LONG, Check.index(index, blocks, "block"));
    }

    public long live(int index) {
        return live.getAtIndex(ValueLayout.JAVA_LONG, Check.index(index, blocks, "block"));
    }

    /** Replaces a block, for copy on write, or one of its addresses. */
    public void set(int index, long storedAddress, long liveAddress) {
        stored.setAtIndex(ValueLayout.JAVA_LONG, Check.index(index, blocks, "block"), storedAddress);
        live.setAtIndex(ValueLayout.JAVA_LONG, index, liveAddress);
    }

    /** Forgets all blocks from {@code index} on. */
    public void truncate(int index) {
        Check.argument(index >= 0 && index <= blocks, "truncate to %d of %d blocks", index, blocks);
        blocks = index;
    }

    /** Address of the list of stored addresses. */
    long storedList() {
        return stored.address();
    }

    /** Address of the list of live addresses. */
    long liveList() {
        return live.address();
    }
}
