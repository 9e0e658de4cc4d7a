package dev.longhand.kernels;

/**
 * What a mixture of experts does row by row: choosing experts, and adding up what they made. A chunk is a run of rows.
 *
 * <p>The two are tasks of their own, so that the compiler's limit on the size of a method's graph is far from either. Its fields
 * hold the arguments of the current call, which were checked, so that a call allocates nothing. Used by one calling thread at a
 * time; chunks run on the team's threads.
 */
final class ExpertRowsStep {
    /** Least values of a chunk. */
    private static final long CHUNK_VALUES_MIN = 4 << 10;

    private final Ops ops;
    private final Team team;
    private final Team.Task choosing = this::choose;
    private final Team.Task adding = this::add;

    // Arguments of the current call.
    private ExpertPlan plan;
    private Floats in;
    private Floats out; // of combine
    private int rows;
    private int rowsPerChunk;

    ExpertRowsStep(Ops ops, Team team) {
        this.ops = ops;
        this.team = team;
    }

    void route(Floats logits, int rows, ExpertPlan plan) {
        start(choosing, logits, rows, plan, logits.cols());
        plan.group(rows);
    }

    void combine(Floats y, ExpertPlan plan, int rows, Floats out) {
        this.out = out;
        start(adding, y, rows, plan, (long) out.cols() * plan.router().used());
    }

    private void start(Team.Task task, Floats in, int rows, ExpertPlan plan, long rowValues) {
        this.in = in;
        this.rows = rows;
        this.plan = plan;
        long least = Math.ceilDiv(CHUNK_VALUES_MIN, rowValues);
        rowsPerChunk = (int) Math.max(least, Math.ceilDiv(rows, team.threads() * TeamKernels.CHUNKS_PER_THREAD));
        team.run(task, Math.ceilDiv(rows, rowsPerChunk));
    }

    private void choose(int chunk, int worker) {
        for (int row = chunk * rowsPerChunk; row < end(chunk); row++) {
            plan.choose(in.address(row), row);
        }
    }

    private void add(int chunk, int worker) {
        for (int row = chunk * rowsPerChunk; row < end(chunk); row++) {
            ops.sumOfRows(in.address(0), out.cols(), plan.placesAddress(row), plan.weightsAddress(row), plan.router().used(),
                    out.address(row));
        }
    }

    private int end(int chunk) {
        return Math.min(rows, (chunk + 1) * rowsPerChunk);
    }
}
