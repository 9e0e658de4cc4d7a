package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.kernels.Activations;
import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvTable;
import java.lang.foreign.Arena;
import java.util.Optional;

/**
 * The view of a sequence whose tokens lie in blocks of a pool. Plain causal attention to all of them, unless it has a {@link
 * Lookup}: then {@link Lookup} says which blocks are attended to, and a {@link Context} may stand before its tokens.
 *
 * <p>A block that fills is live. Where blocks are sealed it gets a stored block beside it when a pass is to fill it, and gives the
 * live one back when that pass ends; else the live block is the stored one. Invariants: block i of the lists is block i of the
 * table; below {@code tokens} every full block is stored; a block that others hold too is never written.
 */
public final class DenseKv implements KvView {
    private final Kernels kernels;
    private final KvPool pool;
    private final Arena arena = Arena.ofShared();
    private final KvTable table;
    private final Block[] live; // (blocks) null where sealed
    private final Block[] stored; // (blocks) null where not yet needed; the live one itself where blocks are not sealed
    private final int tokensMax;
    private final Optional<Lookup> lookup;
    private final Context context;
    private OwnSummaries ownSummaries; // null until something is looked up
    private Watch watch;
    private int blocks;
    private int tokens;

    public DenseKv(Kernels kernels, KvPool pool, int tokensMax) {
        this(kernels, pool, tokensMax, Optional.empty(), Context.NONE);
    }

    /** A view that looks up what it attends to, behind {@code context}, of which it is one holder more until it is closed. */
    public DenseKv(Kernels kernels, KvPool pool, int tokensMax, Lookup lookup, Context context) {
        this(kernels, pool, tokensMax, Optional.of(lookup), context);
    }

    private DenseKv(Kernels kernels, KvPool pool, int tokensMax, Optional<Lookup> lookup, Context context) {
        Check.argument(tokensMax > 0, "a sequence of %d tokens", tokensMax);
        this.kernels = kernels;
        this.pool = pool;
        this.tokensMax = tokensMax;
        int blocksMax = Math.ceilDiv(tokensMax, KvShape.BLOCK_TOKENS);
        this.lookup = lookup;
        this.context = context.retain();
        this.table = new KvTable(arena, blocksMax, pool.summaries().orElse(null));
        this.live = new Block[blocksMax];
        this.stored = new Block[blocksMax];
    }

    @Override
    public int tokens() {
        return tokens;
    }

    @Override
    public int position() {
        return context.tokens() + tokens;
    }

    /** Notes from now on what attached documents are attended to; null for nothing. */
    public void watch(Watch watch) {
        this.watch = watch;
    }

    public Watch watch() {
        return watch;
    }

    /** What stands before the tokens. */
    public Context context() {
        return context;
    }

    /** Whether the next {@code rows} rows attend to other blocks than just all of the table. */
    boolean isSelecting(int rows) {
        return lookup.isPresent() && lookup.get().isSelecting(this, rows);
    }

    @Override
    public int tokensMax() {
        return tokensMax;
    }

    /** Where the kernels find the blocks. */
    KvTable table() {
        return table;
    }

    KvPool pool() {
        return pool;
    }

    /** What the sequence's own blocks are found by, in one piece. */
    OwnSummaries ownSummaries() {
        if (ownSummaries == null) {
            ownSummaries = new OwnSummaries(pool.summaries().orElseThrow());
        }
        return ownSummaries;
    }

    // ---------------------------------------------------------------- room

    @Override
    public void reserve(int rows) throws Problem {
        Check.argument(rows >= 0, "room for %d tokens", rows);
        if (rows > tokensMax - tokens) {
            throw new Problem(Problem.Kind.LIMIT, "the sequence holds %d tokens and %d more do not fit; limit %d"
                    .formatted(tokens, rows, tokensMax));
        }
        int blocksBefore = blocks;
        int storedBefore = fullBlocks(tokens);
        while (storedBefore < blocks && stored[storedBefore] != null) {
            storedBefore++;
        }
        try {
            makeRoom(rows);
        } catch (Problem e) {
            if (pool.isSealing()) {
                dropStoredFrom(storedBefore);
            }
            dropFrom(blocksBefore);
            throw e;
        }
    }

    private void makeRoom(int rows) throws Problem {
        if (rows > 0 && tokens % KvShape.BLOCK_TOKENS != 0) {
            ownTail();
        }
        int needed = Math.ceilDiv(tokens + rows, KvShape.BLOCK_TOKENS);
        while (blocks < needed) {
            Block block = pool.acquireLive();
            append(block, pool.isSealing() ? null : block);
        }
        for (int i = fullBlocks(tokens); i < fullBlocks(tokens + rows); i++) {
            if (stored[i] == null) {
                stored[i] = pool.acquireStored();
                publish(i);
            }
        }
    }

    private static int fullBlocks(int tokens) {
        return tokens / KvShape.BLOCK_TOKENS;
    }

    /** Copy on write: the block that the next token goes to, if others hold it too, becomes this view's own. */
    private void ownTail() throws Problem {
        int tail = fullBlocks(tokens);
        Block shared = live[tail];
        if (pool.isShared(shared)) {
            Block own = pool.acquireLive();
            own.memory.copyFrom(shared.memory);
            pool.release(shared);
            live[tail] = own;
            if (!pool.isSealing()) {
                stored[tail] = own;
            }
            publish(tail);
        }
    }

    private void append(Block liveBlock, Block storedBlock) {
        live[blocks] = liveBlock;
        stored[blocks] = storedBlock;
        table.append(address(storedBlock), address(liveBlock));
        blocks++;
    }

    private void publish(int i) {
        table.set(i, address(stored[i]), address(live[i]));
    }

    private static long address(Block block) {
        return block == null ? 0 : block.address();
    }

    // ---------------------------------------------------------------- one pass

    @Override
    public void append(int layer, Floats k, Floats v, int rows) {
        kernels.storeKv(k, v, rows, pool.shape(), layer, table, tokens);
    }

    @Override
    public void attend(Attention attention, Floats q, int rows, Activations out) {
        if (isSelecting(rows)) {
            lookup.get().attend(this, attention, q, rows, out);
        } else {
            kernels.attention(q, rows, pool.shape(), attention, table, tokens, out);
        }
    }

    @Override
    public void advance(int rows) {
        Check.argument(rows >= 0 && tokens + rows <= blocks * KvShape.BLOCK_TOKENS, "advance by %d unreserved rows", rows);
        int before = fullBlocks(tokens);
        tokens += rows;
        if (pool.isSealing()) {
            for (int i = before; i < fullBlocks(tokens); i++) {
                Check.invariant(stored[i] != null, "block %d was filled but has no stored form", i);
                pool.release(live[i]);
                live[i] = null;
                publish(i);
            }
        }
    }

    @Override
    public int truncate(int tokens) {
        Check.argument(tokens >= 0 && tokens <= this.tokens, "truncate to %d of %d tokens", tokens, this.tokens);
        int tail = fullBlocks(tokens);
        boolean cutsSealed = tokens % KvShape.BLOCK_TOKENS != 0 && live[tail] == null;
        this.tokens = cutsSealed ? tail * KvShape.BLOCK_TOKENS : tokens;
        dropFrom(Math.ceilDiv(this.tokens, KvShape.BLOCK_TOKENS));
        if (pool.isSealing()) {
            dropStoredFrom(fullBlocks(this.tokens));
        }
        if (ownSummaries != null) {
            ownSummaries.truncate(fullBlocks(this.tokens));
        }
        return this.tokens;
    }

    /**
     * Rows that may be added behind the next one and forgotten again one by one: where blocks are sealed they must not fill one,
     * and where the pool has nothing left they must not need one.
     */
    public int rowsRevocable() {
        int sealing = pool.isSealing() ? 1 : 0;
        if (pool.hasFree()) {
            return sealing == 0 ? tokensMax - tokens - 1 : KvShape.BLOCK_TOKENS - 1 - (tokens + 1) % KvShape.BLOCK_TOKENS;
        }
        return Math.max(0, KvShape.BLOCK_TOKENS - 1 - tokens % KvShape.BLOCK_TOKENS - sealing);
    }

    // ---------------------------------------------------------------- sharing

    @Override
    public DenseKv fork() {
        return fork(lookup);
    }

    /** A fork that looks up otherwise from now on. */
    public DenseKv fork(Lookup other) {
        return fork(Optional.of(other));
    }

    private DenseKv fork(Optional<Lookup> lookup) {
        DenseKv fork = new DenseKv(kernels, pool, tokensMax, lookup, context);
        for (int i = 0; i < fullBlocks(tokens); i++) {
            fork.adopt(stored[i]);
        }
        if (tokens % KvShape.BLOCK_TOKENS != 0) {
            Block tail = live[fullBlocks(tokens)];
            pool.retain(tail);
            fork.append(tail, pool.isSealing() ? null : tail);
        }
        fork.tokens = tokens;
        return fork;
    }

    /**
     * Lets {@code other}, which is empty, hold the full blocks of this one too. From any thread while nothing is read into this
     * one.
     */
    public void copyTo(DenseKv other) {
        Check.argument(tokens % KvShape.BLOCK_TOKENS == 0 && other.tokens == 0, "%d tokens to a view of %d", tokens, other.tokens);
        for (int i = 0; i < fullBlocks(tokens); i++) {
            other.adopt(stored[i]);
        }
    }

    /** The stored form of full block {@code i}. */
    Block stored(int i) {
        return stored[Check.index(i, fullBlocks(tokens), "block")];
    }

    /** Block {@code i} as it is written; null once it is sealed. */
    Block live(int i) {
        return live[Check.index(i, blocks, "block")];
    }

    /** The block that {@code i} will be sealed into in this pass; the block itself where blocks are not sealed. */
    Block reserved(int i) {
        return stored[Check.index(i, blocks, "block")];
    }

    /** Holds {@code block}, full, behind the full blocks held so far. */
    void adopt(Block block) {
        Check.invariant(tokens == blocks * KvShape.BLOCK_TOKENS, "%d tokens in %d blocks: the last is not full", tokens, blocks);
        pool.retain(block);
        append(pool.isSealing() ? null : block, block);
        tokens += KvShape.BLOCK_TOKENS;
    }

    /** Holds {@code block} in place of its own full block {@code i} of the same content. */
    void share(int i, Block block) {
        Block own = stored(i);
        pool.retain(block);
        pool.release(own);
        stored[i] = block;
        if (!pool.isSealing()) {
            live[i] = block;
        }
        publish(i);
    }

    // ---------------------------------------------------------------- sealing

    /**
     * Seals the block that is still filling as if zeros followed, so that it can be kept; {@link #tokens} counts whole blocks then
     * and nothing more may be read into this view. Its summaries are of the tokens that are there.
     */
    public void sealTail() throws Problem {
        Check.argument(pool.isSealing(), "blocks of %s are not sealed", pool.shape());
        int there = tokens % KvShape.BLOCK_TOKENS;
        if (there == 0) {
            return;
        }
        int missing = KvShape.BLOCK_TOKENS - there;
        reserve(missing);
        KvShape shape = pool.shape();
        int tail = fullBlocks(tokens);
        try (Arena zeros = Arena.ofConfined()) {
            Floats nothing = Floats.allocate(zeros, missing, shape.kvHeads() * shape.headDim());
            for (int layer = 0; layer < shape.layers(); layer++) {
                append(layer, nothing, nothing, missing);
                if (pool.summaries().isPresent()) {
                    long at = stored[tail].address();
                    kernels.summarise(pool.summaries().get(), layer, at, there, at + shape.storedBlockBytes());
                }
            }
        }
        advance(missing);
    }

    // ---------------------------------------------------------------- giving back

    private void dropFrom(int block) {
        for (int i = blocks - 1; i >= block; i--) {
            if (live[i] != null) {
                pool.release(live[i]);
            }
            if (stored[i] != null && stored[i] != live[i]) {
                pool.release(stored[i]);
            }
            live[i] = null;
            stored[i] = null;
        }
        blocks = Math.min(blocks, block);
        table.truncate(blocks);
    }

    private void dropStoredFrom(int block) {
        for (int i = block; i < blocks; i++) {
            if (stored[i] != null) {
                pool.release(stored[i]);
                stored[i] = null;
                publish(i);
            }
        }
    }

    @Override
    public void close() {
        dropFrom(0);
        tokens = 0;
        context.release();
        if (ownSummaries != null) {
            ownSummaries.close();
            ownSummaries = null;
        }
        arena.close();
    }
}
