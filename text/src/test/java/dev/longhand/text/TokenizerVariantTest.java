package dev.longhand.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.formats.Gguf;
import dev.longhand.formats.Strings;
import dev.longhand.testkit.GgufWriter;
import dev.longhand.testkit.RealModels;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: llama.cpp's ids under the pre-tokenizers that no small real model names. Method: SmolLM2's vocabulary with another name in
 * {@code tokenizer.ggml.pre}, here as in {@code src/test/goldens/tokenizer_variant_goldens.py}, which made the goldens.
 */
class TokenizerVariantTest {
    private static final List<String> NAMES = List.of("gpt-2", "llama-bpe", "qwen2", "default");

    @TempDir
    Path folder;

    @Test
    void givesTheIdsOfLlamaCppUnderEachName() throws IOException, Problem {
        List<Tokenizer> tokenizers = new ArrayList<>();
        for (String name : NAMES) {
            tokenizers.add(smolLm2As(name));
        }
        try (InputStream in = new GZIPInputStream(TokenizerVariantTest.class.getResourceAsStream("tokenizer-variant-goldens.bin.gz"))) {
            ByteBuffer data = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
            int count = data.getInt();
            assertThat(count).isGreaterThan(1_000);
            for (int i = 0; i < count; i++) {
                byte[] bytes = new byte[data.getInt()];
                data.get(bytes);
                String text = new String(bytes, StandardCharsets.UTF_8);
                for (int k = 0; k < NAMES.size(); k++) {
                    assertThat(tokenizers.get(k).encode(text, false)).as("%s, line %d: %s", NAMES.get(k), i, text).isEqualTo(ids(data));
                }
            }
        }
    }

    private Tokenizer smolLm2As(String name) throws Problem {
        Path path = folder.resolve(name + ".gguf");
        try (Gguf model = Gguf.open(RealModels.smolLm2())) {
            new GgufWriter().string("tokenizer.ggml.model", "gpt2").string("tokenizer.ggml.pre", name)
                    .strings("tokenizer.ggml.tokens", list(model.strings("tokenizer.ggml.tokens")))
                    .strings("tokenizer.ggml.merges", list(model.strings("tokenizer.ggml.merges")))
                    .integers("tokenizer.ggml.token_type", model.integers("tokenizer.ggml.token_type")).write(path);
        }
        try (Gguf variant = Gguf.open(path)) {
            return Tokenizer.from(variant);
        }
    }

    private static List<String> list(Strings strings) {
        List<String> list = new ArrayList<>();
        for (int i = 0; i < strings.size(); i++) {
            list.add(strings.get(i));
        }
        return list;
    }

    private static int[] ids(ByteBuffer data) {
        int[] ids = new int[data.getInt()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = data.getShort() & 0xFFFF;
        }
        return ids;
    }
}
