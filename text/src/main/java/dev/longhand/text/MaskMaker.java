package dev.longhand.text;

import dev.longhand.base.Problem;

/**
 * Computes the masks of one grammar over one vocabulary, once per state. Not thread-safe: whoever uses it holds its lock.
 */
final class MaskMaker {
    private final TokenSets sets;
    private final StateTable table;
    private final State[] path; // (depth) states on the way to a node of the tree
    private final IntList found = new IntList();

    MaskMaker(TokenSets sets, StateTable table) {
        this.sets = sets;
        this.table = table;
        this.path = new State[sets.all.depthMax + 1];
    }

    StateTable table() {
        return table;
    }

    TokenSets sets() {
        return sets;
    }

    TokenMask mask(State state) throws Problem {
        if (state.mask == null) {
            TokenMask mask = make(state);
            if (mask.count == 0) {
                throw new Problem(Problem.Kind.UNSUPPORTED,
                        "no token of the model's vocabulary can go on from here, though the grammar could: it lacks a byte that "
                        + "the grammar needs");
            }
            state.mask = mask;
            table.remember(mask);
        }
        return state.mask;
    }

    private TokenMask make(State state) throws Problem {
        found.clear();
        if (state.isComplete) {
            for (int end : sets.ends) {
                found.add(end);
            }
        }
        int run = table.plainRun(state, sets.plainCharsMax);
        walk(state, run == StateTable.MIXED ? sets.all : sets.notPlain);
        return run > 0
                ? new TokenMask(sets.plain(run), sets.plainCount(run), found.toArray(), sets.words)
                : new TokenMask(null, 0, found.toArray(), sets.words);
    }

    /** Finds the tokens of a tree that the state can read to their ends. */
    private void walk(State from, TokenTrie trie) throws Problem {
        path[0] = from;
        int nodes = trie.nodes();
        for (int node = 0; node < nodes; ) {
            int depth = trie.depth[node];
            State next = table.next(path[depth - 1], trie.label[node] & 0xFF);
            if (next == null) {
                node = trie.after[node];
                continue;
            }
            path[depth] = next;
            for (int t = trie.tokenFrom[node]; t < trie.tokenFrom[node + 1]; t++) {
                found.add(trie.tokens[t]);
            }
            node++;
        }
    }

    /** The state after a token's text, or null. */
    State after(State state, int token) throws Problem {
        byte[] text = sets.texts[token];
        State at = text == null ? null : state;
        for (int i = 0; at != null && i < text.length; i++) {
            at = table.next(at, text[i] & 0xFF);
        }
        return at;
    }
}
