package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.kernels.KvShape;

/**
 * How much a row looks up in a layer, for each KV head.
 *
 * @param blocks          blocks that are chosen; while there are no more to choose from, all are attended to
 * @param windowTokens    latest tokens that are always attended to, whole blocks
 * @param twiceFromTokens attached tokens from which on a scan looks twice
 */
public record LookupSpec(int blocks, int windowTokens, int twiceFromTokens) {
    /** Where a full scan costs more than the rest of a token. */
    public static final int TWICE_FROM_TOKENS = 256 << 10;
    /** 2,048 tokens chosen and 512 latest. */
    public static final LookupSpec DEFAULT = new LookupSpec(32, 512);
    public static final int BLOCKS_MAX = 1024;

    public LookupSpec {
        Check.argument(blocks > 0 && blocks <= BLOCKS_MAX, "%d blocks are looked up; they must lie in [1, %d]", blocks, BLOCKS_MAX);
        Check.argument(windowTokens > 0 && windowTokens % KvShape.BLOCK_TOKENS == 0 && windowTokens <= 1 << 20,
                "a window of %d tokens; it must be a multiple of %d", windowTokens, KvShape.BLOCK_TOKENS);
        Check.argument(twiceFromTokens > 0, "a scan looks twice from %d tokens on", twiceFromTokens);
    }

    /** Looks twice from 256k attached tokens on. */
    public LookupSpec(int blocks, int windowTokens) {
        this(blocks, windowTokens, TWICE_FROM_TOKENS);
    }

    public LookupSpec withTwiceFromTokens(int tokens) {
        return new LookupSpec(blocks, windowTokens, tokens);
    }

    int twiceFromBlocks() {
        return Math.ceilDiv(twiceFromTokens, KvShape.BLOCK_TOKENS);
    }

    int windowBlocks() {
        return windowTokens / KvShape.BLOCK_TOKENS;
    }
}
