package dev.longhand.text;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;

/** The matcher over states of a shared table. Used by one thread at a time; those of one grammar take turns at its table. */
final class TokenMatcher implements Grammar.Matcher {
    private final MaskMaker masks;
    private State state;
    private boolean isEnded;

    TokenMatcher(MaskMaker masks, State state, boolean isEnded) {
        this.masks = masks;
        this.state = state;
        this.isEnded = isEnded;
    }

    @Override
    public int mask(long[] bits) throws Problem {
        Check.argument(bits.length == masks.sets().words, "bits has %d words; the vocabulary needs %d", bits.length,
                masks.sets().words);
        TokenMask mask = current();
        mask.copyTo(bits);
        return mask.count;
    }

    @Override
    public int forced() throws Problem {
        return current().only();
    }

    private TokenMask current() throws Problem {
        Check.argument(!isEnded, "the text has ended; no token may follow");
        synchronized (masks) {
            return masks.mask(state);
        }
    }

    @Override
    public boolean accept(int token) throws Problem {
        Check.index(token, masks.sets().size, "token id");
        if (isEnded) {
            return false;
        }
        for (int end : masks.sets().ends) {
            if (end == token) {
                isEnded = state.isComplete;
                return isEnded;
            }
        }
        synchronized (masks) {
            State next = masks.after(state, token);
            state = next == null ? state : next;
            return next != null;
        }
    }

    @Override
    public boolean isComplete() {
        return state.isComplete;
    }

    @Override
    public boolean canContinue() {
        return !isEnded && state.canContinue();
    }

    @Override
    public Grammar.Matcher fork() {
        return new TokenMatcher(masks, state, isEnded);
    }
}
