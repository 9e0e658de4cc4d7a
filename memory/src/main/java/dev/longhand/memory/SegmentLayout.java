package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.base.Units;
import java.util.ArrayList;
import java.util.List;

/**
 * Where everything lies in a segment file, and in its index of checksums: {@code docs/formats/segment.md}. Follows from the shape
 * and the size of the header alone, so that no offset in a file needs to be believed. All in bytes. Immutable.
 */
final class SegmentLayout {
    static final int ALIGNMENT = 64;
    static final int PAGE = 4096;
    /** Checksums of the sections that stand before those of the records. */
    static final int SECTION_CRCS = 4;
    static final int FOOTER_BYTES = 32;

    /**
     * The records of one layer: {@code [blocks][kvHeads]}.
     *
     * @param firstRecord number of its first record among all
     */
    record Run(int layer, long at, int firstBlock, int blocks, int firstRecord) {}

    final SegmentShape shape;
    final long recordBytes;
    final long tokensAt;
    final long offsetsAt;
    final long summariesAt;
    final long indexAt;
    final long footerAt;
    final int records;
    private final List<Run> runs = new ArrayList<>(); // in the order of the file
    private final Run[] ofLayer; // null where a layer has none

    SegmentLayout(SegmentShape shape, int headerBytes) {
        this.shape = shape;
        this.recordBytes = aligned(shape.recordBytes(), ALIGNMENT);
        this.ofLayer = new Run[shape.kv().layers()];
        tokensAt = headerBytes;
        offsetsAt = aligned(tokensAt + (long) Integer.BYTES * shape.tokens(), ALIGNMENT);
        summariesAt = aligned(offsetsAt + (long) Integer.BYTES * shape.tokens(), ALIGNMENT);
        long end = summariesAt + shape.summariesBytes();
        for (boolean isMemory : new boolean[] {true, false}) {
            for (int layer = 0; layer < shape.kv().layers(); layer++) {
                int blocks = isMemory ? shape.blocks() : shape.tailBlocks();
                if (shape.summaries().isMemory(layer) == isMemory && blocks > 0) {
                    end = add(new Run(layer, aligned(end, PAGE), shape.blocks() - blocks, blocks, recordsSoFar()));
                }
            }
        }
        records = recordsSoFar();
        indexAt = aligned(end, ALIGNMENT);
        footerAt = aligned(indexAt + Integer.BYTES * ((long) SECTION_CRCS + records), ALIGNMENT);
    }

    private long add(Run run) {
        runs.add(run);
        ofLayer[run.layer] = run;
        return run.at + recordBytes * run.blocks * shape.kv().kvHeads();
    }

    private int recordsSoFar() {
        return runs.isEmpty() ? 0 : runs.getLast().firstRecord + runs.getLast().blocks * shape.kv().kvHeads();
    }

    static long aligned(long bytes, int to) {
        return Math.ceilDiv(bytes, (long) to) * to;
    }

    /** Why a segment of this shape is refused; null if it is not. Nothing can overflow afterwards. */
    static String refusal(SegmentShape shape, SegmentLimits limits) {
        if (shape.tokens() > limits.tokensMax()) {
            return "it has %,d tokens; at most %,d".formatted(shape.tokens(), limits.tokensMax());
        }
        int memoryLayers = shape.summaries().memoryLayers().cardinality();
        long records = (long) shape.kv().kvHeads()
                * ((long) memoryLayers * shape.blocks() + (long) (shape.kv().layers() - memoryLayers) * shape.tailBlocks());
        if (records > SegmentLimits.RECORDS_MAX) {
            return "it has %,d records; at most %,d".formatted(records, SegmentLimits.RECORDS_MAX);
        }
        if (shape.summariesBytes() > limits.summariesBytesMax()) {
            return "its summaries have %s; at most %s".formatted(Units.bytes(shape.summariesBytes()),
                    Units.bytes(limits.summariesBytesMax()));
        }
        return null;
    }

    List<Run> runs() {
        return runs;
    }

    long fileBytes() {
        return footerAt + FOOTER_BYTES;
    }

    long indexBytes() {
        return footerAt - indexAt;
    }

    /** Number of a record among all of the segment; {@link IllegalArgumentException} where it has none. */
    int record(int layer, int block, int kvHead) {
        Run run = ofLayer[Check.index(layer, ofLayer.length, "layer")];
        int kvHeads = shape.kv().kvHeads();
        if (run == null || block < run.firstBlock || block >= run.firstBlock + run.blocks || kvHead < 0 || kvHead >= kvHeads) {
            throw new IllegalArgumentException("the segment has no record of layer " + layer + ", block " + block + ", head "
                    + kvHead);
        }
        return run.firstRecord + (block - run.firstBlock) * kvHeads + kvHead;
    }

    /** Where a record lies in the file. */
    long recordAt(int layer, int block, int kvHead) {
        Run run = ofLayer[layer];
        return run.at + recordBytes * (record(layer, block, kvHead) - run.firstRecord);
    }

    Run run(int layer) {
        Run run = ofLayer[Check.index(layer, ofLayer.length, "layer")];
        Check.argument(run != null, "the segment has no records of layer %d", layer);
        return run;
    }

    /** Where the checksum of a record lies in the index. */
    static long crcAt(int record) {
        return Integer.BYTES * ((long) SECTION_CRCS + record);
    }
}
