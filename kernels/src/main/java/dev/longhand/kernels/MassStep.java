package dev.longhand.kernels;

/**
 * What share of the attention each block of a list really gets: exact, and as slow as attending. For measuring and for choosing as
 * nobody could choose.
 *
 * <p>A unit is a row and a KV head. Each block becomes a span of its own, with empty blocks behind it, so that the partials of
 * {@link
 * Ops#attendSpans} say how much it weighs. Used by one calling thread at a time.
 */
final class MassStep implements Team.Task {
    private static final int BLOCKS_PER_SPAN = Ops.SPAN_TOKENS / KvShape.BLOCK_TOKENS;

    private final Ops ops;
    private final Team team;
    private final Scratch scratch;

    // Arguments of the current call.
    private Floats q;
    private Floats turned;
    private int turnedRows;
    private int[] seen;
    private KvTable table;
    private KvShape shape;
    private Attention attention;
    private Floats out;
    private long lists; // (worker) { addresses, live, counts, turns, partials }
    private long listBytes;

    MassStep(Ops ops, Team team, Scratch scratch) {
        this.ops = ops;
        this.team = team;
        this.scratch = scratch;
    }

    void run(Floats q, Floats turned, int[] seen, int rows, KvTable table, KvShape shape, Attention attention, Floats out) {
        this.q = q;
        this.turned = turned;
        this.turnedRows = rows;
        this.seen = seen;
        this.table = table;
        this.shape = shape;
        this.attention = attention;
        this.out = out;
        int group = attention.heads() / shape.kvHeads();
        int turns = turned == null ? 0 : turned.rows() / rows;
        scratch.ensure(ops.attentionScratchBytes(1, group, shape.headDim(), turns));
        long entries = (long) BLOCKS_PER_SPAN * (table.blocks() + 1);
        listBytes = (entries * 18 + 4L * table.blocks() * group * (shape.headDim() + 16) + 127) / 64 * 64;
        lists = scratch.shared(listBytes * team.threads());
        team.run(this, rows * shape.kvHeads());
    }

    @Override
    public void run(int unit, int worker) {
        int row = unit / shape.kvHeads();
        int kvHead = unit % shape.kvHeads();
        int group = attention.heads() / shape.kvHeads();
        long entries = (long) BLOCKS_PER_SPAN * (table.blocks() + 1);
        long at = lists + listBytes * worker;
        AttentionChunk c = chunk(row, kvHead, group, at, entries);
        fill(c, kvHead, seen[row], at, entries);
        c.scratch = scratch.address(worker);
        c.position = BLOCKS_PER_SPAN * KvShape.BLOCK_TOKENS * seen[row];
        long partials = (at + entries * 18 + 63) / 64 * 64;
        ops.attendSpans(c, 0, seen[row], partials);
        shares(partials, seen[row], group, out.address(unit));
    }

    private AttentionChunk chunk(int row, int kvHead, int group, long at, long entries) {
        AttentionChunk c = new AttentionChunk();
        c.type = shape.type();
        c.headDim = shape.headDim();
        c.group = group;
        c.scale = attention.scale();
        c.window = Integer.MAX_VALUE;
        c.tokens = 1;
        c.qStride = q.cols();
        c.q = q.address(row) + 4L * kvHead * group * shape.headDim();
        c.turnedCount = turned == null ? 0 : turned.rows() / turnedRows;
        c.turnedStride = turned == null ? 0 : 4L * turnedRows * q.cols();
        c.turned = turned == null ? 0 : turned.address(row) + 4L * kvHead * group * shape.headDim();
        c.stored = at;
        c.live = at + 8 * entries;
        c.counts = at + 16 * entries;
        c.turns = turned == null ? 0 : at + 17 * entries;
        return c;
    }

    private void fill(AttentionChunk c, int kvHead, int blocks, long at, long entries) {
        for (int b = 0; b < blocks; b++) {
            for (int i = 0; i < BLOCKS_PER_SPAN; i++) {
                int entry = b * BLOCKS_PER_SPAN + i;
                OffHeap.i64(c.stored + 8L * entry, table.stored(kvHead, b));
                OffHeap.u8(c.counts + entry, i == 0 ? OffHeap.u8(table.countsList(kvHead) + b) : 0);
                OffHeap.u8(at + 17 * entries + entry, i == 0 ? OffHeap.u8(table.turnsList(kvHead) + b) : 0);
            }
        }
    }

    /** {@code out(b)}: share of block b, added up over the group. */
    private void shares(long partials, int blocks, int group, long out) {
        int dim = shape.headDim();
        for (int j = 0; j < group; j++) {
            float max = Float.NEGATIVE_INFINITY;
            for (int b = 0; b < blocks; b++) {
                long mz = partials + 4L * (((long) b * group + j) * (dim + 16) + dim);
                max = OffHeap.f32(mz + 4) > 0 ? Math.max(max, OffHeap.f32(mz)) : max;
            }
            double sum = 0;
            for (int b = 0; b < blocks; b++) {
                sum += mass(partials, b, group, j, max);
            }
            for (int b = 0; b < blocks; b++) {
                float share = (float) (mass(partials, b, group, j, max) / sum);
                OffHeap.f32(out + 4L * b, j == 0 ? share : OffHeap.f32(out + 4L * b) + share);
            }
        }
    }

    private double mass(long partials, int block, int group, int j, float max) {
        long mz = partials + 4L * (((long) block * group + j) * (shape.headDim() + 16) + shape.headDim());
        float z = OffHeap.f32(mz + 4);
        return z > 0 ? z * Math.exp(OffHeap.f32(mz) - max) : 0;
    }
}
