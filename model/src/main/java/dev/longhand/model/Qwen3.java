package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Kernels.Gate;
import dev.longhand.kernels.Kernels.Pairing;

/**
 * Qwen 3 (Yang et al. 2025), dense and as a mixture of experts: an RMS norm on each head of q and k before RoPE on halves. The
 * mixture's weights are the chosen ones of a softmax over all experts, renormalised.
 */
final class Qwen3 implements Architecture {
    private final Blocks blocks;
    private final Rotary rotary;

    Qwen3(Blocks blocks) throws Problem {
        this.blocks = blocks;
        this.rotary = blocks.rotary(Pairing.HALVES);
    }

    @Override
    public Layer layer(int i) throws Problem {
        Ffn ffn = blocks.config().mixture().isPresent() ? blocks.experts(i, true) : blocks.ffn(i, Gate.SILU);
        return new Layer(blocks.norm(i, "attn_norm"), blocks.attention(i, blocks.headNorms(i), rotary), blocks.norm(i, "ffn_norm"), ffn);
    }
}
