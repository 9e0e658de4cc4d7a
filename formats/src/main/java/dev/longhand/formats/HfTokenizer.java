package dev.longhand.formats;

import dev.longhand.base.Problem;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a folder's tokenizer.json says, as GGUF's tokenizer keys and a few of our own ({@code tokenizer.longhand.*}).
 *
 * <p>Knows byte-level BPE, BPE with byte fallback and Unigram, and the normalizers and pre-tokenizers of the decoders we read
 * ({@link HfSplitting}); anything else is refused by name. Knows nothing of how text becomes tokens. Used once, by one thread.
 */
final class HfTokenizer {
    private static final int TYPE_NORMAL = 1;
    private static final int TYPE_UNKNOWN = 2;
    private static final int TYPE_CONTROL = 3;
    private static final int TYPE_USER_DEFINED = 4;
    private static final int TYPE_UNUSED = 5;
    private static final int TYPE_BYTE = 6;
    private static final int MERGES_PER_TOKEN = 4;

    private final Path file;
    private final JsonReader json;
    private final FolderLimits limits;
    private final int vocabulary;
    private final Map<String, Object> out;

    private final TokenTable tokens = new TokenTable();
    private final TokenTable merges = new TokenTable();
    private float[] scores = new float[0]; // Unigram only
    private List<Added> added = List.of();
    private Object normalizer;
    private Object preTokenizer;
    private Object postProcessor;
    private String model = "BPE";
    private String unknown;
    private long unknownId = -1;
    private boolean hasByteFallback;
    private boolean takesWholeWords;

    /** A token beside the model's vocabulary. */
    private record Added(int id, String text, boolean isSpecial) {}

    private HfTokenizer(Path file, JsonReader json, int vocabulary, FolderLimits limits, Map<String, Object> out) {
        this.file = file;
        this.json = json;
        this.vocabulary = vocabulary;
        this.limits = limits;
        this.out = out;
    }

    /** Adds the tokenizer's keys to {@code out}. The vocabulary has {@code vocabulary} tokens, as the embedding table has rows. */
    static void read(Path folder, Settings config, int vocabulary, FolderLimits limits, Map<String, Object> out) throws Problem {
        if (vocabulary > limits.tokensMax()) {
            throw config.malformed("vocab_size", "at most " + limits.tokensMax());
        }
        Path file = folder.resolve("tokenizer.json");
        JsonReader json = new JsonReader(file, Settings.bytes(file, limits.tokenizerBytesMax()), 0, limits);
        HfTokenizer reader = new HfTokenizer(file, json, vocabulary, limits, out);
        reader.read();
        reader.emit();
        Map<String, Integer> ids = new HashMap<>();
        reader.added.forEach(a -> ids.put(a.text, a.id));
        new HfSpecials(folder, config, limits, out, ids).read(reader.postProcessor);
    }

    private Problem malformed(String what) {
        return new Problem(Problem.Kind.MALFORMED, file + ": " + what);
    }

    private Problem unsupported(String what) {
        return new Problem(Problem.Kind.UNSUPPORTED, file + ": " + what);
    }

    private void read() throws Problem {
        boolean hasModel = false;
        for (json.beginObject("the file"); json.hasNext(); ) {
            String key = json.key();
            switch (key) {
                case "added_tokens" -> added();
                case "normalizer" -> normalizer = json.value(key);
                case "pre_tokenizer" -> preTokenizer = json.value(key);
                case "post_processor" -> postProcessor = json.value(key);
                case "model" -> {
                    if (hasModel) {
                        throw json.malformed("model appears twice");
                    }
                    hasModel = true;
                    model();
                }
                default -> json.skip(key);
            }
        }
        json.end();
        if (tokens.size() == 0) {
            throw malformed("model.vocab is missing or empty");
        }
    }

    @SuppressWarnings("unchecked")
    private void added() throws Problem {
        if (!(json.value("added_tokens") instanceof List<?> list) || list.size() > limits.tokensMax()) {
            throw malformed("added_tokens must be an array of at most %d".formatted(limits.tokensMax()));
        }
        Added[] read = new Added[list.size()];
        for (int i = 0; i < read.length; i++) {
            if (!(list.get(i) instanceof Map<?, ?> map)) {
                throw malformed("added_tokens[%d] is no object".formatted(i));
            }
            Settings each = new Settings(file, (Map<String, Object>) map);
            if (each.flag("lstrip", false) || each.flag("rstrip", false) || each.flag("single_word", false)) {
                throw unsupported("the added token \"%s\" takes the spaces around it (lstrip, rstrip or single_word)"
                        .formatted(each.text("content")));
            }
            read[i] = new Added(each.integer("id", 0, limits.tokensMax() - 1), each.text("content"), each.flag("special", false));
        }
        added = List.of(read);
    }

    private void model() throws Problem {
        for (json.beginObject("model"); json.hasNext(); ) {
            String key = json.key();
            switch (key) {
                case "type" -> model = json.string(key);
                case "vocab" -> vocab();
                case "merges" -> merges();
                case "unk_token" -> unknown = json.isNull() ? (String) json.value(key) : json.string(key);
                case "unk_id" -> unknownId = json.isNull() ? skipped(key) : json.integer(key);
                case "byte_fallback" -> hasByteFallback = json.flag(key);
                case "ignore_merges" -> takesWholeWords = json.flag(key);
                case "dropout", "continuing_subword_prefix", "end_of_word_suffix" -> {
                    Object value = json.value(key);
                    if (value != null && !value.equals("") && !value.equals(0.0)) {
                        throw unsupported("model.%s is %s; supported is null".formatted(key, value));
                    }
                }
                default -> json.skip(key);
            }
        }
    }

    private long skipped(String key) throws Problem {
        json.skip(key);
        return -1;
    }

    private void vocab() throws Problem {
        if (tokens.size() > 0) {
            throw json.malformed("model.vocab appears twice");
        }
        if (json.isArray()) {
            pieces();
            return;
        }
        for (json.beginObject("model.vocab"); json.hasNext(); ) {
            long reserved = json.reserved();
            String text = json.key();
            json.release(reserved);
            json.reserve(2L * text.length() + 16);
            put(json.integer("the id of \"" + shown(text) + "\""), text);
        }
    }

    private static String shown(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }

    private void put(long id, String text) throws Problem {
        if (id < 0 || id >= limits.tokensMax()) {
            throw json.malformed("token \"%s\" has id %d; limit %d".formatted(shown(text), id, limits.tokensMax()));
        }
        if (tokens.has((int) id)) {
            throw json.malformed("tokens \"%s\" and \"%s\" both have id %d".formatted(shown(tokens.get((int) id)), shown(text),
                    id));
        }
        tokens.put((int) id, text);
    }

    /** Unigram: pairs of a text and its log-probability, in the order of their ids. */
    private void pieces() throws Problem {
        for (json.beginArray("model.vocab"); json.hasNext(); ) {
            long reserved = json.reserved();
            json.beginArray("a piece");
            String text = json.hasNext() ? json.string("a piece") : "";
            int id = tokens.size();
            put(id, text);
            if (!json.hasNext()) {
                throw json.malformed("piece %d has no score".formatted(id));
            }
            if (id >= scores.length) {
                scores = Arrays.copyOf(scores, Math.max(256, id + id / 2));
            }
            scores[id] = (float) json.real("the score of a piece");
            if (json.hasNext()) {
                throw json.malformed("piece %d has more than a text and a score".formatted(id));
            }
            json.release(reserved);
            json.reserve(2L * text.length() + 24);
        }
    }

    /** Either {@code "left right"} or {@code ["left", "right"]}. */
    private void merges() throws Problem {
        if (merges.size() > 0) {
            throw json.malformed("model.merges appears twice");
        }
        for (json.beginArray("model.merges"); json.hasNext(); ) {
            long reserved = json.reserved();
            String merge;
            if (json.isString()) {
                merge = json.string("a merge");
            } else {
                json.beginArray("a merge");
                String left = json.hasNext() ? json.string("a merge") : "";
                String right = json.hasNext() ? json.string("a merge") : "";
                if (left.isEmpty() || right.isEmpty() || json.hasNext()) {
                    throw json.malformed("merge %d must be two texts".formatted(merges.size()));
                }
                merge = left + " " + right;
            }
            int space = merge.indexOf(' ');
            if (space <= 0 || space != merge.lastIndexOf(' ') || space == merge.length() - 1) {
                throw json.malformed("merge %d is \"%s\"; it must be two texts without spaces".formatted(merges.size(),
                        shown(merge)));
            }
            json.release(reserved);
            json.reserve(2L * merge.length() + 16);
            if (merges.size() == MERGES_PER_TOKEN * limits.tokensMax()) {
                throw json.malformed("more than %d merges".formatted(merges.size()));
            }
            merges.add(merge);
        }
    }

    private void emit() throws Problem {
        HfSplitting splitting = HfSplitting.read(file, normalizer, preTokenizer);
        boolean isUnigram = model.equals("Unigram");
        if (!isUnigram && !model.equals("BPE") || isUnigram && splitting.isByteLevel()) {
            throw unsupported("the model is %s%s; supported are BPE and Unigram"
                    .formatted(model, splitting.isByteLevel() ? " on bytes" : ""));
        }
        int[] types = types(splitting);
        out.put("tokenizer.ggml.model", splitting.isByteLevel() ? "gpt2" : isUnigram ? "unigram" : "metaspace-bpe");
        out.put("tokenizer.ggml.tokens", tokens.strings(vocabulary));
        out.put("tokenizer.ggml.token_type", types);
        if (isUnigram) {
            out.put("tokenizer.ggml.scores", Arrays.copyOf(scores, vocabulary));
        } else {
            out.put("tokenizer.ggml.merges", merges.strings(merges.size()));
        }
        splitting.emit(out);
        if (splitting.isByteLevel()) {
            out.put("tokenizer.longhand.takes_whole_words", takesWholeWords);
        } else if (takesWholeWords) {
            throw unsupported("ignore_merges is true without ByteLevel");
        }
    }

    private int[] types(HfSplitting splitting) throws Problem {
        int[] types = new int[vocabulary];
        if (tokens.size() > vocabulary) {
            throw malformed("model.vocab has the id %d; vocab_size is %d".formatted(tokens.size() - 1, vocabulary));
        }
        for (int id = 0; id < tokens.size(); id++) {
            types[id] = !tokens.has(id) ? 0 : hasByteFallback && isByteToken(tokens.get(id)) ? TYPE_BYTE : TYPE_NORMAL;
        }
        markUnknown(types, splitting);
        for (Added each : added) {
            if (each.id >= vocabulary) {
                continue; // no row of the embedding: a token of another form of the model
            }
            if (tokens.has(each.id) && !tokens.get(each.id).equals(each.text)) {
                throw malformed("id %d is \"%s\" in model.vocab and \"%s\" in added_tokens"
                        .formatted(each.id, shown(tokens.get(each.id)), shown(each.text)));
            }
            tokens.put(each.id, each.text);
            types[each.id] = each.isSpecial ? types[each.id] == TYPE_UNKNOWN ? TYPE_UNKNOWN : TYPE_CONTROL : TYPE_USER_DEFINED;
        }
        for (int id = 0; id < vocabulary; id++) {
            if (types[id] == 0) {
                tokens.put(id, "[PAD" + id + "]");
                types[id] = TYPE_UNUSED;
            }
        }
        return types;
    }

    /** Byte-level vocabularies name an unknown token that nothing ever becomes. */
    private void markUnknown(int[] types, HfSplitting splitting) throws Problem {
        if (splitting.isByteLevel()) {
            return;
        }
        if (unknownId >= tokens.size()) {
            throw malformed("model.unk_id is %d; there are %d tokens".formatted(unknownId, tokens.size()));
        }
        int id = (int) unknownId;
        for (int i = 0; unknown != null && id < 0 && i < tokens.size(); i++) {
            id = tokens.has(i) && tokens.get(i).equals(unknown) ? i : id;
        }
        if (id >= 0) {
            types[id] = TYPE_UNKNOWN;
            out.put("tokenizer.ggml.unknown_token_id", (long) id);
        }
    }

    private static boolean isByteToken(String text) {
        return text.length() == 6 && text.matches("<0x[0-9A-F]{2}>");
    }
}
