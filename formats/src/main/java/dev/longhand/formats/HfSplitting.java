package dev.longhand.formats;

import dev.longhand.base.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How a tokenizer.json prepares text: its normalizer and pre-tokenizer, recognised as one of the forms that the decoders we read
 * use.
 *
 * @param isByteLevel words are bytes in GPT-2's alphabet
 * @param pre         GGUF's name of the words' rule; byte level only
 * @param isNfc       text is put into Unicode's composed form first
 * @param spacePrefix whether a space goes in front: always, unless-space (where none is there) or never; not on byte level
 * @param splits      whether a word ends where a space begins; not on byte level
 */
record HfSplitting(boolean isByteLevel, String pre, boolean isNfc, String spacePrefix, boolean splits) {
    private static final String LLAMA3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String QWEN2 = LLAMA3.replace("\\p{N}{1,3}", "\\p{N}");
    private static final String SPACE = "\u2581";

    static HfSplitting read(Path file, Object normalizer, Object preTokenizer) throws Problem {
        List<Settings> before = steps(file, normalizer, "normalizers");
        List<Settings> words = steps(file, preTokenizer, "pretokenizers");
        boolean isByteLevel = !words.isEmpty() && words.getLast().text("type").equals("ByteLevel");
        return isByteLevel ? byteLevel(file, before, words) : metaspace(file, before, words);
    }

    void emit(Map<String, Object> out) {
        out.put("tokenizer.longhand.nfc", isNfc);
        if (isByteLevel) {
            out.put("tokenizer.ggml.pre", pre);
        } else {
            out.put("tokenizer.longhand.space_prefix", spacePrefix);
            out.put("tokenizer.longhand.splits_at_spaces", splits);
        }
    }

    /** A step, or the steps of a Sequence. */
    @SuppressWarnings("unchecked")
    private static List<Settings> steps(Path file, Object tree, String listKey) throws Problem {
        if (tree == null) {
            return List.of();
        }
        if (!(tree instanceof Map<?, ?> map)) {
            throw new Problem(Problem.Kind.MALFORMED, "%s: a normalizer or pre-tokenizer must be an object or null"
                    .formatted(file));
        }
        Settings step = new Settings(file, (Map<String, Object>) map);
        if (!step.text("type").equals("Sequence")) {
            return List.of(step);
        }
        List<Settings> steps = new ArrayList<>();
        for (Object each : step.list(listKey)) {
            steps.addAll(steps(file, each, listKey));
        }
        return steps;
    }

    private static Problem unsupported(Path file, String what, List<Settings> steps) {
        String shown = steps.stream().map(s -> s.values().toString()).toList().toString();
        return new Problem(Problem.Kind.UNSUPPORTED,
                "%s: the %s %s is not supported; supported are those of Llama 2 and 3, Mistral, "
                .formatted(file, what, shown.length() <= 300 ? shown : shown.substring(0, 300) + "...")
                + "Mixtral, Qwen 2 and 3, SmolLM, OLMoE and Gemma");
    }

    private static HfSplitting byteLevel(Path file, List<Settings> before, List<Settings> words) throws Problem {
        boolean isNfc = before.size() == 1 && before.getFirst().text("type").equals("NFC");
        if (!before.isEmpty() && !isNfc) {
            throw unsupported(file, "normalizer", before);
        }
        Settings last = words.getLast();
        boolean usesRegex = last.flag("use_regex", true);
        String first = words.getFirst().text("type");
        String pre = null;
        if (last.flag("add_prefix_space", true)) {
            throw last.unsupported("add_prefix_space", "false");
        }
        if (words.size() == 1 && usesRegex) {
            pre = "gpt-2";
        } else if (words.size() == 2 && usesRegex && first.equals("Digits") && words.getFirst().flag("individual_digits", false)) {
            pre = "smollm";
        } else if (words.size() == 2 && !usesRegex && first.equals("Split")) {
            pre = split(words.getFirst());
        }
        if (pre == null) {
            throw unsupported(file, "pre-tokenizer", words);
        }
        return new HfSplitting(true, pre, isNfc, "never", false);
    }

    private static String split(Settings step) throws Problem {
        String regex = step.inner("pattern").orElse(step).text("Regex", "");
        boolean isIsolated = step.text("behavior", "").equals("Isolated") && !step.flag("invert", false);
        boolean isRemoved = step.text("behavior", "").equals("Removed") && step.flag("invert", false);
        if (!isIsolated && !isRemoved) {
            return null;
        }
        return regex.equals(LLAMA3) ? "llama-bpe" : regex.equals(QWEN2) ? "qwen2" : null;
    }

    private static HfSplitting metaspace(Path file, List<Settings> before, List<Settings> words) throws Problem {
        boolean replaces = false;
        String prefix = "never";
        boolean isNfc = false;
        boolean splits = false;
        for (Settings step : before) {
            switch (step.text("type")) {
                case "NFC" -> isNfc = true;
                case "Prepend" -> {
                    if (!step.text("prepend").equals(SPACE)) {
                        throw unsupported(file, "normalizer", before);
                    }
                    prefix = "always";
                }
                case "Replace" -> {
                    if (!isSpaceRule(step)) {
                        throw unsupported(file, "normalizer", before);
                    }
                    replaces = true;
                }
                default -> throw unsupported(file, "normalizer", before);
            }
        }
        for (Settings step : words) {
            boolean isSplit = step.text("type").equals("Split") && replaces
                    && step.inner("pattern").orElse(step).text("String", "").equals(" ");
            boolean isMetaspace = step.text("type").equals("Metaspace") && step.text("replacement", SPACE).equals(SPACE);
            if (!isSplit && !isMetaspace) {
                throw unsupported(file, "pre-tokenizer", words);
            }
            if (isMetaspace) {
                replaces = true;
                splits = step.flag("split", true);
                boolean adds = !step.text("prepend_scheme", "always").equals("never") && step.flag("add_prefix_space", true);
                prefix = adds ? "unless-space" : prefix;
            }
        }
        if (!replaces) {
            throw unsupported(file, "pre-tokenizer", words);
        }
        return new HfSplitting(false, "", isNfc, prefix, splits);
    }

    private static boolean isSpaceRule(Settings replace) throws Problem {
        return replace.inner("pattern").orElse(replace).text("String", "").equals(" ") && replace.text("content").equals(SPACE);
    }
}
