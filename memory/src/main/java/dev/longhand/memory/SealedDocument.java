package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.kernels.KvShape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A document that was read and whose records lie in blocks of the pool, which it holds.
 *
 * <p>Thread-safe where {@link KvSource} says so. Made with one holder: who made it.
 */
public final class SealedDocument implements KvSource {
    private final String id;
    private final KvPool pool;
    private final List<Block> blocks;
    private final int tokens;
    private final AtomicInteger holders = new AtomicInteger(1);

    private SealedDocument(String id, KvPool pool, List<Block> blocks, int tokens) {
        this.id = id;
        this.pool = pool;
        this.blocks = blocks;
        this.tokens = tokens;
    }

    /**
     * The tokens that {@code kv} holds behind the first {@code prefixTokens}, whole blocks; all of its blocks must be sealed, see
     * {@link DenseKv#sealTail}.
     */
    public static SealedDocument of(String id, DenseKv kv, int prefixTokens, int tokens) {
        Check.argument(prefixTokens % KvShape.BLOCK_TOKENS == 0, "a prefix of %d tokens; it must be whole blocks", prefixTokens);
        Check.argument(tokens > 0 && kv.tokens() == prefixTokens + Math.ceilDiv(tokens, KvShape.BLOCK_TOKENS) * KvShape.BLOCK_TOKENS,
                "%d tokens behind %d in a view of %d", tokens, prefixTokens, kv.tokens());
        List<Block> blocks = new ArrayList<>();
        for (int i = prefixTokens / KvShape.BLOCK_TOKENS; i < kv.tokens() / KvShape.BLOCK_TOKENS; i++) {
            Block block = kv.stored(i);
            kv.pool().retain(block);
            blocks.add(block);
        }
        return new SealedDocument(id, kv.pool(), blocks, tokens);
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public int tokens() {
        return tokens;
    }

    @Override
    public int tailFrom() {
        return 0;
    }

    @Override
    public long summaries(int region) {
        return blocks.get(region).address() + pool.shape().storedBlockBytes();
    }

    @Override
    public int regionBlocks() {
        return 1;
    }

    @Override
    public long record(int layer, int block, int kvHead) {
        return blocks.get(block).address() + pool.shape().storedOffset(layer, kvHead);
    }

    @Override
    public void retain() {
        holders.incrementAndGet();
    }

    @Override
    public void release() {
        if (holders.decrementAndGet() == 0) {
            blocks.forEach(pool::release);
        }
    }
}
