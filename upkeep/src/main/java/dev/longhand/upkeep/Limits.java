package dev.longhand.upkeep;

import dev.longhand.base.Check;

/**
 * What upkeep takes on at most.
 *
 * @param manifestBytesMax largest manifest that is read
 * @param filesMax         files of one backup
 * @param findingsMax      findings of one check that are told; more are counted
 * @param freeBytesMin     bytes that must stay free on a disk that is written
 */
record Limits(int manifestBytesMax, int filesMax, int findingsMax, long freeBytesMin) {
    static final Limits DEFAULT = new Limits(64 << 20, 200_000, 100, 16L << 20);
    /** Of a path inside a backup, in characters; more than the longest name of a file that is handed to a desk. */
    static final int PATH_CHARS_MAX = 2_000;
    /** Of any other text in a manifest, in characters. */
    static final int TEXT_CHARS_MAX = 8192;

    Limits {
        Check.argument(manifestBytesMax >= 1 && manifestBytesMax <= 1 << 30, "manifestBytesMax is %d; it must lie in [1, 1 GiB]",
                manifestBytesMax);
        Check.argument(filesMax >= 1 && filesMax <= 10_000_000, "filesMax is %d; it must lie in [1, 10,000,000]", filesMax);
        Check.argument(findingsMax >= 1 && findingsMax <= 10_000, "findingsMax is %d; it must lie in [1, 10,000]", findingsMax);
        Check.argument(freeBytesMin >= 0, "freeBytesMin is %d; it must not be negative", freeBytesMin);
    }
}
