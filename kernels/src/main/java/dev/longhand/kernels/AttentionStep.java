package dev.longhand.kernels;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Attention of all parts of a pass in one hand-off.
 *
 * <p>A part is cut in one of two ways, which give the same bits. Mostly a chunk is one KV head and a tile of tokens, the latest
 * (most work) first. A part of few tokens that would be too large a chunk, such as one sequence that decodes at a long context, is
 * cut along its keys: a chunk is one KV head and a run of spans of 256 positions; whoever ends a head's last span joins them in
 * ascending order. Whoever ends a row's last head finishes the row for the next product.
 *
 * <p>Its fields hold the arguments of the current call, which were checked, so that a call allocates nothing. Used by one
 * calling thread at a time; chunks run on the team's threads.
 */
final class AttentionStep implements Team.Task {
    /** Products of q with keys below which attention is not worth a hand-off. */
    private static final long ALONE_MAX = 72 << 10;
    /** Most tokens of a part that is cut along its keys. */
    private static final int SPLIT_TOKENS_MAX = 8;
    /** Most bytes of a part's sums that wait to be joined. */
    private static final long SPLIT_BYTES_MAX = 64 << 20;
    private static final int TILE_TOKENS_MIN = 4;
    /** Runs of spans are cut finer than other work: one sequence at a long context is all the work there is. */
    private static final int RUNS_PER_CHUNK = 2;

    private final Ops ops;
    private final Team team;
    private final Scratch scratch;
    private final AttentionChunk[] chunks; // (worker)

    // Arguments of the current call.
    private Floats q;
    private KvParts parts;
    private KvShape shape;
    private Attention attention;
    private Activations out;
    private int group;

    // How it is cut; arrays have room for the most parts seen.
    private int tileTokens;
    private long partials;
    private int[] chunkEnds = new int[0]; // (part): first chunk after it
    private int[] spans = new int[0]; // (part): spans it is cut into along its keys; 0 if it is cut into tiles
    private int[] runSpans = new int[0]; // (part): spans of a chunk, if it is cut along its keys
    private int[] leftAt = new int[0]; // (part): its first counter
    private long[] partialsAt = new long[0]; // (part): offset of its partials (kvHead, span, token, group, headDim + 16)
    private AtomicIntegerArray left = new AtomicIntegerArray(64); // chunks until a tile's rows, or a head's spans, are complete

    AttentionStep(Ops ops, Team team, Scratch scratch) {
        this.ops = ops;
        this.team = team;
        this.scratch = scratch;
        this.chunks = new AttentionChunk[team.threads()];
        for (int i = 0; i < chunks.length; i++) {
            chunks[i] = new AttentionChunk();
        }
    }

    void run(Floats q, KvParts parts, KvShape shape, Attention attention, Activations out) {
        this.q = q;
        this.parts = parts;
        this.shape = shape;
        this.attention = attention;
        this.out = out;
        group = attention.heads() / shape.kvHeads();
        long work = plan();
        scratch.ensure(ops.attentionScratchBytes(Math.max(tileTokens, SPLIT_TOKENS_MAX), group, shape.headDim(), turnedMax()));
        setLayer();
        int count = chunkEnds[parts.count() - 1];
        if (work * attention.heads() * shape.headDim() <= ALONE_MAX) {
            for (int chunk = 0; chunk < count; chunk++) {
                run(chunk, 0);
            }
        } else {
            team.run(this, count);
        }
    }

    private int turnedMax() {
        int most = 0;
        for (int i = 0; i < parts.count(); i++) {
            most = Math.max(most, parts.turnedCount(i));
        }
        return most;
    }

    private void setLayer() {
        for (AttentionChunk chunk : chunks) {
            chunk.type = shape.type();
            chunk.headDim = shape.headDim();
            chunk.group = group;
            chunk.scale = attention.scale();
            chunk.window = attention.windowTokens();
            chunk.qStride = q.cols();
            chunk.outStride = out.cols();
        }
    }

    // ---------------------------------------------------------------- how it is cut

    /** Cuts every part; returns the work of all, in pairs of a token and a position it sees. */
    private long plan() {
        int count = parts.count();
        if (count > chunkEnds.length) {
            chunkEnds = new int[parts.partsMax()];
            spans = new int[parts.partsMax()];
            runSpans = new int[parts.partsMax()];
            leftAt = new int[parts.partsMax()];
            partialsAt = new long[parts.partsMax()];
        }
        long work = 0;
        long rows = 0;
        for (int i = 0; i < count; i++) {
            work += work(i);
            rows += parts.rows(i);
        }
        int chunksWanted = team.threads() * TeamKernels.CHUNKS_PER_THREAD;
        long wanted = Math.ceilDiv(rows * shape.kvHeads(), chunksWanted);
        tileTokens = Integer.highestOneBit((int) Math.clamp(wanted, TILE_TOKENS_MIN, Ops.ATTEND_TOKENS_MAX));
        int chunkEnd = 0;
        int counters = 0;
        long partialBytes = 0;
        for (int i = 0; i < count; i++) {
            boolean isSplit = team.threads() > 1 && work(i) * chunksWanted > work * shape.kvHeads() && canSplit(i);
            spans[i] = isSplit ? spansOf(i) : 0;
            runSpans[i] = Math.max(1, spans[i] * shape.kvHeads() / (RUNS_PER_CHUNK * chunksWanted));
            partialsAt[i] = partialBytes;
            partialBytes += isSplit ? splitBytes(i) : 0;
            chunkEnd += shape.kvHeads() * (isSplit ? runs(i) : tiles(i));
            chunkEnds[i] = chunkEnd;
            leftAt[i] = counters;
            counters += isSplit ? shape.kvHeads() + 1 : tiles(i);
        }
        partials = partialBytes == 0 ? 0 : scratch.shared(partialBytes);
        setCounters(counters);
        return work;
    }

    private void setCounters(int counters) {
        if (counters > left.length()) {
            left = new AtomicIntegerArray(counters + counters / 2);
        }
        for (int i = 0; i < parts.count(); i++) {
            int heads = shape.kvHeads();
            if (spans[i] == 0) {
                for (int tile = 0; tile < tiles(i); tile++) {
                    left.setPlain(leftAt[i] + tile, heads);
                }
            } else {
                for (int h = 0; h < heads; h++) {
                    left.setPlain(leftAt[i] + h, runs(i));
                }
                left.setPlain(leftAt[i] + heads, heads);
            }
        }
    }

    private long work(int part) {
        int last = parts.positionTo(part) - 1;
        return (long) parts.rows(part) * (last - attention.firstVisible(last) + 1);
    }

    /** Spans that any row of a part sees. */
    private int spansOf(int part) {
        return (parts.positionTo(part) - 1) / Ops.SPAN_TOKENS - firstSpan(part) + 1;
    }

    /** Chunks per head of a part that is cut along its keys. */
    private int runs(int part) {
        return Math.ceilDiv(spans[part], runSpans[part]);
    }

    private int firstSpan(int part) {
        return attention.firstVisible(parts.position(part)) / Ops.SPAN_TOKENS;
    }

    private boolean canSplit(int part) {
        boolean isOneBlock = parts.position(part) / KvShape.BLOCK_TOKENS == (parts.positionTo(part) - 1) / KvShape.BLOCK_TOKENS;
        return parts.rows(part) <= SPLIT_TOKENS_MAX && isOneBlock && spansOf(part) > 1 && splitBytes(part) <= SPLIT_BYTES_MAX;
    }

    private long splitBytes(int part) {
        return spanBytes(part) * spansOf(part) * shape.kvHeads();
    }

    /** Bytes of the partials of one head and span. */
    private long spanBytes(int part) {
        return 4L * parts.rows(part) * group * (shape.headDim() + 16);
    }

    /** Tiles start at multiples of {@link #tileTokens}, which divide a block. */
    private int tiles(int part) {
        return (parts.positionTo(part) - 1) / tileTokens - parts.position(part) / tileTokens + 1;
    }

    // ---------------------------------------------------------------- chunks

    @Override
    public void run(int chunk, int worker) {
        int part = partOf(chunk);
        int inPart = part == 0 ? chunk : chunk - chunkEnds[part - 1];
        if (spans[part] == 0) {
            runTile(part, inPart, chunks[worker], worker);
        } else {
            runOfSpans(part, inPart, chunks[worker], worker);
        }
    }

    private int partOf(int chunk) {
        int low = 0;
        int high = parts.count() - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (chunk >= chunkEnds[middle]) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private void runTile(int part, int inPart, AttentionChunk chunk, int worker) {
        int kvHead = inPart % shape.kvHeads();
        int inTiles = tiles(part) - 1 - inPart / shape.kvHeads();
        int start = (parts.position(part) / tileTokens + inTiles) * tileTokens;
        int from = Math.max(parts.position(part), start);
        int to = Math.min(parts.positionTo(part), start + tileTokens);
        set(chunk, part, kvHead, from, to - from, worker);
        ops.attend(chunk);
        if (left.decrementAndGet(leftAt[part] + inTiles) == 0) {
            finish(part, from, to);
        }
    }

    private void runOfSpans(int part, int inPart, AttentionChunk chunk, int worker) {
        int kvHead = inPart / runs(part);
        int from = inPart % runs(part) * runSpans[part];
        set(chunk, part, kvHead, parts.position(part), parts.rows(part), worker);
        long headPartials = partials + partialsAt[part] + spanBytes(part) * spans[part] * kvHead;
        int count = Math.min(runSpans[part], spans[part] - from);
        ops.attendSpans(chunk, firstSpan(part) + from, count, headPartials + spanBytes(part) * from);
        if (left.decrementAndGet(leftAt[part] + kvHead) > 0) {
            return;
        }
        ops.mergeSpans(headPartials, spans[part], chunk);
        if (left.decrementAndGet(leftAt[part] + shape.kvHeads()) == 0) {
            finish(part, parts.position(part), parts.positionTo(part));
        }
    }

    private void set(AttentionChunk chunk, int part, int kvHead, int from, int tokens, int worker) {
        int row = parts.rowFrom(part) + from - parts.position(part);
        long offset = 4L * kvHead * group * shape.headDim();
        setLists(chunk, parts.table(part), kvHead);
        setTurned(chunk, part, from, offset);
        chunk.position = from;
        chunk.tokens = tokens;
        chunk.q = q.address(row) + offset;
        chunk.out = out.values().address(row) + offset;
        chunk.scratch = scratch.address(worker);
    }

    private void setLists(AttentionChunk chunk, KvTable table, int kvHead) {
        boolean isOfRecords = table.isOfRecords();
        int list = isOfRecords ? kvHead : 0;
        chunk.stored = table.storedList(list);
        chunk.live = table.liveList(list);
        chunk.storedOffset = isOfRecords ? 0 : shape.storedOffset(attention.layer(), kvHead);
        chunk.liveOffset = isOfRecords ? 0 : shape.liveOffset(attention.layer(), kvHead);
        chunk.counts = table.countsList(list);
        chunk.turns = table.turnsList(list);
    }

    private void setTurned(AttentionChunk chunk, int part, int from, long offset) {
        chunk.turnedCount = parts.turnedCount(part);
        chunk.turned = chunk.turnedCount == 0 ? 0 : parts.turnedAddress(part, from - parts.position(part)) + offset;
        chunk.turnedStride = parts.turnedStride(part);
        chunk.turns = chunk.turnedCount == 0 ? 0 : chunk.turns;
    }

    /** Makes the quantised form of complete rows, on tiers that multiply that. */
    private void finish(int part, int from, int to) {
        if (out.quantisedRowBytes() == 0) {
            return;
        }
        int rowFrom = parts.rowFrom(part) - parts.position(part);
        for (int row = rowFrom + from; row < rowFrom + to; row++) {
            ops.quantise(out.values().address(row), out.cols(), out.quantisedAddress(row));
        }
    }
}
