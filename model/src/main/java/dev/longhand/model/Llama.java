package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Kernels.Gate;
import dev.longhand.kernels.Kernels.Pairing;

/**
 * The llama architecture (Touvron et al. 2023): SmolLM2, Llama 2 and 3, Mistral; with experts, Mixtral (Jiang et al. 2024).
 *
 * <p>Pre-norm, grouped-query attention with RoPE on adjacent pairs (the file's rows are permuted for it), SwiGLU. Llama 3's RoPE
 * scaling comes as frequency factors in the file. Mixtral weighs two experts by the softmax over these two.
 */
final class Llama implements Architecture {
    private final SubLayers parts;
    private final Rotary rotary;

    Llama(SubLayers parts) throws Problem {
        this.parts = parts;
        this.rotary = parts.rotary(Pairing.ADJACENT);
    }

    @Override
    public Layer layer(int i) throws Problem {
        Ffn ffn = parts.config().mixture().isPresent() ? parts.experts(i, true) : parts.ffn(i, Gate.SILU);
        return new Layer(parts.norm(i, "attn_norm"), parts.attention(i, rotary), parts.norm(i, "ffn_norm"), ffn);
    }
}
