package dev.longhand.text;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Finds tokens that are matched as whole texts before anything else: user-defined ones always, control ones only on request.
 *
 * <p>Longer tokens take their places first, each from left to right, as llama.cpp does; all candidates are found in one pass over a
 * trie of UTF-16 units. Immutable.
 */
final class SpecialTokens {
    private static final int NONE = -1;

    private final LongIntMap edges; // node << 16 | unit -> node
    private final int[] tokenAt; // (nodes) token id or NONE
    private final Vocabulary vocabulary;
    private final boolean isEmpty;

    /** A token found at {@code [start, end)} of a text. */
    record Match(int start, int end, int id) {}

    SpecialTokens(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        List<Integer> ids = new ArrayList<>();
        int units = 1;
        for (int id = 0; id < vocabulary.size(); id++) {
            int type = vocabulary.types[id];
            int bytes = vocabulary.texts.end(id) - vocabulary.texts.start(id);
            if (bytes > 0 && (type == Vocabulary.TYPE_CONTROL || type == Vocabulary.TYPE_USER_DEFINED || type == Vocabulary.TYPE_UNKNOWN)) {
                ids.add(id);
                units += bytes;
            }
        }
        isEmpty = ids.isEmpty();
        edges = new LongIntMap(units);
        tokenAt = new int[units];
        java.util.Arrays.fill(tokenAt, NONE);
        int nodes = 1;
        for (int id : ids) {
            nodes = insert(id, nodes);
        }
    }

    private int insert(int id, int nodes) {
        String text = vocabulary.texts.get(id);
        int node = 0;
        int count = nodes;
        for (int i = 0; i < text.length(); i++) {
            long edge = (long) node << 16 | text.charAt(i);
            if (edges.putIfAbsent(edge, count)) {
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
        List<Match> candidates = candidates(text, withControl);
        if (candidates.size() > 1) {
            candidates.sort(Comparator.comparingInt((Match m) -> m.start - m.end).thenComparingInt(m -> m.start));
            candidates = withoutOverlaps(candidates, text.length());
        }
        return candidates;
    }

    private List<Match> candidates(String text, boolean withControl) {
        List<Match> found = new ArrayList<>();
        for (int start = 0; start < text.length(); start++) {
            int node = 0;
            for (int i = start; i < text.length(); i++) {
                node = edges.get((long) node << 16 | text.charAt(i));
                if (node == LongIntMap.ABSENT) {
                    break;
                }
                int id = tokenAt[node];
                if (id != NONE && (withControl || vocabulary.types[id] == Vocabulary.TYPE_USER_DEFINED)) {
                    found.add(new Match(start, i + 1, id));
                }
            }
        }
        return found;
    }

    private static List<Match> withoutOverlaps(List<Match> longestFirst, int length) {
        java.util.BitSet taken = new java.util.BitSet(length);
        List<Match> kept = new ArrayList<>();
        for (Match m : longestFirst) {
            int next = taken.nextSetBit(m.start);
            if (next < 0 || next >= m.end) {
                taken.set(m.start, m.end);
                kept.add(m);
            }
        }
        kept.sort(Comparator.comparingInt(Match::start));
        return kept;
    }
}
