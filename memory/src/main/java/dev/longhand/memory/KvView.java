package dev.longhand.memory;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Activations;
import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;

/**
 * What the forward pass sees of one sequence's attention memory.
 *
 * <p>A forward pass of {@code rows} tokens calls {@link #reserve} once, then {@link #append} and {@link #attend} per layer, then
 * {@link #advance}; {@link KvBatch} does so for several sequences at once. Dense attention is the view that selects all blocks;
 * lookup attention is the view that selects few: there is no second forward pass for it. Used by one thread at a time.
 */
public interface KvView extends AutoCloseable {
    /** Tokens held; the next token stands at this position. */
    int tokens();

    /** Position (RoPE) of the next token: {@link #tokens}, and what is attached stands before them. */
    default int position() {
        return tokens();
    }

    /** Tokens that can be held at most. */
    int tokensMax();

    /**
     * Makes room for {@code rows} tokens after those held; calling it again for as many or fewer changes nothing.
     * {@link Problem.Kind#LIMIT} if there is none: then everything is as before the call.
     */
    void reserve(int rows) throws Problem;

    /** Writes k and v {@code (rows, kvHeads * headDim)} of one layer for the reserved tokens. */
    void append(int layer, Floats k, Floats v, int rows);

    /** Attends from the reserved tokens' {@code q (rows, heads * headDim)}, each up to and including itself. */
    void attend(Attention attention, Floats q, int rows, Activations out);

    /** Ends the pass: the reserved tokens are held from now on. */
    void advance(int rows);

    /**
     * Forgets the tokens from position {@code tokens} on, and what was reserved. Returns how many are really held afterwards: fewer
     * than asked for where the cut falls into a block that can only be forgotten as a whole. The caller reads the difference again.
     */
    int truncate(int tokens);

    /**
     * A second view that holds the same tokens. Blocks are shared; the block that is still filling is copied by whoever writes to
     * it first. Costs no memory and no time that grows with the model.
     */
    KvView fork();

    @Override
    void close();
}
