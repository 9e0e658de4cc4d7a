package dev.longhand.engine;

/**
 * Guesses the tokens that come next in one sequence. The engine checks guesses in the pass that it makes anyway, so they never
 * change an answer: good ones make it come sooner, bad ones cost rows.
 *
 * <p>Lookup in the sequence itself is one drafter; a small model or attached documents can be others. Used by one thread at a time.
 */
interface Drafter {
    /** {@code token} stands next in the sequence; what was guessed in its place can be learned from. */
    void accept(int token);

    /** Writes up to {@code most} guesses, in order, to {@code into[at ..]}; returns how many. Changes nothing. */
    int draft(int[] into, int at, int most);

    /** The chance that guess {@code i} of the last {@link #draft} is right if those before it are. */
    double chance(int i);
}
