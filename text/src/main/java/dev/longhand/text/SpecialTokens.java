package dev.longhand.text;

import dev.longhand.base.Problem;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/**
 * Finds tokens that are matched as whole texts before anything else: user-defined ones always, control ones only on request.
 *
 * <p>Longer tokens take their places first, each from left to right, as llama.cpp does; all candidates are found in one pass over a
 * trie of UTF-16 units, and the memory is linear in the text whatever the tokens are. Immutable.
 */
final class SpecialTokens {
    private static final int NONE = -1;
    /** Bytes of a token that is matched as a whole; the longest that models use have about 60. */
    static final int TOKEN_BYTES_MAX = 256;

    private final LongIntMap edges; // node << 16 | unit -> node
    private final int[] tokenAt; // (nodes) token id or NONE
    private final int[] parent; // (nodes)
    private final int[] depth; // (nodes) UTF-16 units from the root
    private final Vocabulary vocabulary;
    private final boolean isEmpty;

    /** A token found at {@code [start, end)} of a text. */
    record Match(int start, int end, int id) {}

    SpecialTokens(Vocabulary vocabulary) throws Problem {
        this.vocabulary = vocabulary;
        List<Integer> ids = new ArrayList<>();
        int units = 1;
        for (int id = 0; id < vocabulary.size(); id++) {
            int type = vocabulary.types[id];
            int bytes = vocabulary.texts.end(id) - vocabulary.texts.start(id);
            if (bytes > 0 && isMatchedWhole(type)) {
                if (bytes > TOKEN_BYTES_MAX) {
                    throw vocabulary.malformed("token %d is a control or user-defined token of %d bytes; limit %d".formatted(id, bytes, TOKEN_BYTES_MAX));
                }
                ids.add(id);
                units += bytes;
            }
        }
        isEmpty = ids.isEmpty();
        edges = new LongIntMap(units);
        tokenAt = new int[units];
        java.util.Arrays.fill(tokenAt, NONE);
        parent = new int[units];
        depth = new int[units];
        int nodes = 1;
        for (int id : ids) {
            nodes = insert(id, nodes);
        }
    }

    private static boolean isMatchedWhole(int type) {
        return type == Vocabulary.TYPE_CONTROL || type == Vocabulary.TYPE_USER_DEFINED || type == Vocabulary.TYPE_UNKNOWN;
    }

    private int insert(int id, int nodes) {
        String text = vocabulary.texts.get(id);
        int node = 0;
        int count = nodes;
        for (int i = 0; i < text.length(); i++) {
            long edge = (long) node << 16 | text.charAt(i);
            if (edges.putIfAbsent(edge, count)) {
                parent[count] = node;
                depth[count] = i + 1;
                count++;
            }
            node = edges.get(edge);
        }
        if (tokenAt[node] == NONE) {
            tokenAt[node] = id;
        }
        return count;
    }

    /** The tokens of {@code text} in order, none overlapping. */
    List<Match> find(String text, boolean withControl) {
        if (isEmpty) {
            return List.of();
        }
        IntList starts = new IntList();
        IntList nodes = new IntList(); // the node of the longest token that begins at the start
        for (int start = 0; start < text.length(); start++) {
            int node = longest(text, start, withControl);
            if (node != NONE) {
                starts.add(start);
                nodes.add(node);
            }
        }
        return starts.size() == 0 ? List.of() : longestFirst(starts.toArray(), nodes.toArray(), withControl, text.length());
    }

    private int longest(String text, int start, boolean withControl) {
        int best = NONE;
        int node = 0;
        for (int i = start; i < text.length(); i++) {
            node = edges.get((long) node << 16 | text.charAt(i));
            if (node == LongIntMap.ABSENT) {
                break;
            }
            best = isToken(node, withControl) ? node : best;
        }
        return best;
    }

    private boolean isToken(int node, boolean withControl) {
        return tokenAt[node] != NONE && (withControl || vocabulary.types[tokenAt[node]] == Vocabulary.TYPE_USER_DEFINED);
    }

    /**
     * One round per length, from the longest down: a start whose place is taken falls back to the next shorter token there. What was
     * placed before is at least as long, so it covers a new place only if it covers its first or its last unit.
     */
    private List<Match> longestFirst(int[] starts, int[] nodes, boolean withControl, int textLength) {
        BitSet taken = new BitSet(textLength);
        List<Match> kept = new ArrayList<>();
        for (int length = depthMax(nodes); length > 0; length = depthMax(nodes)) {
            for (int i = 0; i < starts.length; i++) {
                if (nodes[i] == NONE || depth[nodes[i]] != length) {
                    continue;
                }
                int start = starts[i];
                if (taken.get(start)) {
                    nodes[i] = NONE;
                } else if (taken.get(start + length - 1)) {
                    nodes[i] = shorter(nodes[i], withControl);
                } else {
                    taken.set(start, start + length);
                    kept.add(new Match(start, start + length, tokenAt[nodes[i]]));
                    nodes[i] = NONE;
                }
            }
        }
        kept.sort(Comparator.comparingInt(Match::start));
        return kept;
    }

    private int depthMax(int[] nodes) {
        int max = 0;
        for (int node : nodes) {
            max = node == NONE ? max : Math.max(max, depth[node]);
        }
        return max;
    }

    private int shorter(int from, boolean withControl) {
        int node = parent[from];
        while (node > 0 && !isToken(node, withControl)) {
            node = parent[node];
        }
        return node > 0 ? node : NONE;
    }
}
