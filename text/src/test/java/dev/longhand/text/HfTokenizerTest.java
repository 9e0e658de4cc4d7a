package dev.longhand.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.formats.Gguf;
import dev.longhand.formats.ModelFile;
import dev.longhand.formats.Strings;
import dev.longhand.testkit.HfFolderWriter;
import dev.longhand.testkit.RealModels;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: a tokenizer.json gives the ids of the Python package tokenizers, and those of the GGUF file with the same vocabulary.
 *
 * <p>Method: tokenizer.json files written here from the vocabularies of both real models, in seven forms; the stored ids of 2,400
 * lines
 * are made by {@code src/test/goldens/hf_tokenizer_goldens.py} from the same files.
 */
class HfTokenizerTest {
    private static final int SAME = 0xFFFFFFFF;
    private static final String SPACE = "\u2581";
    private static final String LLAMA3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
            + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    @TempDir
    static Path folder;

    /** The ids of a line: of llama.cpp and of tokenizers for both models, and of tokenizers for each variant where it has them. */
    private record Line(String text, int[][] gguf, int[][] oracle, int[][] variants) {}

    private static List<Line> lines;
    private static Map<String, Object> smol;
    private static Map<String, Object> gemma;
    private static int smolSize;
    private static int gemmaSize;

    @BeforeAll
    static void load() throws IOException, Problem {
        lines = readLines();
        try (Gguf file = Gguf.open(RealModels.smolLm2())) {
            smolSize = file.strings("tokenizer.ggml.tokens").size();
            smol = byteLevel(file);
        }
        try (Gguf file = Gguf.open(RealModels.gemma3())) {
            gemmaSize = file.strings("tokenizer.ggml.tokens").size();
            gemma = pieces(file);
        }
    }

    @Test
    void byteLevelGivesTheIdsOfTheGgufFileAndOfTokenizers() throws Problem {
        Tokenizer tokenizer = tokenizer("smol", smol, smolSize);
        check(tokenizer, 0);
    }

    @Test
    void byteFallbackGivesTheIdsOfTheGgufFileAndOfTokenizers() throws Problem {
        check(tokenizer("gemma", gemma, gemmaSize), 1);
    }

    private static void check(Tokenizer tokenizer, int model) {
        assertThat(lines).hasSize(2_400);
        for (Line line : lines) {
            int[] ids = tokenizer.encode(line.text, false);
            assertThat(ids).as("%s", line.text).isEqualTo(line.gguf[model]);
            // Here an end of text never comes from text, and a byte without a token leaves no trace; everything else is the same.
            boolean isOurs = line.text.contains("</s>") || line.text.contains("\u0004");
            assertThat(isOurs || Arrays.equals(ids, line.oracle[model])).as("%s", line.text).isTrue();
        }
    }

    @Test
    void composesAndSplitsAsQwenDoes() throws Problem {
        Map<String, Object> spec = new LinkedHashMap<>(smol);
        spec.put("normalizer", Map.of("type", "NFC"));
        spec.put("pre_tokenizer", split(LLAMA3.replace("{1,3}", "")));
        checkVariant(tokenizer("qwen", spec, smolSize), 0);
    }

    @Test
    void takesWholeWordsAsLlama3Does() throws Problem {
        Map<String, Object> spec = new LinkedHashMap<>(smol);
        spec.put("pre_tokenizer", split(LLAMA3));
        spec.put("model", with(smol.get("model"), "ignore_merges", true));
        checkVariant(tokenizer("llama3", spec, smolSize), 1);
    }

    @Test
    void putsASpaceInFrontAsLlama2Does() throws Problem {
        Map<String, Object> spec = new LinkedHashMap<>(gemma);
        spec.put("pre_tokenizer", null);
        spec.put("normalizer", Map.of("type", "Sequence", "normalizers", List.of(Map.of("type", "Prepend", "prepend", SPACE),
                gemma.get("normalizer"))));
        checkVariant(tokenizer("llama2", spec, gemmaSize), 2);
    }

    @Test
    void splitsAtSpacesAsMetaspaceDoes() throws Problem {
        Map<String, Object> spec = new LinkedHashMap<>(gemma);
        spec.put("normalizer", null);
        spec.put("pre_tokenizer", Map.of("type", "Metaspace", "replacement", SPACE, "prepend_scheme", "always", "split", true));
        checkVariant(tokenizer("metaspace", spec, gemmaSize), 3);
    }

    @Test
    void findsTheBestPiecesAsUnigramDoes() throws Problem {
        int size = 30_000;
        List<Object> vocab = new ArrayList<>();
        Map<?, ?> ids = (Map<?, ?>) ((Map<?, ?>) gemma.get("model")).get("vocab");
        ids.forEach((text, id) -> {
            if ((Integer) id < size) {
                vocab.add(List.of(text, -((Integer) id * 7919L % 30011) / 1000.0));
            }
        });
        Map<String, Object> spec = new LinkedHashMap<>(gemma);
        spec.put("pre_tokenizer", null);
        spec.put("added_tokens", ((List<?>) gemma.get("added_tokens")).stream().filter(a -> (Integer) ((Map<?, ?>) a)
                .get("id") < size).toList());
        spec.put("model", Map.of("type", "Unigram", "unk_id", 3, "byte_fallback", true, "vocab", vocab));
        checkVariant(tokenizer("unigram", spec, size), 4);
    }

    /** Texts that look like tokens are apart: see {@link #check}. */
    private static void checkVariant(Tokenizer tokenizer, int variant) {
        int checked = 0;
        for (Line line : lines) {
            if (line.variants.length > 0 && !line.text.contains("<") && !line.text.contains("\u0004")) {
                assertThat(tokenizer.encode(line.text, false)).as("%s", line.text).isEqualTo(line.variants[variant]);
                checked++;
            }
        }
        assertThat(checked).isGreaterThan(90);
    }

    private static Tokenizer tokenizer(String name, Map<String, Object> spec, int size) throws Problem {
        Path written = new HfFolderWriter().config("model_type", "llama").config("num_hidden_layers", 1).config("hidden_size", 2)
                .config("num_attention_heads", 1).config("intermediate_size", 2).config("max_position_embeddings", 8)
                .config("vocab_size", size).config("rms_norm_eps", 1e-5).config("tie_word_embeddings", true)
                .tensor("model.embed_tokens.weight", "F16", new float[2 * size], size, 2)
                .file("tokenizer.json", HfFolderWriter.json(spec)).write(folder.resolve(name), 1);
        try (ModelFile file = ModelFile.open(written)) {
            return Tokenizer.from(file);
        }
    }

    private static Map<String, Object> with(Object map, String key, Object value) {
        Map<String, Object> copy = new LinkedHashMap<>();
        ((Map<?, ?>) map).forEach((k, v) -> copy.put((String) k, v));
        copy.put(key, value);
        return copy;
    }

    private static Map<String, Object> split(String regex) {
        return Map.of("type", "Sequence", "pretokenizers", List.of(
                Map.of("type", "Split", "pattern", Map.of("Regex", regex), "behavior", "Isolated", "invert", false),
                Map.of("type", "ByteLevel", "add_prefix_space", false, "trim_offsets", true, "use_regex", false)));
    }

    private static Map<String, Object> byteLevel(Gguf file) throws Problem {
        Strings merges = file.strings("tokenizer.ggml.merges");
        List<String> list = new ArrayList<>();
        for (int i = 0; i < merges.size(); i++) {
            list.add(merges.get(i));
        }
        Map<String, Object> spec = new LinkedHashMap<>();
        spec.put("added_tokens", added(file));
        spec.put("normalizer", null);
        spec.put("pre_tokenizer", Map.of("type", "Sequence", "pretokenizers", List.of(Map.of("type", "Digits", "individual_digits",
                true),
                Map.of("type", "ByteLevel", "add_prefix_space", false, "trim_offsets", true, "use_regex", true))));
        spec.put("model", Map.of("type", "BPE", "vocab", vocab(file), "merges", list));
        return spec;
    }

    private static Map<String, Object> pieces(Gguf file) throws Problem {
        Map<String, Object> spec = new LinkedHashMap<>();
        spec.put("added_tokens", added(file));
        spec.put("normalizer", Map.of("type", "Replace", "pattern", Map.of("String", " "), "content", SPACE));
        spec.put("pre_tokenizer", Map.of("type", "Split", "pattern", Map.of("String", " "), "behavior", "MergedWithPrevious",
                "invert", false));
        spec.put("model", Map.of("type", "BPE", "unk_token", "<unk>", "fuse_unk", true, "byte_fallback", true, "vocab", vocab(file),
                "merges", merges(file)));
        return spec;
    }

    private static Map<String, Object> vocab(Gguf file) throws Problem {
        Map<String, Object> vocab = new LinkedHashMap<>();
        Strings tokens = file.strings("tokenizer.ggml.tokens");
        for (int i = 0; i < tokens.size(); i++) {
            vocab.put(tokens.get(i), i);
        }
        return vocab;
    }

    private static List<Object> added(Gguf file) throws Problem {
        Strings tokens = file.strings("tokenizer.ggml.tokens");
        int[] types = file.integers("tokenizer.ggml.token_type");
        List<Object> added = new ArrayList<>();
        for (int i = 0; i < types.length; i++) {
            if (types[i] >= Vocabulary.TYPE_UNKNOWN && types[i] <= Vocabulary.TYPE_USER_DEFINED) {
                added.add(Map.of("id", i, "content", tokens.get(i), "special", types[i] != Vocabulary.TYPE_USER_DEFINED));
            }
        }
        return added;
    }

    private record Merge(float score, int leftLength, int rightLength, int order, String left, String right) {}

    /** Each way to cut a piece into two: better pieces first. */
    private static List<Object> merges(Gguf file) throws Problem {
        Strings tokens = file.strings("tokenizer.ggml.tokens");
        int[] types = file.integers("tokenizer.ggml.token_type");
        float[] scores = file.reals("tokenizer.ggml.scores");
        Map<String, Integer> ids = new HashMap<>();
        for (int i = 0; i < types.length; i++) {
            ids.put(tokens.get(i), i);
        }
        List<Merge> found = new ArrayList<>();
        for (int i = 0; i < types.length; i++) {
            if (types[i] == Vocabulary.TYPE_NORMAL) {
                cuts(tokens.get(i), scores[i], ids, found);
            }
        }
        found.sort(Comparator.comparing(Merge::score).thenComparing(Merge::leftLength).thenComparing(Merge::rightLength).reversed()
                .thenComparing(Merge::order));
        return found.stream().<Object>map(m -> List.of(m.left, m.right)).toList();
    }

    private static void cuts(String piece, float score, Map<String, Integer> ids, List<Merge> found) {
        List<String[]> cuts = new ArrayList<>();
        for (int at = piece.offsetByCodePoints(0, 1); at < piece.length(); at = piece.offsetByCodePoints(at, 1)) {
            String[] cut = {piece.substring(0, at), piece.substring(at)};
            if (ids.containsKey(cut[0]) && ids.containsKey(cut[1])) {
                cuts.add(cut);
            }
        }
        cuts.sort(Comparator.comparingInt((String[] c) -> ids.get(c[0])).thenComparingInt(c -> ids.get(c[1])));
        for (String[] cut : cuts) {
            found.add(new Merge(score, cut[0].codePointCount(0, cut[0].length()), cut[1].codePointCount(0, cut[1].length()),
                    found.size(),
                    cut[0], cut[1]));
        }
    }

    private static ByteBuffer resource(String name) throws IOException {
        try (InputStream in = new GZIPInputStream(HfTokenizerTest.class.getResourceAsStream(name))) {
            return ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    private static List<Line> readLines() throws IOException {
        ByteBuffer texts = resource("tokenizer-goldens.bin.gz");
        ByteBuffer oracle = resource("hf-tokenizer-goldens.bin.gz");
        int count = texts.getInt();
        assertThat(oracle.getInt()).isEqualTo(count);
        int step = oracle.getInt();
        int variants = oracle.getInt();
        List<Line> result = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] text = new byte[texts.getInt()];
            texts.get(text);
            int[][] gguf = {ids(texts, null), ids(texts, null)};
            int[][] same = {ids(oracle, gguf[0]), ids(oracle, gguf[1])};
            int[][] others = new int[i % step == 0 ? variants : 0][];
            for (int v = 0; v < others.length; v++) {
                others[v] = ids(oracle, null);
            }
            result.add(new Line(new String(text, StandardCharsets.UTF_8), gguf, same, others));
        }
        return result;
    }

    private static int[] ids(ByteBuffer data, int[] same) {
        int count = data.getInt();
        if (count == SAME) {
            return same;
        }
        int[] ids = new int[count];
        Arrays.setAll(ids, i -> data.getInt());
        return ids;
    }
}
