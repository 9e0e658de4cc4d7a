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
    private static final int SUPERBLOCK_BLOCKS = CoarseScan.SUPERBLOCK_BLOCKS;
    private static final int SUPERBLOCKS_MIN = 64;
    private static final int SUPERBLOCKS_SHARE = 16;

    private final Kernels kernels;
    private final KvSummaries summaries;
    private final KvSummaries coarse;
    private final KvShape shape;
    private final BlockScores scores; // null: by their summaries
    private final Arena arena;
    private final int twiceFromBlocks;
    private final int[] seen; // (rowsMax)
    private final int[] one = new int[1];
    private final Map<KvSource, CoarseMeans> coarseMeans = new WeakHashMap<>();
    private final Map<Context, CoarseScan> coarseScans = new WeakHashMap<>();
    private KvScan scan = new KvScan(1);
    private KvScan part = new KvScan(1);
    private DenseKv scanned; // whose blocks are in the scan
    private Floats rows; // (rows * kvHeads, blocks)
    private Floats partRows; // (kvHeads, blocks)
    private Floats best; // (kvHeads, superblocks)
    private Floats turnedRoom; // (>= turns, heads * headDim) of one row
    private int scannedOwn; // own blocks in the scan
    private boolean isTwice; // in the last call
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

    /** Whether the last {@link #score} looked twice. */
    boolean isTwice() {
        return isTwice;
    }

    /** Scores that the last {@link #score} would have given by looking once. */
    Floats full(Attention attention, Floats q, Floats turned, int count, Arena to) {
        if (isTwice) {
            fill(scanned, scannedOwn);
        }
        Floats full = Floats.allocate(to, count * shape.kvHeads(), scan.blocks());
        kernels.scan(q, turned, seen, count, scan, summaries, attention, full);
        return full;
    }

    /** Blocks that each row sees. */
    int[] seen() {
        return seen;
    }

    long scannedBlocks() {
        return scannedBlocks;
    }

    long scannedBytes() {
        return scannedBytes;
    }

    /**
     * Tells {@code scored} of each row and head as soon as its scores are there, from several threads.
     *
     * @param records of all blocks, for whoever wants them
     */
    void score(DenseKv kv, Attention attention, Floats q, Floats turned, int count, Supplier<KvTable> records,
            Kernels.Scored scored) {
        Context context = kv.context();
        int own = (kv.tokens() + count - 1) / BLOCK;
        int before = context.prefix().size() + context.blocks();
        if (scanned != kv || attention.layer() == summaries.memoryLayers().nextSetBit(0)) {
            kv.ownSummaries().truncate(kv.tokens() / BLOCK); // what a pass sealed that was given up
            kv.ownSummaries().reserve(own);
            if (context.blocks() < twiceFromBlocks) {
                fill(kv, own);
            }
            scanned = kv;
            scannedOwn = own;
        }
        kv.ownSummaries().copy(attention.layer(), kv, own);
        rows = room(rows, count * shape.kvHeads(), before + own);
        for (int r = 0; r < count; r++) {
            seen[r] = before + (kv.tokens() + r) / BLOCK;
        }
        isTwice = context.blocks() >= twiceFromBlocks;
        if (isTwice) {
            for (int r = 0; r < count; r++) {
                scoreTwice(kv, attention, q, turned, count, r);
            }
            complete(count, scored);
        } else {
            count(attention, seen, count);
            if (scores == null) {
                kernels.scan(q, turned, seen, count, scan, summaries, attention, rows, scored);
            } else {
                scores.score(new BlockScores.Candidates(q, turned, seen, count, scan, records, attention, kv), rows);
                complete(count, scored);
            }
        }
        if (attention.layer() == summaries.memoryLayers().length() - 1) {
            kv.ownSummaries().keep(own);
        }
    }

    private void complete(int count, Kernels.Scored scored) {
        for (int r = 0; r < count; r++) {
            for (int h = 0; h < shape.kvHeads(); h++) {
                scored.complete(r, h, 0);
            }
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
        scan = room(scan, context.prefix().size() + 1 + regions(context));
        scan.clear();
        addPrefix(scan, context);
        for (int d = 0; d < context.documents().size(); d++) {
            addAttached(scan, context, d, 0, context.documents().get(d).blocks());
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

    /** Regions that all attached blocks take: neighbours share one if their summaries lie together and one turn meets them. */
    private static int regions(Context context) {
        int regions = 0;
        for (int d = 0; d < context.documents().size(); d++) {
            KvSource document = context.documents().get(d);
            for (int b = 0; b < document.blocks(); b = regionEnd(context, d, b, document.blocks())) {
                regions++;
            }
        }
        return regions;
    }

    /** Where the region that begins with block {@code b} of a document ends, {@code end} at the latest. */
    private static int regionEnd(Context context, int d, int b, int end) {
        KvSource document = context.documents().get(d);
        int at = context.blockFrom(d);
        int to = b + 1;
        if (document.regionBlocks() == 1 || b == 0 && context.seam(d).isPresent()) {
            return to;
        }
        while (to < end && context.blockTurn(at + to) == context.blockTurn(at + b)) {
            to++;
        }
        return to;
    }

    /** Blocks {@code [from, from + count)} of a document. */
    private static void addAttached(KvScan to, Context context, int d, int from, int count) {
        KvSource document = context.documents().get(d);
        for (int b = from, end; b < from + count; b = end) {
            end = regionEnd(context, d, b, from + count);
            int turn = context.blockTurn(context.blockFrom(d) + b);
            boolean isSeam = b == 0 && context.seam(d).isPresent();
            if (isSeam || document.regionBlocks() == 1) {
                KvSource source = isSeam ? context.seam(d).get().block() : document;
                to.add(source.layout(), source.summaries(b), 1, document.tokens(b), turn);
            } else {
                to.add(document.layout(), document.summaries(0), document.regionBlocks(), b, end - b,
                        document.tokens(end - 1), turn);
            }
        }
    }

    private void addOwn(KvScan to, DenseKv kv, int blocks) {
        if (blocks > 0) {
            OwnSummaries own = kv.ownSummaries();
            to.add(kv.pool().summaries().orElseThrow(), own.address(), own.capacity(), 0, blocks, BLOCK, 0);
        }
    }

    // ---------------------------------------------------------------- looking twice

    private void scoreTwice(DenseKv kv, Attention attention, Floats q, Floats turned, int count, int r) {
        Context context = kv.context();
        Floats own = q.rows(r, 1);
        Floats ownTurned = turned == null ? null : turnedOf(turned, count, r);
        CoarseScan coarsely = coarseScans.computeIfAbsent(context, c -> CoarseScan.of(c, coarse,
                document -> coarseMeans.computeIfAbsent(document, k -> CoarseMeans.of(k, coarse, Arena.ofAuto()))));
        one[0] = coarsely.means();
        partRows = room(partRows, shape.kvHeads(), Math.max(coarsely.means(), seen[r]));
        kernels.scan(own, ownTurned, one, 1, coarsely.scan(), coarse, attention, partRows);
        scannedBytes += coarsely.means() * coarse.meanBytes() * shape.kvHeads();
        keep(coarsely);
        fillKept(kv, seen[r] - context.prefix().size() - context.blocks());
        one[0] = part.blocks();
        kernels.scan(own, ownTurned, one, 1, part, summaries, attention, partRows);
        count(attention, one, 1);
        scatter(context, r);
    }

    /** {@code (turns, heads * headDim)} of one row. */
    private Floats turnedOf(Floats turned, int count, int r) {
        if (count == 1) {
            return turned;
        }
        int turns = turned.rows() / count;
        if (turnedRoom == null || turnedRoom.rows() < turns || turnedRoom.cols() != turned.cols()) {
            turnedRoom = Floats.allocate(arena, turns + turns / 2, turned.cols());
        }
        Floats own = turnedRoom.rows(0, turns);
        for (int i = 0; i < own.rows(); i++) {
            own.copyRows(turned, i * count + r, i, 1);
        }
        return own;
    }

    /** Marks the superblocks that some head keeps; a superblock's score is the best of its means. */
    private void keep(CoarseScan coarsely) {
        int superblocks = coarsely.superblocks();
        int most = Math.min(superblocks, Math.max(SUPERBLOCKS_MIN, Math.ceilDiv(superblocks, SUPERBLOCKS_SHARE)));
        best = room(best, shape.kvHeads(), superblocks);
        if (isKept.length < superblocks) {
            isKept = new boolean[superblocks];
            kept = new int[superblocks];
            selection = new Selection(superblocks);
        }
        Arrays.fill(isKept, false);
        for (int h = 0; h < shape.kvHeads(); h++) {
            for (int i = 0; i < superblocks; i++) {
                best.set(h, i, Float.NEGATIVE_INFINITY);
            }
            for (int i = 0; i < coarsely.means(); i++) {
                int superblock = coarsely.superblockOf(i);
                best.set(h, superblock, Math.max(best.get(h, superblock), partRows.get(h, i)));
            }
            selection.best(best, h, 0, superblocks, most, kept, 0);
            for (int i = 0; i < most; i++) {
                isKept[kept[i]] = true;
            }
        }
    }

    /** Prefix, blocks of kept superblocks, own blocks as the part to scan. */
    private void fillKept(DenseKv kv, int own) {
        Context context = kv.context();
        int regions = context.prefix().size() + 1;
        for (boolean each : isKept) {
            regions += each ? SUPERBLOCK_BLOCKS : 0;
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
                    addAttached(part, context, d, b, count);
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
