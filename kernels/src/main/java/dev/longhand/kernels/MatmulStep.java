package dev.longhand.kernels;

/**
 * Several products of the same inputs, each cut into runs of panels; chunk numbers go through them in order.
 *
 * <p>Its fields hold the arguments of the current call, which were checked, so that a call allocates nothing. Used by one calling
 * thread at a time; chunks run on the team's threads.
 */
final class MatmulStep implements Team.Task {
    /** Most matrices of one call. */
    static final int MATRICES_MAX = 8;
    /** Least multiplications of a chunk of a matmul: a few microseconds on the fastest tier. */
    static final long CHUNK_MACS_MIN = 64 << 10;

    private final Ops ops;
    private final Team team;
    private final Scratch scratch;
    private final int[] chunkEnds = new int[MATRICES_MAX]; // (matrix): first chunk after it
    private int panelsPerChunk;
    private long weightBytesRead;

    // Arguments of the current call.
    private Matrix[] ws;
    private Floats[] ys;
    private long x;
    private long xq;
    private int rows;

    MatmulStep(Ops ops, Team team, Scratch scratch) {
        this.ops = ops;
        this.team = team;
        this.scratch = scratch;
    }

    void run(Matrix[] ws, Activations x, int rows, Floats[] ys) {
        this.ws = ws;
        this.ys = ys;
        this.x = x.values().address(0);
        this.xq = x.quantisedAddress(0);
        this.rows = rows;
        scratch.ensure(ops.scratchBytes(x.cols()));
        team.run(this, cut((long) Panels.ROWS * x.cols() * rows));
    }

    /** Chunks of the call. */
    private int cut(long panelMacs) {
        long panels = 0;
        for (Matrix w : ws) {
            panels += Panels.count(w.rows());
            weightBytesRead += w.bytes();
        }
        long most = Math.max(1, panels * panelMacs / CHUNK_MACS_MIN);
        long wanted = Math.min(most, (long) team.threads() * TeamKernels.CHUNKS_PER_THREAD);
        panelsPerChunk = (int) Math.max(1, roundUp(Math.ceilDiv(panels, wanted), ops.panelsPerTile()));
        int chunks = 0;
        for (int i = 0; i < ws.length; i++) {
            chunks += Math.ceilDiv(Panels.count(ws[i].rows()), panelsPerChunk);
            chunkEnds[i] = chunks;
        }
        return chunks;
    }

    static long roundUp(long n, int unit) {
        return Math.ceilDiv(n, (long) unit) * unit;
    }

    @Override
    public void run(int chunk, int worker) {
        int i = 0;
        while (chunk >= chunkEnds[i]) {
            i++;
        }
        int inMatrix = i == 0 ? chunk : chunk - chunkEnds[i - 1];
        int from = inMatrix * panelsPerChunk;
        int to = Math.min(from + panelsPerChunk, Panels.count(ws[i].rows()));
        ops.matmul(ws[i], from, to, x, xq, rows, ys[i].address(0), scratch.address(worker));
    }

    /** Bytes of all matrices multiplied so far. */
    long weightBytesRead() {
        return weightBytesRead;
    }
}
