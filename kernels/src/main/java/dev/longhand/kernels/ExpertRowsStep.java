package dev.longhand.kernels;

/**
 * What a mixture of experts does row by row: choosing experts, and adding up what they made. A chunk is a run of rows.
 *
 * <p>Its fields hold the arguments of the current call, which were checked, so that a call allocates nothing. Used by one calling
 * thread at a time; chunks run on the team's threads.
 */
final class ExpertRowsStep implements Team.Task {
    /** Least values of a chunk. */
    private static final long CHUNK_VALUES_MIN = 4 << 10;

    private final Ops ops;
    private final Team team;

    // Arguments of the current call.
    private ExpertPlan plan;
    private Floats in;
    private Floats out; // null: choose
    private int rows;
    private int rowsPerChunk;

    ExpertRowsStep(Ops ops, Team team) {
        this.ops = ops;
        this.team = team;
    }

    void route(Floats logits, int rows, ExpertPlan plan) {
        this.out = null;
        start(logits, rows, plan, logits.cols());
        plan.group(rows);
    }

    void combine(Floats y, ExpertPlan plan, int rows, Floats out) {
        this.out = out;
        start(y, rows, plan, (long) out.cols() * plan.router().used());
    }

    private void start(Floats in, int rows, ExpertPlan plan, long rowValues) {
        this.in = in;
        this.rows = rows;
        this.plan = plan;
        long least = Math.ceilDiv(CHUNK_VALUES_MIN, rowValues);
        rowsPerChunk = (int) Math.max(least, Math.ceilDiv(rows, team.threads() * TeamKernels.CHUNKS_PER_THREAD));
        team.run(this, Math.ceilDiv(rows, rowsPerChunk));
    }

    @Override
    public void run(int chunk, int worker) {
        int to = Math.min(rows, (chunk + 1) * rowsPerChunk);
        for (int row = chunk * rowsPerChunk; row < to; row++) {
            if (out == null) {
                plan.choose(in.address(row), row);
            } else {
                ops.sumOfRows(in.address(0), out.cols(), plan.placesAddress(row), plan.weightsAddress(row), plan.router().used(),
                        out.address(row));
            }
        }
    }
}
