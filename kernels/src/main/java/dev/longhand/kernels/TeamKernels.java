package dev.longhand.kernels;

import dev.longhand.base.Check;
import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * {@link Kernels} over any tier's {@link Ops}: checks arguments, cuts each operation into chunks and runs them on a {@link Team}.
 *
 * <p>Knows how much work is worth a hand-off; knows no arithmetic and no layout. How an operation is cut never changes its bits:
 * a chunk computes whole results. Each operation is a step object made once, whose fields hold the arguments of the current
 * call, so that a call allocates nothing. Calls come from one thread at a time.
 */
final class TeamKernels implements Kernels {
    /** Most matrices of one {@link #matmul(Matrix[], Activations, int, Floats[])}. */
    static final int MATRICES_MAX = 8;

    /** Least multiplications of a chunk of a matmul: a few microseconds on the fastest tier. */
    private static final long CHUNK_MACS_MIN = 64 << 10;
    /** Chunks per thread that an operation is cut into where its size allows: what one held-up thread can lose. */
    private static final int CHUNKS_PER_THREAD = 4;
    /** Least values of a chunk of an elementwise operation. */
    private static final long CHUNK_VALUES_MIN = 8 << 10;
    /** Elements of K and V below which attention of one token is not worth a hand-off. */
    private static final long SPANS_ALONE_MAX = 48 << 10;

    private final Ops ops;
    private final Team team;
    private final Scratch scratch;
    private final MatmulStep matmulStep = new MatmulStep();
    private final RowsStep rowsStep = new RowsStep();
    private final SpansStep spansStep = new SpansStep();
    private final TilesStep tilesStep = new TilesStep();
    private final Matrix[] oneMatrix = new Matrix[1];
    private final Floats[] oneResult = new Floats[1];

    TeamKernels(Ops ops, int threads) {
        this.ops = Objects.requireNonNull(ops);
        this.team = new Team(threads);
        this.scratch = new Scratch(threads);
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
        if (ws.length == 0 || ws.length > MATRICES_MAX || ws.length != ys.length) {
            throw new IllegalArgumentException(
                    ws.length + " matrices and " + ys.length + " results; as many of each, 1 to " + MATRICES_MAX);
        }
        checkRows(rows, x.rowsMax(), "x");
        for (int i = 0; i < ws.length; i++) {
            checkCols(x.cols(), ws[i].cols(), "x of a matmul");
            checkShape(ys[i], rows, ws[i].rows(), "y of a matmul");
        }
        scratch.ensure(ops.scratchBytes(x.cols()));
        matmulStep.plan(ws, x, rows, ys);
        team.run(matmulStep, matmulStep.chunks());
    }

    /** Several products, each cut into runs of panels; chunk numbers go through them in order. */
    private final class MatmulStep implements Team.Task {
        private final int[] chunkEnds = new int[MATRICES_MAX]; // (matrix): first chunk after it
        private final int[] panelsPerChunk = new int[MATRICES_MAX];
        private Matrix[] ws;
        private Floats[] ys;
        private long x;
        private long xq;
        private int rows;
        private int count;

        void plan(Matrix[] ws, Activations x, int rows, Floats[] ys) {
            this.ws = ws;
            this.ys = ys;
            this.x = x.values().address(0);
            this.xq = x.quantisedAddress(0);
            this.rows = rows;
            this.count = ws.length;
            long panels = 0;
            for (Matrix w : ws) {
                panels += Panels.count(w.rows());
            }
            long panelMacs = (long) Panels.ROWS * x.cols() * rows;
            long most = Math.max(1, panels * panelMacs / CHUNK_MACS_MIN);
            long wanted = Math.min(most, (long) threads() * CHUNKS_PER_THREAD);
            int tile = ops.panelsPerTile();
            int each = (int) Math.max(1, roundUp(Math.ceilDiv(panels, wanted), tile));
            int chunks = 0;
            for (int i = 0; i < count; i++) {
                panelsPerChunk[i] = each;
                chunks += Math.ceilDiv(Panels.count(ws[i].rows()), each);
                chunkEnds[i] = chunks;
            }
        }

        int chunks() {
            return chunkEnds[count - 1];
        }

        @Override
        public void run(int chunk, int worker) {
            int i = 0;
            while (chunk >= chunkEnds[i]) {
                i++;
            }
            int inMatrix = i == 0 ? chunk : chunk - chunkEnds[i - 1];
            int from = inMatrix * panelsPerChunk[i];
            int to = Math.min(from + panelsPerChunk[i], Panels.count(ws[i].rows()));
            ops.matmul(ws[i], from, to, x, xq, rows, ys[i].address(0), scratch.address(worker));
        }
    }

    // ---------------------------------------------------------------- row by row

    @Override
    public void embed(Matrix table, int[] tokens, int from, int count, float scale, Floats out) {
        Objects.checkFromIndexSize(from, count, tokens.length);
        checkShape(out, count, table.cols(), "out of embed");
        for (int i = 0; i < count; i++) {
            Check.index(tokens[from + i], table.rows(), "token");
        }
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
    public void storeKv(Floats k, Floats v, int rows, KvShape shape, int layer, KvTable table, int position) {
        checkHeads(k, rows, shape.kvHeads(), shape.headDim(), "k of storeKv");
        checkHeads(v, rows, shape.kvHeads(), shape.headDim(), "v of storeKv");
        checkPositions(rows, shape, layer, table, position);
        rowsStep.kind = RowsStep.STORE_KV;
        rowsStep.x = k;
        rowsStep.y = v;
        rowsStep.shape = shape;
        rowsStep.layer = layer;
        rowsStep.kv = table;
        rowsStep.from = position;
        rowsStep.start(rows, k.cols());
    }

    @Override
    public void copyRow(Activations x, int from, Activations out, int to) {
        checkCols(out.cols(), x.cols(), "out of copyRow");
        OffHeap.copy(x.values().address(from), out.values().address(to), 4L * x.cols());
        finish(out, to);
    }

    @Override
    public int argmax(Floats x, int row) {
        return ops.argmax(x.address(row), x.cols());
    }

    private void finish(Activations out, int row) {
        if (out.quantisedRowBytes() > 0) {
            ops.quantise(out.values().address(row), out.cols(), out.quantisedAddress(row));
        }
    }

    /** Operations that make each row from that row alone; a chunk is a run of rows. */
    private final class RowsStep implements Team.Task {
        static final int EMBED = 0;
        static final int NORM = 1;
        static final int NORM_ADD = 2;
        static final int HEAD_NORM = 3;
        static final int ADD = 4;
        static final int ADD_BIAS = 5;
        static final int GATE = 6;
        static final int ROPE = 7;
        static final int STORE_KV = 8;
        static final int FINISH = 9;

        private int kind;
        private Floats x;
        private Floats y;
        private Activations out;
        private Floats weight;
        private float eps;
        private float scale;
        private int heads;
        private int headDim;
        private Matrix table;
        private int[] tokens;
        private int from;
        private KvShape shape;
        private KvTable kv;
        private int layer;
        private Gate gate;
        private Pairing pairing;
        private int rows;
        private int rowsPerChunk;

        void norm(int kind, Floats x, Floats weight, float eps) {
            this.kind = kind;
            this.x = x;
            this.weight = weight;
            this.eps = eps;
        }

        void start(int rows, int cols) {
            this.rows = rows;
            long least = Math.ceilDiv(CHUNK_VALUES_MIN, cols);
            rowsPerChunk = (int) Math.max(least, Math.ceilDiv(rows, threads() * CHUNKS_PER_THREAD));
            team.run(this, Math.ceilDiv(rows, rowsPerChunk));
        }

        @Override
        public void run(int chunk, int worker) {
            int to = Math.min(rows, (chunk + 1) * rowsPerChunk);
            for (int row = chunk * rowsPerChunk; row < to; row++) {
                row(row, worker);
            }
        }

        private void row(int row, int worker) {
            switch (kind) {
                case EMBED -> ops.unpackRow(table, tokens[from + row], scale, x.address(row));
                case NORM -> {
                    ops.rmsNorm(x.address(row), x.cols(), weight.address(0), eps, out.values().address(row));
                    finish(out, row);
                }
                case NORM_ADD -> {
                    ops.rmsNorm(x.address(row), x.cols(), weight.address(0), eps, scratch.address(worker));
                    ops.add(y.address(row), scratch.address(worker), x.cols());
                }
                case HEAD_NORM -> {
                    for (int h = 0; h < heads; h++) {
                        long head = x.address(row) + 4L * h * headDim;
                        ops.rmsNorm(head, headDim, weight.address(0), eps, head);
                    }
                }
                case ADD -> ops.add(y.address(row), x.address(row), x.cols());
                case ADD_BIAS -> ops.add(y.address(row), x.address(0), x.cols());
                case GATE -> {
                    ops.gate(gate, x.address(row), y.address(row), x.cols(), out.values().address(row));
                    finish(out, row);
                }
                case ROPE -> {
                    for (int h = 0; h < heads; h++) {
                        ops.rope(x.address(row) + 4L * h * headDim, y.cols() / 2, y.address(row), pairing);
                    }
                }
                case STORE_KV -> storeKvRow(row);
                default -> finish(out, row);
            }
        }

        private void storeKvRow(int row) {
            int position = from + row;
            long block = kv.block(position / KvShape.BLOCK_TOKENS);
            int dim = shape.headDim();
            for (int h = 0; h < shape.kvHeads(); h++) {
                long offset = 4L * h * dim;
                ops.storeKv(x.address(row) + offset, y.address(row) + offset, dim, block + shape.recordOffset(layer, h),
                        position % KvShape.BLOCK_TOKENS);
            }
        }
    }

    // ---------------------------------------------------------------- attention

    @Override
    public void attention(Floats q, int rows, KvShape shape, Attention attention, KvTable table, int position, Activations out) {
        if (attention.heads() % shape.kvHeads() != 0) {
            throw new IllegalArgumentException(
                    attention.heads() + " query heads over " + shape.kvHeads() + " KV heads; a multiple of it is needed");
        }
        checkHeads(q, rows, attention.heads(), shape.headDim(), "q of attention");
        checkRows(rows, out.rowsMax(), "out of attention");
        checkCols(out.cols(), q.cols(), "out of attention");
        checkPositions(rows, shape, attention.layer(), table, position);
        if (rows == 1) {
            spansStep.run(q, shape, attention, table, position, out);
            finish(out, 0);
            return;
        }
        tilesStep.run(q, rows, shape, attention, table, position, out);
        rowsStep.kind = RowsStep.FINISH;
        rowsStep.out = out;
        if (out.quantisedRowBytes() > 0) {
            rowsStep.start(rows, out.cols());
        }
    }

    /** One token: a chunk is one KV head over one span; then the spans are joined. */
    private final class SpansStep implements Team.Task {
        private long q;
        private KvShape shape;
        private Attention attention;
        private long table;
        private int first;
        private int last;
        private int group;
        private int spanFirst;
        private int spans;
        private long partials; // (kvHead, span, group, headDim + 16)
        private long partialBytes;

        void run(Floats q, KvShape shape, Attention attention, KvTable table, int position, Activations out) {
            this.q = q.address(0);
            this.shape = shape;
            this.attention = attention;
            this.table = table.address();
            group = attention.heads() / shape.kvHeads();
            last = position;
            first = firstVisible(attention, position);
            spanFirst = first / Ops.SPAN_TOKENS;
            spans = last / Ops.SPAN_TOKENS - spanFirst + 1;
            partialBytes = 4L * group * (shape.headDim() + 16);
            partials = scratch.shared(partialBytes * spans * shape.kvHeads());
            scratch.ensure(ops.attentionScratchBytes(1, group, shape.headDim()));
            int chunks = Math.multiplyExact(spans, shape.kvHeads());
            long elements = 2L * (last - first + 1) * shape.kvHeads() * shape.headDim();
            if (elements <= SPANS_ALONE_MAX) {
                for (int chunk = 0; chunk < chunks; chunk++) {
                    run(chunk, 0);
                }
            } else {
                team.run(this, chunks);
            }
            for (int h = 0; h < shape.kvHeads(); h++) {
                ops.mergeSpans(partials + partialBytes * spans * h, spans, group, shape.headDim(),
                        out.values().address(0) + 4L * h * group * shape.headDim());
            }
        }

        @Override
        public void run(int chunk, int worker) {
            int kvHead = chunk / spans;
            int span = spanFirst + chunk % spans;
            ops.attendSpan(q + 4L * kvHead * group * shape.headDim(), group, shape.headDim(), attention.scale(), table,
                    shape.recordOffset(attention.layer(), kvHead), Math.max(first, span * Ops.SPAN_TOKENS),
                    Math.min(last, span * Ops.SPAN_TOKENS + Ops.SPAN_TOKENS - 1), partials + partialBytes * chunk,
                    scratch.address(worker));
        }
    }

    /** Many tokens: a chunk is one KV head and a tile of tokens, the latest (most work) first. */
    private final class TilesStep implements Team.Task {
        private Floats q;
        private KvShape shape;
        private Attention attention;
        private long table;
        private int position;
        private Activations out;
        private int rows;
        private int tileRows;
        private int tiles;

        void run(Floats q, int rows, KvShape shape, Attention attention, KvTable table, int position, Activations out) {
            this.q = q;
            this.rows = rows;
            this.shape = shape;
            this.attention = attention;
            this.table = table.address();
            this.position = position;
            this.out = out;
            int group = attention.heads() / shape.kvHeads();
            int wanted = Math.ceilDiv(rows * shape.kvHeads(), threads() * CHUNKS_PER_THREAD);
            tileRows = Math.clamp(wanted, Math.min(4, Ops.ATTEND_TOKENS_MAX), Ops.ATTEND_TOKENS_MAX);
            tiles = Math.ceilDiv(rows, tileRows);
            scratch.ensure(ops.attentionScratchBytes(tileRows, group, shape.headDim()));
            team.run(this, Math.multiplyExact(tiles, shape.kvHeads()));
        }

        @Override
        public void run(int chunk, int worker) {
            int kvHead = chunk % shape.kvHeads();
            int from = (tiles - 1 - chunk / shape.kvHeads()) * tileRows;
            int group = attention.heads() / shape.kvHeads();
            long offset = 4L * kvHead * group * shape.headDim();
            ops.attendMany(q.address(from) + offset, q.cols(), Math.min(tileRows, rows - from), group, shape.headDim(),
                    attention.scale(), table, shape.recordOffset(attention.layer(), kvHead), position + from,
                    attention.windowTokens(), out.values().address(from) + offset, out.cols(), scratch.address(worker));
        }
    }

    private static int firstVisible(Attention attention, int position) {
        return (int) Math.max(0L, (long) position - attention.windowTokens() + 1);
    }

    // ---------------------------------------------------------------- checks

    // Written as ifs: a varargs check would allocate on every call.

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

    private static void checkPositions(int rows, KvShape shape, int layer, KvTable table, int position) {
        Check.index(layer, shape.layers(), "layer");
        long capacity = (long) table.blocks() * KvShape.BLOCK_TOKENS;
        if (position < 0 || rows < 1 || (long) position + rows > capacity) {
            throw new IllegalArgumentException(
                    rows + " positions from " + position + "; the table's blocks hold positions below " + capacity);
        }
    }

    private static int part(int count, int chunk, int chunks) {
        return (int) ((long) count * chunk / chunks);
    }

    private static long roundUp(long n, int unit) {
        return Math.ceilDiv(n, (long) unit) * unit;
    }

    @Override
    public void close() {
        team.close();
        scratch.close();
    }
}
