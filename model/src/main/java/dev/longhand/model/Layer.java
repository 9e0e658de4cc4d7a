package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Floats;
import dev.longhand.memory.KvBatch;
import java.util.Optional;

/**
 * A decoder layer: {@code x += attention(norm(x))}, then {@code x += ffn(norm(x))}; where a family has post-norms, what a sub-layer
 * adds is normalised once more.
 */
record Layer(
        Norm attentionNorm, SelfAttention attention, Optional<Norm> attentionPostNorm, Norm ffnNorm, Ffn ffn,
        Optional<Norm> ffnPostNorm) {
    /** A layer without post-norms. */
    Layer(Norm attentionNorm, SelfAttention attention, Norm ffnNorm, Ffn ffn) {
        this(attentionNorm, attention, Optional.empty(), ffnNorm, ffn, Optional.empty());
    }

    /** The attention half, on rows {@code [0, batch.rows())} of the residual stream {@code s.x}. */
    void attend(Scratch s, KvBatch batch) {
        int rows = batch.rows();
        attentionNorm.apply(s.x, rows, s.normed);
        attention.run(rows, batch);
        add(attentionPostNorm, s, rows, s.x);
    }

    /** The feed-forward half, on rows {@code [0, rows)} of {@code x}, which need not be {@code s.x}. */
    void feed(Scratch s, Floats x, int rows) throws Problem {
        ffnNorm.apply(x, rows, s.normed);
        ffn.run(rows);
        add(ffnPostNorm, s, rows, x);
    }

    private static void add(Optional<Norm> postNorm, Scratch s, int rows, Floats x) {
        if (postNorm.isPresent()) {
            postNorm.get().applyAndAdd(s.out, rows, x);
        } else {
            s.kernels.add(x, s.out, rows);
        }
    }
}
