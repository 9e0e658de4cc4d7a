package dev.longhand.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A set of Unicode scalar values as sorted, disjoint ranges; surrogates are in none. Immutable. */
final class CodePoints {
    static final int LAST = 0x10FFFF;
    static final CodePoints ALL = of(0, LAST);
    static final CodePoints DIGITS = of('0', '9');
    private static final int SURROGATES_FROM = 0xD800;
    private static final int SURROGATES_TO = 0xDFFF;
    /** The last code point of each length in UTF-8. */
    private static final int[] LENGTH_ENDS = {0x7F, 0x7FF, 0xFFFF};

    private final int[] ranges; // (ranges, first and last)

    private CodePoints(int[] ranges) {
        this.ranges = ranges;
    }

    /** {@code pairs}: first and last of each range, in any order; they may overlap. */
    static CodePoints of(int... pairs) {
        int[] sorted = sortedPairs(pairs);
        IntList out = new IntList();
        int from = -1;
        int to = -2;
        for (int i = 0; i < sorted.length; i += 2) {
            if (sorted[i] > to + 1) {
                addRange(out, from, to);
                from = sorted[i];
                to = sorted[i + 1];
            } else {
                to = Math.max(to, sorted[i + 1]);
            }
        }
        addRange(out, from, to);
        return new CodePoints(out.toArray());
    }

    private static int[] sortedPairs(int[] pairs) {
        long[] keys = new long[pairs.length / 2];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = (long) pairs[2 * i] << 32 | pairs[2 * i + 1];
        }
        Arrays.sort(keys);
        int[] sorted = new int[pairs.length];
        for (int i = 0; i < keys.length; i++) {
            sorted[2 * i] = (int) (keys[i] >>> 32);
            sorted[2 * i + 1] = (int) keys[i];
        }
        return sorted;
    }

    /** Adds a range without its surrogates. */
    private static void addRange(IntList out, int from, int to) {
        if (from < SURROGATES_FROM && to >= SURROGATES_FROM) {
            addRange(out, from, SURROGATES_FROM - 1);
            addRange(out, SURROGATES_TO + 1, to);
        } else if (from >= SURROGATES_FROM && from <= SURROGATES_TO) {
            addRange(out, SURROGATES_TO + 1, to);
        } else if (from <= to) {
            out.add(from);
            out.add(to);
        }
    }

    boolean isEmpty() {
        return ranges.length == 0;
    }

    /** First and last of each range. */
    int[] ranges() {
        return ranges.clone();
    }

    boolean contains(int c) {
        for (int i = 0; i < ranges.length; i += 2) {
            if (c <= ranges[i + 1]) {
                return c >= ranges[i];
            }
        }
        return false;
    }

    CodePoints union(CodePoints other) {
        int[] both = Arrays.copyOf(ranges, ranges.length + other.ranges.length);
        System.arraycopy(other.ranges, 0, both, ranges.length, other.ranges.length);
        return of(both);
    }

    CodePoints complement() {
        IntList out = new IntList();
        int next = 0;
        for (int i = 0; i < ranges.length; i += 2) {
            if (ranges[i] > next) {
                out.add(next);
                out.add(ranges[i] - 1);
            }
            next = ranges[i + 1] + 1;
        }
        if (next <= LAST) {
            out.add(next);
            out.add(LAST);
        }
        return of(out.toArray());
    }

    CodePoints minus(CodePoints other) {
        return complement().union(other).complement();
    }

    /** The set as sequences of byte ranges in UTF-8: first and last of the first byte, of the second, and so on. */
    List<int[]> utf8() {
        List<int[]> out = new ArrayList<>();
        for (int i = 0; i < ranges.length; i += 2) {
            split(ranges[i], ranges[i + 1], out);
        }
        return out;
    }

    /** Cuts a range until the encodings of each part are all combinations of one range per byte. */
    private static void split(int from, int to, List<int[]> out) {
        for (int end : LENGTH_ENDS) {
            if (from <= end && to > end) {
                split(from, end, out);
                split(end + 1, to, out);
                return;
            }
        }
        for (int tail = 0x3F; to > 0x7F && tail < LAST; tail = tail << 6 | 0x3F) {
            if ((from & ~tail) != (to & ~tail)) {
                if ((from & tail) != 0) {
                    split(from, from | tail, out);
                    split((from | tail) + 1, to, out);
                    return;
                }
                if ((to & tail) != tail) {
                    split(from, (to & ~tail) - 1, out);
                    split(to & ~tail, to, out);
                    return;
                }
            }
        }
        byte[] first = new byte[4];
        byte[] last = new byte[4];
        int length = Utf8.put(from, first, 0);
        Utf8.put(to, last, 0);
        int[] sequence = new int[2 * length];
        for (int i = 0; i < length; i++) {
            sequence[2 * i] = first[i] & 0xFF;
            sequence[2 * i + 1] = last[i] & 0xFF;
        }
        out.add(sequence);
    }
}
