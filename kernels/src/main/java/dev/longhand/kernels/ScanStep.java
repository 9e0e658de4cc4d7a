package dev.longhand.kernels;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Scores of blocks for rows of queries, from the blocks' summaries.
 *
 * <p>A unit is a row and a KV head; it is cut into runs of blocks where units are few. Whoever ends a unit's last run turns its
 * logs of mass into shares and tells the caller. Its fields hold the arguments of the current call, so that a call allocates
 * nothing.
 */
final class ScanStep implements Team.Task {
    /** Least blocks of a run. */
    private static final int RUN_BLOCKS_MIN = 64;

    private final Ops ops;
    private final Team team;
    private final Scratch scratch;
    private final ScanChunk[] chunks; // (worker)
    private AtomicIntegerArray left = new AtomicIntegerArray(64);

    // Arguments of the current call.
    private Floats q;
    private Floats turned;
    private int[] seen; // (rows) blocks that a row sees
    private int rows;
    private KvScan scan;
    private KvSummaries summaries;
    private Attention attention;
    private Floats out;
    private Kernels.Scored scored;
    private int group;
    private int runs; // per unit
    private long masses; // (unit, group, blocks), if units are cut into runs; otherwise (group, blocks) in the worker's scratch
    private long massesAt; // their offset in it

    ScanStep(Ops ops, Team team, Scratch scratch) {
        this.ops = ops;
        this.team = team;
        this.scratch = scratch;
        this.chunks = new ScanChunk[team.threads()];
        for (int i = 0; i < chunks.length; i++) {
            chunks[i] = new ScanChunk();
        }
    }

    void run(Floats q, Floats turned, int[] seen, int rows, KvScan scan, KvSummaries summaries,
            Attention attention, Floats out, Kernels.Scored scored) {
        this.q = q;
        this.turned = turned;
        this.seen = seen;
        this.rows = rows;
        this.scan = scan;
        this.summaries = summaries;
        this.attention = attention;
        this.out = out;
        this.scored = scored;
        KvShape shape = summaries.shape();
        group = attention.heads() / shape.kvHeads();
        int units = rows * shape.kvHeads();
        int wanted = Math.ceilDiv(team.threads() * TeamKernels.CHUNKS_PER_THREAD, units);
        runs = Math.clamp(Math.min(wanted, scan.blocks() / RUN_BLOCKS_MIN), 1, Integer.MAX_VALUE);
        long massBytes = 4L * group * scan.blocks();
        massesAt = Math.ceilDiv(ops.scanScratchBytes(group, shape.headDim()), 64L) * 64;
        scratch.ensure(massesAt + (runs == 1 ? massBytes : 0));
        masses = runs == 1 ? 0 : scratch.shared(massBytes * units); // few units: they are cut only to keep the threads busy
        if (units > left.length()) {
            left = new AtomicIntegerArray(units + units / 2);
        }
        for (int i = 0; i < units; i++) {
            left.setPlain(i, runs);
        }
        team.run(this, units * runs);
        this.scored = null;
    }

    @Override
    public void run(int chunk, int worker) {
        int unit = chunk / runs;
        int run = chunk % runs;
        int blocks = seen[unit / summaries.shape().kvHeads()];
        int to = (int) ((long) blocks * (run + 1) / runs);
        for (int block = (int) ((long) blocks * run / runs); block < to; ) {
            int region = scan.regionOf(block);
            int end = Math.min(to, scan.from(region) + scan.blocks(region));
            scanRun(unit, region, block, end, chunks[worker], worker);
            block = end;
        }
        if (left.decrementAndGet(unit) == 0) {
            int kvHead = unit % summaries.shape().kvHeads();
            long row = out.address(unit);
            if (summaries.hasPlanes(attention.layer(), kvHead)) {
                ops.shares(masses(unit, worker), scan.blocks(), group, blocks, row);
            }
            scored.complete(unit / summaries.shape().kvHeads(), kvHead, worker);
        }
    }

    private long masses(int unit, int worker) {
        return runs == 1 ? scratch.address(worker) + massesAt : masses + 4L * unit * group * scan.blocks();
    }

    /** Scores blocks {@code [from, to)} of the scan, which lie in {@code region}. */
    private void scanRun(int unit, int region, int from, int to, ScanChunk c, int worker) {
        KvShape shape = summaries.shape();
        int row = unit / shape.kvHeads();
        int kvHead = unit % shape.kvHeads();
        int first = scan.first(region) + from - scan.from(region);
        int whole = scan.whole(region);
        long means = scan.summaries(region) + scan.layout(region).offset(attention.layer(), kvHead, whole);
        boolean hasPlanes = summaries.hasPlanes(attention.layer(), kvHead);
        int turn = scan.turn(region);
        long queries = turn == 0 ? q.address(row) : turned.address((turn - 1) * rows + row);
        c.headDim = shape.headDim();
        c.group = group;
        c.scale = attention.scale();
        c.q = queries + 4L * kvHead * group * shape.headDim();
        c.means = means + summaries.meanBytes() * first;
        c.planes = hasPlanes ? means + summaries.meanBytes() * whole + summaries.planesBytes() * first : 0;
        c.blocks = to - from;
        c.lastTokens = to == scan.from(region) + scan.blocks(region) ? scan.lastTokens(region) : KvShape.BLOCK_TOKENS;
        c.scratch = scratch.address(worker);
        if (hasPlanes) {
            c.out = masses(unit, worker) + 4L * from;
            c.outStride = scan.blocks();
            ops.scanPlanes(c);
        } else {
            c.out = out.address(unit) + 4L * from;
            c.outStride = 0;
            ops.scanMeans(c);
        }
    }
}
