package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.kernels.Activations;
import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KvParts;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.KvTable;
import java.lang.foreign.Arena;
import java.util.BitSet;
import java.util.Optional;

/**
 * Lookup attention: which blocks a row attends to, per layer and KV head.
 *
 * <p>A row of a layer that sees everything attends, in this order, to the prefix (where there is none, to the sequence's first
 * block), to chosen blocks of the attached documents, to chosen ones of its own sequence, to its latest blocks, and to the block it
 * lies in; all in one softmax. While there are no more than {@link LookupSpec#blocks} to choose from, all are taken, and with
 * whole blocks the bits are those of plain attention. The choice is a pure function of the row's query and what lies before it:
 * never of how rows were grouped.
 *
 * <p>A layer with a window sees one document's end and the sequence's own tokens. Owns the buffers of a call; used by one thread
 * at a time.
 */
public final class Lookup implements AutoCloseable {
    private static final int BLOCK = KvShape.BLOCK_TOKENS;

    private final Kernels kernels;
    private final KvSummaries summaries;
    private final KvShape shape;
    private final LookupSpec spec;
    private final Budgets budgets;
    private final Scorer scorer;
    private final Turner.OfLayers turners;
    private final int rowsMax;
    private final Arena arena = Arena.ofShared();
    private final KvParts parts;
    private final KvTable[] rowTables; // (rowsMax) what each row attends to, if rows choose
    private final Chooser[] choosers; // (threads)
    private final Kernels.Scored choose = this::choose;
    private KvTable allTable; // what all rows attend to, if they do not choose
    private Floats turnedRoom; // (>= turns * rows, heads * headDim)
    private Floats anglesRoom; // (>= turns * rows, 2 * pairs)
    private Turner anglesOf; // what made the angles that are there: turner, shifts and rows
    private int[] anglesBy;
    private int anglesRows;
    private Floats turned; // (turns * rows, heads * headDim), of the layer at hand
    private RecordCache cache; // null where nothing is read from disk
    private DenseKv kv; // whose rows choose, in the layer at hand
    private int layer;
    private Measuring measuring; // null for nothing
    private long rows;
    private long chosenBlocks;
    private long attendedBytes;

    /** Looks up by summaries. */
    public Lookup(Kernels kernels, KvSummaries summaries, LookupSpec spec, Turner.OfLayers turners, int rowsMax) {
        this(kernels, summaries, spec, turners, rowsMax, Budgets.of(spec.blocks()), null);
    }

    /**
     * Looks up by {@code scores}, or by summaries where they are null, as many blocks as {@code budgets} says. Where so much is
     * attached that a scan looks twice, it is by summaries in any case.
     */
    public Lookup(Kernels kernels, KvSummaries summaries, LookupSpec spec, Turner.OfLayers turners, int rowsMax, Budgets budgets,
            BlockScores scores) {
        Check.argument(rowsMax > 0, "passes of %d rows", rowsMax);
        this.kernels = kernels;
        this.summaries = summaries;
        this.shape = summaries.shape();
        this.spec = spec;
        this.budgets = budgets;
        this.turners = turners;
        this.rowsMax = rowsMax;
        this.parts = new KvParts(rowsMax);
        this.rowTables = new KvTable[rowsMax];
        this.choosers = new Chooser[kernels.threads()];
        for (int i = 0; i < choosers.length; i++) {
            choosers[i] = new Chooser();
        }
        this.scorer = new Scorer(kernels, summaries, scores, rowsMax, arena, spec.twiceFromBlocks());
    }

    /** One with other budgets, by summaries, where only {@code sensitive} heads are looked up by precise keys. */
    public Lookup withBudgets(Budgets budgets, BitSet sensitive) {
        Lookup other = new Lookup(kernels, summaries.using(sensitive), spec, turners, rowsMax, budgets, null);
        other.cache = cache;
        return other;
    }

    /** Attached segments read their records through {@code cache}. */
    public void readThrough(RecordCache cache) {
        this.cache = cache;
    }

    public LookupSpec spec() {
        return spec;
    }

    public KvSummaries summaries() {
        return summaries;
    }

    public LookupCounters counters() {
        return new LookupCounters(rows, scorer.scannedBlocks(), chosenBlocks, scorer.scannedBytes(), attendedBytes);
    }

    /**
     * Measures all choices from now on, which costs as much as attending to everything; what was measured before is forgotten.
     *
     * @param mass  how much attention goes to what is attended to: reads all records
     * @param twice what a full scan would have chosen where it looks twice
     */
    public void measure(boolean mass, boolean twice) {
        measuring = mass || twice ? new Measuring(new Measuring.Wanted(mass, twice), kernels, summaries) : null;
    }

    /** What was measured. */
    public Optional<LookupMeasures> measures() {
        return Optional.ofNullable(measuring).map(Measuring::measures);
    }

    // ---------------------------------------------------------------- what there is to choose from

    /** Whether the next {@code rows} rows of {@code kv} have a context, or something to choose. */
    boolean isSelecting(DenseKv kv, int rows) {
        return !kv.context().isEmpty() || candidates(kv, kv.tokens() + rows - 1) > budgets.least();
    }

    /** Blocks that stand before all others and are always attended to, of the sequence's own. */
    private static int ownFirst(DenseKv kv) {
        return kv.context().isEmpty() ? 1 : 0;
    }

    /** Own blocks that a row at {@code position} of its sequence may choose: those before its window. */
    private int ownCandidates(DenseKv kv, int position) {
        return Math.max(0, position / BLOCK - spec.windowBlocks() - ownFirst(kv));
    }

    private int candidates(DenseKv kv, int position) {
        return kv.context().blocks() + ownCandidates(kv, position);
    }

    // ---------------------------------------------------------------- one layer

    /** Attends from the rows that {@code kv} was last given, see {@link KvView#attend}. */
    void attend(DenseKv kv, Attention attention, Floats q, int rows, Activations out) {
        Check.argument(rows <= rowsMax, "%d rows; at most %d", rows, rowsMax);
        if (kv.context().isEmpty() && !summaries.isMemory(attention.layer())) {
            kernels.attention(q, rows, shape, attention, kv.table(), kv.tokens(), out);
            return;
        }
        parts.clear();
        if (cache != null) {
            cache.beginPass();
        }
        if (!summaries.isMemory(attention.layer())) {
            attendToTail(kv, attention, q, rows);
        } else {
            boolean isAll = candidates(kv, kv.tokens() + rows - 1) <= budgets.least();
            boolean isWatched = kv.watch() != null && kv.context().blocks() > 0 && kv.watch().isNoting(kv.tokens() + rows - 1);
            turn(kv.context().turnShifts(), attention, q, rows);
            if (!isAll) {
                prepareToChoose(kv, attention, rows);
            }
            if (!isAll || isWatched) {
                int own = (kv.tokens() + rows - 1) / BLOCK;
                scorer.score(kv, attention, q, turnedOrNull(kv.context().turnShifts()), rows,
                        () -> sealedTable(kv, attention.layer(), own), isAll ? Kernels.Scored.NOTHING : choose);
            }
            if (isWatched) {
                note(kv, attention, rows);
            }
            if (isAll) {
                attendToAll(kv, attention, rows);
            } else {
                attendToChosen(kv, rows);
                if (measuring != null) {
                    measure(attention, q, rows);
                }
            }
        }
        kernels.attention(q, parts, shape, attention, out);
        countAttended(attention);
    }

    private void countAttended(Attention attention) {
        if (summaries.isMemory(attention.layer())) {
            for (int i = 0; i < parts.count(); i++) {
                attendedBytes += (long) parts.table(i).blocks() * shape.kvHeads() * shape.storedRecordBytes() * parts.rows(i);
            }
        }
    }

    private void attendToAll(DenseKv kv, Attention attention, int rows) {
        Context context = kv.context();
        int before = context.prefix().size() + context.blocks();
        KvTable table = allTable(before + Math.ceilDiv(kv.tokens() + rows, BLOCK));
        for (int h = 0; h < shape.kvHeads(); h++) {
            putPrefix(table, kv, attention.layer(), h, 0);
            for (int i = 0; i < context.blocks(); i++) {
                putAttached(table, context, attention.layer(), h, context.prefix().size() + i, i);
            }
            putOwn(table, kv, attention.layer(), h, before, 0, table.blocks() - before);
        }
        parts.add(0, rows, before * BLOCK + kv.tokens(), table, turnedOrNull(context.turnShifts()), 0, rows);
    }

    /** A layer with a window: the prefix and one document, as if it were the only one. */
    private void attendToTail(DenseKv kv, Attention attention, Floats q, int rows) {
        Context context = kv.context();
        KvSource document = context.tail() < 0 ? null : context.documents().get(context.tail());
        int shift = context.tailShift();
        int[] shifts = shift == 0 ? new int[0] : new int[] {shift};
        int turnOfAll = shift == 0 ? 0 : 1;
        int prefix = context.prefix().size();
        int before = prefix + (document == null ? 0 : document.blocks());
        KvTable table = allTable(before + Math.ceilDiv(kv.tokens() + rows, BLOCK));
        turn(shifts, attention, q, rows);
        int firstSeen = Math.max(0, before * BLOCK + kv.tokens() - attention.windowTokens() + 1) / BLOCK;
        for (int h = 0; h < shape.kvHeads(); h++) {
            putPrefix(table, kv, attention.layer(), h, turnOfAll);
            for (int i = 0; document != null && i < document.blocks(); i++) {
                long record = prefix + i < firstSeen ? 0 : document.record(attention.layer(), i, h);
                table.set(h, prefix + i, record, document.tokens(i), turnOfAll);
            }
            putOwn(table, kv, attention.layer(), h, before, 0, table.blocks() - before);
        }
        parts.add(0, rows, before * BLOCK + kv.tokens(), table, turnedOrNull(shifts), 0, rows);
    }

    // ---------------------------------------------------------------- choosing

    /** Makes room for the lists of all rows, which {@link #choose(int, int, int)} fills. */
    private void prepareToChoose(DenseKv kv, Attention attention, int rows) {
        this.kv = kv;
        this.layer = attention.layer();
        for (int r = 0; r < rows; r++) {
            rowTable(r, front(kv) + most(r) + window(r));
        }
    }

    private void attendToChosen(DenseKv kv, int rows) {
        for (int r = 0; r < rows; r++) {
            int position = kv.tokens() + r;
            int place = (rowTables[r].blocks() - 1) * BLOCK + position % BLOCK;
            parts.add(r, 1, place, rowTables[r], turnedOrNull(kv.context().turnShifts()), r, rows);
            for (int h = 0; h < shape.kvHeads(); h++) {
                chosenBlocks += chosen(r, h);
            }
        }
        this.rows += rows;
    }

    private void measure(Attention attention, Floats q, int rows) {
        Floats turnedOrNull = turnedOrNull(kv.context().turnShifts());
        if (measuring.wanted.mass()) {
            KvTable records = sealedTable(kv, layer, (kv.tokens() + rows - 1) / BLOCK);
            measuring.mass(q, turnedOrNull, scorer.seen(), rows, records, rowTables, attention);
        }
        if (measuring.wanted.twice() && scorer.isTwice()) {
            try (Arena own = Arena.ofShared()) {
                Floats full = scorer.full(attention, q, turnedOrNull, rows, own);
                for (int r = 0; r < rows; r++) {
                    for (int h = 0; h < shape.kvHeads(); h++) {
                        int row = r * shape.kvHeads() + h;
                        measuring.twice(full, row, scorer.rows(), row, front(kv), candidates(kv, kv.tokens() + r), chosen(r, h),
                                summaries.hasPlanes(layer, h));
                    }
                }
            }
        }
    }

    /** Blocks before those that are chosen. */
    private static int front(DenseKv kv) {
        return kv.context().prefix().size() + ownFirst(kv);
    }

    /** Latest blocks of a row, its own included. */
    private int window(int row) {
        int position = kv.tokens() + row;
        return position / BLOCK - ownFirst(kv) - ownCandidates(kv, position) + 1;
    }

    /** Blocks that a head chooses. */
    private int chosen(int row, int kvHead) {
        return Math.min(candidates(kv, kv.tokens() + row), budgets.blocks(layer, kvHead));
    }

    /** Blocks that the head chooses that chooses most; all lists are as long. */
    private int most(int row) {
        int most = 0;
        for (int h = 0; h < shape.kvHeads(); h++) {
            most = Math.max(most, chosen(row, h));
        }
        return most;
    }

    /** Fills the list of a row and head, whose scores are there; called by several threads. */
    private void choose(int row, int kvHead, int worker) {
        int front = front(kv);
        int candidates = candidates(kv, kv.tokens() + row);
        int k = chosen(row, kvHead);
        int most = most(row);
        int window = window(row);
        int[] blocks = choosers[worker].choose(scorer.rows(), row * shape.kvHeads() + kvHead, front, candidates, k);
        KvTable table = rowTables[row];
        putChosen(table, kvHead, front, blocks, k);
        for (int i = k; i < most; i++) { // heads that choose fewer
            table.set(kvHead, front + i, table.anyStored(kvHead), 0, 0);
        }
        putOwn(table, kv, layer, kvHead, front + most, (kv.tokens() + row) / BLOCK - window + 1, window);
    }

    /** What stands before the chosen blocks, and these. */
    private void putChosen(KvTable table, int kvHead, int front, int[] chosen, int k) {
        Context context = kv.context();
        putPrefix(table, kv, layer, kvHead, 0);
        putOwn(table, kv, layer, kvHead, context.prefix().size(), 0, ownFirst(kv));
        for (int i = 0; i < k; i++) {
            int block = chosen[i] - front;
            if (block < context.blocks()) {
                putAttached(table, context, layer, kvHead, front + i, block);
            } else {
                putOwn(table, kv, layer, kvHead, front + i, ownFirst(kv) + block - context.blocks(), 1);
            }
        }
    }

    private void note(DenseKv kv, Attention attention, int rows) {
        Context context = kv.context();
        if (attention.layer() == summaries.memoryLayers().nextSetBit(0)) {
            kv.watch().begin(kv.tokens(), rows, context.blocks());
        }
        for (int r = 0; r < rows; r++) {
            for (int h = 0; h < shape.kvHeads() && kv.watch().isNoting(kv.tokens() + r); h++) {
                if (summaries.hasPlanes(attention.layer(), h)) {
                    kv.watch().add(kv.tokens() + r, scorer.rows(), r * shape.kvHeads() + h, context.prefix().size(),
                            attention.heads() / shape.kvHeads());
                }
            }
        }
    }

    /** Records of all that is scored: prefix, documents, own sealed blocks. */
    private KvTable sealedTable(DenseKv kv, int layer, int own) {
        Context context = kv.context();
        int before = context.prefix().size() + context.blocks();
        KvTable table = allTable(before + own);
        for (int h = 0; h < shape.kvHeads(); h++) {
            putPrefix(table, kv, layer, h, 0);
            for (int i = 0; i < context.blocks(); i++) {
                putAttached(table, context, layer, h, context.prefix().size() + i, i);
            }
            putOwn(table, kv, layer, h, before, 0, own);
        }
        return table;
    }

    // ---------------------------------------------------------------- lists

    private void putPrefix(KvTable table, DenseKv kv, int layer, int kvHead, int turn) {
        long offset = shape.storedOffset(layer, kvHead);
        for (int i = 0; i < kv.context().prefix().size(); i++) {
            table.set(kvHead, i, kv.context().prefix().get(i).address() + offset, BLOCK, turn);
        }
    }

    /** Entry {@code at}: block {@code i} of all attached ones. */
    private static void putAttached(KvTable table, Context context, int layer, int kvHead, int at, int i) {
        table.set(kvHead, at, context.record(layer, i, kvHead), context.tokensOf(i), context.blockTurn(i));
    }

    /** Entries from {@code at} on: {@code count} of the sequence's own blocks from {@code from} on, stored and live. */
    private void putOwn(KvTable table, DenseKv kv, int layer, int kvHead, int at, int from, int count) {
        for (int i = 0; i < count; i++) {
            long stored = kv.table().stored(from + i);
            long live = kv.table().live(from + i);
            table.set(kvHead, at + i, stored == 0 ? 0 : stored + shape.storedOffset(layer, kvHead), BLOCK, 0);
            table.setLive(kvHead, at + i, live == 0 ? 0 : live + shape.liveOffset(layer, kvHead));
        }
    }

    private KvTable allTable(int blocks) {
        if (allTable == null || allTable.blocksMax() < blocks) {
            allTable = KvTable.ofRecords(arena, shape.kvHeads(), blocks + blocks / 4 + 16);
        }
        allTable.resize(blocks);
        return allTable;
    }

    private KvTable rowTable(int row, int blocks) {
        if (rowTables[row] == null || rowTables[row].blocksMax() < blocks) {
            rowTables[row] = KvTable.ofRecords(arena, shape.kvHeads(), blocks + 8);
        }
        rowTables[row].resize(blocks);
        return rowTables[row];
    }

    // ---------------------------------------------------------------- turned queries

    private Floats turnedOrNull(int[] shifts) {
        return shifts.length == 0 ? null : turned;
    }

    /** {@code turned (shifts * rows, heads * headDim)}: all rows turned by the first shift, then by the second, and so on. */
    private void turn(int[] shifts, Attention attention, Floats q, int rows) {
        if (shifts.length == 0) {
            return;
        }
        Turner turner = turners.of(attention.layer());
        int all = shifts.length * rows;
        turnedRoom = room(turnedRoom, all, q.cols());
        anglesRoom = room(anglesRoom, all, 2 * turner.pairs());
        turned = turnedRoom.rows(0, all);
        Floats angles = anglesRoom.rows(0, all);
        boolean areThere = turner == anglesOf && shifts == anglesBy && rows == anglesRows; // as in the layer before
        for (int i = 0; i < shifts.length; i++) {
            if (!areThere) {
                turner.angles(shifts[i], angles, i * rows);
            }
            for (int r = 0; r < rows; r++) {
                if (!areThere && r > 0) {
                    angles.copyRows(angles, i * rows, i * rows + r, 1);
                }
                turned.copyRows(q, r, i * rows + r, 1);
            }
        }
        anglesOf = turner;
        anglesBy = shifts;
        anglesRows = rows;
        kernels.rope(turned, all, attention.heads(), shape.headDim(), angles, turner.pairing());
    }

    private Floats room(Floats now, int rowsNeeded, int cols) {
        boolean isEnough = now != null && now.cols() == cols && now.rows() >= rowsNeeded;
        return isEnough ? now : Floats.allocate(arena, rowsNeeded + rowsNeeded / 2, cols);
    }

    @Override
    public void close() {
        arena.close();
    }
}
