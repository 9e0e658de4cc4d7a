package dev.longhand.model;

import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Matrix;
import dev.longhand.memory.KvBatch;
import dev.longhand.memory.Turner;

/**
 * Grouped-query attention of one layer: {@code out = Wo attend(q, K, V)} with q, k, v from {@code Wq n, Wk n, Wv n}, after the
 * steps that a family puts between: biases, norms, RoPE. Reads {@code s.normed}, writes {@code s.out}.
 */
final class SelfAttention {
    /** Something done in place to q, k and v of all rows before they are used. */
    interface Step {
        void apply(int rows);
    }

    private final Scratch s;
    private final Matrix[] qkv; // (heads * headDim, dim), 2 x (kvHeads * headDim, dim)
    private final Floats[] qkvOut;
    private final Matrix out; // (dim, heads * headDim)
    private final Attention attention;
    private final Step[] steps;

    SelfAttention(Scratch s, Matrix[] qkv, Matrix out, Attention attention, Step... steps) {
        this.s = s;
        this.qkv = qkv;
        this.qkvOut = new Floats[] {s.q, s.k, s.v};
        this.out = out;
        this.attention = attention;
        this.steps = steps;
    }

    void run(int rows, KvBatch batch) {
        s.kernels.matmul(qkv, s.normed, rows, qkvOut);
        for (Step step : steps) {
            step.apply(rows);
        }
        batch.append(attention.layer(), s.k, s.v);
        batch.attend(attention, s.q, s.attended);
        s.kernels.matmul(out, s.attended, rows, s.out);
    }

    /** How this layer attends. */
    Attention attention() {
        return attention;
    }

    /** The rotary embedding among the steps. */
    Turner turner() {
        for (Step step : steps) {
            if (step instanceof Turner turner) {
                return turner;
            }
        }
        throw new IllegalStateException("layer " + attention.layer() + " turns nothing");
    }
}
