package dev.longhand.formats;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An open Hugging Face folder: config.json, safetensors (one file, or shards with an index), tokenizer.json, tokenizer_config.json
 * and
 * a chat template. Keys and tensors are GGUF's; {@code docs/formats/safetensors.md} says how each is made.
 *
 * <p>Names inside the folder's files never lead out of it. Everything but weights was checked when it was opened. Thread-safe.
 */
public final class HfFolder extends KeyedFile {
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";

    private final Map<String, TensorSource> sources;
    private final List<FileChannel> channels;

    private HfFolder(Path path, Map<String, Object> metadata, HfTensors tensors, List<FileChannel> channels) {
        super(path, metadata, tensors.tensors());
        this.sources = tensors.sources();
        this.channels = channels;
    }

    public static HfFolder open(Path folder) throws Problem {
        return open(folder, FolderLimits.DEFAULT);
    }

    public static HfFolder open(Path folder, FolderLimits limits) throws Problem {
        Settings settings = Settings.read(folder.resolve("config.json"), limits);
        HfConfig.Read config = HfConfig.read(settings, folder);
        Map<String, Object> metadata = new LinkedHashMap<>(config.keys());
        HfTokenizer.read(folder, settings, config.vocabulary(), limits, metadata);
        List<FileChannel> channels = new ArrayList<>();
        try {
            HfTensors tensors = new HfTensors(folder, config);
            for (TensorSource.Part part : parts(folder, limits, channels)) {
                tensors.add(part);
            }
            tensors.finish();
            HfFolder opened = new HfFolder(folder, metadata, tensors, List.copyOf(channels));
            channels.clear();
            return opened;
        } catch (IOException e) {
            throw new Problem(Problem.Kind.DISK, "the model folder %s cannot be read: %s".formatted(folder, e.getMessage()), e);
        } finally {
            channels.forEach(HfFolder::closeQuietly);
        }
    }

    private static List<TensorSource.Part> parts(Path folder, FolderLimits limits, List<FileChannel> channels)
            throws Problem, IOException {
        Map<String, String> placed = shards(folder, limits);
        List<TensorSource.Part> parts = new ArrayList<>();
        Map<String, String> found = new HashMap<>();
        for (String shard : new LinkedHashSet<>(placed.values())) {
            Path file = folder.resolve(shard);
            if (!Files.isRegularFile(file)) {
                throw new Problem(Problem.Kind.NOT_FOUND, "%s is missing or no regular file; fetch the folder again"
                        .formatted(file));
            }
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            channels.add(channel);
            for (SafetensorsHeader.Entry entry : SafetensorsHeader.read(file, channel, limits)) {
                String other = found.put(entry.name(), shard);
                if (other != null) {
                    throw new Problem(Problem.Kind.MALFORMED, "%s: tensor %s stands in %s and in %s".formatted(folder, entry.name(),
                            other, shard));
                }
                parts.add(new TensorSource.Part(file, channel, entry));
            }
            if (parts.size() > limits.tensorsMax()) {
                throw new Problem(Problem.Kind.MALFORMED, "%s has more than %d tensors".formatted(folder, limits.tensorsMax()));
            }
        }
        checkPlaces(folder, placed, found);
        return parts;
    }

    private static void checkPlaces(Path folder, Map<String, String> placed, Map<String, String> found) throws Problem {
        for (Map.Entry<String, String> each : placed.entrySet()) {
            if (!each.getKey().isEmpty() && !each.getValue().equals(found.get(each.getKey()))) {
                throw new Problem(Problem.Kind.MALFORMED, "%s: %s puts tensor %s into %s, which does not hold it"
                        .formatted(folder, INDEX, each.getKey(), each.getValue()));
            }
        }
    }

    /** File by tensor name, as the index says; a single file stands under the empty name. */
    private static Map<String, String> shards(Path folder, FolderLimits limits) throws Problem {
        if (Files.exists(folder.resolve(SINGLE))) {
            return Map.of("", SINGLE);
        }
        Path index = folder.resolve(INDEX);
        if (!Files.exists(index)) {
            throw new Problem(Problem.Kind.NOT_FOUND, "%s has neither %s nor %s; pickled weights (.bin, .pt) are not read"
                    .formatted(folder, SINGLE, INDEX));
        }
        JsonReader json = new JsonReader(index, Settings.bytes(index, limits.headerBytesMax()), 0, limits);
        Map<String, String> placed = new LinkedHashMap<>();
        boolean hasMap = false;
        for (json.beginObject("the index"); json.hasNext(); ) {
            if (!json.key().equals("weight_map")) {
                json.skip("the index");
                continue;
            }
            if (hasMap) {
                throw json.malformed("weight_map appears twice");
            }
            hasMap = true;
            weightMap(json, limits, placed);
        }
        json.end();
        if (placed.isEmpty()) {
            throw json.malformed("the index has no weight_map, or an empty one");
        }
        return placed;
    }

    private static void weightMap(JsonReader json, FolderLimits limits, Map<String, String> placed) throws Problem {
        Set<String> shards = new LinkedHashSet<>();
        for (json.beginObject("weight_map"); json.hasNext(); ) {
            String name = json.key();
            String shard = json.string("weight_map." + name);
            if (!shard.matches("[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}\\.safetensors")) {
                throw json.malformed("tensor %s is placed in \"%s\"; a shard is a plain file name that ends in .safetensors"
                        .formatted(name, shard));
            }
            shards.add(shard);
            if (name.isEmpty() || placed.put(name, shard) != null) {
                throw json.malformed("tensor \"%s\" has no name or appears twice".formatted(name));
            }
            if (shards.size() > limits.shardsMax() || placed.size() > limits.tensorsMax()) {
                throw json.malformed("more than %d shards or %d tensors".formatted(limits.shardsMax(), limits.tensorsMax()));
            }
        }
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // Opened for reading only.
        }
    }

    @Override
    public void read(Tensor tensor, long offset, MemorySegment into) throws IOException {
        if (offset < 0 || into.byteSize() > tensor.bytes() - offset) {
            throw new IllegalArgumentException("bytes [%d, %d) of tensor %s, which has %d"
                    .formatted(offset, offset + into.byteSize(), tensor.name(), tensor.bytes()));
        }
        sources.get(tensor.name()).read(offset, into);
    }

    @Override
    public void close() {
        channels.forEach(HfFolder::closeQuietly);
    }
}
