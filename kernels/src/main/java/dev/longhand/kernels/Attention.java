package dev.longhand.kernels;

import dev.longhand.base.Check;

/**
 * How one layer attends.
 *
 * @param layer       index of the layer in the KV blocks
 * @param heads       query heads; a multiple of the shape's KV heads, consecutive query heads share one
 * @param scale       factor on q.k
 * @param windowTokens a query at position p sees keys at positions {@code (p - windowTokens, p]}; {@link Integer#MAX_VALUE} for all
 */
public record Attention(int layer, int heads, float scale, int windowTokens) {
    public Attention {
        Check.argument(layer >= 0 && heads > 0 && windowTokens > 0, "layer %d, %d heads, window %d", layer, heads, windowTokens);
    }

    /** First position that a query at {@code position} sees. */
    int firstVisible(int position) {
        return (int) Math.max(0L, (long) position - windowTokens + 1);
    }
}
