package dev.longhand.text;

import dev.longhand.base.Problem;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The states of one automaton, found as they are needed and remembered up to a limit. What is forgotten is found again: a forgotten
 * state still works for whoever holds it.
 *
 * <p>Not thread-safe; its matchers lock it.
 */
final class StateTable {
    /**
     * Characters that text inside JSON strings, and most other text, treats alike: none that JSON escapes, none that a regular
     * expression takes for the end of a line. Grammars may tell them apart; they are then slower and as exact.
     */
    static final CodePoints PLAIN = CodePoints.of(0x20, 0x21, 0x23, 0x5B, 0x5D, 0x7E, 0xA0, 0x2027, 0x202A, CodePoints.LAST);
    private static final List<int[]> PLAIN_BYTES = PLAIN.utf8();
    private static final int SIGNATURE_BITS = 64;
    /** It matters which plain characters follow. */
    static final int MIXED = -1;

    final Automaton automaton;
    private final GrammarLimits limits;
    private final Closure closure;
    private final Map<Frame, Frame> frames = new HashMap<>();
    private final Map<State, State> states = new HashMap<>();
    private long maskBytes;
    private final State start;

    StateTable(Automaton automaton, GrammarLimits limits) throws Problem {
        this.automaton = automaton;
        this.limits = limits;
        this.closure = new Closure(automaton, limits.waysMax(), this::intern);
        this.start = intern(closure.start());
    }

    State start() {
        return start;
    }

    int size() {
        return states.size();
    }

    private Frame intern(Frame frame) {
        Frame known = frames.putIfAbsent(frame, frame);
        return known == null ? frame : known;
    }

    private State intern(State state) {
        State known = states.get(state);
        if (known != null) {
            return known;
        }
        if (states.size() >= limits.statesMax() || frames.size() >= 4 * limits.statesMax()) {
            forget();
        }
        states.put(state, state);
        return state;
    }

    private void forget() {
        states.clear();
        frames.clear();
        maskBytes = 0;
    }

    /** Counts the memory of a mask that a state now holds. */
    void remember(TokenMask mask) {
        maskBytes += mask.bytes();
        if (maskBytes > limits.maskBytesMax()) {
            forget();
        }
    }

    /** The state after a byte, or null if it may not follow. */
    State next(State state, int b) throws Problem {
        if (state.segment == null) {
            expand(state);
        }
        int segment = state.segment[b];
        if (segment == 0) {
            return null;
        }
        State next = state.targets[segment & 0xFF];
        return next != null ? next : find(state, segment & 0xFF);
    }

    private State find(State state, int segment) throws Problem {
        int b = state.sample[segment];
        closure.clear();
        for (int way = 0; way < state.nodes.length; way++) {
            int node = state.nodes[way];
            for (int e = automaton.edgeFrom[node]; e < automaton.edgeFrom[node + 1]; e++) {
                if (automaton.edgeLow[e] <= b && b <= automaton.edgeHigh[e]) {
                    closure.add(automaton.edgeTo[e], state.frames[way]);
                }
            }
        }
        State next = intern(closure.finish());
        state.targets[segment] = next;
        return next;
    }

    // ---- bytes of a state that lead to the same place

    /** Groups the bytes of a state: those of a group reach the same nodes. */
    private void expand(State state) {
        boolean[] isCut = new boolean[257];
        for (int node : state.nodes) {
            for (int e = automaton.edgeFrom[node]; e < automaton.edgeFrom[node + 1]; e++) {
                isCut[automaton.edgeLow[e]] = true;
                isCut[automaton.edgeHigh[e] + 1] = true;
            }
        }
        byte[] segment = new byte[256];
        int[] sample = new int[257];
        long[] signatures = new long[257];
        int segments = 1;
        int current = 0;
        for (int b = 0; b < 256; b++) {
            if (b == 0 || isCut[b]) {
                long signature = signature(state, b);
                current = signature == 0 ? 0 : known(signatures, segments, signature);
                if (current < 0) {
                    current = segments++;
                    signatures[current] = signature;
                    sample[current] = b;
                }
            }
            segment[b] = (byte) current;
        }
        state.sample = Arrays.copyOf(sample, segments);
        state.targets = new State[segments];
        state.segment = segment;
    }

    /** A signature of -1 equals none: it stands for more targets than there are bits. */
    private static int known(long[] signatures, int segments, long signature) {
        for (int i = 1; i < segments && signature != -1; i++) {
            if (signatures[i] == signature) {
                return i;
            }
        }
        return -1;
    }

    private final int[] targetNodes = new int[SIGNATURE_BITS];
    private final Frame[] targetFrames = new Frame[SIGNATURE_BITS];
    private int targetCount;
    private State signed;

    /** One bit per place that a byte leads to; 0 for none, -1 for too many. */
    private long signature(State state, int b) {
        if (signed != state) {
            signed = state;
            targetCount = 0;
            Arrays.fill(targetFrames, null);
        }
        long bits = 0;
        for (int way = 0; way < state.nodes.length; way++) {
            int node = state.nodes[way];
            for (int e = automaton.edgeFrom[node]; e < automaton.edgeFrom[node + 1]; e++) {
                if (automaton.edgeLow[e] <= b && b <= automaton.edgeHigh[e]) {
                    int target = target(automaton.edgeTo[e], state.frames[way]);
                    if (target < 0) {
                        return -1;
                    }
                    bits |= 1L << target;
                }
            }
        }
        return bits;
    }

    private int target(int node, Frame frame) {
        for (int i = 0; i < targetCount; i++) {
            if (targetNodes[i] == node && targetFrames[i] == frame) {
                return i;
            }
        }
        if (targetCount == SIGNATURE_BITS - 1) {
            return -1;
        }
        targetNodes[targetCount] = node;
        targetFrames[targetCount] = frame;
        return targetCount++;
    }

    // ---- plain characters

    /**
     * How many plain characters may follow a state when it does not matter which, at most {@code charsMax}; {@link #MIXED} if it
     * does matter.
     */
    int plainRun(State state, int charsMax) throws Problem {
        State at = state;
        for (int chars = 0; chars < charsMax; chars++) {
            State next = plainNext(at);
            if (next == State.NOWHERE) {
                return chars;
            }
            if (next == null) {
                return MIXED;
            }
            if (next == at) {
                return charsMax;
            }
            at = next;
        }
        return charsMax;
    }

    private State plainNext(State state) throws Problem {
        if (!state.isPlainKnown) {
            state.plainNext = commonNext(state);
            state.isPlainKnown = true;
        }
        return state.plainNext;
    }

    private State commonNext(State state) throws Problem {
        State common = null;
        for (int[] bytes : PLAIN_BYTES) {
            State reached = plainNext(state, bytes, 0);
            if (reached == null || common != null && reached != common) {
                return null;
            }
            common = reached;
        }
        return common;
    }

    private State plainNext(State state, int[] bytes, int at) throws Problem {
        if (state.segment == null) {
            expand(state);
        }
        State common = null;
        int last = -1;
        for (int b = bytes[at]; b <= bytes[at + 1]; b++) {
            int segment = state.segment[b] & 0xFF;
            if (segment == last) {
                continue;
            }
            last = segment;
            State next = segment == 0 ? State.NOWHERE : next(state, b);
            State reached = next == State.NOWHERE || at + 2 == bytes.length ? next : plainNext(next, bytes, at + 2);
            if (reached == null || common != null && reached != common) {
                return null;
            }
            common = reached;
        }
        return common;
    }
}
