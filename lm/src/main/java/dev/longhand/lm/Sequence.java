package dev.longhand.lm;

import dev.longhand.base.Problem;

/**
 * The attention memory of one conversation.
 *
 * <p>It holds a list of token ids and their keys and values. {@link #generate} is given the whole prompt: what the sequence
 * already holds of it, from the front, is kept and counted as cached; the rest is forgotten and the new tokens are read.
 * Used by one thread at a time.
 */
public interface Sequence extends AutoCloseable {
    /** Tokens held. */
    int tokens();

    /** The longest common front of what is held and {@code prompt}, in tokens. */
    int cachedTokens(int[] prompt);

    /**
     * Reads {@code prompt} and answers. A prompt that leaves no room for {@code spec.tokensMax} tokens is refused with the
     * figures ({@link Problem.Kind#LIMIT}), never cut. A cancelled call returns what was answered so far.
     */
    Answer generate(int[] prompt, GenerationSpec spec, Sink sink) throws Problem;

    /**
     * Log-probability (nats) of each token after the first, given those before it, in one pass: element i is that of
     * {@code tokens[i + 1]}. Replaces what the sequence holds.
     */
    float[] score(int[] tokens) throws Problem;

    @Override
    void close();
}
