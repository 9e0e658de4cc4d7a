package dev.longhand.memory;

import dev.longhand.base.Check;

/**
 * Limits of segments on disk and of what is read of them.
 *
 * @param deskBytesMax      bytes of all segments of one desk
 * @param tokensMax         tokens of one segment
 * @param summariesBytesMax bytes of one segment's summaries, which are copied into memory
 * @param cacheBytesMax     bytes of a {@link RecordCache}
 */
public record SegmentLimits(long deskBytesMax, int tokensMax, long summariesBytesMax, long cacheBytesMax) {
    public static final int TOKENS_HARD_MAX = 1 << 16;
    public static final long SUMMARIES_BYTES_HARD_MAX = 1L << 32;
    /** Layers times KV heads of a model. */
    static final int HEADS_MAX = 1 << 14;
    static final int HEAD_DIM_MAX = 1 << 10;
    /** Records of one segment: their checksums are 8 MiB. */
    static final int RECORDS_MAX = 1 << 21;

    public static final SegmentLimits DEFAULT = new SegmentLimits(64L << 30, TOKENS_HARD_MAX, 1L << 29, 1L << 30);

    public SegmentLimits {
        Check.argument(deskBytesMax >= 0, "deskBytesMax is %d; it must not be negative", deskBytesMax);
        Check.argument(tokensMax > 0 && tokensMax <= TOKENS_HARD_MAX, "tokensMax is %d; it must lie in (0, %d]", tokensMax,
                TOKENS_HARD_MAX);
        Check.argument(summariesBytesMax >= 0 && summariesBytesMax <= SUMMARIES_BYTES_HARD_MAX,
                "summariesBytesMax is %d; it must lie in [0, %d]", summariesBytesMax, SUMMARIES_BYTES_HARD_MAX);
        Check.argument(cacheBytesMax > 0 && cacheBytesMax <= Limits.KV_BYTES_HARD_MAX,
                "cacheBytesMax is %d; it must lie in (0, %d]", cacheBytesMax, Limits.KV_BYTES_HARD_MAX);
    }

    public SegmentLimits withDeskBytesMax(long bytes) {
        return new SegmentLimits(bytes, tokensMax, summariesBytesMax, cacheBytesMax);
    }

    public SegmentLimits withCacheBytesMax(long bytes) {
        return new SegmentLimits(deskBytesMax, tokensMax, summariesBytesMax, bytes);
    }
}
