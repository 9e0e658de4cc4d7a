package dev.longhand.kernels;

import dev.longhand.base.Check;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/**
 * What is kept of sealed blocks so that they can be found without being read: {@code docs/formats/segment.md}.
 *
 * <p>A <i>memory</i> layer is one whose blocks are looked up; layers that see a window only are none. For each of its heads there
 * is the mean key of a block; for a <i>sensitive</i> head also the <i>planes</i>: all keys in 4 bits. Both are of keys as they are
 * before the Hadamard turn, over the tokens that the block holds, and a pure function of the sealed record.
 *
 * <p>The summaries of a <i>region</i> of n neighbouring blocks lie array by array: for each memory layer, for each head, n means,
 * then, if the head is sensitive, n planes. Immutable.
 */
public final class KvSummaries {
    private final KvShape shape;
    private final BitSet memoryLayers;
    private final BitSet planes; // layer * kvHeads + kvHead: heads that have planes
    private final BitSet sensitive; // of these, those whose planes are used
    private final long[] offsets; // (layers * kvHeads) bytes of a region of one block before the head's means; -1 without
    private final long bytesPerBlock;

    /** @param sensitive heads that have planes, as {@code layer * kvHeads + kvHead}; those of other layers do not count */
    public KvSummaries(KvShape shape, BitSet memoryLayers, BitSet sensitive) {
        this(shape, memoryLayers, sensitive, sensitive);
    }

    private KvSummaries(KvShape shape, BitSet memoryLayers, BitSet planes, BitSet sensitive) {
        Check.argument(memoryLayers.length() <= shape.layers(), "layers up to %d of %d", memoryLayers.length(), shape.layers());
        Check.argument(planes.length() <= shape.layers() * shape.kvHeads(), "heads up to %d of %d", planes.length(),
                shape.layers() * shape.kvHeads());
        this.shape = shape;
        this.memoryLayers = (BitSet) memoryLayers.clone();
        this.planes = (BitSet) planes.clone();
        this.sensitive = (BitSet) sensitive.clone();
        this.offsets = new long[shape.layers() * shape.kvHeads()];
        long at = 0;
        for (int i = 0; i < offsets.length; i++) {
            boolean isMemory = memoryLayers.get(i / shape.kvHeads());
            offsets[i] = isMemory ? at : -1;
            at += isMemory ? meanBytes() + (planes.get(i) ? planesBytes() : 0) : 0;
        }
        this.bytesPerBlock = at;
    }

    /** The same bytes, of which only the planes of {@code sensitive} heads are used: other heads are looked up by their means. */
    public KvSummaries using(BitSet sensitive) {
        BitSet there = (BitSet) planes.clone();
        there.and(sensitive);
        return new KvSummaries(shape, memoryLayers, planes, there);
    }

    public KvShape shape() {
        return shape;
    }

    public boolean isMemory(int layer) {
        return memoryLayers.get(layer);
    }

    /** Layers whose blocks are looked up. */
    public BitSet memoryLayers() {
        return (BitSet) memoryLayers.clone();
    }

    /** Heads that have planes, used or not, as {@code layer * kvHeads + kvHead}. */
    public BitSet planes() {
        return (BitSet) planes.clone();
    }

    /** Whether there are planes of a head, used or not. */
    boolean writesPlanes(int layer, int kvHead) {
        return isMemory(layer) && planes.get(layer * shape.kvHeads() + kvHead);
    }

    /** Heads whose planes are used, as {@code layer * kvHeads + kvHead}. */
    public BitSet sensitive() {
        return (BitSet) sensitive.clone();
    }

    /** Whether a head is looked up by its planes. */
    public boolean hasPlanes(int layer, int kvHead) {
        return isMemory(layer) && sensitive.get(layer * shape.kvHeads() + kvHead);
    }

    /** Bytes of the summaries of a region. */
    public long bytes(int blocks) {
        return bytesPerBlock * blocks;
    }

    /** Bytes of one mean key. */
    public long meanBytes() {
        return 2L * shape.headDim();
    }

    /** Bytes of one block's planes of one head. */
    public long planesBytes() {
        return Planes.bytes(shape.headDim());
    }

    /** Offset of the means of a head of a memory layer in a region of {@code blocks} blocks; its planes follow them. */
    public long offset(int layer, int kvHead, int blocks) {
        long perBlock = offsets[Check.index(layer, shape.layers(), "layer") * shape.kvHeads() + kvHead];
        Check.argument(perBlock >= 0, "layer %d is not looked up", layer);
        return perBlock * blocks;
    }

    /**
     * Copies one layer's summaries of a block, a region of its own at {@code fromAt} of {@code from}, to block {@code at} of a
     * region of {@code whole} blocks at the start of {@code to}.
     */
    public void copyBlock(int layer, MemorySegment from, long fromAt, MemorySegment to, int whole, int at) {
        Check.index(at, whole, "block of a region");
        for (int h = 0; h < shape.kvHeads(); h++) {
            long mean = fromAt + offset(layer, h, 1);
            long means = offset(layer, h, whole);
            MemorySegment.copy(from, mean, to, means + meanBytes() * at, meanBytes());
            if (writesPlanes(layer, h)) {
                long planesAt = means + meanBytes() * whole + planesBytes() * at;
                MemorySegment.copy(from, mean + meanBytes(), to, planesAt, planesBytes());
            }
        }
    }
}
