package dev.longhand.text;

import java.util.Arrays;

/**
 * The tokens that may come next: a shared set of plain tokens, and further ones listed or, where they are many, as bits. Immutable.
 */
final class TokenMask {
    private final long[] shared; // (words) of the vocabulary, or null
    private final int[] listed;
    private final long[] own; // (words) instead of both, or null
    final int count;

    /** {@code shared} may be null; it has {@code sharedCount} tokens and none of {@code listed}. */
    TokenMask(long[] shared, int sharedCount, int[] listed, int words) {
        this.count = sharedCount + listed.length;
        boolean isDense = listed.length > 2 * words;
        if (isDense) {
            own = shared == null ? new long[words] : shared.clone();
            set(listed, own);
        } else {
            own = null;
        }
        this.shared = isDense ? null : shared;
        this.listed = isDense ? new int[0] : listed;
    }

    private static void set(int[] ids, long[] bits) {
        for (int id : ids) {
            bits[id >> 6] |= 1L << id;
        }
    }

    void copyTo(long[] bits) {
        long[] from = own != null ? own : shared;
        if (from == null) {
            Arrays.fill(bits, 0);
        } else {
            System.arraycopy(from, 0, bits, 0, from.length);
        }
        set(listed, bits);
    }

    /** The token, if there is one only. */
    int only() {
        if (count != 1) {
            return Grammar.Matcher.NONE;
        }
        if (listed.length == 1) {
            return listed[0];
        }
        long[] from = own != null ? own : shared;
        for (int i = 0; ; i++) {
            if (from[i] != 0) {
                return 64 * i + Long.numberOfTrailingZeros(from[i]);
            }
        }
    }

    /** Memory that is not shared. */
    long bytes() {
        return 64 + 4L * listed.length + (own == null ? 0 : 8L * own.length);
    }
}
