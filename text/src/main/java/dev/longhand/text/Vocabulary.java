package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.formats.Strings;
import java.util.Arrays;
import java.util.Set;

/**
 * The tokens of a model as its file lists them: texts, types, the special ones. Immutable.
 *
 * <p>Knows nothing of how text becomes tokens.
 */
final class Vocabulary {
    static final int TYPE_NORMAL = 1;
    static final int TYPE_UNKNOWN = 2;
    static final int TYPE_CONTROL = 3;
    static final int TYPE_USER_DEFINED = 4;
    static final int TYPE_BYTE = 6;

    /** Texts that end an answer, whatever the file names as its end. Some files list them as plain tokens: they are control tokens. */
    private static final Set<String> END_TEXTS = Set.of(
            "</s>", "<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|end|>", "<|return|>", "<|call|>",
            "<end_of_turn>", "<EOT>", "_<EOT>", "<｜end▁of▁sentence｜>", "<end_of_utterance>");

    /** Pre-tokenizers of models that read a BOS in front even if their file does not say so. */
    private static final Set<String> LLAMA3_NAMES = Set.of("llama-bpe", "llama3", "llama-v3");

    private final ModelFile file;
    final Strings texts; // (size)
    final int[] types; // (size)
    final int bos; // -1 if none
    final int eos; // -1 if none
    final boolean addsBos;
    final boolean isComposed; // whether text is put into Unicode's composed form first
    private final boolean[] ends; // (size)

    Vocabulary(ModelFile file) throws Problem {
        this.file = file;
        texts = file.strings("tokenizer.ggml.tokens");
        types = types();
        bos = special("bos");
        eos = special("eos");
        ends = ends();
        isComposed = file.flag("tokenizer.longhand.nfc", false);
        boolean isTrainedWithBos = file.string("tokenizer.ggml.model").equals("llama")
                || LLAMA3_NAMES.contains(file.string("tokenizer.ggml.pre", ""));
        addsBos = bos >= 0 && file.flag("tokenizer.ggml.add_bos_token", isTrainedWithBos);
    }

    int size() {
        return texts.size();
    }

    boolean isEnd(int id) {
        return ends[id];
    }

    /** Control tokens and the unknown token: nothing to print. */
    boolean isControl(int id) {
        return types[id] == TYPE_CONTROL || types[id] == TYPE_UNKNOWN;
    }

    Problem malformed(String what) {
        return new Problem(Problem.Kind.MALFORMED, file.path() + ": " + what);
    }

    /** Refuses a token whose listed text another has; empty ones are placeholders and may repeat. */
    void checkDistinct(int earlier, int id) throws Problem {
        int length = texts.end(id) - texts.start(id);
        if (earlier >= 0 && length > 0 && Arrays.equals(texts.bytes(), texts.start(id), texts.end(id),
                texts.bytes(), texts.start(earlier), texts.end(earlier))) {
            throw malformed("tokens %d and %d are both \"%s\"; each text must stand once".formatted(earlier, id, texts.get(id)));
        }
    }

    private int[] types() throws Problem {
        int[] declared;
        if (file.has("tokenizer.ggml.token_type")) {
            declared = file.integers("tokenizer.ggml.token_type");
        } else {
            declared = new int[texts.size()];
            Arrays.fill(declared, TYPE_NORMAL);
        }
        if (declared.length != texts.size() || texts.size() == 0) {
            throw malformed("tokenizer.ggml.token_type has %d elements and there are %d tokens; they must be as many, and not none"
                    .formatted(declared.length, texts.size()));
        }
        return declared;
    }

    private int special(String name) throws Problem {
        String key = "tokenizer.ggml." + name + "_token_id";
        if (!file.has(key)) {
            return -1;
        }
        int id = file.integer(key);
        if (id < 0 || id >= texts.size()) {
            throw malformed("%s is %d; there are %d tokens".formatted(key, id, texts.size()));
        }
        return id;
    }

    /** Spares a start from decoding a quarter of a million texts. */
    private boolean mayBeEnd(int id) {
        int start = texts.start(id);
        int length = texts.end(id) - start;
        return length >= 4 && length < 32 && (texts.bytes()[start] == '<' || texts.bytes()[start] == '_');
    }

    private boolean[] ends() throws Problem {
        boolean[] result = new boolean[texts.size()];
        for (String name : new String[] {"eos", "eot", "eom"}) {
            int id = special(name);
            if (id >= 0) {
                result[id] = true;
            }
        }
        for (int id = 0; id < result.length; id++) {
            if (mayBeEnd(id) && END_TEXTS.contains(texts.get(id))) {
                result[id] = true;
                types[id] = TYPE_CONTROL;
            }
        }
        return result;
    }
}
