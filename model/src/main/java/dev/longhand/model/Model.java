package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvType;
import dev.longhand.memory.KvBatch;
import dev.longhand.memory.KvView;
import dev.longhand.memory.Turner;
import java.util.BitSet;

/**
 * A decoder: weights and the forward pass over the sequences of a {@link KvBatch}.
 *
 * <p>Used by one thread at a time; sequences differ only in the views they bring. The bits of a token's result do not depend on how
 * the tokens before it were grouped into calls, nor on what else is in the batch.
 */
public interface Model extends AutoCloseable {
    Config config();

    /** Shape of its attention memory with f16 keys and values. */
    default KvShape kvShape() {
        return kvShape(KvType.F16);
    }

    KvShape kvShape(KvType type);

    /** Layers that see all positions: those whose attention memory is looked up. Others see a window. */
    BitSet memoryLayers();

    /** Tokens that the layers with a window see at most; 0 if there is no such layer. */
    int windowTokens();

    /** The rotary embedding of {@code layer}. */
    Turner turner(int layer);

    /** Tokens one {@link #forward} takes at most, all parts together. */
    int rowsMax();

    /** Bytes of the packed weights in memory. */
    long weightBytes();

    /** Bytes of the packed weights that the products for one token read: of a mixture's experts, those it uses. */
    long activeBytes();

    /**
     * Runs {@code tokens[from .. from + batch.rows())} through the layers, each part's rows after the tokens that its view holds;
     * the views hold them too afterwards. The rows' states stay here for {@link #logits} and {@link #hidden} until the next call.
     */
    void forward(int[] tokens, int from, KvBatch batch) throws Problem;

    /** {@link #forward(int[], int, KvBatch)} of one sequence with f16 keys and values. */
    void forward(int[] tokens, int from, int count, KvView kv) throws Problem;

    /** Logits of {@code rows[from .. from + count)} of the last forward pass, to {@code out (>= count, vocabulary)} in order. */
    void logits(int[] rows, int from, int count, Floats out) throws Problem;

    /** Logits of rows {@code [row, row + count)}. */
    void logits(int row, int count, Floats out) throws Problem;

    /** State {@code (dim)} of a row after the final norm, what the output head sees. Cheap for rows in ascending order. */
    void hidden(int row, float[] out) throws Problem;

    @Override
    void close();
}
