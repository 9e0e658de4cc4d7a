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
import java.util.Arrays;

/**
 * Gemma 3 (Gemma team 2025), text only.
 *
 * <p>Norms before and after each block, per-head RMS norm of q and k before RoPE (halves), GeGLU with tanh. Every sixth layer sees
 * all positions with the file's RoPE base; the others see a sliding window with base 10,000. Embeddings are scaled by sqrt(dim).
 */
final class Gemma3 extends Decoder {
    /** Every sixth layer is global. */
    private static final int PATTERN = 6;

    /** RoPE base of the sliding layers: fixed by the architecture, not in the file. */
    private static final float LOCAL_BASE = 10_000f;

    /** Layers of the 27B model, whose queries are scaled by dim / heads instead of the head's width. */
    private static final int LAYERS_27B = 62;

    /** Weights of one layer. {@code (rows, cols)}. */
    private record Layer(
            Floats attentionNorm, // (dim)
            Matrix q, // (heads * headDim, dim)
            Matrix k, // (kvHeads * headDim, dim)
            Matrix v, // (kvHeads * headDim, dim)
            Floats qNorm, // (headDim)
            Floats kNorm, // (headDim)
            Matrix attentionOut, // (dim, heads * headDim)
            Floats attentionPostNorm, // (dim)
            Floats ffnNorm, // (dim)
            Matrix gate, // (ffnDim, dim)
            Matrix up, // (ffnDim, dim)
            Matrix down, // (dim, ffnDim)
            Floats ffnPostNorm, // (dim)
            Attention attention) {
        Matrix[] qkv() {
            return new Matrix[] {q, k, v};
        }

        Matrix[] gateUp() {
            return new Matrix[] {gate, up};
        }
    }

    private final int windowTokens;
    private final Layer[] layers;
    private final Matrix[][] qkv;
    private final Matrix[][] gateUp;
    private final Floats[] qkvOut;
    private final Floats[] gateUpOut;
    private final Rope globalRope;
    private final Rope localRope;
    private final Floats globalAngles; // (rowsMax, headDim)
    private final Floats localAngles; // (rowsMax, headDim)

    static Gemma3 load(ModelFile file, Kernels kernels, int rowsMax) throws Problem {
        Config config = Config.of(file, "gemma3");
        Arena arena = new WeightsArena();
        try {
            return new Gemma3(new WeightReader(file, kernels, arena), config, rowsMax);
        } catch (Problem | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private Gemma3(WeightReader in, Config config, int rowsMax) throws Problem {
        super(in, config, rowsMax);
        Config.Reader numbers = new Config.Reader(in.file(), "gemma3");
        windowTokens = numbers.count("attention.sliding_window", 1, 1 << 20);
        layers = new Layer[config.layers()];
        for (int i = 0; i < layers.length; i++) {
            layers[i] = layer(in, i);
        }
        qkv = Arrays.stream(layers).map(Layer::qkv).toArray(Matrix[][]::new);
        gateUp = Arrays.stream(layers).map(Layer::gateUp).toArray(Matrix[][]::new);
        qkvOut = new Floats[] {s.q, s.k, s.v};
        gateUpOut = new Floats[] {s.gate, s.up};
        int dims = config.headDim();
        globalRope = Rope.of(dims, numbers.positive("rope.freq_base", 1_000_000f), RopeScaling.positionScale(numbers), null);
        localRope = Rope.of(dims, LOCAL_BASE, 1, null);
        globalAngles = Floats.allocate(in.arena(), rowsMax, dims);
        localAngles = Floats.allocate(in.arena(), rowsMax, dims);
    }

    private boolean isGlobal(int layer) {
        return (layer + 1) % PATTERN == 0;
    }

    private Layer layer(WeightReader in, int i) throws Problem {
        String p = "blk." + i + ".";
        int dim = config.dim();
        int headDim = config.headDim();
        int ffnDim = config.ffnDim();
        return new Layer(
                in.vector(p + "attn_norm.weight", dim),
                counted(in.matrix(p + "attn_q.weight", config.queryDim(), dim)),
                counted(in.matrix(p + "attn_k.weight", config.kvDim(), dim)),
                counted(in.matrix(p + "attn_v.weight", config.kvDim(), dim)),
                in.vector(p + "attn_q_norm.weight", headDim),
                in.vector(p + "attn_k_norm.weight", headDim),
                counted(in.matrix(p + "attn_output.weight", dim, config.queryDim())),
                in.vector(p + "post_attention_norm.weight", dim),
                in.vector(p + "ffn_norm.weight", dim),
                counted(in.matrix(p + "ffn_gate.weight", ffnDim, dim)),
                counted(in.matrix(p + "ffn_up.weight", ffnDim, dim)),
                counted(in.matrix(p + "ffn_down.weight", dim, ffnDim)),
                in.vector(p + "post_ffw_norm.weight", dim),
                new Attention(i, config.heads(), queryScale(), isGlobal(i) ? Integer.MAX_VALUE : windowTokens));
    }

    private float queryScale() {
        int width = config.layers() == LAYERS_27B ? config.dim() / config.heads() : config.headDim();
        return (float) (1 / Math.sqrt(width));
    }

    @Override
    float embeddingScale() {
        return (float) Math.sqrt(config.dim());
    }

    @Override
    void angles(int position, int rows) {
        globalRope.angles(position, rows, globalAngles);
        localRope.angles(position, rows, localAngles);
    }

    @Override
    void layer(int i, int rows, KvView kv) {
        Layer w = layers[i];
        Floats angles = isGlobal(i) ? globalAngles : localAngles;
        float eps = config.normEps();
        int headDim = config.headDim();

        // x += norm(Wo attention(rope(norm(Wq n)), rope(norm(Wk n)), Wv n)),  n = norm(x)
        kernels.rmsNorm(s.x, rows, w.attentionNorm, eps, s.normed);
        kernels.matmul(qkv[i], s.normed, rows, qkvOut);
        kernels.headNorm(s.q, rows, config.heads(), headDim, w.qNorm, eps);
        kernels.headNorm(s.k, rows, config.kvHeads(), headDim, w.kNorm, eps);
        kernels.rope(s.q, rows, config.heads(), headDim, angles, Pairing.HALVES);
        kernels.rope(s.k, rows, config.kvHeads(), headDim, angles, Pairing.HALVES);
        kv.append(i, s.k, s.v, rows);
        kv.attend(w.attention, s.q, rows, s.attended);
        kernels.matmul(w.attentionOut, s.attended, rows, s.out);
        kernels.rmsNormAdd(s.out, rows, w.attentionPostNorm, eps, s.x);

        // x += norm(Wd (gelu(Wg n) * Wu n)),  n = norm(x)
        kernels.rmsNorm(s.x, rows, w.ffnNorm, eps, s.normed);
        kernels.matmul(gateUp[i], s.normed, rows, gateUpOut);
        kernels.gate(Gate.GELU_TANH, s.gate, s.up, rows, s.gated);
        kernels.matmul(w.down, s.gated, rows, s.out);
        kernels.rmsNormAdd(s.out, rows, w.ffnPostNorm, eps, s.x);
    }
}
