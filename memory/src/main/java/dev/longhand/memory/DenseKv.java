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

/** The view that selects every block of its sequence: plain causal attention over f16 KV. */
public final class DenseKv implements KvView {
    private final Kernels kernels;
    private final KvPool pool;
    private final Arena arena = Arena.ofShared();
    private final KvTable table;
    private final int tokensMax;
    private int tokens;

    public DenseKv(Kernels kernels, KvPool pool, int tokensMax) {
        Check.argument(tokensMax > 0, "a sequence of %d tokens", tokensMax);
        this.kernels = kernels;
        this.pool = pool;
        this.tokensMax = tokensMax;
        this.table = new KvTable(arena, Math.ceilDiv(tokensMax, KvShape.BLOCK_TOKENS));
    }

    @Override
    public int tokens() {
        return tokens;
    }

    @Override
    public int tokensMax() {
        return tokensMax;
    }

    @Override
    public void reserve(int rows) throws Problem {
        if (rows > tokensMax - tokens) {
            throw new Problem(Problem.Kind.LIMIT, "the sequence holds %d tokens and %d more do not fit; limit %d"
                    .formatted(tokens, rows, tokensMax));
        }
        int blocksNeeded = Math.ceilDiv(tokens + rows, KvShape.BLOCK_TOKENS);
        while (table.blocks() < blocksNeeded) {
            table.append(pool.acquire());
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
    public void truncate(int tokens) {
        Check.argument(tokens >= 0 && tokens <= this.tokens, "truncate to %d of %d tokens", tokens, this.tokens);
        this.tokens = tokens;
        releaseFrom(Math.ceilDiv(tokens, KvShape.BLOCK_TOKENS));
    }

    private void releaseFrom(int block) {
        for (int i = table.blocks() - 1; i >= block; i--) {
            pool.release(table.block(i));
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
