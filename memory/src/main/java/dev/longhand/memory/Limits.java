package dev.longhand.memory;

import dev.longhand.base.Check;

/** @param kvBytesMax bytes of all KV blocks of one pool together */
public record Limits(long kvBytesMax) {
    /** A quarter of a terabyte: nothing that one box needs is above it. */
    public static final long KV_BYTES_HARD_MAX = 1L << 38;

    public Limits {
        Check.argument(kvBytesMax > 0 && kvBytesMax <= KV_BYTES_HARD_MAX,
                "kvBytesMax is %d; it must lie in (0, %d]", kvBytesMax, KV_BYTES_HARD_MAX);
    }
}
