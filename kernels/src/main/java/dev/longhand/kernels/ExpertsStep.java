package dev.longhand.kernels;

import java.util.Arrays;

/**
 * Products of a mixture of experts: one GEMM per expert over the rows that use it, experts that nobody uses untouched.
 *
 * <p>A chunk is a run of panels of one expert's matrix with all rows of that expert, so chunks of one call differ in size; they
 * are cut so that none is more than a small part of the whole. Rows that do not lie together are copied together into the
 * worker's scratch first, in the form that the tier multiplies. Fields hold the arguments of the current call, which were checked;
 * a call allocates nothing once its list of chunks has grown. Used by one calling thread at a time; chunks run on the team's
 * threads.
 */
final class ExpertsStep implements Team.Task {
    /** Ints of a chunk's entry: matrix set, expert, first panel, panel after the last. */
    private static final int ENTRY = 4;

    private final Ops ops;
    private final Team team;
    private final Scratch scratch;
    private int[] chunks = new int[ENTRY * 64];
    private int chunkCount;
    private long weightBytesRead;

    // Arguments of the current call.
    private Matrix[][] sets;
    private Floats[] ys;
    private Activations x;
    private Kernels.XRows xRows;
    private ExpertPlan plan;
    private long opsScratchBytes;

    ExpertsStep(Ops ops, Team team, Scratch scratch) {
        this.ops = ops;
        this.team = team;
        this.scratch = scratch;
    }

    /** {@code ys[i]} = {@code sets[i]} (per expert) times x. */
    void run(Matrix[][] sets, Activations x, Kernels.XRows xRows, ExpertPlan plan, Floats[] ys) {
        this.sets = sets;
        this.ys = ys;
        this.x = x;
        this.xRows = xRows;
        this.plan = plan;
        int slotsMax = cut();
        opsScratchBytes = MatmulStep.roundUp(ops.scratchBytes(x.cols()), 64);
        long gathered = xRows == Kernels.XRows.TOKENS ? slotsMax * (4L * x.cols() + x.quantisedRowBytes()) : 0;
        scratch.ensure(opsScratchBytes + gathered);
        team.run(this, chunkCount);
    }

    /** Makes the list of chunks; the greatest number of slots of an expert. */
    private int cut() {
        long panels = 0; // times slots
        int slotsMax = 0;
        for (int e = 0; e < plan.router().experts(); e++) {
            int slots = plan.slotsOf(e);
            slotsMax = Math.max(slotsMax, slots);
            for (int i = 0; slots > 0 && i < sets.length; i++) {
                panels += (long) slots * Panels.count(sets[i][e].rows());
                weightBytesRead += sets[i][e].bytes();
            }
        }
        long wanted = panels / ((long) team.threads() * TeamKernels.CHUNKS_PER_THREAD); // of a chunk
        long least = Math.max(1, MatmulStep.CHUNK_MACS_MIN / ((long) Panels.ROWS * x.cols()));
        chunkCount = 0;
        for (int e = 0; e < plan.router().experts(); e++) {
            int slots = plan.slotsOf(e);
            for (int i = 0; slots > 0 && i < sets.length; i++) {
                int count = Panels.count(sets[i][e].rows());
                long each = MatmulStep.roundUp(Math.max(1, Math.max(wanted, least) / slots), ops.panelsPerTile());
                for (long from = 0; from < count; from += each) {
                    add(i, e, (int) from, (int) Math.min(count, from + each));
                }
            }
        }
        return slotsMax;
    }

    private void add(int set, int expert, int panelFrom, int panelTo) {
        int at = ENTRY * chunkCount++;
        if (at == chunks.length) {
            chunks = Arrays.copyOf(chunks, 2 * chunks.length);
        }
        chunks[at] = set;
        chunks[at + 1] = expert;
        chunks[at + 2] = panelFrom;
        chunks[at + 3] = panelTo;
    }

    @Override
    public void run(int chunk, int worker) {
        int at = ENTRY * chunk;
        int set = chunks[at];
        int expert = chunks[at + 1];
        Matrix w = sets[set][expert];
        int first = plan.start(expert);
        int slots = plan.slotsOf(expert);
        boolean isQuantised = w.type().isQuantised() && x.quantisedRowBytes() > 0;
        long values = 0;
        long quantised = 0;
        if (xRows == Kernels.XRows.SLOTS) {
            values = x.values().address(first);
            quantised = x.quantisedAddress(first);
        } else if (slots == 1) {
            values = x.values().address(plan.token(first));
            quantised = x.quantisedAddress(plan.token(first));
        } else if (isQuantised) {
            quantised = scratch.address(worker) + opsScratchBytes;
            gather(x.quantisedAddress(0), x.quantisedRowBytes(), first, slots, quantised);
        } else {
            values = scratch.address(worker) + opsScratchBytes;
            gather(x.values().address(0), 4L * x.cols(), first, slots, values);
        }
        ops.matmul(w, chunks[at + 2], chunks[at + 3], values, quantised, slots, ys[set].address(first), scratch.address(worker));
    }

    private void gather(long rows, long rowBytes, int first, int slots, long to) {
        for (int i = 0; i < slots; i++) {
            OffHeap.copy(rows + rowBytes * plan.token(first + i), to + rowBytes * i, rowBytes);
        }
    }

    /** Bytes of all matrices multiplied so far. */
    long weightBytesRead() {
        return weightBytesRead;
    }
}
