package dev.longhand.memory;

import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KvScan;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.KvTable;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.function.Supplier;

/**
 * Scores the sealed blocks that rows see: prefix, documents, own ones, in this order. Those that are attended to anyway are
 * among them, so that shares are of everything.
 *
 * <p>Where very many blocks are attached, it looks twice: first at the means of 256 tokens, four of which are a superblock of
 * 1,024; a head keeps 64 superblocks or a sixteenth of all, and only blocks of those that some head keeps are scored; the others
 * get minus infinity. A pure function of each row's query. Owns its buffers; used by one thread at a time.
 */
final class Scorer {
    private static final int BLOCK = KvShape.BLOCK_TOKENS;
    /** Attached blocks from which on it looks twice. */
    static final int TWICE_FROM_BLOCKS = (256 << 10) / BLOCK;
    private static final int SUPERBLOCK_BLOCKS = 16;
    private static final int MEANS_PER_SUPERBLOCK = SUPERBLOCK_BLOCKS / CoarseMeans.BLOCKS;
    private static final int SUPERBLOCKS_MIN = 64;
    private static final int SUPERBLOCKS_SHARE = 16;

    private final Kernels kernels;
    private final KvSummaries summaries;
    private final KvSummaries coarse;
    private final KvShape shape;
    private final BlockScores scores;
    private final Arena arena;
    private final int twiceFromBlocks;
    private final int[] seen; // (rowsMax)
    private final int[] one = new int[1];
    private final Map<KvSource, CoarseMeans> coarseMeans = new WeakHashMap<>();
    private KvScan scan = new KvScan(1);
    private KvScan part = new KvScan(1);
    private DenseKv scanned; // whose blocks are in the scan
    private Floats rows; // (rows * kvHeads, blocks)
    private Floats partRows; // (kvHeads, blocks)
    private int[] kept = new int[0]; // (superblocks)
    private boolean[] isKept = new boolean[0]; // (superblocks)
    private Selection selection = new Selection(1);
    private long scannedBlocks;
    private long scannedBytes;

    Scorer(Kernels kernels, KvSummaries summaries, BlockScores scores, int rowsMax, Arena arena, int twiceFromBlocks) {
        this.kernels = kernels;
        this.summaries = summaries;
        this.coarse = CoarseMeans.shape(summaries);
        this.shape = summaries.shape();
        this.scores = scores;
        this.arena = arena;
        this.twiceFromBlocks = twiceFromBlocks;
        this.seen = new int[rowsMax];
    }

    /** What came of the last {@link #score}: {@code (rows * kvHeads, blocks)}. */
    Floats rows() {
        return rows;
    }

    long scannedBlocks() {
        return scannedBlocks;
    }

    long scannedBytes() {
        return scannedBytes;
    }

    /** @param records of all blocks, for whoever wants them */
    void score(DenseKv kv, Attention attention, Floats q, Floats turned, int count, Supplier<KvTable> records) {
        Context context = kv.context();
        int own = (kv.tokens() + count - 1) / BLOCK;
        int before = context.prefix().size() + context.blocks();
        if (scanned != kv || attention.layer() == summaries.memoryLayers().nextSetBit(0)) {
            fill(kv, own);
            scanned = kv;
        }
        rows = room(rows, count * shape.kvHeads(), before + own);
        for (int r = 0; r < count; r++) {
            seen[r] = before + (kv.tokens() + r) / BLOCK;
        }
        if (context.blocks() >= twiceFromBlocks) {
            for (int r = 0; r < count; r++) {
                scoreTwice(kv, attention, q, turned, count, r);
            }
        } else {
            scores.score(new BlockScores.Candidates(q, turned, seen, count, scan, records, attention), rows);
            count(attention, seen, count);
        }
    }

    private void count(Attention attention, int[] blocks, int count) {
        for (int r = 0; r < count; r++) {
            scannedBlocks += (long) blocks[r] * shape.kvHeads();
            for (int h = 0; h < shape.kvHeads(); h++) {
                boolean hasPlanes = summaries.hasPlanes(attention.layer(), h);
                scannedBytes += blocks[r] * (hasPlanes ? summaries.planesBytes() : summaries.meanBytes());
            }
        }
    }

    private Floats room(Floats now, int rowsNeeded, int cols) {
        boolean isEnough = now != null && now.rows() >= rowsNeeded && now.cols() >= cols;
        int rowsWanted = Math.max(rowsNeeded, now == null ? 0 : now.rows());
        return isEnough ? now : Floats.allocate(arena, rowsWanted, cols + cols / 4 + 64);
    }

    private void fill(DenseKv kv, int own) {
        Context context = kv.context();
        int regions = context.prefix().size() + own;
        for (KvSource document : context.documents()) {
            regions += document.blocks() / document.regionBlocks();
        }
        scan = room(scan, regions);
        scan.clear();
        addPrefix(scan, context);
        for (int d = 0; d < context.documents().size(); d++) {
            KvSource document = context.documents().get(d);
            for (int b = 0; b < document.blocks(); b += document.regionBlocks()) {
                int last = b + document.regionBlocks() - 1;
                scan.add(document.layout(), document.summaries(b / document.regionBlocks()), document.regionBlocks(),
                        document.tokens(last), context.turn(d));
            }
        }
        addOwn(scan, kv, own);
    }

    private static KvScan room(KvScan now, int regions) {
        return now.regionsMax() >= regions ? now : new KvScan(regions + regions / 4 + 16);
    }

    private void addPrefix(KvScan to, Context context) {
        KvSummaries own = context.layout();
        for (Block block : context.prefix()) {
            to.add(own, block.address() + shape.storedBlockBytes(), 1, BLOCK, 0);
        }
    }

    private void addOwn(KvScan to, DenseKv kv, int blocks) {
        KvSummaries own = kv.pool().summaries().orElseThrow();
        for (int i = 0; i < blocks; i++) {
            to.add(own, kv.table().stored(i) + shape.storedBlockBytes(), 1, BLOCK, 0);
        }
    }

    // ---------------------------------------------------------------- looking twice

    private void scoreTwice(DenseKv kv, Attention attention, Floats q, Floats turned, int count, int r) {
        Context context = kv.context();
        Floats own = q.rows(r, 1);
        Floats ownTurned = turned == null ? null : turnedOf(turned, count, r);
        int superblocks = fillCoarse(context);
        one[0] = part.blocks();
        partRows = room(partRows, shape.kvHeads(), Math.max(part.blocks(), seen[r]));
        kernels.scan(own, ownTurned, one, 1, part, coarse, attention, partRows);
        scannedBytes += part.blocks() * coarse.meanBytes() * shape.kvHeads();
        keep(superblocks);
        fillKept(kv, seen[r] - context.prefix().size() - context.blocks());
        one[0] = part.blocks();
        kernels.scan(own, ownTurned, one, 1, part, summaries, attention, partRows);
        count(attention, one, 1);
        scatter(context, r);
    }

    /** {@code (turns, heads * headDim)} of one row. */
    private Floats turnedOf(Floats turned, int count, int r) {
        Floats own = Floats.allocate(Arena.ofAuto(), turned.rows() / count, turned.cols());
        for (int i = 0; i < own.rows(); i++) {
            own.copyRows(turned, i * count + r, i, 1);
        }
        return own;
    }

    /** The documents' coarse means as the part to scan; returns how many superblocks there are. */
    private int fillCoarse(Context context) {
        part = room(part, context.documents().size());
        part.clear();
        int superblocks = 0;
        for (int d = 0; d < context.documents().size(); d++) {
            KvSource document = context.documents().get(d);
            CoarseMeans means = coarseMeans.computeIfAbsent(document, k -> CoarseMeans.of(k, coarse, Arena.ofAuto()));
            part.add(coarse, means.address(), CoarseMeans.count(document.blocks()), BLOCK, context.turn(d));
            superblocks += Math.ceilDiv(document.blocks(), SUPERBLOCK_BLOCKS);
        }
        return superblocks;
    }

    /** Marks the superblocks that some head keeps; a superblock's score is the best of its means. */
    private void keep(int superblocks) {
        int most = Math.min(superblocks, Math.max(SUPERBLOCKS_MIN, Math.ceilDiv(superblocks, SUPERBLOCKS_SHARE)));
        if (isKept.length < superblocks) {
            isKept = new boolean[superblocks];
            kept = new int[superblocks];
            selection = new Selection(superblocks);
        }
        Arrays.fill(isKept, false);
        for (int h = 0; h < shape.kvHeads(); h++) {
            int superblock = 0;
            for (int region = 0, mean = 0; region < part.regions(); region++) {
                int means = part.blocksOf(region);
                for (int m = 0; m < means; m += MEANS_PER_SUPERBLOCK, superblock++) {
                    float best = Float.NEGATIVE_INFINITY;
                    for (int i = m; i < Math.min(m + MEANS_PER_SUPERBLOCK, means); i++) {
                        best = Math.max(best, partRows.get(h, mean + i));
                    }
                    partRows.set(h, superblock, best); // never ahead of what is still to be read
                }
                mean += means;
            }
            selection.best(partRows, h, 0, superblocks, most, kept, 0);
            for (int i = 0; i < most; i++) {
                isKept[kept[i]] = true;
            }
        }
    }

    /** Prefix, blocks of kept superblocks, own blocks as the part to scan. */
    private void fillKept(DenseKv kv, int own) {
        Context context = kv.context();
        int regions = context.prefix().size() + own + context.documents().size();
        for (boolean each : isKept) {
            regions += each ? 1 : 0;
        }
        part = room(part, regions);
        part.clear();
        addPrefix(part, context);
        int superblock = 0;
        for (int d = 0; d < context.documents().size(); d++) {
            KvSource document = context.documents().get(d);
            for (int b = 0; b < document.blocks(); b += SUPERBLOCK_BLOCKS, superblock++) {
                if (isKept[superblock]) {
                    int count = Math.min(SUPERBLOCK_BLOCKS, document.blocks() - b);
                    part.add(document.layout(), document.summaries(0), document.blocks(), b, count,
                            document.tokens(b + count - 1), context.turn(d));
                }
            }
        }
        addOwn(part, kv, own);
    }

    /** Scores of the part to their places among all blocks. */
    private void scatter(Context context, int r) {
        int prefix = context.prefix().size();
        for (int h = 0; h < shape.kvHeads(); h++) {
            int row = r * shape.kvHeads() + h;
            int from = 0;
            for (; from < prefix; from++) {
                rows.set(row, from, partRows.get(h, from));
            }
            int superblock = 0;
            int to = prefix;
            for (KvSource document : context.documents()) {
                for (int b = 0; b < document.blocks(); b++, to++) {
                    boolean isScored = isKept[superblock + b / SUPERBLOCK_BLOCKS];
                    rows.set(row, to, isScored ? partRows.get(h, from++) : Float.NEGATIVE_INFINITY);
                }
                superblock += Math.ceilDiv(document.blocks(), SUPERBLOCK_BLOCKS);
            }
            for (; to < seen[r]; to++) {
                rows.set(row, to, partRows.get(h, from++));
            }
        }
    }
}
