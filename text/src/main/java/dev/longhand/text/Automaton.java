package dev.longhand.text;

/**
 * A pushdown automaton over bytes: for each rule a small nondeterministic automaton whose nodes may call other rules.
 *
 * <p>A node has byte edges, edges for nothing, and at most one call. A counted call repeats its rule between {@code callMin} and
 * {@code callMax} times. No rule reaches itself before a byte: {@link #ruleRank} rises along calls that come first. Immutable.
 */
final class Automaton {
    static final int NO_CALL = -1;

    // byte edges of node n are [edgeFrom[n], edgeFrom[n + 1])
    final int[] edgeFrom; // (nodes + 1)
    final int[] edgeLow; // (edges) first byte
    final int[] edgeHigh; // (edges) last byte
    final int[] edgeTo; // (edges)
    final int[] freeFrom; // (nodes + 1)
    final int[] freeTo; // (free edges)
    final int[] callRule; // (nodes) or NO_CALL
    final int[] callNext; // (nodes) where to go on after the call
    final int[] callMin; // (nodes)
    final int[] callMax; // (nodes) 1 for a plain call, Expr.UNBOUNDED for no limit
    final boolean[] isEnd; // (nodes) the rule may end here
    final int[] ruleStart; // (rules)
    final int[] ruleRank; // (rules)
    final boolean[] isNullable; // (rules)

    Automaton(AutomatonBuilder b, int[] ruleRank) {
        int nodes = b.nodes.size();
        edgeFrom = new int[nodes + 1];
        freeFrom = new int[nodes + 1];
        callRule = new int[nodes];
        callNext = new int[nodes];
        callMin = new int[nodes];
        callMax = new int[nodes];
        isEnd = new boolean[nodes];
        IntList low = new IntList();
        IntList high = new IntList();
        IntList to = new IntList();
        IntList free = new IntList();
        for (int n = 0; n < nodes; n++) {
            AutomatonBuilder.Node node = b.nodes.get(n);
            for (AutomatonBuilder.Edge edge : node.edges) {
                low.add(edge.low());
                high.add(edge.high());
                to.add(edge.to());
            }
            node.free.forEach(free::add);
            edgeFrom[n + 1] = to.size();
            freeFrom[n + 1] = free.size();
            callRule[n] = node.callRule;
            callNext[n] = node.callNext;
            callMin[n] = node.callMin;
            callMax[n] = node.callMax;
            isEnd[n] = node.isEnd;
        }
        edgeLow = low.toArray();
        edgeHigh = high.toArray();
        edgeTo = to.toArray();
        freeTo = free.toArray();
        ruleStart = b.ruleStart.toArray();
        isNullable = new boolean[ruleStart.length];
        for (int rule = 0; rule < ruleStart.length; rule++) {
            isNullable[rule] = b.isNullable.get(rule);
        }
        this.ruleRank = ruleRank;
    }

    int nodes() {
        return callRule.length;
    }

    /** Whether a node has nothing but the end of its rule: a call that returns there may return to the caller's caller instead. */
    boolean isOnlyEnd(int node) {
        return isEnd[node] && callRule[node] == NO_CALL && edgeFrom[node] == edgeFrom[node + 1]
                && freeFrom[node] == freeFrom[node + 1];
    }
}
