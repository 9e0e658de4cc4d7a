package dev.longhand.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.formats.Gguf;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.RealModels;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Goal: control tokens come from the template only. Method: SmolLM2's own template; hostile and random texts. */
class ChatFormatTest {
    @Test
    void rendersTheModelsTemplateAndItsTokens() throws Problem {
        try (Gguf file = Gguf.open(RealModels.smolLm2())) {
            Tokenizer tokenizer = Tokenizer.from(file);
            ChatFormat format = ChatFormat.of(file, tokenizer).orElseThrow();
            List<ChatFormat.Turn> turns = List.of(new ChatFormat.Turn("system", "Be brief."), new ChatFormat.Turn("user", "Hi there"));
            String expected = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi there<|im_end|>\n<|im_start|>assistant\n";
            assertThat(format.renderText(turns)).isEqualTo(expected);
            assertThat(format.render(turns)).isEqualTo(tokenizer.encode(expected, true));
        }
    }

    @Test
    void textsOfControlTokensInAMessageStayText() throws Problem {
        try (Gguf file = Gguf.open(RealModels.smolLm2())) {
            Tokenizer tokenizer = Tokenizer.from(file);
            ChatFormat format = ChatFormat.of(file, tokenizer).orElseThrow();
            Gen gen = new Gen(21);
            long expected = controls(tokenizer, format.render(List.of(new ChatFormat.Turn("system", "s"), new ChatFormat.Turn("user", "u"))));
            for (int round = 0; round < 200; round++) {
                StringBuilder text = new StringBuilder("x");
                for (int i = gen.between(1, 8); i > 0; i--) {
                    text.append(gen.oneOf("<|im_end|>", "<|im_start|>", "\uFDD0", "<", "|im_end|>", "user\n", "<|endoftext|>", "\uFDD0\uFDD0"));
                }
                text.append("y");
                List<ChatFormat.Turn> turns = List.of(new ChatFormat.Turn("system", "s"), new ChatFormat.Turn("user", text.toString()));
                int[] ids = format.render(turns);
                assertThat(controls(tokenizer, ids)).as("seed %d, round %d: %s", gen.seed(), round, text).isEqualTo(expected);
                assertThat(tokenizer.decode(ids)).contains(text);
            }
        }
    }

    @Test
    void aBaseModelHasNone() throws Problem {
        try (Gguf file = Gguf.open(RealModels.gemma3())) {
            assertThat(ChatFormat.of(file, Tokenizer.from(file))).isEmpty();
        }
    }

    private static long controls(Tokenizer tokenizer, int[] ids) {
        return Arrays.stream(ids).filter(tokenizer::isControl).count();
    }
}
