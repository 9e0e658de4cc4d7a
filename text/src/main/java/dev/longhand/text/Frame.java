package dev.longhand.text;

import java.util.Arrays;

/**
 * A call of a rule that is under way: everywhere it may return to. Calls of one rule at one place of the text share a frame, so the
 * frames of a text are a graph and its size does not grow with the number of derivations. Immutable; equal frames of one
 * {@link StateTable} are one object as long as the table remembers them.
 */
final class Frame {
    /** {@link #returns} of the frame below all: the whole text ends. */
    static final int ACCEPT = -1;

    final long id;
    final int[] returns; // (callers) the node with the call, or the node after a plain one, or ACCEPT
    final int[] counts; // (callers) turns of a counted call before this one; 0 for a plain one
    final Frame[] frames; // (callers) the caller's own frame; null for ACCEPT
    private final int hash;

    Frame(long id, int[] returns, int[] counts, Frame[] frames) {
        this.id = id;
        this.returns = returns;
        this.counts = counts;
        this.frames = frames;
        int h = Arrays.hashCode(returns) * 31 + Arrays.hashCode(counts);
        for (Frame frame : frames) {
            h = h * 31 + (frame == null ? 0 : Long.hashCode(frame.id));
        }
        hash = h;
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof Frame that) || hash != that.hash || !Arrays.equals(returns, that.returns)
                || !Arrays.equals(counts, that.counts)) {
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
