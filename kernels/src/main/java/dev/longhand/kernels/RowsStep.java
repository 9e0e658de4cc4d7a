package dev.longhand.kernels;

/**
 * Operations that make each row from that row alone; a chunk is a run of rows.
 *
 * <p>One object for all of them: {@link TeamKernels} sets {@link #kind} and the arguments that kind reads, then calls
 * {@link #start}, so that a call allocates nothing. Arguments were checked. Used by one calling thread at a time; chunks run on
 * the team's threads.
 */
final class RowsStep implements Team.Task {
    static final int EMBED = 0;
    static final int NORM = 1;
    static final int NORM_ADD = 2;
    static final int HEAD_NORM = 3;
    static final int ADD = 4;
    static final int ADD_BIAS = 5;
    static final int GATE = 6;
    static final int ROPE = 7;

    /** Least values of a chunk. */
    private static final long CHUNK_VALUES_MIN = 8 << 10;

    private final Ops ops;
    private final Team team;
    private final Scratch scratch;

    // Arguments of the current call.
    int kind;
    Floats x;
    Floats y;
    Activations out;
    Floats weight;
    float eps;
    float scale;
    int heads;
    int headDim;
    Matrix table;
    int[] tokens;
    int from;
    Kernels.Gate gate;
    Kernels.Pairing pairing;
    private int rows;
    private int rowsPerChunk;

    RowsStep(Ops ops, Team team, Scratch scratch) {
        this.ops = ops;
        this.team = team;
        this.scratch = scratch;
    }

    void norm(int kind, Floats x, Floats weight, float eps) {
        this.kind = kind;
        this.x = x;
        this.weight = weight;
        this.eps = eps;
    }

    void start(int rows, int cols) {
        this.rows = rows;
        long least = Math.ceilDiv(CHUNK_VALUES_MIN, cols);
        rowsPerChunk = (int) Math.max(least, Math.ceilDiv(rows, team.threads() * TeamKernels.CHUNKS_PER_THREAD));
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
            default -> throw new IllegalStateException("broken invariant: no row operation " + kind);
        }
    }

    /** Makes the quantised form of a row whose values are complete, on tiers that multiply that. */
    void finish(Activations out, int row) {
        if (out.quantisedRowBytes() > 0) {
            ops.quantise(out.values().address(row), out.cols(), out.quantisedAddress(row));
        }
    }
}
