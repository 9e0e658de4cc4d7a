package dev.longhand.cli;

import dev.longhand.base.ElementType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A small model file of zeros: shaped like the default model, knowing nothing. What it answers is the same token again and again.
 *
 * <p>Its only use is to be loaded and run by {@link Rehearsal}. The weights are a hole in the file, so it takes no disk.
 */
final class RehearsalModel {
    private static final int DIM = 256;
    private static final int FFN = 512;
    private static final int LAYERS = 2;
    private static final int HEADS = 4;
    private static final int ALIGNMENT = 32;
    private static final int TYPE_U32 = 4;
    private static final int TYPE_I32 = 5;
    private static final int TYPE_F32 = 6;
    private static final int TYPE_STRING = 8;
    private static final int TYPE_ARRAY = 9;
    private static final String TEMPLATE = """
            {% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\\nYou help.\
            <|im_end|>\\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}\
            {% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}""";

    private final ByteArrayOutputStream keys = new ByteArrayOutputStream();
    private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();
    private int keyCount;
    private int tensorCount;
    private long dataBytes;

    private RehearsalModel() {}

    static void write(Path file) throws IOException {
        RehearsalModel model = new RehearsalModel();
        List<String> tokens = model.vocabulary();
        model.numbers(tokens.size());
        model.weights(tokens.size());
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        head.writeBytes(little(24).putInt(0x46554747).putInt(3).putLong(model.tensorCount).putLong(model.keyCount).array());
        head.writeBytes(model.keys.toByteArray());
        head.writeBytes(model.tensors.toByteArray());
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.write(head.toByteArray());
            out.setLength(padded(head.size()) + model.dataBytes);
        }
    }

    /** The bytes, as byte-level vocabularies spell them, pairs and triples of small letters, the marks of a conversation. */
    private List<String> vocabulary() {
        List<String> tokens = new ArrayList<>();
        int moved = 256;
        for (int b = 0; b < 256; b++) {
            boolean isItself = b > 32 && b < 127 || b > 160 && b != 173;
            tokens.add(Character.toString(isItself ? b : moved++));
        }
        List<String> merges = new ArrayList<>();
        for (int length = 2; length <= 3; length++) {
            for (int i = 0; i < Math.pow(26, length); i++) {
                String left = Character.toString('a' + i / 26 % 26);
                left = length == 3 ? Character.toString('a' + i / 676) + left : left;
                String right = Character.toString('a' + i % 26);
                tokens.add(left + right);
                merges.add(left + " " + right);
            }
        }
        int[] types = new int[tokens.size() + 2];
        java.util.Arrays.fill(types, 0, tokens.size(), 1);
        java.util.Arrays.fill(types, tokens.size(), types.length, 3);
        tokens.add("<|im_start|>");
        tokens.add("<|im_end|>");
        string("tokenizer.ggml.model", "gpt2");
        string("tokenizer.ggml.pre", "smollm");
        strings("tokenizer.ggml.tokens", tokens);
        integers("tokenizer.ggml.token_type", types);
        strings("tokenizer.ggml.merges", merges);
        number("tokenizer.ggml.bos_token_id", tokens.size() - 2);
        number("tokenizer.ggml.eos_token_id", tokens.size() - 1);
        string("tokenizer.chat_template", TEMPLATE);
        return tokens;
    }

    private void numbers(int tokens) {
        string("general.architecture", "llama");
        string("general.name", "rehearsal");
        number("llama.block_count", LAYERS);
        number("llama.context_length", 2_048);
        number("llama.embedding_length", DIM);
        number("llama.feed_forward_length", FFN);
        number("llama.attention.head_count", HEADS);
        number("llama.attention.head_count_kv", HEADS);
        number("llama.vocab_size", tokens);
        number("llama.rope.dimension_count", DIM / HEADS);
        real("llama.rope.freq_base", 10_000f);
        real("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    }

    private void weights(int tokens) {
        tensor("token_embd.weight", ElementType.Q8_0, DIM, tokens);
        tensor("output_norm.weight", ElementType.F32, DIM);
        for (int i = 0; i < LAYERS; i++) {
            String layer = "blk." + i + ".";
            tensor(layer + "attn_norm.weight", ElementType.F32, DIM);
            for (String each : new String[] {"attn_q", "attn_k", "attn_v", "attn_output"}) {
                tensor(layer + each + ".weight", ElementType.Q4_1, DIM, DIM);
            }
            tensor(layer + "ffn_norm.weight", ElementType.F32, DIM);
            tensor(layer + "ffn_gate.weight", ElementType.Q4_1, DIM, FFN);
            tensor(layer + "ffn_up.weight", ElementType.Q4_1, DIM, FFN);
            tensor(layer + "ffn_down.weight", ElementType.Q4_1, FFN, DIM);
        }
    }

    private void string(String key, String value) {
        key(key, TYPE_STRING);
        text(keys, value);
    }

    private void number(String key, int value) {
        key(key, TYPE_U32);
        keys.writeBytes(little(4).putInt(value).array());
    }

    private void real(String key, float value) {
        key(key, TYPE_F32);
        keys.writeBytes(little(4).putFloat(value).array());
    }

    private void strings(String key, List<String> values) {
        key(key, TYPE_ARRAY);
        keys.writeBytes(little(12).putInt(TYPE_STRING).putLong(values.size()).array());
        values.forEach(value -> text(keys, value));
    }

    private void integers(String key, int[] values) {
        key(key, TYPE_ARRAY);
        ByteBuffer bytes = little(12 + 4 * values.length).putInt(TYPE_I32).putLong(values.length);
        for (int value : values) {
            bytes.putInt(value);
        }
        keys.writeBytes(bytes.array());
    }

    private void key(String key, int type) {
        text(keys, key);
        keys.writeBytes(little(4).putInt(type).array());
        keyCount++;
    }

    private void tensor(String name, ElementType type, int... shape) {
        text(tensors, name);
        ByteBuffer info = little(4 + 8 * shape.length + 12).putInt(shape.length);
        long rows = 1;
        for (int n : shape) {
            info.putLong(n);
            rows *= n;
        }
        tensors.writeBytes(info.putInt(type.ggmlId()).putLong(dataBytes).array());
        dataBytes += padded(type.rowBytes(shape[0]) * (rows / shape[0]));
        tensorCount++;
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeBytes(little(8).putLong(bytes.length).array());
        out.writeBytes(bytes);
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static long padded(long bytes) {
        return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    }
}
