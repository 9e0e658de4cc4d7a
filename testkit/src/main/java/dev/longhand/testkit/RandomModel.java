package dev.longhand.testkit;

import dev.longhand.base.ElementType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Small models whose every tensor is a pure function of its name, the same as those that
 * {@code model/src/test/goldens/small_models.py} gives to llama.cpp. Immutable.
 *
 * @param experts 0 for a dense model
 * @param used    experts that a token uses
 */
public record RandomModel(
        String name, String architecture, int layers, int dim, int heads, int kvHeads, int headDim, int ffnDim, int experts,
        int used, int vocabulary, boolean tied) {
    private static final int VOCABULARY = 2048;

    public static final RandomModel LLAMA = dense("small-llama", "llama");
    public static final RandomModel QWEN2 = dense("small-qwen2", "qwen2");
    public static final RandomModel QWEN3 = dense("small-qwen3", "qwen3");
    public static final RandomModel MOE = new RandomModel("small-moe", "qwen3moe", 4, 256, 4, 2, 64, 256, 8, 2, VOCABULARY, false);
    public static final RandomModel MIXTRAL =
            new RandomModel("small-mixtral", "llama", 4, 256, 4, 2, 64, 512, 8, 2, VOCABULARY, false);
    public static final RandomModel OLMOE =
            new RandomModel("small-olmoe", "olmoe", 4, 256, 4, 4, 64, 256, 16, 4, VOCABULARY, false);

    /** Five layers with a window of 100 tokens and one without. Not among the models that llama.cpp was asked about. */
    public static final RandomModel GEMMA3 =
            new RandomModel("small-gemma3", "gemma3", 6, 256, 4, 1, 64, 512, 0, 0, VOCABULARY, true);

    /** What the matrices are: F32, or quantised ({@link #Q4_K_M}: Q6_K for some). */
    public enum Weights { F32, Q8_0, Q4_0, Q4_K_M }

    private static RandomModel dense(String name, String architecture) {
        return new RandomModel(name, architecture, 4, 256, 4, 2, 64, 512, 0, 0, VOCABULARY, true);
    }

    /** Writes the model as a GGUF file without a tokenizer. */
    public Path write(Path file, Weights weights) {
        return writer(weights).write(file);
    }

    /** The model before it is written, to add to it. */
    public GgufWriter writer(Weights weights) {
        String a = architecture + ".";
        GgufWriter out = new GgufWriter().string("general.architecture", architecture).u32(a + "block_count", layers)
                .u32(a + "context_length", 4096).u32(a + "embedding_length", dim).u32(a + "feed_forward_length", ffnDim)
                .u32(a + "attention.head_count", heads).u32(a + "attention.head_count_kv", kvHeads)
                .u32(a + "attention.key_length", headDim).u32(a + "attention.value_length", headDim)
                .f32(a + "attention.layer_norm_rms_epsilon", 1e-6f).f32(a + "rope.freq_base", 1e6f);
        if (experts > 0) {
            out.u32(a + "expert_count", experts).u32(a + "expert_used_count", used).u32(a + "expert_feed_forward_length", ffnDim);
        }
        if (architecture.equals("gemma3")) {
            out.u32(a + "attention.sliding_window", 100);
        }
        matrix(out, weights, "token_embd.weight", vocabulary, dim);
        norm(out, "output_norm.weight", dim);
        if (!tied) {
            matrix(out, weights, "output.weight", vocabulary, dim);
        }
        for (int i = 0; i < layers; i++) {
            attention(out, weights, "blk." + i + ".");
            feedForward(out, weights, "blk." + i + ".");
        }
        return out;
    }

    private void attention(GgufWriter out, Weights weights, String p) {
        norm(out, p + "attn_norm.weight", dim);
        projection(out, weights, p + "attn_q", heads * headDim);
        projection(out, weights, p + "attn_k", kvHeads * headDim);
        projection(out, weights, p + "attn_v", kvHeads * headDim);
        matrix(out, weights, p + "attn_output.weight", dim, heads * headDim);
        if (architecture.equals("gemma3")) {
            norm(out, p + "post_attention_norm.weight", dim);
            norm(out, p + "post_ffw_norm.weight", dim);
        }
        if (architecture.startsWith("qwen3") || architecture.equals("gemma3")) {
            norm(out, p + "attn_q_norm.weight", headDim);
            norm(out, p + "attn_k_norm.weight", headDim);
        }
        if (architecture.equals("olmoe")) {
            norm(out, p + "attn_q_norm.weight", heads * headDim);
            norm(out, p + "attn_k_norm.weight", kvHeads * headDim);
        }
    }

    private void projection(GgufWriter out, Weights weights, String name, int rows) {
        matrix(out, weights, name + ".weight", rows, dim);
        if (architecture.equals("qwen2")) {
            float[] bias = weight(name + ".bias", rows, rows);
            for (int i = 0; i < rows; i++) {
                bias[i] *= 4;
            }
            out.tensor(name + ".bias", bias, rows);
        }
    }

    private void feedForward(GgufWriter out, Weights weights, String p) {
        norm(out, p + "ffn_norm.weight", dim);
        if (experts == 0) {
            matrix(out, weights, p + "ffn_gate.weight", ffnDim, dim);
            matrix(out, weights, p + "ffn_up.weight", ffnDim, dim);
            matrix(out, weights, p + "ffn_down.weight", dim, ffnDim);
            return;
        }
        out.tensor(p + "ffn_gate_inp.weight", weight(p + "ffn_gate_inp.weight", experts * dim, dim), dim, experts);
        tensor(out, weights, p + "ffn_gate_exps.weight", dim, ffnDim, experts);
        tensor(out, weights, p + "ffn_up_exps.weight", dim, ffnDim, experts);
        tensor(out, weights, p + "ffn_down_exps.weight", ffnDim, dim, experts);
    }

    private static void matrix(GgufWriter out, Weights weights, String name, int rows, int cols) {
        tensor(out, weights, name, cols, rows);
    }

    /** Shape with the contiguous dimension first. */
    private static void tensor(GgufWriter out, Weights weights, String name, int cols, long... others) {
        long[] shape = new long[others.length + 1];
        shape[0] = cols;
        int rows = 1;
        for (int i = 0; i < others.length; i++) {
            shape[i + 1] = others[i];
            rows *= (int) others[i];
        }
        if (weights == Weights.F32) {
            out.tensor(name, weight(name, rows * cols, cols), shape);
        } else {
            ElementType type = type(name, weights);
            out.tensor(name, type, RandomBlocks.of(name, rows, cols, type), shape);
        }
    }

    private static ElementType type(String name, Weights weights) {
        if (weights != Weights.Q4_K_M) {
            return ElementType.valueOf(weights.name());
        }
        boolean isSix = name.contains("attn_v") || name.contains("ffn_down") || name.equals("token_embd.weight")
                || name.equals("output.weight");
        return isSix ? ElementType.Q6_K : ElementType.Q4_K;
    }

    private static void norm(GgufWriter out, String name, int n) {
        out.tensor(name, normWeight(name, n), n);
    }

    /** Weights of a norm: near 1. */
    public static float[] normWeight(String name, int n) {
        float[] values = uniform(name, n);
        for (int i = 0; i < n; i++) {
            values[i] = 1 + 0.25f * values[i];
        }
        return values;
    }

    /** {@code n} weights of a matrix with {@code cols} columns, with a variance of about 1 / cols. */
    public static float[] weight(String name, int n, int cols) {
        float scale = (float) (1.7 / Math.sqrt(cols));
        float[] values = uniform(name, n);
        for (int i = 0; i < n; i++) {
            values[i] *= scale;
        }
        return values;
    }

    private static float[] uniform(String name, int n) {
        long hash = hash(name);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (random(hash, i) >>> 40) / 0x1p23f - 1;
        }
        return values;
    }

    /** FNV-1a of a name. */
    static long hash(String name) {
        long hash = 0xCBF29CE484222325L;
        for (byte b : name.getBytes(StandardCharsets.US_ASCII)) {
            hash = (hash ^ b) * 0x100000001B3L;
        }
        return hash;
    }

    /** The i-th number of SplitMix64 that starts at {@code seed}. */
    static long random(long seed, int i) {
        long z = seed + (i + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
