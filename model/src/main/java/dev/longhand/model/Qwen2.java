package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Kernels.Gate;
import dev.longhand.kernels.Kernels.Pairing;

/** Qwen 2 and 2.5 (Yang et al. 2024), dense: like llama, with biases on q, k and v, and RoPE on halves. */
final class Qwen2 implements Architecture {
    private final Blocks blocks;
    private final Rotary rotary;

    Qwen2(Blocks blocks) throws Problem {
        this.blocks = blocks;
        this.rotary = blocks.rotary(Pairing.HALVES);
    }

    @Override
    public Layer layer(int i) throws Problem {
        return new Layer(blocks.norm(i, "attn_norm"), blocks.attention(i, blocks.biases(i), rotary),
                blocks.norm(i, "ffn_norm"), blocks.ffn(i, Gate.SILU));
    }
}
