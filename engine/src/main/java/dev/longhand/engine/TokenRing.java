package dev.longhand.engine;

import dev.longhand.base.Check;

/**
 * Answered tokens on their way from the engine thread to the caller's, with their log-probabilities if they are wanted.
 *
 * <p>Fixed size, no lock: one thread puts, one thread takes. The engine does not decode for a ring that has no room, so a slow
 * taker slows its own sequence only.
 */
final class TokenRing {
    /** Tokens that the engine may be ahead; a power of two. */
    static final int CAPACITY = 128;

    private final int top;
    private final int[] ids = new int[CAPACITY];
    private final float[] logprobs; // (CAPACITY), empty if not wanted
    private final int[] topIds; // (CAPACITY, top)
    private final float[] topLogprobs; // (CAPACITY, top)
    private volatile long put;
    private volatile long taken;

    /** @param top log-probabilities beside each token's own; negative for none at all */
    TokenRing(int top) {
        this.top = Math.max(0, top);
        this.logprobs = new float[top < 0 ? 0 : CAPACITY];
        this.topIds = new int[CAPACITY * this.top];
        this.topLogprobs = new float[CAPACITY * this.top];
    }

    int top() {
        return top;
    }

    boolean hasLogprobs() {
        return logprobs.length > 0;
    }

    int room() {
        return (int) (CAPACITY - (put - taken));
    }

    boolean isEmpty() {
        return put == taken;
    }

    /** The engine's side: a token; {@code best} holds its log-probabilities if they are wanted. */
    void put(int id, Logprobs best) {
        Check.invariant(room() > 0, "a full ring takes no token");
        int slot = (int) put & CAPACITY - 1;
        ids[slot] = id;
        if (hasLogprobs()) {
            logprobs[slot] = best.chosen();
            best.copyTo(topIds, topLogprobs, slot * top, top);
        }
        put = put + 1;
    }

    /** The taker's side: the oldest token. Its log-probabilities can be read until {@link #pop}. */
    int peek() {
        Check.invariant(!isEmpty(), "nothing to take");
        return ids[slot()];
    }

    float logprob() {
        return logprobs[slot()];
    }

    int topId(int i) {
        return topIds[slot() * top + i];
    }

    float topLogprob(int i) {
        return topLogprobs[slot() * top + i];
    }

    void pop() {
        taken = taken + 1;
    }

    private int slot() {
        return (int) taken & CAPACITY - 1;
    }
}
