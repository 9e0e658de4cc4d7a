package dev.longhand.formats;

import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Gives the tensors of a folder their GGUF names and shapes: experts stacked, heads interleaved, norms as 32-bit floats.
 *
 * <p>Every tensor must have a place in the architecture, for one that is passed over would silently change the model. Reads no
 * data.
 * Used once, by one thread.
 */
final class HfTensors {
    private static final int VECTOR_ELEMENTS_MAX = 1 << 20;

    /** Names inside a layer; gemma's differ where {@link #inLayer} says so. */
    private static final Map<String, String> LAYER_NAMES = Map.ofEntries(
            Map.entry("self_attn.q_proj.weight", "attn_q.weight"), Map.entry("self_attn.k_proj.weight", "attn_k.weight"),
            Map.entry("self_attn.v_proj.weight", "attn_v.weight"), Map.entry("self_attn.o_proj.weight", "attn_output.weight"),
            Map.entry("self_attn.q_proj.bias", "attn_q.bias"), Map.entry("self_attn.k_proj.bias", "attn_k.bias"),
            Map.entry("self_attn.v_proj.bias", "attn_v.bias"), Map.entry("self_attn.q_norm.weight", "attn_q_norm.weight"),
            Map.entry("self_attn.k_norm.weight", "attn_k_norm.weight"), Map.entry("input_layernorm.weight", "attn_norm.weight"),
            Map.entry("post_attention_layernorm.weight", "ffn_norm.weight"), Map.entry("mlp.gate_proj.weight", "ffn_gate.weight"),
            Map.entry("mlp.up_proj.weight", "ffn_up.weight"), Map.entry("mlp.down_proj.weight", "ffn_down.weight"),
            Map.entry("mlp.gate.weight", "ffn_gate_inp.weight"), Map.entry("block_sparse_moe.gate.weight", "ffn_gate_inp.weight"));

    private static final Map<String, String> GEMMA_NAMES = Map.of("post_attention_layernorm.weight", "post_attention_norm.weight",
            "pre_feedforward_layernorm.weight", "ffn_norm.weight", "post_feedforward_layernorm.weight", "post_ffw_norm.weight");

    private static final Map<String, String> EXPERT_NAMES = Map.of("gate_proj.weight", "ffn_gate_exps.weight",
            "up_proj.weight", "ffn_up_exps.weight", "down_proj.weight", "ffn_down_exps.weight", "w1.weight", "ffn_gate_exps.weight",
            "w3.weight", "ffn_up_exps.weight", "w2.weight", "ffn_down_exps.weight");

    private final Path folder;
    private final HfConfig.Read config;
    private final Map<String, TensorSource> sources = new LinkedHashMap<>();
    private final Map<String, TensorSource.Part[]> experts = new LinkedHashMap<>(); // (expert), by the stack's name
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    HfTensors(Path folder, HfConfig.Read config) {
        this.folder = folder;
        this.config = config;
    }

    Map<String, Tensor> tensors() {
        return tensors;
    }

    Map<String, TensorSource> sources() {
        return sources;
    }

    void add(TensorSource.Part part) throws Problem {
        String name = part.entry().name();
        switch (name) {
            case "model.embed_tokens.weight" -> matrix("token_embd.weight", part);
            case "model.norm.weight" -> vector("output_norm.weight", part, config.architecture().normOffset());
            case "lm_head.weight" -> {
                if (!config.isTied()) {
                    matrix("output.weight", part);
                }
            }
            default -> {
                if (name.startsWith("model.layers.")) {
                    inLayer(name, part);
                } else {
                    throw noPlace(name);
                }
            }
        }
    }

    private Problem noPlace(String name) {
        return new Problem(Problem.Kind.UNSUPPORTED,
                "%s: tensor %s has no place in the architecture %s; reading on without it would change the model"
                .formatted(folder, name, config.architecture().ggufName()));
    }

    private Problem malformed(String what) {
        return new Problem(Problem.Kind.MALFORMED, folder + ": " + what);
    }

    private void inLayer(String name, TensorSource.Part part) throws Problem {
        int from = "model.layers.".length();
        int dot = name.indexOf('.', from);
        int layer = dot < 0 ? -1 : number(name.substring(from, dot));
        if (layer < 0 || layer >= config.layers()) {
            throw malformed("tensor %s is of a layer that does not exist; num_hidden_layers is %d".formatted(name,
                    config.layers()));
        }
        String rest = name.substring(dot + 1);
        String prefix = "blk." + layer + ".";
        if (rest.equals("self_attn.rotary_emb.inv_freq")) {
            return; // a constant that old versions stored
        }
        if (expert(prefix, rest, part)) {
            return;
        }
        String known = config.architecture().isGemma() ? GEMMA_NAMES.getOrDefault(rest, LAYER_NAMES.get(rest))
                : LAYER_NAMES.get(rest);
        if (known == null || !belongs(known)) {
            throw noPlace(name);
        }
        if (known.endsWith("_norm.weight")) {
            vector(prefix + known, part, config.architecture().normOffset());
        } else if (known.endsWith(".bias")) {
            vector(prefix + known, part, 0);
        } else {
            matrix(prefix + known, part);
        }
    }

    private boolean belongs(String known) {
        HfArchitecture a = config.architecture();
        return switch (known) {
            case "attn_q.bias", "attn_k.bias", "attn_v.bias" -> a.hasBias();
            case "attn_q_norm.weight", "attn_k_norm.weight" -> a.hasQueryNorm();
            case "ffn_gate_inp.weight" -> a.hasExperts();
            case "ffn_gate.weight", "ffn_up.weight", "ffn_down.weight" -> !a.hasExperts();
            default -> true;
        };
    }

    /** The value of a decimal number as writers print it, or -1. */
    private static int number(String digits) {
        boolean isPlain = digits.matches("0|[1-9][0-9]{0,5}");
        return isPlain ? Integer.parseInt(digits) : -1;
    }

    /** Keeps {@code mlp.experts.N.*} and {@code block_sparse_moe.experts.N.*} until all of a layer are there. */
    private boolean expert(String prefix, String rest, TensorSource.Part part) throws Problem {
        String group = rest.startsWith("mlp.experts.") ? "mlp.experts." : "block_sparse_moe.experts.";
        if (!rest.startsWith(group)) {
            return false;
        }
        int dot = rest.indexOf('.', group.length());
        int index = dot < 0 ? -1 : number(rest.substring(group.length(), dot));
        String known = dot < 0 ? null : EXPERT_NAMES.get(rest.substring(dot + 1));
        if (known == null || index < 0 || index >= config.experts()) {
            throw noPlace(part.entry().name());
        }
        TensorSource.Part[] all = experts.computeIfAbsent(prefix + known, n -> new TensorSource.Part[config.experts()]);
        if (all[index] != null) {
            throw malformed("tensor %s stands twice".formatted(part.entry().name()));
        }
        all[index] = part;
        return true;
    }

    /** To be called when all tensors were added. */
    void finish() throws Problem {
        for (Map.Entry<String, TensorSource.Part[]> each : experts.entrySet()) {
            stack(each.getKey(), each.getValue());
        }
        if (!sources.containsKey("token_embd.weight")) {
            throw malformed("the tensor model.embed_tokens.weight is missing");
        }
        if (!config.isTied() && !sources.containsKey("output.weight")) {
            throw malformed("the tensor lm_head.weight is missing, and tie_word_embeddings is not true");
        }
        if (tensors.get("token_embd.weight").rows() != config.vocabulary()) {
            throw malformed("model.embed_tokens.weight has %d rows; vocab_size is %d"
                    .formatted(tensors.get("token_embd.weight").rows(), config.vocabulary()));
        }
        config.ropeFactors().ifPresent(this::factors);
    }

    private void factors(float[] factors) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * factors.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float each : factors) {
            bytes.putFloat(each);
        }
        put(new Tensor("rope_freqs.weight", new long[] {factors.length}, ElementType.F32, 0, bytes.capacity()),
                new TensorSource.Bytes(bytes.array()));
    }

    private void put(Tensor tensor, TensorSource source) {
        tensors.put(tensor.name(), tensor);
        sources.put(tensor.name(), source);
    }

    private void putOnce(Tensor tensor, TensorSource source, String original) throws Problem {
        if (tensors.containsKey(tensor.name())) {
            throw malformed("tensor %s stands twice".formatted(original));
        }
        put(tensor, source);
    }

    private ElementType type(TensorSource.Part part, int dimensions) throws Problem {
        SafetensorsHeader.Entry entry = part.entry();
        boolean isEmpty = Arrays.stream(entry.shape()).anyMatch(n -> n < 1);
        if (entry.shape().length != dimensions || isEmpty) {
            throw malformed("tensor %s has the shape %s; it must have %d dimensions, none 0"
                    .formatted(entry.name(), Arrays.toString(entry.shape()), dimensions));
        }
        return entry.type().orElseThrow(() -> new Problem(Problem.Kind.UNSUPPORTED,
                "%s: tensor %s has dtype %s; weights are F32, F16 or BF16".formatted(folder, entry.name(), entry.dtype())));
    }

    private void matrix(String name, TensorSource.Part part) throws Problem {
        ElementType type = type(part, 2);
        long[] shape = part.entry().shape();
        Tensor tensor = new Tensor(name, new long[] {shape[1], shape[0]}, type, part.entry().offset(), part.entry().bytes());
        int heads = name.endsWith("attn_q.weight") ? config.heads() : name.endsWith("attn_k.weight") ? config.kvHeads() : 0;
        if (heads == 0 || !config.architecture().interleavesHeads()) {
            putOnce(tensor, new TensorSource.Stacked(List.of(part), tensor.bytes()), part.entry().name());
            return;
        }
        if (shape[0] % (2L * heads) != 0) {
            throw malformed("tensor %s has %d rows; they must be %d heads of an even width".formatted(part.entry().name(), shape[0],
                    heads));
        }
        putOnce(tensor, new TensorSource.Interleaved(part, type.rowBytes(shape[1]), shape[0] / heads), part.entry().name());
    }

    private void vector(String name, TensorSource.Part part, float added) throws Problem {
        ElementType type = type(part, 1);
        long n = part.entry().shape()[0];
        if (n > VECTOR_ELEMENTS_MAX) {
            throw malformed("tensor %s has %d elements; limit %d".formatted(part.entry().name(), n, VECTOR_ELEMENTS_MAX));
        }
        Tensor tensor = new Tensor(name, new long[] {n}, ElementType.F32, part.entry().offset(), 4 * n);
        putOnce(tensor, new TensorSource.Vector(part, type, added), part.entry().name());
    }

    private void stack(String name, TensorSource.Part[] parts) throws Problem {
        for (int e = 0; e < parts.length; e++) {
            if (parts[e] == null) {
                throw malformed("%s has no expert %d of %d".formatted(name, e, parts.length));
            }
            boolean isAlike = parts[e].entry().dtype().equals(parts[0].entry().dtype())
                    && Arrays.equals(parts[e].entry().shape(), parts[0].entry().shape());
            if (!isAlike) {
                throw malformed("%s is %s of %s, another expert of its layer is %s of %s".formatted(parts[e].entry().name(),
                        Arrays.toString(parts[e].entry().shape()), parts[e].entry().dtype(),
                        Arrays.toString(parts[0].entry().shape()), parts[0].entry().dtype()));
            }
        }
        ElementType type = type(parts[0], 2);
        long[] shape = parts[0].entry().shape();
        long bytes = parts[0].entry().bytes();
        Tensor tensor = new Tensor(name, new long[] {shape[1], shape[0], parts.length}, type, parts[0].entry().offset(),
                bytes * parts.length);
        put(tensor, new TensorSource.Stacked(List.of(parts), bytes));
    }
}
