package dev.longhand.memory;

import dev.longhand.kernels.KvScan;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * The coarse means of all documents of a context in one piece, those that one turn meets beside each other, so that a scan of
 * thousands of documents is a few long runs. Made once per context; immutable.
 */
final class CoarseScan {
    /** Blocks of a superblock; it never reaches over the end of a document. */
    static final int SUPERBLOCK_BLOCKS = 16;

    private final KvScan scan;
    private final MemorySegment memory; // held, for the scan knows its address only
    private final int[] superblockOf; // (means) in the order of the scan
    private final int superblocks;

    private CoarseScan(KvScan scan, MemorySegment memory, int[] superblockOf, int superblocks) {
        this.scan = scan;
        this.memory = memory;
        this.superblockOf = superblockOf;
        this.superblocks = superblocks;
    }

    /** Where a mean comes from. */
    private record Mean(int document, int index, int turn, int superblock) {}

    /**
     * Not empty: the context has documents.
     *
     * @param meansOf a document's means
     */
    static CoarseScan of(Context context, KvSummaries coarse, Function<KvSource, CoarseMeans> meansOf) {
        Mean[] means = new Mean[context.documents().stream().mapToInt(d -> CoarseMeans.count(d.blocks())).sum()];
        int count = 0;
        int superblocks = 0;
        for (int d = 0; d < context.documents().size(); d++) {
            int blocks = context.documents().get(d).blocks();
            for (int c = 0; c < CoarseMeans.count(blocks); c++) {
                int last = Math.min((c + 1) * CoarseMeans.BLOCKS, blocks) - 1; // its turn meets them all
                int turn = context.blockTurn(context.blockFrom(d) + last);
                means[count++] = new Mean(d, c, turn, superblocks + c * CoarseMeans.BLOCKS / SUPERBLOCK_BLOCKS);
            }
            superblocks += Math.ceilDiv(blocks, SUPERBLOCK_BLOCKS);
        }
        Arrays.sort(means, Comparator.comparingInt(Mean::turn)); // stable
        MemorySegment memory = Arena.ofAuto().allocate(coarse.bytes(count), 64);
        List<CoarseMeans> from = context.documents().stream().map(meansOf).toList();
        for (int i = 0; i < count; i++) {
            from.get(means[i].document).copy(coarse, means[i].index, memory, count, i);
        }
        int[] superblockOf = Arrays.stream(means).mapToInt(Mean::superblock).toArray();
        return new CoarseScan(scan(means, coarse, memory), memory, superblockOf, superblocks);
    }

    private static KvScan scan(Mean[] means, KvSummaries coarse, MemorySegment memory) {
        KvScan scan = new KvScan(Context.TURNS_MAX + 1);
        for (int from = 0, to; from < means.length; from = to) {
            to = from + 1;
            while (to < means.length && means[to].turn == means[from].turn) {
                to++;
            }
            scan.add(coarse, memory.address(), means.length, from, to - from, KvShape.BLOCK_TOKENS, means[from].turn);
        }
        return scan;
    }

    /** A region per turn; block i is mean i. */
    KvScan scan() {
        return scan;
    }

    /** Means of all documents. */
    int means() {
        return superblockOf.length;
    }

    /** Bytes of memory that it holds. */
    long bytes() {
        return memory.byteSize();
    }

    /** Which superblock, counted over all documents, mean {@code i} of the scan is of. */
    int superblockOf(int i) {
        return superblockOf[i];
    }

    int superblocks() {
        return superblocks;
    }
}
