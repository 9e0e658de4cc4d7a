package dev.longhand.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.formats.Gguf;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.GgufWriter;
import dev.longhand.testkit.RealModels;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: a hostile vocabulary is refused with its place, and no text makes the tokenizers quadratic. Method: small vocabularies written
 * here with one thing wrong each; a megabyte of each kind of run on the real models.
 */
class TokenizerLimitsTest {
    private static final double SECONDS_MAX = 8; // about 1 on a free machine; quadratic takes hours

    @TempDir
    Path folder;

    private static GgufWriter bpe(List<String> tokens, List<String> merges, int... types) {
        return new GgufWriter().string("tokenizer.ggml.model", "gpt2").string("tokenizer.ggml.pre", "gpt-2")
                .strings("tokenizer.ggml.tokens", tokens).strings("tokenizer.ggml.merges", merges).integers("tokenizer.ggml.token_type", types);
    }

    private Tokenizer open(GgufWriter writer) throws Problem {
        try (Gguf file = Gguf.open(writer.write(folder.resolve("vocabulary.gguf")))) {
            return Tokenizer.from(file);
        }
    }

    private void refuses(GgufWriter writer, String what) {
        assertThatThrownBy(() -> open(writer)).isInstanceOf(Problem.class).hasMessageContaining("vocabulary.gguf").hasMessageContaining(what);
    }

    @Test
    void refusesBrokenVocabularies() {
        refuses(new GgufWriter().string("tokenizer.ggml.model", "bert").strings("tokenizer.ggml.tokens", List.of("a")), "supported are gpt2");
        refuses(bpe(List.of("a", "b", "a"), List.of(), 1, 1, 1), "tokens 0 and 2 are both \"a\"");
        refuses(bpe(List.of("a", "b"), List.of(), 1), "has 1 elements and there are 2 tokens");
        refuses(bpe(List.of("a", "b"), List.of("ab"), 1, 1), "merge 0 is \"ab\"");
        refuses(bpe(List.of("a", "b"), List.of("a b", "a "), 1, 1), "merge 1 is \"a \"");
        refuses(bpe(List.of("a", "b"), List.of("a \u65e5"), 1, 1), "merge 0 is");
        refuses(bpe(List.of("a", "b"), List.of(), 1, 1).u32("tokenizer.ggml.eos_token_id", 2), "eos_token_id is 2; there are 2 tokens");
        refuses(bpe(List.of("a", "<" + "x".repeat(300)), List.of(), 1, 3), "token 1 is a control or user-defined token of 301 bytes; limit 256");
        refuses(new GgufWriter().string("tokenizer.ggml.model", "gpt2").string("tokenizer.ggml.pre", "tekken")
                .strings("tokenizer.ggml.tokens", List.of("a")).strings("tokenizer.ggml.merges", List.of()),
                "\"tekken\" is not supported; supported are gpt-2, smollm, llama-bpe, qwen2, default");
        refuses(new GgufWriter().string("tokenizer.ggml.model", "llama").strings("tokenizer.ggml.tokens", List.of("a", "b"))
                .floats("tokenizer.ggml.scores", 1), "scores has 1 elements and there are 2 tokens");
    }

    @Test
    void emptyTokensMayRepeat() throws Problem {
        assertThat(open(bpe(List.of("", "a", ""), List.of(), 1, 1, 1)).encode("a", false)).containsExactly(1);
    }

    @Test
    void llama3VocabulariesReadABosInFrontUnlessTheirFileSaysOtherwise() throws Problem {
        GgufWriter writer = new GgufWriter().string("tokenizer.ggml.model", "gpt2").string("tokenizer.ggml.pre", "llama-bpe")
                .strings("tokenizer.ggml.tokens", List.of("a", "<s>")).strings("tokenizer.ggml.merges", List.of()).u32("tokenizer.ggml.bos_token_id", 1);
        assertThat(open(writer).bosToAdd()).hasValue(1);
        assertThat(open(writer.flag("tokenizer.ggml.add_bos_token", false)).bosToAdd()).isEmpty();
    }

    /** Longer user-defined tokens take their places first, each from the left; what they leave goes to shorter ones. */
    @Test
    void userDefinedTokensAreMatchedLongestFirstInWhateverTextTheyStand() throws Problem {
        Gen gen = new Gen(7);
        List<String> tokens = List.of("a", "b", "aa", "aba", "bbbbb", "abab", "\n");
        Tokenizer tokenizer = open(bpe(tokens, List.of(), 1, 1, 4, 4, 4, 4, 1));
        for (int round = 0; round < 2_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = gen.between(0, 30); i > 0; i--) {
                text.append(gen.oneOf("a", "b"));
            }
            assertThat(tokenizer.encode(text.toString(), false)).as(text.toString()).isEqualTo(partitioned(text.toString(), tokens));
        }
    }

    /** The definition, naively: cut by each token in turn, longest first. */
    private static int[] partitioned(String text, List<String> tokens) {
        int[] owner = new int[text.length()];
        java.util.Arrays.fill(owner, -1);
        for (int id : new int[] {4, 5, 3, 2}) {
            for (int i = 0; i + tokens.get(id).length() <= text.length(); i++) {
                boolean isFree = text.startsWith(tokens.get(id), i);
                for (int k = i; isFree && k < i + tokens.get(id).length(); k++) {
                    isFree = owner[k] < 0;
                }
                if (isFree) {
                    java.util.Arrays.fill(owner, i, i + tokens.get(id).length(), id);
                }
            }
        }
        IntList ids = new IntList();
        for (int i = 0; i < text.length(); i += owner[i] < 0 ? 1 : tokens.get(owner[i]).length()) {
            ids.add(owner[i] < 0 ? tokens.indexOf(text.substring(i, i + 1)) : owner[i]);
        }
        return ids.toArray();
    }

    @Test
    void aMegabyteOfAnyRunIsNotQuadratic() throws Problem {
        for (Path model : List.of(RealModels.smolLm2(), RealModels.gemma3())) {
            try (Gguf file = Gguf.open(model)) {
                Tokenizer tokenizer = Tokenizer.from(file);
                for (String unit : List.of("\n", " ", "ab", "\u4e2d", "1", "\t ", "<table>", "<", "\uD83D\uDE00")) {
                    String text = String.join("", Collections.nCopies((1 << 20) / unit.length(), unit));
                    long start = Clock.SYSTEM.nanos();
                    int[] ids = tokenizer.encode(text, false);
                    assertThat(Clock.SYSTEM.secondsSince(start)).as("%s, a megabyte of \"%s\"", model.getFileName(), unit).isLessThan(SECONDS_MAX);
                    assertThat(tokenizer.decode(ids)).isEqualTo(text);
                }
            }
        }
    }
}
