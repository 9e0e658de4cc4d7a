package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Kernels.Gate;
import dev.longhand.kernels.Kernels.Pairing;

/**
 * Qwen 3 (Yang et al. 2025), dense and as a mixture of experts: an RMS norm on each head of q and k before RoPE on halves. The
 * mixture's weights are the chosen ones of a softmax over all experts, renormalised.
 */
final class Qwen3 implements Architecture {
    private final SubLayers parts;
    private final Rotary rotary;

    Qwen3(SubLayers parts) throws Problem {
        this.parts = parts;
        this.rotary = parts.rotary(Pairing.HALVES);
    }

    @Override
    public Layer layer(int i) throws Problem {
        Ffn ffn = parts.config().mixture().isPresent() ? parts.experts(i, true) : parts.ffn(i, Gate.SILU);
        return new Layer(parts.norm(i, "attn_norm"), parts.attention(i, parts.headNorms(i), rotary),
                parts.norm(i, "ffn_norm"), ffn);
    }
}
