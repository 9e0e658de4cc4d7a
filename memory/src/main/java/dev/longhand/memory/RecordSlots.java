package dev.longhand.memory;

import dev.longhand.base.Check;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Memory for records in equal slots, and who goes when there is none left: see {@link RecordCache}, whose thread rule holds.
 *
 * <p>Slots lie in slabs, taken from the operating system as they are first needed. Slots below {@code slotsMax} are within the cap
 * and stay; those above are overflow, and their slabs go back when a pass begins. Invariant: a slot that is in use is named by
 * exactly one entry of one table, and the other way round.
 */
final class RecordSlots implements AutoCloseable {
    /** In a table: nothing was read yet. */
    static final int NONE = -1;
    /** In a table: it was read and is of no use. */
    static final int DAMAGED = -2;

    /** Passes after which a record is hot. */
    private static final int HOT_PASSES = 4;
    private static final int SLAB_BYTES = 1 << 22;

    /** Some slots. */
    private record Slab(Arena arena, MemorySegment memory) {}

    private final long slotBytes;
    private final int slotsMax;
    private final int slotsPerSlab;
    private final Arena staging = Arena.ofShared();
    private final List<Slab> slabs = new ArrayList<>();
    private long[] slabAddresses = new long[0];
    private int[][] tables = new int[0][]; // (slots) the table that names it; null if it is free
    private int[] entries = new int[0]; // (slots) where in the table
    private long[] passes = new long[0]; // (slots) pass in which it was last touched
    private byte[] touched = new byte[0]; // (slots) passes in which it was touched, up to HOT_PASSES
    private byte[] lives = new byte[0]; // (slots) times that the hand passes it over
    private int[] free = new int[0];
    private int freeCount;
    private int slots; // there are
    private int hand;
    private long pass = 1;
    private long passWithoutRoom; // the pass that needs all slots there are
    private long evictions;
    private long overflows;
    private MemorySegment stagingMemory = MemorySegment.NULL;

    RecordSlots(long slotBytes, long bytesMax) {
        this.slotBytes = slotBytes;
        int fitting = (int) Math.min(1 << 29, bytesMax / slotBytes);
        int slabsMax = Math.ceilDiv(fitting, (int) Math.max(1, SLAB_BYTES / slotBytes));
        this.slotsPerSlab = fitting / slabsMax;
        this.slotsMax = slotsPerSlab * slabsMax;
    }

    int slotsMax() {
        return slotsMax;
    }

    /** Bytes within the cap. */
    long bytesMax() {
        return slotsMax * slotBytes;
    }

    long bytes() {
        long bytes = 0;
        for (Slab each : slabs) {
            bytes += each.memory.byteSize();
        }
        return bytes;
    }

    long evictions() {
        return evictions;
    }

    long overflows() {
        return overflows;
    }

    // ---------------------------------------------------------------- slots in use

    long address(int slot) {
        return slabAddresses[slot / slotsPerSlab] + slot % slotsPerSlab * slotBytes;
    }

    MemorySegment memory(int slot) {
        return slabs.get(slot / slotsPerSlab).memory.asSlice(slot % slotsPerSlab * slotBytes, slotBytes);
    }

    /** It is needed in this pass. */
    void touch(int slot) {
        if (passes[slot] != pass) {
            passes[slot] = pass;
            touched[slot] = (byte) Math.min(HOT_PASSES, touched[slot] + 1);
            lives[slot] = (byte) (touched[slot] == HOT_PASSES ? 2 : 1);
        }
    }

    /** A slot that was acquired holds a record now. */
    void assign(int slot, int[] table, int entry) {
        tables[slot] = table;
        entries[slot] = entry;
        passes[slot] = 0;
        touched[slot] = 0;
        lives[slot] = 1;
        table[entry] = slot;
    }

    /** Gives back a slot that was acquired and not assigned. */
    void free(int slot) {
        free[freeCount++] = slot;
    }

    /** Gives back all that a table names. */
    void free(int[] table) {
        for (int entry = 0; entry < table.length; entry++) {
            if (table[entry] >= 0) {
                drop(table[entry]);
                free(table[entry]);
                table[entry] = NONE;
            }
        }
    }

    private void drop(int slot) {
        tables[slot] = null;
        passes[slot] = 0;
    }

    // ---------------------------------------------------------------- room

    void beginPass() {
        pass++;
        if (slots > slotsMax) {
            shrink();
        }
    }

    /** The slabs above the cap go, with what is in them. */
    private void shrink() {
        for (int slot = slotsMax; slot < slots; slot++) {
            if (tables[slot] != null) {
                tables[slot][entries[slot]] = NONE;
                drop(slot);
                evictions++;
            }
        }
        int left = 0;
        for (int i = 0; i < freeCount; i++) {
            if (free[i] < slotsMax) {
                free[left++] = free[i];
            }
        }
        freeCount = left;
        while (slabs.size() > slotsMax / slotsPerSlab) {
            slabs.removeLast().arena.close();
        }
        slots = slotsMax;
        hand = hand < slots ? hand : 0;
    }

    /** A slot whose content is undefined; -1 where none is to be had. Only {@code isNeeded} ones are taken from beyond the cap. */
    int acquire(boolean isNeeded) {
        if (freeCount == 0 && slots < slotsMax) {
            grow();
        }
        if (freeCount == 0 && passWithoutRoom != pass && !evict()) {
            passWithoutRoom = pass;
        }
        if (freeCount == 0 && isNeeded && slots < 2L * slotsMax) {
            grow();
        }
        if (freeCount == 0) {
            return -1;
        }
        int slot = free[--freeCount];
        overflows += slot >= slotsMax ? 1 : 0;
        return slot;
    }

    /** The hand goes round until it finds one that goes; three rounds are enough unless this pass needs all. */
    private boolean evict() {
        for (long left = 3L * slots; left > 0; left--) {
            int slot = hand;
            hand = hand + 1 == slots ? 0 : hand + 1;
            if (passes[slot] == pass) {
                continue;
            }
            if (lives[slot] > 0) {
                lives[slot]--;
                continue;
            }
            tables[slot][entries[slot]] = NONE;
            drop(slot);
            evictions++;
            free(slot);
            return true;
        }
        return false;
    }

    /** One slab more. */
    private void grow() {
        Arena arena = Arena.ofShared();
        slabs.add(new Slab(arena, arena.allocate(slotsPerSlab * slotBytes, SegmentLayout.PAGE)));
        int from = slots;
        slots += slotsPerSlab;
        if (tables.length < slots) {
            makeRoom(Math.max(slots, 2 * tables.length));
        }
        slabAddresses = Arrays.copyOf(slabAddresses, Math.max(slabAddresses.length, slabs.size()));
        slabAddresses[slabs.size() - 1] = slabs.getLast().memory.address();
        for (int slot = slots - 1; slot >= from; slot--) {
            free(slot);
        }
    }

    private void makeRoom(int count) {
        tables = Arrays.copyOf(tables, count);
        entries = Arrays.copyOf(entries, count);
        passes = Arrays.copyOf(passes, count);
        touched = Arrays.copyOf(touched, count);
        lives = Arrays.copyOf(lives, count);
        free = Arrays.copyOf(free, count);
    }

    /** Room for runs of records, kept. */
    MemorySegment staging(long bytes) {
        if (stagingMemory.byteSize() < bytes) {
            stagingMemory = staging.allocate(bytes, SegmentLayout.ALIGNMENT);
        }
        return stagingMemory;
    }

    void checkIntegrity(int there) {
        int used = 0;
        for (int slot = 0; slot < slots; slot++) {
            if (tables[slot] != null) {
                Check.invariant(tables[slot][entries[slot]] == slot, "slot %d is not where its table says", slot);
                used++;
            }
        }
        Check.invariant(used == there, "%d slots are in use, and tables name %d", used, there);
        Check.invariant(used + freeCount == slots, "%d slots are in use and %d free, of %d", used, freeCount, slots);
    }

    @Override
    public void close() {
        slabs.forEach(each -> each.arena.close());
        staging.close();
    }
}
