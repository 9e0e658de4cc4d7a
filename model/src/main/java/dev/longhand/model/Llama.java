package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.Kernels.Gate;
import dev.longhand.kernels.Kernels.Pairing;
import dev.longhand.kernels.Matrix;
import dev.longhand.kernels.WeightsArena;
import dev.longhand.memory.KvView;
import java.lang.foreign.Arena;

/**
 * The llama architecture (Touvron et al. 2023): SmolLM2, Llama 2 and 3, Mistral.
 *
 * <p>Pre-norm, grouped-query attention with RoPE on adjacent pairs (the file's rows are permuted for it), SwiGLU. Llama 3's RoPE
 * scaling comes as frequency factors in the file. Mixtures of experts under this name are refused.
 */
final class Llama extends Decoder {
    /** Weights of one layer. {@code (rows, cols)}. */
    private record Layer(
            Floats attentionNorm, // (dim)
            Matrix q, // (heads * headDim, dim)
            Matrix k, // (kvHeads * headDim, dim)
            Matrix v, // (kvHeads * headDim, dim)
            Matrix attentionOut, // (dim, heads * headDim)
            Floats ffnNorm, // (dim)
            Matrix gate, // (ffnDim, dim)
            Matrix up, // (ffnDim, dim)
            Matrix down, // (dim, ffnDim)
            Attention attention) {
        Matrix[] qkv() {
            return new Matrix[] {q, k, v};
        }

        Matrix[] gateUp() {
            return new Matrix[] {gate, up};
        }
    }

    private final Layer[] layers;
    private final Matrix[][] qkv;
    private final Matrix[][] gateUp;
    private final Floats[] qkvOut;
    private final Floats[] gateUpOut;
    private final Rope rope;
    private final Floats angles; // (rowsMax, turned)

    static Llama load(ModelFile file, Kernels kernels, int rowsMax) throws Problem {
        Config config = Config.of(file, "llama");
        if (file.integer("llama.expert_count", 0) > 0) {
            throw new Problem(Problem.Kind.UNSUPPORTED, file.path() + ": a mixture of experts (llama.expert_count > 0) is not supported");
        }
        Arena arena = new WeightsArena();
        try {
            return new Llama(new WeightReader(file, kernels, arena), config, rowsMax);
        } catch (Problem | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private Llama(WeightReader in, Config config, int rowsMax) throws Problem {
        super(in, config, rowsMax);
        layers = new Layer[config.layers()];
        for (int i = 0; i < layers.length; i++) {
            layers[i] = layer(in, i);
        }
        qkv = java.util.Arrays.stream(layers).map(Layer::qkv).toArray(Matrix[][]::new);
        gateUp = java.util.Arrays.stream(layers).map(Layer::gateUp).toArray(Matrix[][]::new);
        qkvOut = new Floats[] {s.q, s.k, s.v};
        gateUpOut = new Floats[] {s.gate, s.up};
        rope = rope(in);
        angles = Floats.allocate(in.arena(), rowsMax, 2 * rope.pairs());
    }

    private Layer layer(WeightReader in, int i) throws Problem {
        String p = "blk." + i + ".";
        int dim = config.dim();
        int ffnDim = config.ffnDim();
        return new Layer(
                in.vector(p + "attn_norm.weight", dim),
                counted(in.matrix(p + "attn_q.weight", config.queryDim(), dim)),
                counted(in.matrix(p + "attn_k.weight", config.kvDim(), dim)),
                counted(in.matrix(p + "attn_v.weight", config.kvDim(), dim)),
                counted(in.matrix(p + "attn_output.weight", dim, config.queryDim())),
                in.vector(p + "ffn_norm.weight", dim),
                counted(in.matrix(p + "ffn_gate.weight", ffnDim, dim)),
                counted(in.matrix(p + "ffn_up.weight", ffnDim, dim)),
                counted(in.matrix(p + "ffn_down.weight", dim, ffnDim)),
                new Attention(i, config.heads(), (float) (1 / Math.sqrt(config.headDim())), Integer.MAX_VALUE));
    }

    private Rope rope(WeightReader in) throws Problem {
        Config.Reader numbers = new Config.Reader(in.file(), "llama");
        int dims = in.file().has("llama.rope.dimension_count")
                ? numbers.count("rope.dimension_count", 2, config.headDim())
                : config.headDim();
        numbers.require(dims % 2 == 0, "rope.dimension_count", dims, "even");
        Floats factors = in.vectorIfPresent("rope_freqs.weight", dims / 2).orElse(null);
        return Rope.of(dims, numbers.positive("rope.freq_base", 10_000f), RopeScaling.positionScale(numbers), factors);
    }

    @Override
    float embeddingScale() {
        return 1;
    }

    @Override
    void angles(int position, int rows) {
        rope.angles(position, rows, angles);
    }

    @Override
    void layer(int i, int rows, KvView kv) {
        Layer w = layers[i];

        // x += Wo attention(rope(Wq n), rope(Wk n), Wv n),  n = norm(x)
        kernels.rmsNorm(s.x, rows, w.attentionNorm, config.normEps(), s.normed);
        kernels.matmul(qkv[i], s.normed, rows, qkvOut);
        kernels.rope(s.q, rows, config.heads(), config.headDim(), angles, Pairing.ADJACENT);
        kernels.rope(s.k, rows, config.kvHeads(), config.headDim(), angles, Pairing.ADJACENT);
        kv.append(i, s.k, s.v, rows);
        kv.attend(w.attention, s.q, rows, s.attended);
        kernels.matmul(w.attentionOut, s.attended, rows, s.out);
        kernels.add(s.x, s.out, rows);

        // x += Wd (silu(Wg n) * Wu n),  n = norm(x)
        kernels.rmsNorm(s.x, rows, w.ffnNorm, config.normEps(), s.normed);
        kernels.matmul(gateUp[i], s.normed, rows, gateUpOut);
        kernels.gate(Gate.SILU, s.gate, s.up, rows, s.gated);
        kernels.matmul(w.down, s.gated, rows, s.out);
        kernels.add(s.x, s.out, rows);
    }
}
