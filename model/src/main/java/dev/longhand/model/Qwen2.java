package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Kernels.Gate;
import dev.longhand.kernels.Kernels.Pairing;

/** Qwen 2 and 2.5 (Yang et al. 2024), dense: like llama, with biases on q, k and v, and RoPE on halves. */
final class Qwen2 implements Architecture {
    private final SubLayers parts;
    private final Rotary rotary;

    Qwen2(SubLayers parts) throws Problem {
        this.parts = parts;
        this.rotary = parts.rotary(Pairing.HALVES);
    }

    @Override
    public Layer layer(int i) throws Problem {
        return new Layer(parts.norm(i, "attn_norm"), parts.attention(i, parts.biases(i), rotary),
                parts.norm(i, "ffn_norm"), parts.ffn(i, Gate.SILU));
    }
}
