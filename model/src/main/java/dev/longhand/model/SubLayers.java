package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels.Gate;
import dev.longhand.kernels.Kernels.Pairing;
import dev.longhand.kernels.Matrix;
import dev.longhand.kernels.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes the sub-layers of a decoder's layers from the tensors of a file, under GGUF's names.
 *
 * <p>Knows names and shapes; which a layer has is the {@link Architecture}'s choice. Buffers are shared by all layers.
 */
final class SubLayers implements AutoCloseable {
    private final WeightReader in;
    private final Config config;
    private final Config.Reader numbers;
    private final Scratch s;
    private final ExpertStore.Factory expertStores;
    private final List<Rotary> rotaries = new ArrayList<>();
    private Optional<DenseFfn.Buffers> denseBuffers = Optional.empty();
    private Optional<ExpertsFfn.Buffers> expertBuffers = Optional.empty();
    private Optional<ExpertStore> experts = Optional.empty();

    SubLayers(WeightReader in, Config config, int rowsMax, ExpertStore.Factory expertStores) {
        this.in = in;
        this.config = config;
        this.numbers = new Config.Reader(in.file(), config.architecture());
        this.s = new Scratch(in.arena(), in.kernels(), config, rowsMax);
        this.expertStores = expertStores;
    }

    Config config() {
        return config;
    }

    /** The file's numbers beyond {@link #config}. */
    Config.Reader numbers() {
        return numbers;
    }

    WeightReader weights() {
        return in;
    }

    Scratch scratch() {
        return s;
    }

    /** What must know the positions of a pass. */
    List<Rotary> rotaries() {
        return List.copyOf(rotaries);
    }

    /** Where the experts are; empty for a dense model. */
    Optional<ExpertStore> experts() {
        return experts;
    }

    // ---------------------------------------------------------------- rotary embedding

    /** RoPE as most files declare it: base, linear scaling, part of a head, frequency factors. */
    Rotary rotary(Pairing pairing) throws Problem {
        int dims = in.file().has(config.architecture() + ".rope.dimension_count")
                ? numbers.count("rope.dimension_count", 2, config.headDim())
                : config.headDim();
        numbers.require(dims % 2 == 0, "rope.dimension_count", dims, "even");
        Floats factors = in.vectorIfPresent("rope_freqs.weight", dims / 2).orElse(null);
        float base = numbers.positive("rope.freq_base", 10_000f);
        return rotary(Rope.of(dims, base, RopeScaling.positionScale(numbers), factors), pairing);
    }

    Rotary rotary(Rope rope, Pairing pairing) {
        Rotary rotary = new Rotary(s, config, rope, pairing);
        rotaries.add(rotary);
        return rotary;
    }

    // ---------------------------------------------------------------- attention

    /** RMS norm over the residual stream. */
    Norm norm(int layer, String name) throws Problem {
        return norm(name(layer, name, "weight"), config.dim());
    }

    Norm norm(String tensor, int n) throws Problem {
        return new Norm(in.kernels(), in.vector(tensor, n), config.normEps());
    }

    /** Attention to all earlier positions, with queries scaled by 1 / sqrt(headDim). */
    SelfAttention attention(int layer, SelfAttention.Step... steps) throws Problem {
        float scale = (float) (1 / Math.sqrt(config.headDim()));
        return attention(new Attention(layer, config.heads(), scale, Integer.MAX_VALUE), steps);
    }

    SelfAttention attention(Attention attention, SelfAttention.Step... steps) throws Problem {
        int layer = attention.layer();
        Matrix[] qkv = {
            matrix(layer, "attn_q", config.queryDim(), config.dim()),
            matrix(layer, "attn_k", config.kvDim(), config.dim()),
            matrix(layer, "attn_v", config.kvDim(), config.dim())
        };
        return new SelfAttention(s, qkv, matrix(layer, "attn_output", config.dim(), config.queryDim()), attention, steps);
    }

    /** Adds the biases of q, k and v. */
    SelfAttention.Step biases(int layer) throws Problem {
        Floats q = in.vector(name(layer, "attn_q", "bias"), config.queryDim());
        Floats k = in.vector(name(layer, "attn_k", "bias"), config.kvDim());
        Floats v = in.vector(name(layer, "attn_v", "bias"), config.kvDim());
        return rows -> {
            s.kernels.addBias(s.q, q, rows);
            s.kernels.addBias(s.k, k, rows);
            s.kernels.addBias(s.v, v, rows);
        };
    }

    /** RMS norm of each head of q and k. */
    SelfAttention.Step headNorms(int layer) throws Problem {
        Norm q = norm(name(layer, "attn_q_norm", "weight"), config.headDim());
        Norm k = norm(name(layer, "attn_k_norm", "weight"), config.headDim());
        return rows -> {
            q.applyToHeads(s.q, rows, config.heads());
            k.applyToHeads(s.k, rows, config.kvHeads());
        };
    }

    /** RMS norm of q and k, all heads together. */
    SelfAttention.Step wholeNorms(int layer) throws Problem {
        Norm q = norm(name(layer, "attn_q_norm", "weight"), config.queryDim());
        Norm k = norm(name(layer, "attn_k_norm", "weight"), config.kvDim());
        return rows -> {
            q.applyToHeads(s.q, rows, 1);
            k.applyToHeads(s.k, rows, 1);
        };
    }

    // ---------------------------------------------------------------- feed-forward

    DenseFfn ffn(int layer, Gate gate) throws Problem {
        if (denseBuffers.isEmpty()) {
            denseBuffers = Optional.of(new DenseFfn.Buffers(s, config.ffnDim()));
        }
        Matrix[] gateUp = {
            matrix(layer, "ffn_gate", config.ffnDim(), config.dim()),
            matrix(layer, "ffn_up", config.ffnDim(), config.dim())
        };
        return new DenseFfn(s, denseBuffers.get(), gate, gateUp, matrix(layer, "ffn_down", config.dim(), config.ffnDim()));
    }

    /** A mixture whose weights are the softmax over the chosen experts, or, not renormalised, over all. */
    ExpertsFfn experts(int layer, boolean renormalise) throws Problem {
        Config.Mixture mixture = config.mixture().orElseThrow();
        if (experts.isEmpty()) {
            boolean isRenormalised = in.file().flag(config.architecture() + ".expert_weights_norm", renormalise);
            float scale = numbers.positive("expert_weights_scale", 1);
            Router router = new Router(mixture.experts(), mixture.used(), true, isRenormalised, scale);
            expertBuffers = Optional.of(ExpertsFfn.Buffers.of(s, mixture, router, config.dim()));
            experts = Optional.of(expertStores.open(new ExpertTensors(in, config, mixture)));
        }
        Matrix router = in.f32Matrix(name(layer, "ffn_gate_inp", "weight"), mixture.experts(), config.dim());
        return new ExpertsFfn(s, expertBuffers.orElseThrow(), layer, router, experts.get());
    }

    private Matrix matrix(int layer, String name, int rows, int cols) throws Problem {
        return in.matrix(name(layer, name, "weight"), rows, cols);
    }

    private static String name(int layer, String name, String what) {
        return "blk." + layer + "." + name + "." + what;
    }

    @Override
    public void close() {
        experts.ifPresent(ExpertStore::close);
        in.arena().close();
    }
}
