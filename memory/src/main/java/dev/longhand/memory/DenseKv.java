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

/**
 * The view that selects every block of its sequence: plain causal attention.
 *
 * <p>Invariant: block i of the list is block i of the table; a block that others hold too is never written.
 */
public final class DenseKv implements KvView {
    private final Kernels kernels;
    private final KvPool pool;
    private final Arena arena = Arena.ofShared();
    private final KvTable table;
    private final Block[] blocks; // (table.blocks()) in use
    private final int tokensMax;
    private int tokens;

    public DenseKv(Kernels kernels, KvPool pool, int tokensMax) {
        Check.argument(tokensMax > 0, "a sequence of %d tokens", tokensMax);
        this.kernels = kernels;
        this.pool = pool;
        this.tokensMax = tokensMax;
        int blocksMax = Math.ceilDiv(tokensMax, KvShape.BLOCK_TOKENS);
        this.table = new KvTable(arena, blocksMax);
        this.blocks = new Block[blocksMax];
    }

    @Override
    public int tokens() {
        return tokens;
    }

    @Override
    public int tokensMax() {
        return tokensMax;
    }

    /** Where the kernels find the blocks. */
    KvTable table() {
        return table;
    }

    @Override
    public void reserve(int rows) throws Problem {
        Check.argument(rows >= 0, "room for %d tokens", rows);
        if (rows > tokensMax - tokens) {
            throw new Problem(Problem.Kind.LIMIT, "the sequence holds %d tokens and %d more do not fit; limit %d"
                    .formatted(tokens, rows, tokensMax));
        }
        int blocksBefore = table.blocks();
        int blocksNeeded = Math.ceilDiv(tokens + rows, KvShape.BLOCK_TOKENS);
        try {
            while (table.blocks() < blocksNeeded) {
                append(pool.acquire());
            }
            if (rows > 0 && tokens % KvShape.BLOCK_TOKENS != 0) {
                ownTail();
            }
        } catch (Problem e) {
            releaseFrom(blocksBefore);
            throw e;
        }
    }

    private void append(Block block) {
        blocks[table.blocks()] = block;
        table.append(block.address());
    }

    /** Copy on write: the block that the next token goes to, if others hold it too, becomes this view's own. */
    private void ownTail() throws Problem {
        int tail = tokens / KvShape.BLOCK_TOKENS;
        Block shared = blocks[tail];
        if (pool.isShared(shared)) {
            Block own = pool.acquire();
            own.memory.copyFrom(shared.memory);
            pool.release(shared);
            blocks[tail] = own;
            table.set(tail, own.address());
        }
    }

    @Override
    public void append(int layer, Floats k, Floats v, int rows) {
        kernels.storeKv(k, v, rows, pool.shape(), layer, table, tokens);
    }

    @Override
    public void attend(Attention attention, Floats q, int rows, Activations out) {
        kernels.attention(q, rows, pool.shape(), attention, table, tokens, out);
    }

    @Override
    public void advance(int rows) {
        Check.argument(rows >= 0 && tokens + rows <= table.blocks() * KvShape.BLOCK_TOKENS, "advance by %d unreserved rows", rows);
        tokens += rows;
    }

    @Override
    public int truncate(int tokens) {
        Check.argument(tokens >= 0 && tokens <= this.tokens, "truncate to %d of %d tokens", tokens, this.tokens);
        this.tokens = tokens;
        releaseFrom(Math.ceilDiv(tokens, KvShape.BLOCK_TOKENS));
        return tokens;
    }

    @Override
    public DenseKv fork() {
        DenseKv fork = new DenseKv(kernels, pool, tokensMax);
        int held = Math.ceilDiv(tokens, KvShape.BLOCK_TOKENS);
        for (int i = 0; i < held; i++) {
            pool.retain(blocks[i]);
            fork.append(blocks[i]);
        }
        fork.tokens = tokens;
        return fork;
    }

    private void releaseFrom(int block) {
        for (int i = table.blocks() - 1; i >= block; i--) {
            pool.release(blocks[i]);
            blocks[i] = null;
        }
        table.truncate(block);
    }

    @Override
    public void close() {
        releaseFrom(0);
        tokens = 0;
        arena.close();
    }
}
