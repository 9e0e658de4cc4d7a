package dev.longhand.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.formats.Tensor;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.Limits;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.GgufWriter;
import dev.longhand.testkit.HfFolderWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Goal: a Hugging Face folder and the GGUF file of the same weights are the same model: keys, names, shapes and every byte, so that
 * logits have the same bits.
 *
 * <p>Method: small random models written both ways, each tensor by the rule of its own format (heads in halves here and in
 * neighbours
 * there, experts apart here and stacked there, gemma's norms less one here); then what the forward pass reads is compared.
 */
class HfFolderParityTest {
    private static final int LAYERS = 7;
    private static final int DIM = 64;
    private static final int HEADS = 4;
    private static final int KV_HEADS = 2;
    private static final int HEAD_DIM = 32;
    private static final int FFN = 96;
    private static final int EXPERTS = 4;
    private static final int VOCABULARY = 4;

    @TempDir
    Path folder;

    /** model_type, GGUF's name. */
    enum Kind {
        LLAMA("llama", "llama"), MIXTRAL("mixtral", "llama"), QWEN2("qwen2", "qwen2"), QWEN3("qwen3", "qwen3"),
        QWEN3_MOE("qwen3_moe", "qwen3moe"), OLMOE("olmoe", "olmoe"), GEMMA3("gemma3_text", "gemma3");

        final String hf;
        final String gguf;

        Kind(String hf, String gguf) {
            this.hf = hf;
            this.gguf = gguf;
        }

        boolean hasExperts() {
            return this == MIXTRAL || this == QWEN3_MOE || this == OLMOE;
        }
    }

    /** Both writers, given the same values. */
    private static final class Twins {
        final Kind kind;
        final HfFolderWriter hf = new HfFolderWriter();
        final GgufWriter gguf = new GgufWriter();
        final Gen gen = new Gen(7);

        Twins(Kind kind) {
            this.kind = kind;
        }

        void matrix(String hfName, String ggufName, int rows, int cols, int heads) {
            float[] values = gen.gaussians(rows * cols);
            hf.tensor(hfName, "F32", values, rows, cols);
            gguf.tensor(ggufName, heads > 0 && kind.gguf.equals("llama") ? interleaved(values, rows, cols, heads) : values, cols,
                    rows);
        }

        /** What the converter of llama.cpp does with q and k of the llama architecture. */
        static float[] interleaved(float[] values, int rows, int cols, int heads) {
            float[] out = new float[values.length];
            int headRows = rows / heads;
            for (int r = 0; r < rows; r++) {
                int half = r % headRows / (headRows / 2);
                int to = r / headRows * headRows + r % (headRows / 2) * 2 + half;
                System.arraycopy(values, r * cols, out, to * cols, cols);
            }
            return out;
        }

        void norm(String hfName, String ggufName, int n) {
            float[] values = gen.gaussians(n);
            float[] stored = values.clone();
            for (int i = 0; i < n && kind == Kind.GEMMA3; i++) {
                stored[i] = values[i] + 1;
            }
            hf.tensor(hfName, "F32", values, n);
            gguf.tensor(ggufName, stored, n);
        }

        void bias(String hfName, String ggufName, int n) {
            float[] values = gen.gaussians(n);
            hf.tensor(hfName, "F32", values, n);
            gguf.tensor(ggufName, values, n);
        }

        void experts(String hfPattern, String ggufName, int rows, int cols) {
            float[] all = new float[EXPERTS * rows * cols];
            for (int e = 0; e < EXPERTS; e++) {
                float[] values = gen.gaussians(rows * cols);
                hf.tensor(hfPattern.formatted(e), "F32", values, rows, cols);
                System.arraycopy(values, 0, all, e * values.length, values.length);
            }
            gguf.tensor(ggufName, all, cols, rows, EXPERTS);
        }

        void layer(int i) {
            String h = "model.layers." + i + ".";
            String g = "blk." + i + ".";
            norm(h + "input_layernorm.weight", g + "attn_norm.weight", DIM);
            matrix(h + "self_attn.q_proj.weight", g + "attn_q.weight", HEADS * HEAD_DIM, DIM, HEADS);
            matrix(h + "self_attn.k_proj.weight", g + "attn_k.weight", KV_HEADS * HEAD_DIM, DIM, KV_HEADS);
            matrix(h + "self_attn.v_proj.weight", g + "attn_v.weight", KV_HEADS * HEAD_DIM, DIM, 0);
            matrix(h + "self_attn.o_proj.weight", g + "attn_output.weight", DIM, HEADS * HEAD_DIM, 0);
            if (kind == Kind.QWEN2) {
                bias(h + "self_attn.q_proj.bias", g + "attn_q.bias", HEADS * HEAD_DIM);
                bias(h + "self_attn.k_proj.bias", g + "attn_k.bias", KV_HEADS * HEAD_DIM);
                bias(h + "self_attn.v_proj.bias", g + "attn_v.bias", KV_HEADS * HEAD_DIM);
            }
            if (kind == Kind.QWEN3 || kind == Kind.QWEN3_MOE || kind == Kind.GEMMA3 || kind == Kind.OLMOE) {
                norm(h + "self_attn.q_norm.weight", g + "attn_q_norm.weight", kind == Kind.OLMOE ? HEADS * HEAD_DIM : HEAD_DIM);
                norm(h + "self_attn.k_norm.weight", g + "attn_k_norm.weight", kind == Kind.OLMOE ? KV_HEADS * HEAD_DIM : HEAD_DIM);
            }
            if (kind == Kind.GEMMA3) {
                norm(h + "post_attention_layernorm.weight", g + "post_attention_norm.weight", DIM);
                norm(h + "pre_feedforward_layernorm.weight", g + "ffn_norm.weight", DIM);
                norm(h + "post_feedforward_layernorm.weight", g + "post_ffw_norm.weight", DIM);
            } else {
                norm(h + "post_attention_layernorm.weight", g + "ffn_norm.weight", DIM);
            }
            feedForward(h, g);
        }

        private void feedForward(String h, String g) {
            if (!kind.hasExperts()) {
                matrix(h + "mlp.gate_proj.weight", g + "ffn_gate.weight", FFN, DIM, 0);
                matrix(h + "mlp.up_proj.weight", g + "ffn_up.weight", FFN, DIM, 0);
                matrix(h + "mlp.down_proj.weight", g + "ffn_down.weight", DIM, FFN, 0);
                return;
            }
            boolean isMixtral = kind == Kind.MIXTRAL;
            String group = h + (isMixtral ? "block_sparse_moe." : "mlp.");
            matrix(group + "gate.weight", g + "ffn_gate_inp.weight", EXPERTS, DIM, 0);
            experts(group + "experts.%d." + (isMixtral ? "w1" : "gate_proj") + ".weight", g + "ffn_gate_exps.weight", FFN, DIM);
            experts(group + "experts.%d." + (isMixtral ? "w3" : "up_proj") + ".weight", g + "ffn_up_exps.weight", FFN, DIM);
            experts(group + "experts.%d." + (isMixtral ? "w2" : "down_proj") + ".weight", g + "ffn_down_exps.weight", DIM, FFN);
        }

        void config() {
            Map<String, Object> c = new LinkedHashMap<>(Map.of("model_type", kind.hf, "num_hidden_layers", LAYERS, "hidden_size",
                    DIM,
                    "num_attention_heads", HEADS, "num_key_value_heads", KV_HEADS, "head_dim", HEAD_DIM, "vocab_size", VOCABULARY,
                    "max_position_embeddings", 512, "rms_norm_eps", 1e-5, "rope_theta", 500000.0));
            c.put("intermediate_size", FFN);
            c.put("tie_word_embeddings", kind == Kind.GEMMA3);
            String a = kind.gguf + ".";
            gguf.string("general.architecture", kind.gguf).u32(a + "block_count", LAYERS).u32(a + "context_length", 512)
                    .u32(a + "embedding_length", DIM).u32(a + "feed_forward_length", FFN).u32(a + "attention.head_count", HEADS)
                    .u32(a + "attention.head_count_kv", KV_HEADS).u32(a + "attention.key_length", HEAD_DIM)
                    .u32(a + "attention.value_length", HEAD_DIM).f32(a + "attention.layer_norm_rms_epsilon", 1e-5f)
                    .f32(a + "rope.freq_base", 500000).u32(a + "rope.dimension_count", HEAD_DIM);
            if (kind.hasExperts()) {
                c.put(kind == Kind.MIXTRAL ? "num_local_experts" : "num_experts", EXPERTS);
                c.put("num_experts_per_tok", 2);
                c.put("moe_intermediate_size", FFN);
                c.put("norm_topk_prob", kind != Kind.OLMOE);
                gguf.u32(a + "expert_count", EXPERTS).u32(a + "expert_used_count", 2).u32(a + "expert_feed_forward_length", FFN);
            }
            if (kind == Kind.GEMMA3) {
                c.put("sliding_window", 32);
                gguf.u32(a + "attention.sliding_window", 32);
            }
            c.forEach(hf::config);
        }

        void write() {
            config();
            matrix("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, DIM, 0);
            norm("model.norm.weight", "output_norm.weight", DIM);
            if (kind != Kind.GEMMA3) {
                matrix("lm_head.weight", "output.weight", VOCABULARY, DIM, 0);
            }
            for (int i = 0; i < LAYERS; i++) {
                layer(i);
            }
            hf.file("tokenizer.json", HfFolderWriter.TOKENIZER_TINY);
        }
    }

    @ParameterizedTest
    @EnumSource
    void folderAndGgufHoldTheSameModel(Kind kind) throws Exception {
        Twins twins = new Twins(kind);
        twins.write();
        Path gguf = twins.gguf.write(folder.resolve(kind + ".gguf"));
        for (int shards : new int[] {1, 3}) {
            Path hf = twins.hf.write(folder.resolve(kind + "-" + shards), shards);
            try (ModelFile a = ModelFile.open(gguf); ModelFile b = ModelFile.open(hf)) {
                for (String key : a.keys()) {
                    assertThat(b.display(key)).as(key).satisfiesAnyOf(v -> assertThat(v).isEqualTo(a.display(key)),
                            v -> assertThat(b.real(key)).isEqualTo(a.real(key)));
                }
                assertThat(b.tensors().stream().map(Tensor::name)).containsExactlyInAnyOrderElementsOf(a.tensors().stream()
                        .map(Tensor::name).toList());
                for (Tensor tensor : a.tensors()) {
                    assertThat(b.tensor(tensor.name()).shape()).as(tensor.name()).isEqualTo(tensor.shape());
                    assertThat(bytes(b, tensor.name())).as(tensor.name()).isEqualTo(bytes(a, tensor.name()));
                }
            }
        }
    }

    /** Read in pieces of an odd size, so that rows, heads and experts are cut anywhere. */
    private static byte[] bytes(ModelFile file, String name) throws Problem, IOException {
        Tensor tensor = file.tensor(name);
        int size = Math.toIntExact(tensor.bytes());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment all = arena.allocate(size);
            for (int at = 0; at < size; at += 1003) {
                file.read(tensor, at, all.asSlice(at, Math.min(1003, size - at)));
            }
            return all.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void logitsHaveTheSameBits(Kind kind) throws Exception {
        Twins twins = new Twins(kind);
        twins.write();
        Path gguf = twins.gguf.write(folder.resolve(kind + ".gguf"));
        Path hf = twins.hf.write(folder.resolve(kind + "-hf"), 2);
        for (Tier tier : Tier.values()) {
            if (KernelsFactory.isAvailable(tier)) {
                float[] expected = logits(gguf, tier);
                assertThat(logits(hf, tier)).as("%s, %s", kind, tier).containsExactly(expected);
                assertThat(expected[0]).isFinite().isNotZero();
            }
        }
    }

    /** Of the last of 70 tokens. */
    private static float[] logits(Path path, Tier tier) throws Problem {
        int count = 70;
        int[] tokens = new int[count];
        Arrays.setAll(tokens, i -> i * 7 % VOCABULARY);
        try (Kernels kernels = KernelsFactory.open(tier, 2).kernels(); ModelFile file = ModelFile.open(path);
                Model model = Models.load(file, kernels, count); KvPool pool = new KvPool(model.kvShape(), new Limits(1 << 28));
                DenseKv kv = new DenseKv(kernels, pool, count); Arena arena = Arena.ofShared()) {
            Floats out = Floats.allocate(arena, 1, VOCABULARY);
            model.forward(tokens, 0, count, kv);
            model.logits(count - 1, 1, out);
            float[] logits = new float[VOCABULARY];
            out.copyRow(0, logits);
            return logits;
        }
    }

    @Test
    void llama3FactorsAreThoseOfTheConverter() throws Exception {
        Twins twins = new Twins(Kind.LLAMA);
        twins.write();
        twins.hf.config("rope_scaling", Map.of("rope_type", "llama3", "factor", 8.0, "low_freq_factor", 1.0, "high_freq_factor",
                4.0,
                "original_max_position_embeddings", 8192));
        List<Float> factors = new ArrayList<>();
        try (ModelFile file = ModelFile.open(twins.hf.write(folder.resolve("llama3"), 1)); Arena arena = Arena.ofConfined()) {
            Tensor tensor = file.tensor("rope_freqs.weight");
            MemorySegment all = arena.allocate(tensor.bytes());
            file.read(tensor, 0, all);
            for (float each : all.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED)) {
                factors.add(each);
            }
        }
        // base 500,000, 32 elements per head: wave lengths 2 pi 500000^(i/16)
        assertThat(factors).hasSize(16);
        assertThat(factors.subList(0, 8)).containsOnly(1f);
        assertThat(factors.get(8)).isBetween(1f, 8f);
        assertThat(factors.subList(10, 16)).containsOnly(8f);
    }
}
