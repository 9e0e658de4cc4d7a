package dev.longhand.kernels;

/**
 * Attention of many tokens: a chunk is one KV head and a tile of tokens, the latest (most work) first.
 *
 * <p>Its fields hold the arguments of the current call, which were checked, so that a call allocates nothing. Used by one
 * calling thread at a time; chunks run on the team's threads.
 */
final class TilesStep implements Team.Task {
    private final Ops ops;
    private final Team team;
    private final Scratch scratch;

    // Arguments of the current call.
    private Floats q;
    private KvShape shape;
    private Attention attention;
    private long table;
    private int position;
    private Activations out;
    private int rows;
    private int tileRows;
    private int tiles;

    TilesStep(Ops ops, Team team, Scratch scratch) {
        this.ops = ops;
        this.team = team;
        this.scratch = scratch;
    }

    void run(Floats q, int rows, KvShape shape, Attention attention, KvTable table, int position, Activations out) {
        this.q = q;
        this.rows = rows;
        this.shape = shape;
        this.attention = attention;
        this.table = table.address();
        this.position = position;
        this.out = out;
        int group = attention.heads() / shape.kvHeads();
        int wanted = Math.ceilDiv(rows * shape.kvHeads(), team.threads() * TeamKernels.CHUNKS_PER_THREAD);
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
