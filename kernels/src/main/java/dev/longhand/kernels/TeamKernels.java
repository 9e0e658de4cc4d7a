package dev.longhand.kernels;

import dev.longhand.base.Check;
import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/**
 * {@link Kernels} over any tier's {@link Ops}: checks arguments, cuts each operation into chunks and runs them on a {@link Team}.
 *
 * <p>Knows how much work is worth a hand-off; knows no arithmetic and no layout. How an operation is cut never changes its bits:
 * a chunk computes whole results. Each operation is a step object made once, whose fields hold the arguments of the current
 * call, so that a call allocates nothing. Calls come from one thread at a time.
 */
final class TeamKernels implements Kernels {
    /** Chunks per thread that an operation is cut into where its size allows: what one held-up thread can lose. */
    static final int CHUNKS_PER_THREAD = 4;

    private final Ops ops;
    private final Team team;
    private final Scratch scratch;
    private final Warmup warmup;
    private final MatmulStep matmulStep;
    private final ExpertsStep expertsStep;
    private final ExpertRowsStep expertRowsStep;
    private final RowsStep rowsStep;
    private final StoreStep storeStep;
    private final AttentionStep attentionStep;
    private final ScanStep scanStep;
    private final KvParts onePart = new KvParts(1);
    private final Matrix[] oneMatrix = new Matrix[1];
    private final Matrix[][] oneSet = new Matrix[1][];
    private final Floats[] oneResult = new Floats[1];

    TeamKernels(Ops ops, int threads) {
        this(ops, threads, Warmup.NONE);
    }

    /** Closes {@code warmup} when it is closed. */
    TeamKernels(Ops ops, int threads, Warmup warmup) {
        this.ops = Objects.requireNonNull(ops);
        this.warmup = Objects.requireNonNull(warmup);
        this.team = new Team(threads);
        this.scratch = new Scratch(threads);
        this.matmulStep = new MatmulStep(ops, team, scratch);
        this.expertsStep = new ExpertsStep(ops, team, scratch);
        this.expertRowsStep = new ExpertRowsStep(ops, team);
        this.rowsStep = new RowsStep(ops, team, scratch);
        this.storeStep = new StoreStep(ops, team, scratch);
        this.attentionStep = new AttentionStep(ops, team, scratch);
        this.scanStep = new ScanStep(ops, team, scratch);
    }

    @Override
    public Tier tier() {
        return ops.tier();
    }

    @Override
    public String instructionSet() {
        return ops.instructionSet();
    }

    @Override
    public int threads() {
        return team.threads();
    }

    @Override
    public List<Thread> workers() {
        return team.workers();
    }

    @Override
    public PanelType panelType(ElementType source) {
        return ops.panelType(source);
    }

    @Override
    public Matrix pack(Arena arena, ElementType source, int rows, int cols, RawRows raw) throws Problem {
        Packer packer = new Packer(source, rows, cols, raw);
        MemorySegment owned = arena.allocate(packer.bytes(), 64);
        MemorySegment panels = OffHeap.ALL.asSlice(owned.address(), owned.byteSize()); // an arena may belong to one thread
        int count = Panels.count(rows);
        int chunks = Math.min(count, threads() * CHUNKS_PER_THREAD);
        try {
            team.run((chunk, worker) -> {
                try {
                    packer.pack(part(count, chunk, chunks), part(count, chunk + 1, chunks), panels);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }, chunks);
        } catch (UncheckedIOException e) {
            throw unreadable(e.getCause());
        }
        warmup.packed(source);
        return new Matrix(source, ops.panelType(source), rows, cols, owned.address(), packer.bytes());
    }

    @Override
    public Floats vector(Arena arena, ElementType source, int n, RawRows raw) throws Problem {
        Floats out = Floats.allocate(arena, 1, n);
        try {
            Packer.vector(source, n, raw, out.memory());
        } catch (IOException e) {
            throw unreadable(e);
        }
        return out;
    }

    private static Problem unreadable(IOException e) {
        Problem.Kind kind = e instanceof EOFException ? Problem.Kind.MALFORMED : Problem.Kind.DISK;
        return new Problem(kind, "cannot read weights: " + e.getMessage(), e);
    }

    @Override
    public Activations activations(Arena arena, int rowsMax, int cols) {
        return new Activations(arena, rowsMax, cols, ops.quantisedRowBytes(cols));
    }

    // ---------------------------------------------------------------- matmul

    @Override
    public void matmul(Matrix w, Activations x, int rows, Floats y) {
        oneMatrix[0] = w;
        oneResult[0] = y;
        matmul(oneMatrix, x, rows, oneResult);
        oneMatrix[0] = null;
        oneResult[0] = null;
    }

    @Override
    public void matmul(Matrix[] ws, Activations x, int rows, Floats[] ys) {
        checkCount(ws.length, ys.length);
        checkRows(rows, x.rowsMax(), "x");
        for (int i = 0; i < ws.length; i++) {
            checkCols(x.cols(), ws[i].cols(), "x of a matmul");
            checkShape(ys[i], rows, ws[i].rows(), "y of a matmul");
        }
        matmulStep.run(ws, x, rows, ys);
    }

    // ---------------------------------------------------------------- experts

    @Override
    public void route(Floats logits, int rows, Router router, ExpertPlan plan) {
        checkShape(logits, rows, router.experts(), "logits of route");
        checkRows(rows, plan.rowsMax(), "plan of route");
        if (!plan.router().equals(router)) {
            throw new IllegalArgumentException("a plan for " + plan.router() + " cannot hold what " + router + " chooses");
        }
        expertRowsStep.route(logits, rows, plan);
    }

    @Override
    public void matmulExperts(Matrix[] experts, Activations x, XRows xRows, ExpertPlan plan, Floats y) {
        oneSet[0] = experts;
        oneResult[0] = y;
        matmulExperts(oneSet, x, xRows, plan, oneResult);
        oneSet[0] = null;
        oneResult[0] = null;
    }

    @Override
    public void matmulExperts(Matrix[][] sets, Activations x, XRows xRows, ExpertPlan plan, Floats[] ys) {
        checkCount(sets.length, ys.length);
        checkRows(xRows == XRows.SLOTS ? plan.slots() : plan.rows(), x.rowsMax(), "x of matmulExperts");
        for (int i = 0; i < sets.length; i++) {
            if (sets[i].length != plan.router().experts()) {
                throw new IllegalArgumentException(sets[i].length + " experts; the router has " + plan.router().experts());
            }
            int rows = ys[i].cols();
            checkRows(plan.slots(), ys[i].rows(), "y of matmulExperts");
            for (Matrix w : sets[i]) {
                checkCols(x.cols(), w.cols(), "x of matmulExperts");
                checkCols(rows, w.rows(), "y of matmulExperts");
            }
        }
        expertsStep.run(sets, x, xRows, plan, ys);
    }

    @Override
    public void combine(Floats y, ExpertPlan plan, int rows, Floats out) {
        checkRows(rows, plan.rows(), "plan of combine");
        checkShape(y, plan.slots(), out.cols(), "y of combine");
        checkRows(rows, out.rows(), "out of combine");
        expertRowsStep.combine(y, plan, rows, out);
    }

    @Override
    public long weightBytesRead() {
        return matmulStep.weightBytesRead() + expertsStep.weightBytesRead();
    }

    // ---------------------------------------------------------------- row by row

    @Override
    public void embed(Matrix table, int[] tokens, int from, int count, float scale, Floats out) {
        Objects.checkFromIndexSize(from, count, tokens.length);
        checkShape(out, count, table.cols(), "out of embed");
        for (int i = 0; i < count; i++) {
            Check.index(tokens[from + i], table.rows(), "token");
        }
        warmup.await(); // a forward pass begins here
        rowsStep.kind = RowsStep.EMBED;
        rowsStep.table = table;
        rowsStep.tokens = tokens;
        rowsStep.from = from;
        rowsStep.scale = scale;
        rowsStep.x = out;
        rowsStep.start(count, table.cols());
    }

    @Override
    public void rmsNorm(Floats x, int rows, Floats weight, float eps, Activations out) {
        checkShape(x, rows, weight.cols(), "x of rmsNorm");
        checkRows(rows, out.rowsMax(), "out of rmsNorm");
        checkCols(out.cols(), x.cols(), "out of rmsNorm");
        rowsStep.norm(RowsStep.NORM, x, weight, eps);
        rowsStep.out = out;
        rowsStep.start(rows, x.cols());
    }

    @Override
    public void rmsNormAdd(Floats x, int rows, Floats weight, float eps, Floats residual) {
        checkShape(x, rows, weight.cols(), "x of rmsNormAdd");
        checkShape(residual, rows, x.cols(), "residual of rmsNormAdd");
        scratch.ensure(4L * x.cols());
        rowsStep.norm(RowsStep.NORM_ADD, x, weight, eps);
        rowsStep.y = residual;
        rowsStep.start(rows, x.cols());
    }

    @Override
    public void headNorm(Floats x, int rows, int heads, int headDim, Floats weight, float eps) {
        checkHeads(x, rows, heads, headDim, "x of headNorm");
        checkCols(weight.cols(), headDim, "weight of headNorm");
        rowsStep.norm(RowsStep.HEAD_NORM, x, weight, eps);
        rowsStep.heads = heads;
        rowsStep.headDim = headDim;
        rowsStep.start(rows, x.cols());
    }

    @Override
    public void add(Floats y, Floats x, int rows) {
        checkRows(rows, x.rows(), "x of add");
        checkShape(y, rows, x.cols(), "y of add");
        rowsStep.kind = RowsStep.ADD;
        rowsStep.y = y;
        rowsStep.x = x;
        rowsStep.start(rows, x.cols());
    }

    @Override
    public void addBias(Floats x, Floats bias, int rows) {
        checkShape(x, rows, bias.cols(), "x of addBias");
        rowsStep.kind = RowsStep.ADD_BIAS;
        rowsStep.y = x;
        rowsStep.x = bias;
        rowsStep.start(rows, x.cols());
    }

    @Override
    public void gate(Gate gate, Floats a, Floats b, int rows, Activations out) {
        checkRows(rows, a.rows(), "a of gate");
        checkShape(b, rows, a.cols(), "b of gate");
        checkRows(rows, out.rowsMax(), "out of gate");
        checkCols(out.cols(), a.cols(), "out of gate");
        rowsStep.kind = RowsStep.GATE;
        rowsStep.gate = gate;
        rowsStep.x = a;
        rowsStep.y = b;
        rowsStep.out = out;
        rowsStep.start(rows, a.cols());
    }

    @Override
    public void rope(Floats x, int rows, int heads, int headDim, Floats angles, Pairing pairing) {
        checkHeads(x, rows, heads, headDim, "x of rope");
        checkRows(rows, angles.rows(), "angles of rope");
        if (angles.cols() % 2 != 0 || angles.cols() > headDim) {
            throw new IllegalArgumentException(
                    "angles of rope have " + angles.cols() + " columns; an even number up to the head dimension " + headDim);
        }
        rowsStep.kind = RowsStep.ROPE;
        rowsStep.x = x;
        rowsStep.y = angles;
        rowsStep.heads = heads;
        rowsStep.headDim = headDim;
        rowsStep.pairing = pairing;
        rowsStep.start(rows, x.cols());
    }

    @Override
    public void storeKv(Floats k, Floats v, KvParts parts, KvShape shape, int layer) {
        checkCols(k.cols(), shape.kvHeads() * shape.headDim(), "k of storeKv");
        checkCols(v.cols(), shape.kvHeads() * shape.headDim(), "v of storeKv");
        Check.index(layer, shape.layers(), "layer");
        for (int i = 0; i < parts.count(); i++) {
            checkPart(parts, i, Math.min(k.rows(), v.rows()), shape);
            if (parts.table(i).isOfRecords()) {
                throw new IllegalArgumentException("keys and values are stored by a table of blocks, not of records");
            }
            checkSealed(parts, i, parts.position(i) / KvShape.BLOCK_TOKENS, parts.positionTo(i) / KvShape.BLOCK_TOKENS, shape);
        }
        if (parts.count() > 0) {
            storeStep.run(k, v, parts, shape, layer);
        }
    }

    @Override
    public void storeKv(Floats k, Floats v, int rows, KvShape shape, int layer, KvTable table, int position) {
        storeKv(k, v, onePart(rows, table, position), shape, layer);
    }

    @Override
    public void seal(KvShape shape, long live, long stored) {
        Check.argument(shape.isSealing() && live != 0 && stored != 0, "%s: live block %d, stored block %d", shape, live, stored);
        for (int layer = 0; layer < shape.layers(); layer++) {
            for (int h = 0; h < shape.kvHeads(); h++) {
                ops.seal(live + shape.liveOffset(layer, h), shape.headDim(), stored + shape.storedOffset(layer, h));
            }
        }
    }

    @Override
    public void summarise(KvSummaries summaries, int layer, long stored, int tokens, long to) {
        KvShape shape = summaries.shape();
        Check.argument(shape.isSealing() && stored != 0 && to != 0, "%s: stored block %d, summaries %d", shape, stored, to);
        Check.argument(tokens > 0 && tokens <= KvShape.BLOCK_TOKENS, "a block of %d tokens", tokens);
        scratch.ensure(Ops.summariseScratchBytes(shape.headDim()));
        for (int h = 0; summaries.isMemory(layer) && h < shape.kvHeads(); h++) {
            long mean = to + summaries.offset(layer, h, 1);
            long planes = summaries.writesPlanes(layer, h) ? mean + summaries.meanBytes() : 0;
            ops.summarise(stored + shape.storedOffset(layer, h), tokens, shape.headDim(), mean, planes, scratch.address(0));
        }
    }

    @Override
    public void scan(Floats q, Floats turned, int[] seen, int rows, KvScan scan, KvSummaries summaries, Attention attention,
            Floats out, Scored scored) {
        KvShape shape = summaries.shape();
        checkShape(q, rows, attention.heads() * shape.headDim(), "q of scan");
        if (attention.heads() % shape.kvHeads() != 0 || seen.length < rows) {
            throw new IllegalArgumentException(attention.heads() + " query heads over " + shape.kvHeads() + " KV heads, "
                    + seen.length + " numbers of blocks seen for " + rows + " rows");
        }
        checkRows(rows * shape.kvHeads(), out.rows(), "scores");
        if (scan.blocks() == 0 || out.cols() < scan.blocks() || !summaries.isMemory(attention.layer())) {
            throw new IllegalArgumentException("a scan of " + scan.blocks() + " blocks into rows of " + out.cols() + " in layer "
                    + attention.layer());
        }
        checkScan(turned, seen, rows, scan, q.cols());
        checkLayouts(scan, summaries, attention.layer());
        scanStep.run(q, turned, seen, rows, scan, summaries, attention, out, scored);
    }

    @Override
    public void masses(Floats q, Floats turned, int[] seen, int rows, KvTable table, KvShape shape, Attention attention,
            Floats out) {
        checkShape(q, rows, attention.heads() * shape.headDim(), "q of masses");
        checkRows(rows * shape.kvHeads(), out.rows(), "masses");
        Check.argument(table.isOfRecords() && table.blocks() > 0 && out.cols() >= table.blocks(), "%d blocks to %d masses",
                table.blocks(), out.cols());
        new MassStep(ops, team, scratch).run(q, turned, seen, rows, table, shape, attention, out);
    }

    @Override
    public void copyRow(Activations x, int from, Activations out, int to) {
        checkCols(out.cols(), x.cols(), "out of copyRow");
        OffHeap.copy(x.values().address(from), out.values().address(to), 4L * x.cols());
        rowsStep.finish(out, to);
    }

    @Override
    public int argmax(Floats x, int row) {
        return ops.argmax(x.address(row), x.cols());
    }

    // ---------------------------------------------------------------- attention

    @Override
    public void attention(Floats q, KvParts parts, KvShape shape, Attention attention, Activations out) {
        if (attention.heads() % shape.kvHeads() != 0) {
            throw new IllegalArgumentException(
                    attention.heads() + " query heads over " + shape.kvHeads() + " KV heads; a multiple of it is needed");
        }
        checkCols(q.cols(), attention.heads() * shape.headDim(), "q of attention");
        checkCols(out.cols(), q.cols(), "out of attention");
        Check.index(attention.layer(), shape.layers(), "layer");
        for (int i = 0; i < parts.count(); i++) {
            checkPart(parts, i, Math.min(q.rows(), out.rowsMax()), shape);
            int last = parts.positionTo(i) - 1;
            int first = attention.firstVisible(parts.position(i));
            checkSealed(parts, i, first / KvShape.BLOCK_TOKENS, last / KvShape.BLOCK_TOKENS, shape);
            checkRecords(parts, i, first / KvShape.BLOCK_TOKENS, last / KvShape.BLOCK_TOKENS, shape, q.cols());
        }
        if (parts.count() > 0) {
            attentionStep.run(q, parts, shape, attention, out);
        }
    }

    @Override
    public void attention(Floats q, int rows, KvShape shape, Attention attention, KvTable table, int position, Activations out) {
        attention(q, onePart(rows, table, position), shape, attention, out);
    }

    private KvParts onePart(int rows, KvTable table, int position) {
        onePart.clear();
        onePart.add(0, rows, position, table);
        return onePart;
    }

    // ---------------------------------------------------------------- checks

    // Written as ifs: a varargs check would allocate on every call.

    private static void checkCount(int matrices, int results) {
        if (matrices == 0 || matrices > MatmulStep.MATRICES_MAX || matrices != results) {
            throw new IllegalArgumentException(
                    matrices + " matrices and " + results + " results; as many of each, 1 to " + MatmulStep.MATRICES_MAX);
        }
    }

    private static void checkRows(int rows, int rowsMax, String what) {
        if (rows < 1 || rows > rowsMax) {
            throw new IllegalArgumentException(what + ": " + rows + " rows; it has 1 to " + rowsMax);
        }
    }

    private static void checkCols(int cols, int expected, String what) {
        if (cols != expected) {
            throw new IllegalArgumentException(what + " has " + cols + " columns; " + expected + " are needed");
        }
    }

    private static void checkShape(Floats x, int rows, int cols, String what) {
        checkRows(rows, x.rows(), what);
        checkCols(x.cols(), cols, what);
    }

    private static void checkHeads(Floats x, int rows, int heads, int headDim, String what) {
        if (heads <= 0 || headDim <= 0) {
            throw new IllegalArgumentException(what + ": " + heads + " heads of dimension " + headDim + "; both must be positive");
        }
        checkShape(x, rows, heads * headDim, what);
    }

    /** A part's rows exist, and so do its positions and the live blocks that they lie in. */
    private static void checkPart(KvParts parts, int part, int rowsMax, KvShape shape) {
        checkRows(parts.rowFrom(part) + parts.rows(part), rowsMax, "rows up to the end of a part");
        KvTable table = parts.table(part);
        long capacity = (long) table.blocks() * KvShape.BLOCK_TOKENS;
        if ((long) parts.position(part) + parts.rows(part) > capacity) {
            throw new IllegalArgumentException(parts.rows(part) + " positions from " + parts.position(part)
                    + "; the table's blocks hold positions below " + capacity);
        }
        for (int list = 0; list < table.lists(); list++) {
            int last = (parts.positionTo(part) - 1) / KvShape.BLOCK_TOKENS;
            for (int b = parts.position(part) / KvShape.BLOCK_TOKENS; b <= last; b++) {
                if (table.live(list, b) == 0) {
                    throw new IllegalArgumentException("block " + b + " of " + shape + " has no live form, but a row lies in it");
                }
            }
        }
    }

    /** Blocks {@code [from, to)} have a stored form. */
    private static void checkSealed(KvParts parts, int part, int from, int to, KvShape shape) {
        KvTable table = parts.table(part);
        for (int list = 0; list < table.lists(); list++) {
            for (int b = from; b < to; b++) {
                if (table.stored(list, b) == 0) {
                    throw new IllegalArgumentException("block " + b + " of " + shape + " has no stored form");
                }
            }
        }
    }

    /** A table of records has a list per KV head, and each turn of its blocks {@code [from, to)} has its queries. */
    private static void checkRecords(KvParts parts, int part, int from, int to, KvShape shape, int cols) {
        KvTable table = parts.table(part);
        if (!table.isOfRecords()) {
            return;
        }
        boolean isOfCols = parts.turnedCols(part) == 0 || parts.turnedCols(part) == cols;
        if (!shape.isSealing() || table.lists() != shape.kvHeads() || !isOfCols) {
            throw new IllegalArgumentException("a table of records with " + table.lists() + " lists and turned queries of "
                    + parts.turnedCols(part) + " columns, for " + shape + " and " + cols + " columns");
        }
        int turns = parts.turnedCount(part);
        for (int list = 0; list < table.lists(); list++) {
            for (int b = from; b < to; b++) {
                if (table.turn(list, b) > turns) {
                    throw new IllegalArgumentException("block " + b + " of list " + list + " has turn " + table.turn(list, b)
                            + "; the part has queries for " + turns);
                }
            }
        }
    }

    /** What rows see lies in the scan, and each of its turns has queries. */
    private static void checkScan(Floats turned, int[] seen, int rows, KvScan scan, int cols) {
        int turns = turned == null ? 0 : turned.rows() / rows;
        for (int region = 0; region < scan.regions(); region++) {
            if (scan.turn(region) > turns || scan.turn(region) > 0 && turned.cols() != cols) {
                throw new IllegalArgumentException("region " + region + " of the scan has turn " + scan.turn(region)
                        + "; there are queries for " + turns);
            }
        }
        for (int row = 0; row < rows; row++) {
            if (seen[row] < 0 || seen[row] > scan.blocks()) {
                throw new IllegalArgumentException("row " + row + " sees " + seen[row] + " of " + scan.blocks() + " blocks");
            }
        }
    }

    /** Every region has the planes that are used. */
    private static void checkLayouts(KvScan scan, KvSummaries summaries, int layer) {
        for (int region = 0; region < scan.regions(); region++) {
            KvSummaries layout = scan.layout(region);
            for (int h = 0; layout != summaries && h < summaries.shape().kvHeads(); h++) {
                if (summaries.hasPlanes(layer, h) && !layout.writesPlanes(layer, h)) {
                    throw new IllegalArgumentException("region " + region + " has no planes of head " + h + " in layer " + layer);
                }
            }
        }
    }

    private static int part(int count, int chunk, int chunks) {
        return (int) ((long) count * chunk / chunks);
    }

    @Override
    public void close() {
        warmup.close();
        team.close();
        scratch.close();
    }
}
