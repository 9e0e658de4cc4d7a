package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.kernels.KvShape;

/**
 * How much a row looks up in a layer, for each KV head.
 *
 * @param blocks       blocks that are chosen; while there are no more to choose from, all are attended to
 * @param windowTokens latest tokens that are always attended to, whole blocks
 */
public record LookupSpec(int blocks, int windowTokens) {
    /** 2,048 tokens chosen and 512 latest. */
    public static final LookupSpec DEFAULT = new LookupSpec(32, 512);
    public static final int BLOCKS_MAX = 1024;

    public LookupSpec {
        Check.argument(blocks > 0 && blocks <= BLOCKS_MAX, "%d blocks are looked up; they must lie in [1, %d]", blocks, BLOCKS_MAX);
        Check.argument(windowTokens > 0 && windowTokens % KvShape.BLOCK_TOKENS == 0 && windowTokens <= 1 << 20,
                "a window of %d tokens; it must be a multiple of %d", windowTokens, KvShape.BLOCK_TOKENS);
    }

    int windowBlocks() {
        return windowTokens / KvShape.BLOCK_TOKENS;
    }
}
