package dev.longhand.text;

import java.util.Arrays;

/**
 * Tokens by their bytes, as a tree in the order of a walk: a node's children follow it, and {@link #after} jumps over them.
 * Immutable.
 */
final class TokenTrie {
    final byte[] label; // (nodes) the byte on the way to the node
    final int[] depth; // (nodes) bytes from the root; 1 for the first
    final int[] after; // (nodes) the first node that is not below
    final int[] tokenFrom; // (nodes + 1) tokens of node n are tokens[tokenFrom[n] .. tokenFrom[n + 1])
    final int[] tokens;
    final int depthMax;

    /** {@code ids} of tokens with text; {@code texts} by id. */
    TokenTrie(int[] ids, byte[][] texts) {
        tokens = Arrays.stream(ids).boxed().sorted((a, b) -> Arrays.compareUnsigned(texts[a], texts[b])).mapToInt(Integer::intValue).toArray();
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

    int nodes() {
        return label.length;
    }
}
