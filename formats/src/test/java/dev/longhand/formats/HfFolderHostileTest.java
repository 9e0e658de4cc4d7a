package dev.longhand.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.HfFolderWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: no folder makes the reader do anything but open or throw one {@link Problem} that names the file, in bounded memory and
 * time.
 *
 * <p>Method: a table of bad files with a word of the verdict each, put one at a time into a sound folder; every prefix of each file
 * and
 * every byte of it changed; a seeded mutation fuzz that knows JSON ({@code -Dlonghand.fuzz.rounds=N}). Heap 256 MB, as for GGUF.
 */
class HfFolderHostileTest {
    private static final int ROUNDS = Integer.getInteger("longhand.fuzz.rounds", 4_000);
    private static final double SECONDS_MAX = 3;
    private static final long HEAP_GROWTH_MAX = 200_000_000;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final String ONE = "{\"w\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%s]}}";

    @TempDir
    Path temp;

    /** A file of the folder with bad bytes, and what the message must say. */
    private record Bad(String name, String file, byte[] bytes, String verdict) {}

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void refusesEachBadFolderWithItsVerdict() throws IOException {
        List<Bad> table = new ArrayList<>();
        lengths(table);
        headers(table);
        places(table);
        json(table);
        indices(table);
        configs(table);
        tensors(table);
        tokenizers(table);
        specials(table);
        for (Bad bad : table) {
            Path folder = sound("hostile", bad.file.startsWith("model.safetensors.index") ? 2 : 1);
            Files.write(folder.resolve(bad.file), bad.bytes);
            String message = verdict(folder, bad.name);
            assertThat(message).as(bad.name).isNotNull().contains("hostile").containsIgnoringCase(bad.verdict);
        }
        assertThat(table).hasSizeGreaterThan(100);
    }

    private static void weights(List<Bad> table, String name, byte[] bytes, String verdict) {
        table.add(new Bad(name, "model.safetensors", bytes, verdict));
    }

    private static void lengths(List<Bad> table) {
        weights(table, "empty", new byte[0], "0 bytes, less than a header");
        weights(table, "no header", new byte[9], "less than a header");
        for (long declared : new long[] {0, 1, 17, 48_000_001, 1L << 31, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE, -1}) {
            ByteBuffer out = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN).putLong(declared);
            weights(table, "length " + declared, out.array(), "header declares " + Long.toUnsignedString(declared) + " bytes");
        }
        weights(table, "a GGUF file", Arrays.copyOf(utf8("GGUF\3\0\0\0"), 64), "no safetensors file");
        weights(table, "pickle", Arrays.copyOf(utf8("PK\3\4"), 64), "less than");
        table.removeLast();
    }

    private static void header(List<Bad> table, String name, String header, int data, String verdict) {
        weights(table, name, HfFolderWriter.safetensors(header, new byte[data]), verdict);
    }

    private static void headers(List<Bad> table) {
        header(table, "an array", "[]", 0, "the header begins with '['");
        header(table, "a rest behind", "{} {}", 0, "behind the end of the JSON");
        header(table, "no such dtype", "{\"w\":{\"dtype\":\"Q4\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype Q4; known are");
        header(table, "dtype a number", "{\"w\":{\"dtype\":1}}", 0, "dtype of w begins with '1'");
        header(table, "no dtype", "{\"w\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
                "must have dtype, shape and two data_offsets");
        header(table, "no shape", "{\"w\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "must have dtype");
        header(table, "no offsets", "{\"w\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "must have dtype");
        header(table, "one offset", ONE.formatted("1", "0"), 4, "two data_offsets");
        header(table, "three offsets", ONE.formatted("1", "0,4,8"), 8, "more than 2");
        header(table, "nine dimensions", ONE.formatted("1,1,1,1,1,1,1,1,1", "0,4"), 4, "more than 8");
        header(table, "another key", "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4,
                "has the key x");
        header(table, "a key twice", "{\"w\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 4, "a key twice");
        header(table, "tensor twice", "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                + "\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "w appears twice");
        header(table, "metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ appears twice");
        header(table, "metadata a number", "{\"__metadata__\":{\"a\":1}}", 0, "__metadata__.a begins with");
        header(table, "name too long", "{\"" + "n".repeat(2000) + "\":{}}", 0, "limits are 65536 tensors and 1024 characters");
        header(table, "tensor a list", "{\"w\":[]}", 0, "tensor w begins with '['");
    }

    private static void places(List<Bad> table) {
        header(table, "negative dimension", ONE.formatted("-1", "0,4"), 4, "must not be negative");
        header(table, "negative offset", ONE.formatted("1", "-4,0"), 4, "must not be negative");
        header(table, "shape past 2^63", ONE.formatted("4611686018427387904,4", "0,4"), 4, "more bytes than 2^63");
        header(table, "a dimension of 2^64", ONE.formatted("18446744073709551615", "0,4"), 4, "must fit 64 bits");
        header(table, "a fraction", ONE.formatted("1.5", "0,4"), 4, "must be an integer");
        header(table, "offsets descend", ONE.formatted("1", "4,0"), 4, "must ascend");
        header(table, "past the end", ONE.formatted("2", "0,8"), 4, "cut short");
        header(table, "near 2^63", ONE.formatted("1", "9223372036854775803,9223372036854775807"), 4, "cut short");
        header(table, "shape too small", ONE.formatted("1", "0,8"), 8, "its data_offsets span 8");
        header(table, "shape too large", ONE.formatted("3", "0,8"), 8, "12 bytes; its data_offsets span 8");
        header(table, "unaligned", "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
                + "\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}", 6, "must begin at a multiple of 4");
        String two = "{\"v\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[%s]},"
                + "\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[%s]}}";
        header(table, "overlap", two.formatted("0,8", "4,12"), 12, "overlaps");
        header(table, "the same place", two.formatted("0,8", "0,8"), 8, "overlaps");
        header(table, "a hole", two.formatted("0,8", "12,20"), 20, "belong to no tensor");
        header(table, "a rest", two.formatted("0,8", "8,16"), 17, "1 bytes behind the last tensor");
        header(table, "a hole in front", ONE.formatted("1", "4,8"), 8, "4 bytes in front of tensor w");
    }

    private static void json(List<Bad> table) {
        for (String[] each : new String[][] {{"{", "ends in the middle"}, {"{\"a", "a string does not end"}, {"{\"a\\\"",
                "does not end"},
                {"{\"a\\", "does not end"}, {"{\"a\" 1}", "colon"}, {"{\"a\":1,}", "nothing stands behind a comma"}, {"{,}",
                        "a key begins with"},
                {"{\"a\":1 \"b\":2}", "where a comma"}, {"{\"a\":NaN}", "neither NaN nor Infinity"}, {"{\"a\":-Infinity}",
                        "neither NaN nor Infinity"},
                {"{\"a\":01}", "begins with 0"}, {"{\"a\":1.}", "a digit must stand"}, {"{\"a\":1e}", "a digit must stand"},
                {"{\"a\":1e999}", "more than a 64-bit number"}, {"{\"a\":9223372036854775808}", "must fit 64 bits"},
                {"{\"a\":" + "1".repeat(100) + "}", "at most 64"}, {"{\"a\":tru}", "begins no value"}, {"{\"a\":\"\\x\"}",
                        "no escape of JSON"},
                {"{\"a\":\"\\u12g4\"}", "four hexadecimal digits"}, {"{\"a\":\"\\ud800\"}", "half of a surrogate pair"},
                {"{\"a\":\"\t\"}", "control character"}, {"{\"a\":1,\"a\":2}", "appears twice"}, {"{\"a\":'b'}",
                        "a digit must stand"},
                {"[1]", "must be an object"}, {"{\"a\":" + "[".repeat(100_000), "nests deeper than 32"},
                {"{\"a\":" + "{\"a\":".repeat(100_000), "nests deeper than 32"}}) {
            table.add(new Bad("json " + shown(each[0]), "config.json", utf8(each[0]), each[1]));
        }
        table.add(new Bad("json not UTF-8", "config.json", new byte[] {'{', '"', (byte) 0xC3, '(', '"', ':', '1', '}'},
                "not UTF-8"));
        table.add(new Bad("json too long", "config.json", utf8("{\"a\":\"" + "x".repeat(4_000_000) + "\"}"),
                "behind its limit of 4000000"));
    }

    private static String shown(String text) {
        return text.length() < 40 ? text : text.substring(0, 40);
    }

    private static void indices(List<Bad> table) {
        String index = "model.safetensors.index.json";
        for (String shard : List.of("../model.safetensors", "/etc/passwd", "..", "a/b.safetensors", "a\\\\b.safetensors",
                ".safetensors",
                "model.bin", "", "C:model.safetensors", "a\\u0000.safetensors")) {
            table.add(new Bad("shard " + shard, index, utf8("{\"weight_map\":{\"w\":\"" + shard + "\"}}"),
                    "a shard is a plain file name"));
        }
        table.add(new Bad("missing shard", index, utf8("{\"weight_map\":{\"w\":\"gone.safetensors\"}}"),
                "gone.safetensors is missing"));
        table.add(new Bad("no map", index, utf8("{\"metadata\":{}}"), "no weight_map"));
        table.add(new Bad("empty map", index, utf8("{\"weight_map\":{}}"), "no weight_map, or an empty one"));
        table.add(new Bad("map twice", index, utf8("{\"weight_map\":{},\"weight_map\":{}}"), "weight_map appears twice"));
        table.add(new Bad("tensor placed twice", index, utf8("{\"weight_map\":{\"w\":\"a.safetensors\",\"w\":\"b.safetensors\"}}"),
                "appears twice"));
        table.add(new Bad("tensor not there", index, utf8("{\"weight_map\":{\"w\":\"model-00001-of-00002.safetensors\"}}"),
                "does not hold it"));
        StringBuilder many = new StringBuilder("{\"weight_map\":{");
        for (int i = 0; i < 1100; i++) {
            many.append("\"t").append(i).append("\":\"s").append(i).append(".safetensors\",");
        }
        table.add(new Bad("1100 shards", index, utf8(many + "\"t\":\"s.safetensors\"}}"), "more than 1024 shards"));
    }

    private static void config(List<Bad> table, String key, Object value, String verdict) {
        String text = HfFolderWriter.json(soundConfig());
        String changed = text.replaceFirst("\"" + key + "\":[^,}]*", "\"" + key + "\":" + value);
        table.add(new Bad(key + " = " + value, "config.json", utf8(changed.equals(text)
                ? text.substring(0, text.length() - 1) + ",\"" + key + "\":" + value + "}" : changed), verdict));
    }

    private static void configs(List<Bad> table) {
        config(table, "model_type", "\"mamba\"", "model_type \"mamba\" is not supported; supported are llama");
        config(table, "model_type", "7", "must be a string");
        config(table, "num_hidden_layers", "0", "must be an integer in [1, 1024]");
        config(table, "num_hidden_layers", "2000000000", "must be an integer");
        config(table, "num_hidden_layers", "\"2\"", "must be an integer");
        config(table, "num_hidden_layers", "null", "num_hidden_layers is missing");
        config(table, "num_attention_heads", "3", "a divisor of hidden_size");
        config(table, "num_key_value_heads", "9", "must be an integer in [1,");
        config(table, "rms_norm_eps", "0", "a positive number");
        config(table, "rms_norm_eps", "-1e-5", "a positive number");
        config(table, "rope_theta", "1e300", "up to 1e12");
        config(table, "hidden_act", "\"relu\"", "supported is silu");
        config(table, "quantization_config", "{\"quant_method\":\"gptq\"}", "supported is none");
        config(table, "rope_scaling", "{\"rope_type\":\"yarn\",\"factor\":4}", "supported is default, linear or llama3");
        config(table, "rope_scaling", "[1]", "must be an object");
        config(table, "rope_scaling", "{\"rope_type\":\"llama3\",\"factor\":8}", "low_freq_factor is missing");
        config(table, "attention_bias", "true", "supported is false");
        config(table, "vocab_size", "16000000", "at most 1000000");
        config(table, "vocab_size", "5", "rows; vocab_size is 5");
        config(table, "tie_word_embeddings", "false", "lm_head.weight is missing");
    }

    private static void tensors(List<Bad> table) {
        String one = "{\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[0,%d]}}";
        header(table, "unknown tensor", one.formatted("model.layers.0.self_attn.q_bias", "F32", "1", 4), 4,
                "has no place in the architecture llama");
        header(table, "layer 99", one.formatted("model.layers.99.input_layernorm.weight", "F32", "8", 32), 32,
                "a layer that does not exist");
        header(table, "layer -1", one.formatted("model.layers.-1.input_layernorm.weight", "F32", "8", 32), 32,
                "a layer that does not exist");
        header(table, "expert of none", one.formatted("model.layers.0.mlp.experts.0.up_proj.weight", "F32", "1,1", 4), 4,
                "has no place");
        header(table, "matrix of one dimension", one.formatted("model.embed_tokens.weight", "F32", "8", 32), 32,
                "must have 2 dimensions");
        header(table, "integers", one.formatted("model.embed_tokens.weight", "I32", "4,8", 128), 128,
                "weights are F32, F16 or BF16");
        header(table, "empty", one.formatted("model.embed_tokens.weight", "F32", "0,8", 0), 0, "none 0");
        header(table, "odd heads", one.formatted("model.layers.0.self_attn.q_proj.weight", "F32", "3,8", 96), 96,
                "heads of an even width");
        header(table, "no embedding", one.formatted("model.norm.weight", "F32", "8", 32), 32,
                "model.embed_tokens.weight is missing");
    }

    private static void tokenizer(List<Bad> table, String name, String text, String verdict) {
        table.add(new Bad(name, "tokenizer.json", utf8(text), verdict));
    }

    private static void tokenizers(List<Bad> table) {
        String bytes = "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false}";
        String model = "{" + bytes + ",\"model\":{\"type\":\"BPE\",\"vocab\":{%s},\"merges\":[%s]}}";
        tokenizer(table, "no model", "{}", "model.vocab is missing or empty");
        tokenizer(table, "word level", "{" + bytes + ",\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":0}}}",
                "the model is WordLevel");
        tokenizer(table, "id 2^40", model.formatted("\"a\":1099511627776", ""), "limit 1000000");
        tokenizer(table, "negative id", model.formatted("\"a\":-1", ""), "has id -1");
        tokenizer(table, "id twice", model.formatted("\"a\":0,\"b\":0", ""), "both have id 0");
        tokenizer(table, "id past the rows", model.formatted("\"a\":400", ""), "vocab_size is 4");
        tokenizer(table, "id a text", model.formatted("\"a\":\"0\"", ""), "must be a number");
        tokenizer(table, "merge of one", model.formatted("\"a\":0", "\"a\""), "two texts without spaces");
        tokenizer(table, "merge of three", model.formatted("\"a\":0", "[\"a\",\"a\",\"a\"]"), "must be two texts");
        tokenizer(table, "empty merge", model.formatted("\"a\":0", "[\"\",\"a\"]"), "must be two texts");
        tokenizer(table, "normalizer", "{\"normalizer\":{\"type\":\"Lowercase\"}," + bytes + ",\"model\":{\"vocab\":{\"a\":0}}}",
                "the normalizer");
        tokenizer(table, "pre-tokenizer", "{\"pre_tokenizer\":{\"type\":\"Whitespace\"},\"model\":{\"vocab\":{\"a\":0}}}",
                "the pre-tokenizer");
        tokenizer(table, "regex", "{\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":["
                + "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a+)+b\"},"
                + "\"behavior\":\"Isolated\"},{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":false}]},"
                + "\"model\":{\"vocab\":{\"a\":0}}}",
                "the pre-tokenizer");
        tokenizer(table, "sequences in sequences", "{\"pre_tokenizer\":" + "{\"type\":\"Sequence\",\"pretokenizers\":[".repeat(40),
                "nests deeper");
        tokenizer(table, "prefix", "{\"pre_tokenizer\":{\"type\":\"ByteLevel\"},\"model\":{\"vocab\":{\"a\":0}}}",
                "add_prefix_space");
        tokenizer(table, "dropout", "{" + bytes + ",\"model\":{\"dropout\":0.1,\"vocab\":{\"a\":0}}}", "model.dropout");
        tokenizer(table, "added with strip", "{\"added_tokens\":[{\"id\":0,\"content\":\"a\",\"lstrip\":true}]," + bytes + "}",
                "takes the spaces");
        tokenizer(table, "added clash", "{\"added_tokens\":[{\"id\":0,\"content\":\"b\"}]," + bytes
                + ",\"model\":{\"vocab\":{\"a\":0}}}", "id 0 is");
        tokenizer(table, "added id", "{\"added_tokens\":[{\"id\":-7,\"content\":\"b\"}]," + bytes + "}", "id is -7");
        tokenizer(table, "added numbers", "{\"added_tokens\":[1]}", "is no object");
        tokenizer(table, "unigram on bytes", "{" + bytes + ",\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\",0]]}}",
                "Unigram on bytes");
        tokenizer(table, "piece without score", "{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\"]]}}", "has no score");
        tokenizer(table, "piece with more", "{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\",1,2]]}}",
                "more than a text and a score");
        tokenizer(table, "unknown id",
                "{\"pre_tokenizer\":{\"type\":\"Metaspace\"},\"model\":{\"type\":\"Unigram\",\"unk_id\":9,\"vocab\":[[\"a\",0]]}}",
                "model.unk_id is 9");
        tokenizer(table, "model twice", "{\"model\":{\"vocab\":{\"a\":0}},\"model\":{}}", "model appears twice");
        tokenizer(table, "vocab twice", "{\"model\":{\"vocab\":{\"a\":0},\"vocab\":{\"b\":1}}}", "vocab appears twice");
        tokenizer(table, "too long", "{\"a\":\"" + "x".repeat(64_000_000), "behind its limit of 64000000");
    }

    private static void specials(List<Bad> table) {
        table.add(new Bad("eos id", "generation_config.json", utf8("{\"eos_token_id\":99}"), "eos_token_id is 99"));
        table.add(new Bad("eos ids", "generation_config.json", utf8("{\"eos_token_id\":[0,\"x\"]}"), "must be ids in"));
        table.add(new Bad("eos a number", "tokenizer_config.json", utf8("{\"eos_token\":3}"), "must be a string"));
        table.add(new Bad("template", "tokenizer_config.json", utf8("{\"chat_template\":[3]}"), "chat_template is"));
        table.add(new Bad("template too long", "chat_template.jinja", new byte[4_000_001], "behind its limit"));
    }

    @Test
    void namesAShardThatIsMissingAndWeightsThatAreNotThere() throws IOException {
        Path folder = sound("hostile", 2);
        Files.delete(folder.resolve("model-00002-of-00002.safetensors"));
        assertThat(verdict(folder, "missing")).contains("model-00002-of-00002.safetensors is missing");
        Files.delete(folder.resolve("model.safetensors.index.json"));
        assertThat(verdict(folder, "no index")).contains("neither model.safetensors nor");
        Path twice = sound("twice", 2);
        Files.copy(twice.resolve("model-00001-of-00002.safetensors"), twice.resolve("model-00002-of-00002.safetensors"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertThat(verdict(twice, "twice")).contains("stands in model-00001");
    }

    @Test
    void saysThatAFileWasCutWhileItWasInUse() throws IOException, Problem {
        Path folder = sound("cut", 1);
        try (HfFolder file = HfFolder.open(folder); Arena arena = Arena.ofConfined()) {
            Tensor tensor = file.tensor("output_norm.weight");
            Files.write(folder.resolve("model.safetensors"), new byte[16]);
            file.read(tensor, 0, arena.allocate(tensor.bytes()));
            fail("the read must fail");
        } catch (IOException e) {
            assertThat(e.getMessage()).contains("was cut while it was in use").contains("model.norm.weight");
        }
    }

    @Test
    void everyPrefixOfEachFileIsRefusedAndNeverMore() throws IOException {
        Path folder = sound("prefix", 2);
        for (Path file : files(folder)) {
            byte[] whole = Files.readAllBytes(file);
            for (int n = 0; n < whole.length; n += whole.length > 2_000 ? 7 : 1) {
                Files.write(file, Arrays.copyOf(whole, n));
                assertThat(verdict(folder, "prefix " + n + " of " + file)).as("%d bytes of %s", n, file).isNotNull();
            }
            Files.write(file, whole);
        }
        assertThat(verdict(folder, "whole again")).isNull();
    }

    @Test
    void mutationsOpenOrAreRefused() throws IOException {
        Gen gen = new Gen(Long.getLong("longhand.fuzz.seed", 20261124));
        Path folder = sound("fuzz", 2);
        List<Path> files = files(folder);
        long start = Clock.SYSTEM.nanos();
        int opened = 0;
        for (int round = 0; round < ROUNDS && (ROUNDS > 4_000 || Clock.SYSTEM.secondsSince(start) < 8); round++) {
            Path file = files.get(gen.between(0, files.size()));
            byte[] whole = Files.readAllBytes(file);
            Files.write(file, mutated(whole, gen));
            opened += verdict(folder, "seed " + gen.seed() + " round " + round) == null ? 1 : 0;
            Files.write(file, whole);
        }
        assertThat(opened).as("some mutations touch only texts").isPositive();
    }

    private static byte[] mutated(byte[] sound, Gen gen) {
        byte[] file = sound.clone();
        for (int i = gen.between(1, 4); i > 0 && file.length > 16; i--) {
            int at = gen.between(0, file.length - 8);
            byte[] patch = switch (gen.between(0, 5)) {
                case 0 -> new byte[] {(byte) (file[at] ^ 1 << gen.between(0, 8))};
                case 1 -> utf8(gen.oneOf("{", "}", "[", "]", ",", ":", "\"", "\\", "0", "-", "e", "null", "1e9", "\\u"));
                case 2 -> Arrays.copyOfRange(sound, at, at + 8);
                case 3 -> gen.bytes(gen.between(1, 5));
                default -> null;
            };
            if (patch == null) {
                file = Arrays.copyOf(file, at + 8);
                continue;
            }
            int to = gen.between(0, file.length - patch.length);
            System.arraycopy(patch, 0, file, to, patch.length);
        }
        return file;
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private static java.util.Map<String, Object> soundConfig() {
        java.util.Map<String, Object> config = new java.util.LinkedHashMap<>();
        config.put("model_type", "llama");
        config.put("num_hidden_layers", 1);
        config.put("hidden_size", 8);
        config.put("num_attention_heads", 2);
        config.put("num_key_value_heads", 1);
        config.put("intermediate_size", 6);
        config.put("max_position_embeddings", 64);
        config.put("vocab_size", 4);
        config.put("rms_norm_eps", 1e-5);
        config.put("rope_theta", 10000.0);
        config.put("tie_word_embeddings", true);
        return config;
    }

    /** A small sound folder. */
    private Path sound(String name, int shards) throws IOException {
        Path folder = temp.resolve(name);
        if (Files.isDirectory(folder)) {
            for (Path each : files(folder)) {
                Files.delete(each);
            }
        }
        HfFolderWriter out = new HfFolderWriter().file("tokenizer.json", HfFolderWriter.TOKENIZER_TINY)
                .file("generation_config.json", "{\"eos_token_id\": [2]}")
                .file("tokenizer_config.json", "{\"eos_token\": {\"content\": \"</s>\"}, \"chat_template\": \"{{ messages }}\"}");
        soundConfig().forEach(out::config);
        String p = "model.layers.0.";
        out.tensor("model.embed_tokens.weight", "BF16", new float[32], 4, 8).tensor("model.norm.weight", "F32", new float[8], 8)
                .tensor(p + "input_layernorm.weight", "F32", new float[8], 8).tensor(p + "post_attention_layernorm.weight", "F32",
                        new float[8], 8)
                .tensor(p + "self_attn.q_proj.weight", "F16", new float[64], 8, 8).tensor(p + "self_attn.k_proj.weight", "F16",
                        new float[32], 4, 8)
                .tensor(p + "self_attn.v_proj.weight", "F16", new float[32], 4, 8).tensor(p + "self_attn.o_proj.weight", "F16",
                        new float[64], 8, 8)
                .tensor(p + "mlp.gate_proj.weight", "F16", new float[48], 6, 8).tensor(p + "mlp.up_proj.weight", "F16",
                        new float[48], 6, 8)
                .tensor(p + "mlp.down_proj.weight", "F16", new float[48], 8, 6);
        return out.write(folder, shards);
    }

    /** Null if the folder opens, else the message of the problem; anything else fails the test. */
    private String verdict(Path folder, String name) {
        long start = Clock.SYSTEM.nanos();
        long allocated = THREADS.getCurrentThreadAllocatedBytes();
        try (HfFolder file = HfFolder.open(folder)) {
            for (String key : file.keys()) {
                file.display(key);
            }
            return null;
        } catch (Problem e) {
            return e.getMessage();
        } catch (RuntimeException | Error e) {
            return fail(name + " threw " + e, e);
        } finally {
            assertThat(THREADS.getCurrentThreadAllocatedBytes() - allocated).as("%s: bytes allocated in all", name)
                    .isLessThan(HEAP_GROWTH_MAX);
            assertThat(Clock.SYSTEM.secondsSince(start)).as(name).isLessThan(SECONDS_MAX);
        }
    }
}
