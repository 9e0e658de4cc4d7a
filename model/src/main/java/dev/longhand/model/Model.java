package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.KvShape;
import dev.longhand.memory.KvView;

/**
 * A decoder: weights and the forward pass over a {@link KvView}.
 *
 * <p>Used by one thread at a time; sequences differ only in the view they pass in. The bits of a token's result do not depend on
 * how the tokens before it were grouped into calls.
 */
public interface Model extends AutoCloseable {
    Config config();

    KvShape kvShape();

    /** Tokens one {@link #forward} takes at most. */
    int rowsMax();

    /** Bytes of the packed weights. */
    long weightBytes();

    /**
     * Runs {@code tokens[from .. from + count)} through all layers, after the tokens that {@code kv} holds; {@code kv} holds them
     * too afterwards. Their final states stay here for {@link #logits} until the next call.
     */
    void forward(int[] tokens, int from, int count, KvView kv) throws Problem;

    /** Logits of rows {@code [row, row + count)} of the last forward pass to {@code out (>= count, vocabulary)}. */
    void logits(int row, int count, Floats out);

    @Override
    void close();
}
