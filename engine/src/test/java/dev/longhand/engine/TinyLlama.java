package dev.longhand.engine;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.GgufWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A llama of two layers with random weights, one token per byte, marks for reasoning, and one token whose embedding is no number:
 * whoever reads it fails, and only he may.
 */
final class TinyLlama {
    static final int END = 256;
    static final int POISON = 257;
    static final int THINK = 258;
    static final int CLOSE = 259;
    /** Of f16 KV: layers, K and V, tokens, elements, bytes. */
    static final long BLOCK_BYTES = 2 * 2 * 64 * 32 * 2;
    private static final int VOCABULARY = 320;
    private static final int DIM = 64;
    private static final int FFN = 96;

    private TinyLlama() {}

    static LocalModel open(Path folder, EngineOptions options, Clock clock) throws Problem {
        return LocalModel.open(write(folder), "tiny", "", options, clock);
    }

    private static Path write(Path folder) {
        Gen gen = new Gen(7);
        GgufWriter out = new GgufWriter().string("general.architecture", "llama")
                .u32("llama.block_count", 2).u32("llama.context_length", 4096).u32("llama.embedding_length", DIM)
                .u32("llama.feed_forward_length", FFN).u32("llama.attention.head_count", 2).u32("llama.attention.head_count_kv", 1)
                .f32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .string("tokenizer.ggml.model", "gpt2").string("tokenizer.ggml.pre", "smollm")
                        .u32("tokenizer.ggml.eos_token_id", END)
                .strings("tokenizer.ggml.tokens", texts()).integers("tokenizer.ggml.token_type", types())
                .strings("tokenizer.ggml.merges", List.of("a b"));
        float[] embeddings = gen.gaussians(VOCABULARY * DIM);
        Arrays.fill(embeddings, POISON * DIM, (POISON + 1) * DIM, Float.NaN);
        out.tensor("token_embd.weight", embeddings, DIM, VOCABULARY);
        float[] head = gen.gaussians(VOCABULARY * DIM);
        Arrays.fill(head, END * DIM, (CLOSE + 1) * DIM, 0); // never the most probable
        out.tensor("output.weight", head, DIM, VOCABULARY).tensor("output_norm.weight", ones(), DIM);
        for (int i = 0; i < 2; i++) {
            String p = "blk." + i + ".";
            out.tensor(p + "attn_norm.weight", ones(), DIM).tensor(p + "ffn_norm.weight", ones(), DIM);
            matrix(out, gen, p + "attn_q.weight", 64, DIM);
            matrix(out, gen, p + "attn_k.weight", 32, DIM);
            matrix(out, gen, p + "attn_v.weight", 32, DIM);
            matrix(out, gen, p + "attn_output.weight", DIM, 64);
            matrix(out, gen, p + "ffn_gate.weight", FFN, DIM);
            matrix(out, gen, p + "ffn_up.weight", FFN, DIM);
            matrix(out, gen, p + "ffn_down.weight", DIM, FFN);
        }
        return out.write(folder.resolve("tiny.gguf"));
    }

    private static void matrix(GgufWriter out, Gen gen, String name, int rows, int cols) {
        float[] values = gen.gaussians(rows * cols);
        for (int i = 0; i < values.length; i++) {
            values[i] *= 0.15f;
        }
        out.tensor(name, values, cols, rows);
    }

    private static float[] ones() {
        float[] ones = new float[DIM];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** Bytes as byte-level BPE writes them, then what is special, then words nobody asks for. */
    private static List<String> texts() {
        List<String> texts = new ArrayList<>();
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean isPlain = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
            texts.add(String.valueOf((char) (isPlain ? b : next++)));
        }
        texts.addAll(List.of("<|end|>", "<|poison|>", "<think>", "</think>"));
        for (int i = texts.size(); i < VOCABULARY; i++) {
            texts.add("w" + i);
        }
        texts.set(VOCABULARY - 1, "ab");
        return texts;
    }

    private static int[] types() {
        int[] types = new int[VOCABULARY];
        Arrays.fill(types, 1);
        types[END] = 3;
        types[POISON] = 3;
        types[THINK] = 4;
        types[CLOSE] = 4;
        return types;
    }
}
