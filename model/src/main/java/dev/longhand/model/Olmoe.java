package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Kernels.Pairing;

/**
 * OLMoE (Muennighoff et al. 2024): every layer a mixture of experts, q and k normalised over all heads together before RoPE on
 * halves. A chosen expert's weight is its softmax over all experts: the weights of a token sum to less than one.
 */
final class Olmoe implements Architecture {
    private final Blocks blocks;
    private final Rotary rotary;

    Olmoe(Blocks blocks) throws Problem {
        this.blocks = blocks;
        this.rotary = blocks.rotary(Pairing.HALVES);
        Config.Reader numbers = blocks.numbers();
        numbers.require(blocks.config().mixture().isPresent(), "expert_count", 0, "at least 1");
        float clamp = numbers.file().real("olmoe.attention.clamp_kqv", 0);
        numbers.require(clamp == 0, "attention.clamp_kqv", clamp, "0; clamping of q, k and v is not supported");
    }

    @Override
    public Layer layer(int i) throws Problem {
        return new Layer(blocks.norm(i, "attn_norm"), blocks.attention(i, blocks.wholeNorms(i), rotary),
                blocks.norm(i, "ffn_norm"), blocks.experts(i, false));
    }
}
