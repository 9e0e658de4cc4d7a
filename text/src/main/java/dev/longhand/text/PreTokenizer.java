package dev.longhand.text;

import dev.longhand.base.Problem;
import java.nio.file.Path;
import java.util.List;

/**
 * Cuts text into the words that byte-pair merges stay inside, as the model's {@code tokenizer.ggml.pre} says.
 *
 * <p>Each variant is the published regular expression of its model family, written as a scanner: linear in the text, no backtracking.
 * Works on code points {@code [from, to)}; word ends are added to a list. Stateless.
 */
enum PreTokenizer {
    /** {@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+} */
    GPT2 {
        @Override
        void split(int[] text, int from, int to, IntList ends) {
            Scanners.gpt2(text, from, to, ends);
        }
    },
    /** Single digits first, then {@link #GPT2} on the rest. */
    SMOLLM {
        @Override
        void split(int[] text, int from, int to, IntList ends) {
            int start = from;
            for (int i = from; i < to; i++) {
                if (Scanners.isNumber(text[i])) {
                    Scanners.gpt2(text, start, i, ends);
                    ends.add(i + 1);
                    start = i + 1;
                }
            }
            Scanners.gpt2(text, start, to, ends);
        }
    },
    /** {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+} */
    LLAMA_BPE {
        @Override
        void split(int[] text, int from, int to, IntList ends) {
            Scanners.llama3(text, from, to, 3, ends);
        }
    },
    /** As {@link #LLAMA_BPE} with single digits. */
    QWEN2 {
        @Override
        void split(int[] text, int from, int to, IntList ends) {
            Scanners.llama3(text, from, to, 1, ends);
        }
    },
    /** Punctuation runs, then {@link #GPT2}, then number runs, then triples of digits: llama.cpp's choice for files that name none. */
    DEFAULT {
        @Override
        void split(int[] text, int from, int to, IntList ends) {
            int start = from;
            for (int i = from; i < to; ) {
                if (!Scanners.isPunctuation(text[i])) {
                    i++;
                    continue;
                }
                Scanners.gpt2Numbers(text, start, i, ends);
                while (i < to && Scanners.isPunctuation(text[i])) {
                    i++;
                }
                ends.add(i);
                start = i;
            }
            Scanners.gpt2Numbers(text, start, to, ends);
        }
    };

    private static final List<String> NAMES = List.of("gpt-2", "smollm", "llama-bpe", "qwen2", "default");

    /** Adds the end of each word of {@code text[from .. to)}. */
    abstract void split(int[] text, int from, int to, IntList ends);

    static PreTokenizer named(String name, Path file) throws Problem {
        return switch (name) {
            case "gpt-2" -> GPT2;
            case "smollm" -> SMOLLM;
            case "llama-bpe", "llama3", "llama-v3" -> LLAMA_BPE;
            case "qwen2", "deepseek-r1-qwen" -> QWEN2;
            case "default" -> DEFAULT;
            default -> throw new Problem(Problem.Kind.UNSUPPORTED, "%s: pre-tokenizer \"%s\" is not supported; supported are %s"
                    .formatted(file, name, String.join(", ", NAMES)));
        };
    }
}
