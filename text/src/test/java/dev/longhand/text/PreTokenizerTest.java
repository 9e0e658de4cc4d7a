package dev.longhand.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
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

/**
 * Goal: each scanner cuts as the published regular expression of its model family does. Method: goldens of the PyPI package regex
 * over 2,400 lines, made by {@code src/test/goldens/pretokenizer_goldens.py}.
 */
class PreTokenizerTest {
    private static final List<PreTokenizer> ORDER =
            List.of(PreTokenizer.GPT2, PreTokenizer.SMOLLM, PreTokenizer.LLAMA_BPE, PreTokenizer.QWEN2, PreTokenizer.DEFAULT);

    @Test
    void cutsAsThePublishedExpressionsDo() throws IOException {
        List<String> lines = lines();
        ByteBuffer goldens = resource("pretokenizer-goldens.bin.gz");
        for (PreTokenizer pre : ORDER) {
            for (String line : lines) {
                List<Integer> expected = new ArrayList<>();
                int end = 0;
                for (int words = goldens.getShort() & 0xFFFF; words > 0; words--) {
                    end += goldens.getShort() & 0xFFFF;
                    expected.add(end);
                }
                assertThat(ends(pre, line)).as("%s: %s", pre, line).isEqualTo(expected);
            }
        }
        assertThat(goldens.hasRemaining()).isFalse();
    }

    @Test
    void namesThoseThatAreSupported() {
        assertThatThrownBy(() -> PreTokenizer.named("tekken", Path.of("m.gguf"))).isInstanceOf(Problem.class)
                .hasMessageContaining("tekken").hasMessageContaining("smollm").hasMessageContaining("m.gguf");
    }

    private static List<Integer> ends(PreTokenizer pre, String line) {
        int[] codePoints = line.codePoints().toArray();
        IntList ends = new IntList();
        pre.split(codePoints, 0, codePoints.length, ends);
        List<Integer> result = new ArrayList<>();
        for (int i = 0; i < ends.size(); i++) {
            result.add(ends.get(i));
        }
        return result;
    }

    private static List<String> lines() throws IOException {
        ByteBuffer data = resource("tokenizer-goldens.bin.gz");
        List<String> lines = new ArrayList<>();
        for (int count = data.getInt(); count > 0; count--) {
            byte[] text = new byte[data.getInt()];
            data.get(text);
            lines.add(new String(text, StandardCharsets.UTF_8));
            for (int model = 0; model < 2; model++) {
                data.position(data.position() + 4 + 4 * data.getInt(data.position()));
            }
        }
        return lines;
    }

    private static ByteBuffer resource(String name) throws IOException {
        try (InputStream in = new GZIPInputStream(PreTokenizerTest.class.getResourceAsStream(name))) {
            return ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
        }
    }
}
