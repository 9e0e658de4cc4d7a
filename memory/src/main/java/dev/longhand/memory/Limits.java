package dev.longhand.memory;

import dev.longhand.base.Check;

/**
 * @param kvBytesMax     bytes of all KV blocks of one pool together
 * @param prefixBytesMax of these, bytes that a {@link PrefixCache} may keep; it gives them back when the pool runs out
 */
public record Limits(long kvBytesMax, long prefixBytesMax) {
    /** A quarter of a terabyte: nothing that one box needs is above it. */
    public static final long KV_BYTES_HARD_MAX = 1L << 38;

    public Limits {
        Check.argument(kvBytesMax > 0 && kvBytesMax <= KV_BYTES_HARD_MAX,
                "kvBytesMax is %d; it must lie in (0, %d]", kvBytesMax, KV_BYTES_HARD_MAX);
        Check.argument(prefixBytesMax >= 0 && prefixBytesMax <= kvBytesMax,
                "prefixBytesMax is %d; it must lie in [0, %d], the pool's own limit", prefixBytesMax, kvBytesMax);
    }

    /** A cache may keep three quarters of the pool. */
    public Limits(long kvBytesMax) {
        this(kvBytesMax, kvBytesMax / 4 * 3);
    }
}
