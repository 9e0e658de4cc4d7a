package dev.longhand.kernels;

import dev.longhand.base.Check;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Off-heap list of what a sequence's rows attend to: list position p lies in block {@code p / 64}, slot {@code p % 64}.
 *
 * <p>Each block has two addresses: <i>stored</i>, what queries of later blocks read, and <i>live</i>, what is written and what the
 * block's own queries read. With {@link KvType#F16} both are the same. With {@link KvType#Q8_0} an address may be 0 while nobody
 * needs it: stored until the block's last token is written, live afterwards.
 *
 * <p>A table <i>of blocks</i> has one list for all layers and KV heads: a block's records lie together. A table <i>of records</i>
 * has a list per KV head, is made for one layer at a time, and knows two things more of each block: how many tokens it holds
 * (later slots are not seen) and its turn: which of the part's turned queries it is met with, 0 for the query itself. All its
 * lists are equally long. Not thread-safe.
 */
public final class KvTable {
    private final MemorySegment stored; // (lists, blocksMax) long
    private final MemorySegment live; // (lists, blocksMax) long
    private final MemorySegment counts; // (lists, blocksMax) u8, tokens of a block; NULL in a table of blocks
    private final MemorySegment turns; // (lists, blocksMax) u8; NULL in a table of blocks
    private final int lists;
    private final int blocksMax;
    private final KvSummaries summaries; // null where blocks are not summarised
    private int blocks;

    /** A table of blocks. */
    public KvTable(Arena arena, int blocksMax) {
        this(arena, 1, blocksMax, false, null);
    }

    /** A table of blocks behind each of whose stored forms lie its summaries; null: there are none. */
    public KvTable(Arena arena, int blocksMax, KvSummaries summaries) {
        this(arena, 1, blocksMax, false, summaries);
    }

    private KvTable(Arena arena, int lists, int blocksMax, boolean isOfRecords, KvSummaries summaries) {
        Check.argument(lists > 0 && blocksMax > 0, "a table of %d lists of %d blocks", lists, blocksMax);
        this.stored = arena.allocate(8L * lists * blocksMax, 64);
        this.live = arena.allocate(8L * lists * blocksMax, 64);
        this.counts = isOfRecords ? arena.allocate((long) lists * blocksMax, 64) : MemorySegment.NULL;
        this.turns = isOfRecords ? arena.allocate((long) lists * blocksMax, 64) : MemorySegment.NULL;
        this.lists = lists;
        this.summaries = summaries;
        this.blocksMax = blocksMax;
    }

    /** A table of records. */
    public static KvTable ofRecords(Arena arena, int kvHeads, int blocksMax) {
        return new KvTable(arena, kvHeads, blocksMax, true, null);
    }

    /** Blocks in use; positions below {@code 64 * blocks} may be written. */
    public int blocks() {
        return blocks;
    }

    public int blocksMax() {
        return blocksMax;
    }

    public boolean isOfRecords() {
        return counts.address() != 0;
    }

    /** What is made of blocks that become full, behind their stored form; null for nothing. */
    KvSummaries summaries() {
        return summaries;
    }

    /** Lists: 1, or one per KV head. */
    int lists() {
        return lists;
    }

    // ---------------------------------------------------------------- a table of blocks

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
        return stored(0, index);
    }

    public long live(int index) {
        return live(0, index);
    }

    /** Replaces a block, for copy on write, or one of its addresses. */
    public void set(int index, long storedAddress, long liveAddress) {
        stored.setAtIndex(ValueLayout.JAVA_LONG, Check.index(index, blocks, "block"), storedAddress);
        live.setAtIndex(ValueLayout.JAVA_LONG, index, liveAddress);
    }

    // ---------------------------------------------------------------- a table of records

    /** Makes all lists {@code blocks} long; what is new in them must be {@link #set}. */
    public void resize(int blocks) {
        Check.argument(blocks >= 0 && blocks <= blocksMax, "%d of at most %d blocks", blocks, blocksMax);
        this.blocks = blocks;
    }

    /**
     * Block {@code index} of the list of {@code kvHead}: a stored record that holds {@code tokens}, to be met with {@code turn}.
     * One
     * that holds no token is not seen: it makes lists equally long.
     */
    public void set(int kvHead, int index, long record, int tokens, int turn) {
        if (tokens < 0 || tokens > KvShape.BLOCK_TOKENS || turn < 0 || turn > 255 || !isOfRecords()) {
            throw new IllegalArgumentException("block " + index + ": " + tokens + " tokens, turn " + turn
                    + "; 0 to 64 tokens, a turn in [0, 255], in a table of records");
        }
        long at = at(kvHead, index);
        stored.setAtIndex(ValueLayout.JAVA_LONG, at, record);
        live.setAtIndex(ValueLayout.JAVA_LONG, at, 0);
        counts.set(ValueLayout.JAVA_BYTE, at, (byte) tokens);
        turns.set(ValueLayout.JAVA_BYTE, at, (byte) turn);
    }

    /** Block {@code index} of the list of {@code kvHead} has a live record too, or only that. */
    public void setLive(int kvHead, int index, long record) {
        live.setAtIndex(ValueLayout.JAVA_LONG, at(kvHead, index), record);
    }

    /** Address of a stored record. */
    public long record(int kvHead, int index) {
        return stored(kvHead, index);
    }

    /** Tokens of a block of a table of records. */
    public int tokens(int kvHead, int index) {
        return counts.get(ValueLayout.JAVA_BYTE, at(kvHead, index));
    }

    /** A stored record of {@code kvHead}'s list, for entries that are not seen. */
    public long anyStored(int kvHead) {
        return stored(kvHead, 0);
    }

    long stored(int list, int index) {
        return stored.getAtIndex(ValueLayout.JAVA_LONG, at(list, index));
    }

    long live(int list, int index) {
        return live.getAtIndex(ValueLayout.JAVA_LONG, at(list, index));
    }

    /** Turn of a block of a table of records. */
    public int turn(int list, int index) {
        return turns.get(ValueLayout.JAVA_BYTE, at(list, index)) & 0xff;
    }

    private long at(int list, int index) {
        return (long) Check.index(list, lists, "list") * blocksMax + Check.index(index, blocks, "block");
    }

    // ---------------------------------------------------------------- both

    /** Forgets all blocks from {@code index} on. */
    public void truncate(int index) {
        Check.argument(index >= 0 && index <= blocks, "truncate to %d of %d blocks", index, blocks);
        blocks = index;
    }

    /** Address of the stored addresses of a list. */
    long storedList(int list) {
        return stored.address() + 8L * list * blocksMax;
    }

    /** Address of the live addresses of a list. */
    long liveList(int list) {
        return live.address() + 8L * list * blocksMax;
    }

    /** Address of the counts of tokens of a list, a byte each; 0 where every block is full. */
    long countsList(int list) {
        return isOfRecords() ? counts.address() + (long) list * blocksMax : 0;
    }

    /** Address of the turns of a list, a byte each; 0 where no block has one. */
    long turnsList(int list) {
        return isOfRecords() ? turns.address() + (long) list * blocksMax : 0;
    }
}
