package dev.longhand.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes small folders as Hugging Face lays them out, for tests: config.json, safetensors in shards, tokenizer.json. Not
 * thread-safe.
 */
public final class HfFolderWriter {
    /** A tokenizer of bytes only, with one added token; for models whose words do not matter. */
    public static final String TOKENIZER_TINY = """
            {"added_tokens": [{"id": 2, "content": "</s>", "special": true}], "normalizer": null,
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
             "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "</s>": 2, "ab": 3}, "merges": ["a b"]}}""";

    private record Entry(String name, String dtype, long[] shape, byte[] data) {}

    private final Map<String, Object> config = new LinkedHashMap<>();
    private final Map<String, String> files = new LinkedHashMap<>();
    private final List<Entry> tensors = new ArrayList<>();

    public HfFolderWriter config(String key, Object value) {
        config.put(key, value);
        return this;
    }

    /** A file of text beside the weights. */
    public HfFolderWriter file(String name, String text) {
        files.put(name, text);
        return this;
    }

    /** A tensor; {@code shape} has the contiguous dimension last, as safetensors writes it. */
    public HfFolderWriter tensor(String name, String dtype, float[] values, long... shape) {
        ByteBuffer data = ByteBuffer.allocate(values.length * (dtype.equals("F32") ? 4 : 2)).order(ByteOrder.LITTLE_ENDIAN);
        for (float each : values) {
            switch (dtype) {
                case "F32" -> data.putFloat(each);
                case "F16" -> data.putShort(Float.floatToFloat16(each));
                case "BF16" -> data.putShort((short) (Float.floatToRawIntBits(each) >>> 16));
                default -> throw new IllegalArgumentException("dtype " + dtype);
            }
        }
        tensors.add(new Entry(name, dtype, shape.clone(), data.array()));
        return this;
    }

    /** Writes the folder, its weights spread over {@code shards} files. */
    public Path write(Path folder, int shards) {
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("config.json"), json(config));
            for (Map.Entry<String, String> each : files.entrySet()) {
                Files.writeString(folder.resolve(each.getKey()), each.getValue());
            }
            if (shards == 1) {
                Files.write(folder.resolve("model.safetensors"), safetensors(tensors));
                return folder;
            }
            Map<String, Object> placed = new LinkedHashMap<>();
            for (int s = 0; s < shards; s++) {
                String name = "model-%05d-of-%05d.safetensors".formatted(s + 1, shards);
                List<Entry> part = tensors.subList(tensors.size() * s / shards, tensors.size() * (s + 1) / shards);
                part.forEach(e -> placed.put(e.name, name));
                Files.write(folder.resolve(name), safetensors(part));
            }
            Files.writeString(folder.resolve("model.safetensors.index.json"), json(Map.of("weight_map", placed)));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] safetensors(List<Entry> entries) {
        Map<String, Object> header = new LinkedHashMap<>();
        header.put("__metadata__", Map.of("format", "pt"));
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (Entry each : entries) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("dtype", each.dtype);
            entry.put("shape", each.shape);
            entry.put("data_offsets", new long[] {data.size(), data.size() + each.data.length});
            header.put(each.name, entry);
            data.writeBytes(each.data);
        }
        return safetensors(json(header), data.toByteArray());
    }

    /** A file with any header and any data. */
    public static byte[] safetensors(String header, byte[] data) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        return out.putLong(json.length).put(json).put(data).array();
    }

    /** JSON of maps, lists, long arrays, texts, numbers, booleans and null. */
    public static String json(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        switch (value) {
            case Map<?, ?> map -> {
                String separator = "{";
                for (Map.Entry<?, ?> each : map.entrySet()) {
                    out.append(separator);
                    write(each.getKey(), out);
                    out.append(':');
                    write(each.getValue(), out);
                    separator = ",";
                }
                out.append(map.isEmpty() ? "{}" : "}");
            }
            case List<?> list -> {
                out.append('[');
                for (int i = 0; i < list.size(); i++) {
                    out.append(i == 0 ? "" : ",");
                    write(list.get(i), out);
                }
                out.append(']');
            }
            case long[] numbers -> out.append(java.util.Arrays.toString(numbers));
            case String text -> quoted(text, out);
            case null -> out.append("null");
            default -> out.append(value);
        }
    }

    private static void quoted(String text, StringBuilder out) {
        out.append('"');
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < 0x20 || c == 0x7F) {
                out.append("\\u%04x".formatted((int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
