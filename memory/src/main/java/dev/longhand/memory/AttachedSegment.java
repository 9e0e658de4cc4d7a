package dev.longhand.memory;

import dev.longhand.kernels.KvSummaries;
import java.util.Arrays;

/**
 * A segment whose records are read through a {@link RecordCache}. Made with one holder: who attached it.
 *
 * <p>Thread-safe where {@link KvSource} says so.
 */
public final class AttachedSegment implements KvSource {
    private final RecordCache cache;
    private final Segment segment;
    private final SegmentLayout layout;
    final int[] slots; // (records) slot of the cache, or why there is none; of the engine's thread
    int holders = 1; // guarded by the cache

    AttachedSegment(RecordCache cache, Segment segment) {
        this.cache = cache;
        this.segment = segment;
        this.layout = segment.layout();
        this.slots = new int[layout.records];
        Arrays.fill(slots, RecordSlots.NONE);
    }

    public Segment segment() {
        return segment;
    }

    /** Number of a record among all of the segment. */
    int entry(int layer, int block, int kvHead) {
        return layout.record(layer, block, kvHead);
    }

    int recordsThere() {
        int there = 0;
        for (int each : slots) {
            there += each >= 0 ? 1 : 0;
        }
        return there;
    }

    @Override
    public String id() {
        return segment.id().hash().hex();
    }

    @Override
    public String version() {
        return layout.shape.isArchived() ? id() + " archived" : id();
    }

    @Override
    public int tokens() {
        return layout.shape.tokens();
    }

    @Override
    public int[] firstIds() {
        return Arrays.copyOf(segment.tokens(), tokens(0));
    }

    @Override
    public int tailFrom() {
        return layout.shape.tailFirstBlock();
    }

    @Override
    public KvSummaries layout() {
        return layout.shape.summaries();
    }

    @Override
    public long summaries(int region) {
        return segment.summaries().address();
    }

    @Override
    public int regionBlocks() {
        return blocks();
    }

    @Override
    public long record(int layer, int block, int kvHead) {
        long address = cache.address(this, layer, block, kvHead);
        if (address == 0) {
            throw new UnreadableMemory(id(), segment.damaged().orElse("a record was damaged"));
        }
        return address;
    }

    @Override
    public void retain() {
        cache.retain(this);
    }

    @Override
    public void release() {
        cache.release(this);
    }
}
