package dev.longhand.engine;

import dev.longhand.base.Check;
import java.util.Arrays;

/**
 * Finds where the longest end of a growing list of tokens stood before.
 *
 * <p>The suffix automaton of Blumer et al. (1985), grown token by token: a state stands for stretches of tokens that end at the
 * same places, its link for the longest shorter end that stands at more places. The link of the whole list therefore is its
 * longest end that stood before. At most two states and three edges per token; edges of a state are a list, found by a hash table.
 * Not thread-safe.
 */
final class SuffixAutomaton {
    private static final int NONE = -1;
    private static final int ROOT = 0;

    // States.
    private int[] length; // of the longest stretch
    private int[] link;
    private int[] end; // a place where the stretch ends, the one seen last as far as known
    private int[] firstEdge;
    private int states;
    private int last;

    // Edges.
    private int[] edgeFrom;
    private int[] edgeToken;
    private int[] edgeTo;
    private int[] edgeNext; // the next edge of the same state
    private int edges;
    private int[] table; // of edges, by state and token; a power of two, at most half full

    private int tokens;
    private int matchEnd = NONE;
    private int matchLength;

    /** @param tokensExpected room that is made at once; more tokens may come */
    SuffixAutomaton(int tokensExpected) {
        Check.argument(tokensExpected >= 0, "%d tokens", tokensExpected);
        int room = tokensExpected + 8;
        length = new int[2 * room];
        link = new int[2 * room];
        end = new int[2 * room];
        firstEdge = new int[2 * room];
        edgeFrom = new int[3 * room];
        edgeToken = new int[3 * room];
        edgeTo = new int[3 * room];
        edgeNext = new int[3 * room];
        table = emptyTable(3 * room);
        newState(0, NONE, NONE);
    }

    private static int[] emptyTable(int edges) {
        int[] table = new int[Integer.highestOneBit(Math.max(8, 2 * edges) - 1) << 1];
        Arrays.fill(table, NONE);
        return table;
    }

    /** Tokens appended so far. */
    int tokens() {
        return tokens;
    }

    /** Length of the longest end of the list that stood before; 0 if the last token is new. */
    int matchLength() {
        return matchLength;
    }

    /** Index of the last token of an earlier place of that end, the one seen last as far as known; -1 if there is none. */
    int matchEnd() {
        return matchEnd;
    }

    void append(int token) {
        int at = tokens++;
        int state = newState(length[last] + 1, NONE, at);
        int p = last;
        while (p != NONE && edge(p, token) == NONE) {
            addEdge(p, token, state);
            p = link[p];
        }
        int linked = p == NONE ? ROOT : linkFor(p, token); // may grow the lists
        link[state] = linked;
        last = state;
        remember(at);
    }

    /** The state that the new one links to, where {@code p} has an edge with {@code token} already. */
    private int linkFor(int p, int token) {
        int q = edgeTo[edge(p, token)];
        if (length[p] + 1 == length[q]) {
            return q;
        }
        int clone = newState(length[p] + 1, link[q], end[q]);
        for (int e = firstEdge[q]; e != NONE; e = edgeNext[e]) {
            addEdge(clone, edgeToken[e], edgeTo[e]);
        }
        for (int at = p; at != NONE; at = link[at]) {
            int e = edge(at, token);
            if (e == NONE || edgeTo[e] != q) {
                break;
            }
            edgeTo[e] = clone;
        }
        link[q] = clone;
        return clone;
    }

    private void remember(int at) {
        int match = link[last];
        matchLength = length[match];
        matchEnd = matchLength == 0 ? NONE : end[match];
        end[match] = at;
    }

    private int newState(int stretch, int linked, int at) {
        if (states == length.length) {
            int room = 2 * states;
            length = Arrays.copyOf(length, room);
            link = Arrays.copyOf(link, room);
            end = Arrays.copyOf(end, room);
            firstEdge = Arrays.copyOf(firstEdge, room);
        }
        length[states] = stretch;
        link[states] = linked;
        end[states] = at;
        firstEdge[states] = NONE;
        return states++;
    }

    private void addEdge(int from, int token, int to) {
        if (edges == edgeFrom.length) {
            growEdges();
        }
        edgeFrom[edges] = from;
        edgeToken[edges] = token;
        edgeTo[edges] = to;
        edgeNext[edges] = firstEdge[from];
        firstEdge[from] = edges;
        table[freeSlot(from, token)] = edges++;
    }

    private void growEdges() {
        int room = 2 * edges;
        edgeFrom = Arrays.copyOf(edgeFrom, room);
        edgeToken = Arrays.copyOf(edgeToken, room);
        edgeTo = Arrays.copyOf(edgeTo, room);
        edgeNext = Arrays.copyOf(edgeNext, room);
        table = emptyTable(room);
        for (int e = 0; e < edges; e++) {
            table[freeSlot(edgeFrom[e], edgeToken[e])] = e;
        }
    }

    private int freeSlot(int from, int token) {
        int slot = slot(from, token);
        while (table[slot] != NONE) {
            slot = slot + 1 & table.length - 1;
        }
        return slot;
    }

    private int edge(int from, int token) {
        int slot = slot(from, token);
        while (table[slot] != NONE) {
            int e = table[slot];
            if (edgeFrom[e] == from && edgeToken[e] == token) {
                return e;
            }
            slot = slot + 1 & table.length - 1;
        }
        return NONE;
    }

    private int slot(int from, int token) {
        long mixed = (from * 0x9E3779B97F4A7C15L ^ token) * 0xBF58476D1CE4E5B9L;
        return (int) (mixed >>> 32) & table.length - 1;
    }
}
