package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Kernels.Gate;
import dev.longhand.kernels.Kernels.Pairing;
import java.util.Optional;

/**
 * Gemma 3 (Gemma team 2025), text only.
 *
 * <p>Norms before and after each sub-layer, per-head RMS norm of q and k before RoPE (halves), GeGLU with tanh. Every sixth layer
 * sees all positions with the file's RoPE base; the others see a sliding window with base 10,000. Embeddings are scaled by
 * sqrt(dim).
 */
final class Gemma3 implements Architecture {
    /** Every sixth layer is global. */
    private static final int PATTERN = 6;

    /** RoPE base of the sliding layers: fixed by the architecture, not in the file. */
    private static final float LOCAL_BASE = 10_000f;

    /** Layers of the 27B model, whose queries are scaled by dim / heads instead of the head's width. */
    private static final int LAYERS_27B = 62;

    private final SubLayers parts;
    private final Config config;
    private final int windowTokens;
    private final Rotary globalRotary;
    private final Rotary localRotary;

    Gemma3(SubLayers parts) throws Problem {
        this.parts = parts;
        this.config = parts.config();
        Config.Reader numbers = parts.numbers();
        windowTokens = numbers.count("attention.sliding_window", 1, 1 << 20);
        float base = numbers.positive("rope.freq_base", 1_000_000f);
        globalRotary = parts.rotary(Rope.of(config.headDim(), base, RopeScaling.positionScale(numbers), null), Pairing.HALVES);
        localRotary = parts.rotary(Rope.of(config.headDim(), LOCAL_BASE, 1, null), Pairing.HALVES);
    }

    @Override
    public Layer layer(int i) throws Problem {
        boolean isGlobal = (i + 1) % PATTERN == 0;
        Attention attention = new Attention(i, config.heads(), queryScale(), isGlobal ? Integer.MAX_VALUE : windowTokens);
        return new Layer(
                parts.norm(i, "attn_norm"),
                parts.attention(attention, parts.headNorms(i), isGlobal ? globalRotary : localRotary),
                Optional.of(parts.norm(i, "post_attention_norm")),
                parts.norm(i, "ffn_norm"),
                parts.ffn(i, Gate.GELU_TANH),
                Optional.of(parts.norm(i, "post_ffw_norm")));
    }

    private float queryScale() {
        int width = config.layers() == LAYERS_27B ? config.dim() / config.heads() : config.headDim();
        return (float) (1 / Math.sqrt(width));
    }

    @Override
    public float embeddingScale() {
        return (float) Math.sqrt(config.dim());
    }
}
