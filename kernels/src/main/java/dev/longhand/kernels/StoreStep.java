package dev.longhand.kernels;

/**
 * Writes keys and values of all parts of a pass in one hand-off, and seals the blocks that become full.
 *
 * <p>The unit is one KV head's rows in one block of one part; a chunk is a run of units. Its fields hold the arguments of the
 * current call, which were checked, so that a call allocates nothing. Used by one calling thread at a time; chunks run on the
 * team's threads.
 */
final class StoreStep implements Team.Task {
    /** Least values of a chunk. */
    private static final long CHUNK_VALUES_MIN = 16 << 10;
    private static final int BLOCK = KvShape.BLOCK_TOKENS;

    private final Ops ops;
    private final Team team;
    private final Scratch scratch;

    // Arguments of the current call.
    private Floats k;
    private Floats v;
    private KvParts parts;
    private KvShape shape;
    private int layer;
    private int[] unitEnds = new int[0]; // (part): first unit after it
    private int unitsPerChunk;

    StoreStep(Ops ops, Team team, Scratch scratch) {
        this.ops = ops;
        this.team = team;
        this.scratch = scratch;
    }

    void run(Floats k, Floats v, KvParts parts, KvShape shape, int layer) {
        this.k = k;
        this.v = v;
        this.parts = parts;
        this.shape = shape;
        this.layer = layer;
        if (parts.count() > unitEnds.length) {
            unitEnds = new int[parts.partsMax()];
        }
        scratch.ensure(Ops.summariseScratchBytes(shape.headDim()));
        int units = 0;
        long values = 0;
        for (int i = 0; i < parts.count(); i++) {
            units += blocks(i) * shape.kvHeads();
            unitEnds[i] = units;
            values += 2L * parts.rows(i) * k.cols();
        }
        long chunks = Math.clamp(values / CHUNK_VALUES_MIN, 1, (long) team.threads() * TeamKernels.CHUNKS_PER_THREAD);
        unitsPerChunk = (int) Math.ceilDiv(units, chunks);
        team.run(this, Math.ceilDiv(units, unitsPerChunk));
    }

    /** Blocks that a part's rows lie in. */
    private int blocks(int part) {
        return (parts.positionTo(part) - 1) / BLOCK - parts.position(part) / BLOCK + 1;
    }

    @Override
    public void run(int chunk, int worker) {
        int unit = chunk * unitsPerChunk;
        int end = Math.min(unit + unitsPerChunk, unitEnds[parts.count() - 1]);
        int part = 0;
        for (; unit < end; unit++) {
            while (unit >= unitEnds[part]) {
                part++;
            }
            store(part, part == 0 ? unit : unit - unitEnds[part - 1], worker);
        }
    }

    private void store(int part, int unit, int worker) {
        int kvHead = unit % shape.kvHeads();
        int block = parts.position(part) / BLOCK + unit / shape.kvHeads();
        int from = Math.max(parts.position(part), block * BLOCK);
        int to = Math.min(parts.positionTo(part), block * BLOCK + BLOCK);
        int row = parts.rowFrom(part) + from - parts.position(part);
        long offset = 4L * kvHead * shape.headDim();
        long live = parts.table(part).live(block) + shape.liveOffset(layer, kvHead);
        ops.storeKv(shape.type(), k.address(row) + offset, v.address(row) + offset, k.cols(), to - from, shape.headDim(), live,
                from % BLOCK, scratch.address(worker));
        if (shape.isSealing() && to % BLOCK == 0) {
            long stored = parts.table(part).stored(block);
            ops.seal(live, shape.headDim(), stored + shape.storedOffset(layer, kvHead));
            summarise(parts.table(part).summaries(), kvHead, stored, worker);
        }
    }

    private void summarise(KvSummaries summaries, int kvHead, long stored, int worker) {
        if (summaries != null && summaries.isMemory(layer)) {
            long mean = stored + shape.storedBlockBytes() + summaries.offset(layer, kvHead, 1);
            long planes = summaries.writesPlanes(layer, kvHead) ? mean + summaries.meanBytes() : 0;
            long record = stored + shape.storedOffset(layer, kvHead);
            ops.summarise(record, BLOCK, shape.headDim(), mean, planes, scratch.address(worker));
        }
    }
}
