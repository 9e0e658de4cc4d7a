package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.base.Units;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Records of attached segments in memory, as many as fit under a cap; the rest is read where it is asked for, and checked then.
 *
 * <p>Who goes: CLOCK. A hand goes round the slots; one that was touched since the hand last came is passed over once, one that was
 * touched in many passes once more. What was touched since {@link #beginPass} never goes, so that addresses stay good for a pass.
 * Where a pass needs more than the cap, the cache grows beyond it, at most by the cap once more, and shrinks when the next pass
 * begins; {@link Counters#overflows} counts the records. A pass that needs even more ends with {@link RecordCacheFull}.
 *
 * <p>Several sequences that attach one segment share it: the first one's file is kept, and closed when the last holder is gone.
 * Attaching, retaining, releasing and asking for addresses are thread-safe; everything else is the business of one thread, the
 * engine's. A hit allocates nothing.
 */
public final class RecordCache implements AutoCloseable {
    /**
     * What the cache did so far, and what it holds.
     *
     * @param hits      records that were there
     * @param reads     records that were read from disk
     * @param bytesRead their bytes
     * @param misses    records that were asked for and could not be read or were damaged
     * @param evictions records that made room for others
     * @param overflows records that were read into memory beyond the cap
     * @param bytes     bytes of memory held from the operating system now
     */
    public record Counters(long hits, long reads, long bytesRead, long misses, long evictions, long overflows, long bytes) {}

    /** Records of one document that are the same. */
    private record Key(SegmentId id, boolean isArchived) {
        Key(Segment segment) {
            this(segment.id(), segment.shape().isArchived());
        }
    }

    private static final long STAGING_BYTES_MAX = 1 << 20;

    private final long recordBytes;
    private final RecordSlots slots;
    private final Map<Key, AttachedSegment> shared = new HashMap<>(); // guarded by this object; whom the next holder joins
    private final Set<AttachedSegment> held = new HashSet<>(); // guarded by this object
    private final ArrayDeque<AttachedSegment> gone = new ArrayDeque<>(); // guarded by this object; whose slots are not free yet
    private volatile boolean isAnyGone;
    private long hits;
    private long reads;
    private long bytesRead;
    private long misses;

    /** @param recordBytes bytes of one record in memory, see {@link Segment#recordBytes}; all attached segments have that */
    public RecordCache(long recordBytes, SegmentLimits limits) {
        Check.argument(recordBytes > 0 && recordBytes % SegmentLayout.ALIGNMENT == 0, "records of %d bytes; a multiple of %d",
                recordBytes, SegmentLayout.ALIGNMENT);
        Check.argument(limits.cacheBytesMax() >= recordBytes, "a cache of %d bytes for records of %d", limits.cacheBytesMax(),
                recordBytes);
        this.recordBytes = recordBytes;
        this.slots = new RecordSlots(recordBytes, limits.cacheBytesMax());
    }

    /**
     * Makes a segment's records available, with one holder more: the caller. Takes the segment over: it is closed when the last
     * holder has gone, or at once if the same one is attached already. One that was found damaged meanwhile is not joined: its
     * holders keep it, and who comes now gets the file that was given.
     */
    public synchronized AttachedSegment attach(Segment segment) {
        Check.argument(segment.recordBytes() == recordBytes, "records of %d bytes in a cache for %d", segment.recordBytes(),
                recordBytes);
        Key key = new Key(segment);
        AttachedSegment there = shared.get(key);
        if (there != null && (there.segment() == segment || there.segment().damaged().isEmpty())) {
            there.holders++;
            if (there.segment() != segment) {
                segment.close();
            }
            return there;
        }
        AttachedSegment made = new AttachedSegment(this, segment);
        shared.put(key, made);
        held.add(made);
        return made;
    }

    synchronized void retain(AttachedSegment segment) {
        Check.invariant(segment.holders > 0, "a segment that nobody holds was to be shared");
        segment.holders++;
    }

    /** The engine's thread may be reading its records for somebody else: memory is given back there. */
    synchronized void release(AttachedSegment segment) {
        Check.invariant(segment.holders > 0, "a segment came back that nobody held");
        if (--segment.holders == 0) {
            shared.remove(new Key(segment.segment()), segment);
            held.remove(segment);
            gone.add(segment);
            isAnyGone = true;
        }
    }

    /** Segments that somebody holds. */
    public synchronized int attached() {
        return held.size();
    }

    /** Addresses that were given out before are no longer good. Frees what nobody holds any more. */
    public void beginPass() {
        slots.beginPass();
        if (isAnyGone) {
            dropGone();
        }
    }

    private synchronized void dropGone() {
        for (AttachedSegment each; (each = gone.poll()) != null; ) {
            slots.free(each.slots);
            each.segment().close();
        }
        isAnyGone = false;
    }

    /** Address of a record, good until the next pass begins; 0 is a miss, which {@link Segment#damaged} explains. */
    public synchronized long address(AttachedSegment from, int layer, int block, int kvHead) {
        int entry = from.entry(layer, block, kvHead);
        int slot = from.slots[entry];
        if (slot >= 0) {
            hits++;
            slots.touch(slot);
            return slots.address(slot);
        }
        return slot == RecordSlots.NONE ? load(from, entry, layer, block, kvHead) : missed();
    }

    private long missed() {
        misses++;
        return 0;
    }

    private long load(AttachedSegment from, int entry, int layer, int block, int kvHead) {
        int slot = slots.acquire(true);
        if (slot < 0) {
            throw new RecordCacheFull(("one pass attends to more than twice the %s that the cache of records may have; "
                    + "attach less, or raise the limit").formatted(Units.bytes(slots.bytesMax())));
        }
        reads++;
        bytesRead += from.segment().layout().recordBytes;
        if (!from.segment().read(layer, block, kvHead, slots.memory(slot))) {
            slots.free(slot);
            from.slots[entry] = RecordSlots.DAMAGED;
            return missed();
        }
        slots.assign(slot, from.slots, entry);
        slots.touch(slot);
        return slots.address(slot);
    }

    /**
     * Reads what is not there yet of a segment, in long runs, as far as the cap and what this pass needs leave room. Returns how
     * many records of it are there then.
     */
    public int prefetch(AttachedSegment from) {
        return prefetch(from, true);
    }

    /** @param hasTail whether the tail is wanted too: what layers with a window see */
    public int prefetch(AttachedSegment from, boolean hasTail) {
        SegmentLayout layout = from.segment().layout();
        int kvHeads = layout.shape.kv().kvHeads();
        int blocksMax = (int) Math.max(1, STAGING_BYTES_MAX / (recordBytes * kvHeads));
        MemorySegment staging = slots.staging(recordBytes * kvHeads * blocksMax);
        BitSet missing = new BitSet();
        for (SegmentLayout.Run run : layout.runs()) {
            if (!hasTail && !layout.shape.summaries().isMemory(run.layer())) {
                continue;
            }
            for (int b = 0; b < run.blocks(); b += blocksMax) {
                int blocks = Math.min(blocksMax, run.blocks() - b);
                int first = run.firstRecord() + b * kvHeads;
                if (first + blocks * kvHeads > slots.slotsMax()) {
                    return from.recordsThere();
                }
                if (!isThere(from, first, blocks * kvHeads)) {
                    from.segment().readRun(run.layer(), run.firstBlock() + b, blocks, staging, missing);
                    reads += blocks * kvHeads;
                    bytesRead += layout.recordBytes * blocks * kvHeads;
                    if (!put(from, first, blocks * kvHeads, staging, missing)) {
                        return from.recordsThere();
                    }
                }
            }
        }
        return from.recordsThere();
    }

    private static boolean isThere(AttachedSegment from, int first, int count) {
        for (int i = first; i < first + count; i++) {
            if (from.slots[i] == RecordSlots.NONE) {
                return false;
            }
        }
        return true;
    }

    /** False when there is no room for the next. */
    private boolean put(AttachedSegment from, int first, int count, MemorySegment staging, BitSet missing) {
        for (int i = 0; i < count; i++) {
            if (from.slots[first + i] != RecordSlots.NONE) {
                continue;
            }
            if (missing.get(i)) {
                from.slots[first + i] = RecordSlots.DAMAGED;
                continue;
            }
            int slot = slots.acquire(false);
            if (slot < 0) {
                return false;
            }
            slots.memory(slot).copyFrom(staging.asSlice(recordBytes * i, recordBytes));
            slots.assign(slot, from.slots, first + i);
        }
        return true;
    }

    /** Bytes of records within the cap. */
    public long bytesMax() {
        return slots.bytesMax();
    }

    public Counters counters() {
        return new Counters(hits, reads, bytesRead, misses, slots.evictions(), slots.overflows(), slots.bytes());
    }

    /** Counts everything again. {@link IllegalStateException} if something does not add up; for quiet moments. */
    public synchronized void checkIntegrity() {
        int there = 0;
        for (AttachedSegment each : held) {
            there += each.recordsThere();
        }
        for (AttachedSegment each : gone) {
            there += each.recordsThere();
        }
        slots.checkIntegrity(there);
    }

    /** Nobody may hold a segment any more. */
    @Override
    public void close() {
        Check.invariant(attached() == 0, "the cache of records closes with %d segments attached", attached());
        dropGone();
        slots.close();
    }
}
