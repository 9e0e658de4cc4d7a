package dev.longhand.text;

import dev.longhand.base.Check;
import java.util.Arrays;

/**
 * Tokens by their bytes, as a tree in the order of a walk: a node's children follow it, and {@link #after} jumps over them.
 * Immutable.
 */
final class TokenTrie {
    private static final int KEY_BYTES = 5;
    private static final int INDEX_BITS = 24; // 8 * KEY_BYTES + INDEX_BITS = 64; no vocabulary has 16 million tokens

    final byte[] label; // (nodes) the byte on the way to the node
    final int[] depth; // (nodes) bytes from the root; 1 for the first
    final int[] after; // (nodes) the first node that is not below
    final int[] tokenFrom; // (nodes + 1) tokens of node n are tokens[tokenFrom[n] .. tokenFrom[n + 1])
    final int[] tokens;
    final int depthMax;

    /** {@code ids} of tokens with text; {@code texts} by id. */
    TokenTrie(int[] ids, byte[][] texts) {
        tokens = sorted(ids, texts);
        Check.argument(ids.length < 1 << INDEX_BITS, "%d tokens; at most %d", ids.length, (1 << INDEX_BITS) - 1);
        int bytes = Arrays.stream(ids).map(id -> texts[id].length).sum();
        int longest = Arrays.stream(ids).map(id -> texts[id].length).max().orElse(0);
        byte[] labels = new byte[bytes];
        int[] depths = new int[bytes];
        int[] afters = new int[bytes];
        int[] froms = new int[bytes + 1];
        int[] path = new int[longest]; // nodes of the token before
        int nodes = 0;
        int open = 0;
        byte[] before = new byte[0];
        for (int t = 0; t < tokens.length; t++) {
            byte[] text = texts[tokens[t]];
            int differ = Arrays.mismatch(before, text);
            int common = differ < 0 ? text.length : differ;
            for (; open > common; open--) {
                afters[path[open - 1]] = nodes;
            }
            for (; open < text.length; open++) {
                labels[nodes] = text[open];
                depths[nodes] = open + 1;
                froms[nodes] = t;
                path[open] = nodes++;
            }
            before = text;
        }
        for (; open > 0; open--) {
            afters[path[open - 1]] = nodes;
        }
        froms[nodes] = tokens.length;
        // nodes made for one token begin at it, so only the last of them has it
        label = Arrays.copyOf(labels, nodes);
        depth = Arrays.copyOf(depths, nodes);
        after = Arrays.copyOf(afters, nodes);
        tokenFrom = Arrays.copyOf(froms, nodes + 1);
        depthMax = longest;
    }

    /** By bytes. The first five decide nearly always, and sort as numbers. */
    private static int[] sorted(int[] ids, byte[][] texts) {
        long[] keys = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            byte[] text = texts[ids[i]];
            long key = 0;
            for (int b = 0; b < KEY_BYTES; b++) {
                key = key << 8 | (b < text.length ? text[b] & 0xFF : 0);
            }
            keys[i] = (key << INDEX_BITS | i) ^ Long.MIN_VALUE; // sorts as unsigned
        }
        Arrays.sort(keys);
        Integer[] run = new Integer[ids.length];
        for (int i = 0; i < ids.length; i++) {
            run[i] = ids[(int) (keys[i] & (1 << INDEX_BITS) - 1)];
        }
        for (int from = 0, to; from < ids.length; from = to) {
            to = from + 1;
            while (to < ids.length && keys[to] >>> INDEX_BITS == keys[from] >>> INDEX_BITS) {
                to++;
            }
            Arrays.sort(run, from, to, (a, b) -> Arrays.compareUnsigned(texts[a], texts[b]));
        }
        return Arrays.stream(run).mapToInt(Integer::intValue).toArray();
    }

    int nodes() {
        return label.length;
    }
}
