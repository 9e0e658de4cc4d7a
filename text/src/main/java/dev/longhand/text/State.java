package dev.longhand.text;

import java.util.Arrays;

/**
 * Where a text stands in a grammar: every node at which the next byte may be read, each with its frame. Equal states of one
 * {@link StateTable} are one object as long as the table remembers them. What a state leads to is found when it is asked for.
 */
final class State {
    /** Where what may not follow leads. */
    static final State NOWHERE = new State(new int[0], new Frame[0], false);

    final int[] nodes; // (ways)
    final Frame[] frames; // (ways)
    /** Whether the text may end here. */
    final boolean isComplete;
    private final int hash;

    // filled by the table when they are asked for
    byte[] segment; // (256) of a byte: an index of targets; 0 leads nowhere
    State[] targets; // (segments) null until asked for
    int[] sample; // (segments) one of its bytes
    boolean isPlainKnown;
    /** The state after a plain character, {@link #NOWHERE} if none may follow, null if it matters which. */
    State plainNext;
    TokenMask mask;

    State(int[] nodes, Frame[] frames, boolean isComplete) {
        this.nodes = nodes;
        this.frames = frames;
        this.isComplete = isComplete;
        int h = Arrays.hashCode(nodes) * 2 + (isComplete ? 1 : 0);
        for (Frame frame : frames) {
            h = h * 31 + Long.hashCode(frame.id);
        }
        hash = h;
    }

    /** Whether some byte may follow. */
    boolean canContinue() {
        return nodes.length > 0;
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof State that) || hash != that.hash || isComplete != that.isComplete
                || !Arrays.equals(nodes, that.nodes)) {
            return false;
        }
        for (int i = 0; i < frames.length; i++) {
            if (frames[i] != that.frames[i]) {
                return false;
            }
        }
        return true;
    }
}
