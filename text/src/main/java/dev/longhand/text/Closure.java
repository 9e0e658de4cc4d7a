package dev.longhand.text;

import dev.longhand.base.Problem;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * Finds every node that a text may stand at after a byte: follows free edges, returns and calls.
 *
 * <p>Works in two phases. First all that the byte itself reached: free edges and returns. Then the rules called here, in the order
 * of {@link Automaton#ruleRank}, so that all callers of a rule are known when its frame is made; a rule that has just been called
 * and has the empty text is stepped over at the call and never returns here. That makes frames exact and the work polynomial.
 * Reused; not thread-safe.
 */
final class Closure {
    private static final int SLOTS_KEPT_MAX = 256;

    private final Automaton automaton;
    private final int waysMax;
    private final UnaryOperator<Frame> intern;
    private long frameIds;

    // ways seen: open addressing over (node, frame); a way counts as consumed when a byte lies between its call and here
    private int[] slots = new int[SLOTS_KEPT_MAX];
    private final Ways seen = new Ways(); // counts: 1 if consumed
    private int done; // ways below are followed

    private final Ways[] pending; // (rules) callers found here
    private final IntList pendingRules = new IntList();
    private int pendingLeft;
    private final Ways kept = new Ways();
    private boolean isComplete;

    Closure(Automaton automaton, int waysMax, UnaryOperator<Frame> intern) {
        this.automaton = automaton;
        this.waysMax = waysMax;
        this.intern = intern;
        this.pending = new Ways[automaton.ruleStart.length];
    }

    /** The state before any byte. */
    State start() throws Problem {
        clear();
        call(0, Frame.ACCEPT, 0, null);
        isComplete = automaton.isNullable[0];
        return finish();
    }

    void clear() {
        seen.clear();
        if (slots.length > SLOTS_KEPT_MAX) {
            slots = new int[SLOTS_KEPT_MAX];
        } else {
            Arrays.fill(slots, 0);
        }
        done = 0;
        for (int i = 0; i < pendingRules.size(); i++) {
            pending[pendingRules.get(i)].clear();
        }
        pendingRules.clear();
        pendingLeft = 0;
        isComplete = false;
    }

    /** Adds a node that the byte reached. */
    void add(int node, Frame frame) throws Problem {
        arrive(node, frame, true);
    }

    State finish() throws Problem {
        follow();
        while (pendingLeft > 0) {
            int rule = takeLowest();
            Frame frame = frame(pending[rule]);
            arrive(automaton.ruleStart[rule], frame, false);
            follow();
        }
        kept.clear();
        for (int i = 0; i < seen.size; i++) {
            int node = seen.nodes[i];
            if (automaton.edgeFrom[node] < automaton.edgeFrom[node + 1]) {
                kept.add(node, 0, seen.frames[i]);
            }
        }
        kept.normalise();
        State state = new State(Arrays.copyOf(kept.nodes, kept.size), Arrays.copyOf(kept.frames, kept.size), isComplete);
        clear();
        return state;
    }

    private int takeLowest() {
        int best = -1;
        for (int i = 0; i < pendingRules.size(); i++) {
            int rule = pendingRules.get(i);
            if (pending[rule].size > 0 && (best < 0 || automaton.ruleRank[rule] < automaton.ruleRank[best])) {
                best = rule;
            }
        }
        pendingLeft--;
        return best;
    }

    private Frame frame(Ways callers) throws Problem {
        callers.normalise();
        checkWays(callers.size);
        Frame frame = intern.apply(new Frame(frameIds + 1, Arrays.copyOf(callers.nodes, callers.size),
                Arrays.copyOf(callers.counts, callers.size), Arrays.copyOf(callers.frames, callers.size)));
        frameIds = Math.max(frameIds, frame.id);
        callers.clear();
        return frame;
    }

    private void checkWays(int count) throws Problem {
        if (count > waysMax) {
            throw new Problem(Problem.Kind.LIMIT,
                    ("the grammar is too ambiguous: there are more than %,d ways to read the answer so far; "
                    + "make its choices begin differently").formatted(waysMax));
        }
    }

    private void arrive(int node, Frame frame, boolean isConsumed) throws Problem {
        if (2 * seen.size >= slots.length) {
            grow();
        }
        int mask = slots.length - 1;
        int slot = slot(node, frame) & mask;
        while (slots[slot] != 0) {
            int way = slots[slot] - 1;
            if (seen.nodes[way] == node && seen.frames[way] == frame) {
                return; // all consumed ways come in the first phase, so a fresh one finds one that can do more
            }
            slot = (slot + 1) & mask;
        }
        checkWays(seen.size / 8);
        slots[slot] = seen.size + 1;
        seen.add(node, isConsumed ? 1 : 0, frame);
    }

    private static int slot(int node, Frame frame) {
        long h = (node * 0x9E3779B97F4A7C15L) ^ (frame.id * 0xC2B2AE3D27D4EB4FL);
        return (int) (h ^ h >>> 32);
    }

    private void grow() {
        slots = new int[2 * slots.length];
        int mask = slots.length - 1;
        for (int way = 0; way < seen.size; way++) {
            int slot = slot(seen.nodes[way], seen.frames[way]) & mask;
            while (slots[slot] != 0) {
                slot = (slot + 1) & mask;
            }
            slots[slot] = way + 1;
        }
    }

    private void follow() throws Problem {
        while (done < seen.size) {
            follow(done++);
        }
    }

    private void follow(int way) throws Problem {
        int node = seen.nodes[way];
        Frame frame = seen.frames[way];
        boolean isConsumed = seen.counts[way] == 1;
        for (int e = automaton.freeFrom[node]; e < automaton.freeFrom[node + 1]; e++) {
            arrive(automaton.freeTo[e], frame, isConsumed);
        }
        if (automaton.isEnd[node] && isConsumed) {
            for (int i = 0; i < frame.returns.length; i++) {
                comeBack(frame.returns[i], frame.counts[i], frame.frames[i]);
            }
        }
        if (automaton.callRule[node] != Automaton.NO_CALL) {
            meet(node, 0, frame, isConsumed);
        }
    }

    private void comeBack(int node, int count, Frame frame) throws Problem {
        if (node == Frame.ACCEPT) {
            isComplete = true;
        } else if (automaton.callRule[node] != Automaton.NO_CALL && automaton.callMax[node] > 1) {
            meet(node, count + 1, frame, true);
        } else {
            arrive(node, frame, true);
        }
    }

    /** At a node with a call, after {@code count} turns of it: calls, and goes on behind it if that may be. */
    private void meet(int node, int count, Frame frame, boolean isConsumed) throws Problem {
        int rule = automaton.callRule[node];
        int next = automaton.callNext[node];
        int max = automaton.callMax[node];
        boolean isCounted = max > 1;
        if (isCounted ? count >= automaton.callMin[node] : automaton.isNullable[rule]) {
            arrive(next, frame, isConsumed);
        }
        if (isCounted) {
            if (count < max) {
                call(rule, node, max == Expr.UNBOUNDED ? Math.min(count, automaton.callMin[node]) : count, frame);
            }
        } else if (automaton.isOnlyEnd(next)) {
            for (int i = 0; i < frame.returns.length; i++) {
                call(rule, frame.returns[i], frame.counts[i], frame.frames[i]);
            }
        } else {
            call(rule, next, 0, frame);
        }
    }

    private void call(int rule, int returns, int count, Frame frame) throws Problem {
        Ways callers = pending[rule];
        if (callers == null) {
            callers = new Ways();
            pending[rule] = callers;
        }
        if (callers.size == 0) {
            pendingRules.add(rule);
            pendingLeft++;
        } else if (callers.size > 2 * waysMax) {
            callers.normalise();
            checkWays(callers.size);
        }
        callers.add(returns, count, frame);
    }
}
