package dev.longhand.formats;

import dev.longhand.base.Problem;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a folder's config.json says, as GGUF's keys.
 *
 * <p>Whatever would change the arithmetic and has no place in the architecture here is refused by name, never passed over. Knows no
 * tensors. Used once, by one thread.
 */
final class HfConfig {
    private static final int COUNT_MAX = 1 << 20;
    /** Of Gemma 3: every sixth layer sees all positions, the others turn by this base. */
    private static final int GEMMA_PATTERN = 6;
    private static final double GEMMA_LOCAL_BASE = 10_000;
    private static final int GEMMA_27B_LAYERS = 62;

    private final Settings in;
    private final HfArchitecture architecture;
    private final Map<String, Object> keys = new LinkedHashMap<>();
    private float[] ropeFactors;

    /**
     * The result.
     *
     * @param experts     0 without experts
     * @param vocabulary  rows of the embedding table
     * @param isTied      whether the output head is the embedding
     * @param ropeFactors divisors of RoPE's frequencies (Llama 3), if any
     */
    record Read(HfArchitecture architecture, Map<String, Object> keys, int layers, int heads, int kvHeads, int experts,
            int vocabulary,
            boolean isTied, Optional<float[]> ropeFactors) {}

    private HfConfig(Settings in, HfArchitecture architecture) {
        this.in = in;
        this.architecture = architecture;
    }

    static Read read(Settings in, Path folder) throws Problem {
        String type = in.text("model_type");
        HfArchitecture architecture = HfArchitecture.of(type).orElseThrow(() -> new Problem(Problem.Kind.UNSUPPORTED,
                "%s: model_type \"%s\" is not supported; supported are %s".formatted(in.file(), type, HfArchitecture.known())));
        return new HfConfig(in, architecture).read(folder);
    }

    private Read read(Path folder) throws Problem {
        keys.put("general.architecture", architecture.ggufName());
        keys.put("general.name", folder.toAbsolutePath().normalize().getFileName() == null ? "model"
                : folder.toAbsolutePath().normalize().getFileName().toString());
        int layers = in.integer("num_hidden_layers", 1, 1024);
        int dim = in.integer("hidden_size", 1, COUNT_MAX);
        int heads = in.integer("num_attention_heads", 1, 4096);
        int kvHeads = in.integer("num_key_value_heads", 1, heads, heads);
        int vocabulary = in.integer("vocab_size", 1, 1 << 24);
        int headDim = in.has("head_dim") ? in.integer("head_dim", 2, 1 << 14) : dim / heads;
        put("block_count", layers);
        put("context_length", in.integer("max_position_embeddings", 1, 1 << 27));
        put("embedding_length", dim);
        put("attention.head_count", heads);
        put("attention.head_count_kv", kvHeads);
        put("attention.key_length", headDim);
        put("attention.value_length", headDim);
        put("rope.dimension_count", headDim);
        put("vocab_size", vocabulary);
        keys.put(key("attention.layer_norm_rms_epsilon"), in.positive("rms_norm_eps", 1e-6));
        if (headDim * heads != dim && !in.has("head_dim") || heads % kvHeads != 0 || headDim % 2 != 0) {
            throw in.malformed("num_attention_heads", "a divisor of hidden_size, %d, and a multiple of num_key_value_heads, %d"
                    .formatted(dim, kvHeads));
        }
        refuseWhatHasNoPlace(layers, headDim, dim / heads);
        rope(headDim);
        int experts = experts();
        boolean isTied = in.flag("tie_word_embeddings", architecture.isGemma());
        return new Read(architecture, keys, layers, heads, kvHeads, experts, vocabulary, isTied, Optional.ofNullable(ropeFactors));
    }

    private String key(String name) {
        return architecture.ggufName() + "." + name;
    }

    private void put(String name, long value) {
        keys.put(key(name), value);
    }

    private int experts() throws Problem {
        if (!architecture.hasExperts()) {
            put("feed_forward_length", in.integer("intermediate_size", 1, COUNT_MAX));
            return 0;
        }
        String countKey = architecture == HfArchitecture.MIXTRAL ? "num_local_experts" : "num_experts";
        int experts = in.integer(countKey, 1, 4096);
        String widthKey = architecture == HfArchitecture.QWEN3_MOE ? "moe_intermediate_size" : "intermediate_size";
        int width = in.integer(widthKey, 1, COUNT_MAX);
        put("feed_forward_length", in.integer("intermediate_size", 1, COUNT_MAX, width));
        put("expert_count", experts);
        put("expert_used_count", in.integer("num_experts_per_tok", 1, experts));
        put("expert_feed_forward_length", width);
        keys.put(key("expert_weights_norm"), architecture == HfArchitecture.MIXTRAL || in.flag("norm_topk_prob", false));
        if (in.integer("decoder_sparse_step", 1, 1024, 1) != 1 || !in.list("mlp_only_layers").isEmpty()) {
            throw in.unsupported("mlp_only_layers", "no layer without experts (and decoder_sparse_step 1)");
        }
        return experts;
    }

    private void rope(int headDim) throws Problem {
        Settings rope = in.inner("rope_parameters").orElse(new Settings(in.file(), Map.of()));
        if (rope.inner("full_attention").isPresent()) {
            checkLocal(rope.inner("sliding_attention"));
            rope = rope.inner("full_attention").get();
        }
        double base = in.has("rope_theta") ? in.positive("rope_theta") : rope.positive("rope_theta", architecture.isGemma() ? 1e6
                : 1e4);
        keys.put(key("rope.freq_base"), base);
        Settings scaling = in.has("rope_scaling") ? in.inner("rope_scaling").get() : rope;
        String type = scaling.text("rope_type", scaling.text("type", "default"));
        switch (type) {
            case "default" -> { }
            case "linear" -> {
                keys.put(key("rope.scaling.type"), "linear");
                keys.put(key("rope.scaling.factor"), scaling.positive("factor"));
            }
            case "llama3" -> ropeFactors = llama3Factors(scaling, base, headDim);
            default -> throw scaling.unsupported(scaling.has("rope_type") ? "rope_type" : "type", "default, linear or llama3");
        }
    }

    private void checkLocal(Optional<Settings> local) throws Problem {
        if (local.isPresent() && local.get().positive("rope_theta", GEMMA_LOCAL_BASE) != GEMMA_LOCAL_BASE) {
            throw local.get().unsupported("rope_theta", GEMMA_LOCAL_BASE + " in sliding layers");
        }
    }

    /**
     * Divisors of the frequencies: 1 for short waves, the factor for long ones, a blend between, in 32-bit floats as converters do.
     */
    private float[] llama3Factors(Settings scaling, double base, int headDim) throws Problem {
        double factor = scaling.positive("factor");
        double low = scaling.positive("low_freq_factor");
        double high = scaling.positive("high_freq_factor");
        double context = scaling.positive("original_max_position_embeddings");
        if (high <= low) {
            throw scaling.malformed("high_freq_factor", "greater than low_freq_factor");
        }
        float[] factors = new float[headDim / 2];
        for (int i = 0; i < factors.length; i++) {
            double wave = 2 * Math.PI * Math.pow(base, 2.0 * i / headDim);
            if (wave < context / high) {
                factors[i] = 1;
            } else if (wave > context / low) {
                factors[i] = (float) factor;
            } else {
                double smooth = (context / wave - low) / (high - low);
                factors[i] = (float) (1 / ((1 - smooth) / factor + smooth));
            }
        }
        return factors;
    }

    /** Settings that change the arithmetic and that the architectures here do not have. */
    private void refuseWhatHasNoPlace(int layers, int headDim, int dimPerHead) throws Problem {
        if (in.has("quantization_config")) {
            throw in.unsupported("quantization_config", "none: fetch the folder with F32, F16 or BF16 weights, or a GGUF file");
        }
        String actKey = architecture.isGemma() ? "hidden_activation" : "hidden_act";
        String act = architecture.isGemma() ? "gelu_pytorch_tanh" : "silu";
        if (!in.text(actKey, act).equals(act)) {
            throw in.unsupported(actKey, act);
        }
        for (String bias : List.of("attention_bias", "mlp_bias")) {
            if (in.flag(bias, false)) {
                throw in.unsupported(bias, "false");
            }
        }
        for (String absent : List.of("clip_qkv", "attn_logit_softcapping", "final_logit_softcapping")) {
            if (in.has(absent)) {
                throw in.unsupported(absent, "null");
            }
        }
        if (in.positive("partial_rotary_factor", 1) != 1) {
            throw in.unsupported("partial_rotary_factor", "1");
        }
        if (architecture.isGemma()) {
            gemma(layers, headDim, dimPerHead);
        } else {
            refuseWindow();
        }
    }

    private void refuseWindow() throws Problem {
        boolean isUsed = architecture == HfArchitecture.MISTRAL || architecture == HfArchitecture.MIXTRAL
                || in.flag("use_sliding_window", false);
        if (isUsed && in.has("sliding_window")) {
            throw in.unsupported("sliding_window", "null for this model_type");
        }
    }

    private void gemma(int layers, int headDim, int dimPerHead) throws Problem {
        put("attention.sliding_window", in.integer("sliding_window", 1, 1 << 20));
        double width = layers == GEMMA_27B_LAYERS ? dimPerHead : headDim;
        if (in.positive("query_pre_attn_scalar", width) != width) {
            throw in.unsupported("query_pre_attn_scalar", String.valueOf(width));
        }
        for (String pattern : List.of("sliding_window_pattern", "_sliding_window_pattern")) {
            if (in.integer(pattern, 1, 1024, GEMMA_PATTERN) != GEMMA_PATTERN) {
                throw in.unsupported(pattern, String.valueOf(GEMMA_PATTERN));
            }
        }
        if (in.positive("rope_local_base_freq", GEMMA_LOCAL_BASE) != GEMMA_LOCAL_BASE) {
            throw in.unsupported("rope_local_base_freq", String.valueOf(GEMMA_LOCAL_BASE));
        }
        List<?> types = in.list("layer_types");
        for (int i = 0; i < types.size(); i++) {
            String expected = (i + 1) % GEMMA_PATTERN == 0 ? "full_attention" : "sliding_attention";
            if (!expected.equals(types.get(i))) {
                throw in.unsupported("layer_types", "full_attention in every sixth layer, sliding_attention in the others");
            }
        }
    }
}
