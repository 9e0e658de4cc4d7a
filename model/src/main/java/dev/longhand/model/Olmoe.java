package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Kernels.Pairing;

/**
 * OLMoE (Muennighoff et al. 2024): every layer a mixture of experts, q and k normalised over all heads together before RoPE on
 * halves. A chosen expert's weight is its softmax over all experts: the weights of a token sum to less than one.
 */
final class Olmoe implements Architecture {
    private final SubLayers parts;
    private final Rotary rotary;

    Olmoe(SubLayers parts) throws Problem {
        this.parts = parts;
        this.rotary = parts.rotary(Pairing.HALVES);
        Config.Reader numbers = parts.numbers();
        numbers.require(parts.config().mixture().isPresent(), "expert_count", 0, "at least 1");
        float clamp = numbers.file().real("olmoe.attention.clamp_kqv", 0);
        numbers.require(clamp == 0, "attention.clamp_kqv", clamp, "0; clamping of q, k and v is not supported");
    }

    @Override
    public Layer layer(int i) throws Problem {
        return new Layer(parts.norm(i, "attn_norm"), parts.attention(i, parts.wholeNorms(i), rotary),
                parts.norm(i, "ffn_norm"), parts.experts(i, false));
    }
}
