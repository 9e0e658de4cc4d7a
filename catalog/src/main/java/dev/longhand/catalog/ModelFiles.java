package dev.longhand.catalog;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The files of a local model: one GGUF file, or those of a Hugging Face folder that decide what the model is. Other files of a
 * folder
 * (a readme, another framework's weights) do not count.
 *
 * <p>A folder's digest is the SHA-256 of one line per file, sorted by name: name, size in bytes and SHA-256, apart by single
 * spaces.
 */
final class ModelFiles {
    private static final Set<String> NAMES = Set.of("config.json", "generation_config.json", "tokenizer.json",
            "tokenizer_config.json",
            "chat_template.jinja", "chat_template.json", "model.safetensors.index.json");
    private static final int FILES_MAX = 2048;

    /** Total size and newest modification time. */
    record Stamp(long sizeBytes, long modifiedMs) {}

    private ModelFiles() {}

    private static boolean isPart(Path file) {
        String name = file.getFileName().toString();
        return (NAMES.contains(name) || name.endsWith(".safetensors")) && Files.isRegularFile(file);
    }

    private static List<Path> of(Path model) throws IOException {
        if (!Files.isDirectory(model)) {
            return List.of(model);
        }
        try (Stream<Path> files = Files.list(model)) {
            return files.filter(ModelFiles::isPart).sorted().limit(FILES_MAX).toList();
        }
    }

    static Stamp stamp(Path model) throws IOException {
        long bytes = 0;
        long modified = 0;
        for (Path each : of(model)) {
            bytes += Files.size(each);
            modified = Math.max(modified, Files.getLastModifiedTime(each).toMillis());
        }
        return new Stamp(bytes, modified);
    }

    static Sha256 digest(Path model, String what, Progress progress) throws Problem {
        if (!Files.isDirectory(model)) {
            return Digests.of(model, what, progress);
        }
        MessageDigest digester = Sha256.digester();
        try {
            for (Path each : of(model)) {
                Sha256 digest = Digests.of(each, what + ", " + each.getFileName(), progress);
                String line = each.getFileName() + " " + Files.size(each) + " " + digest.hex() + "\n";
                digester.update(line.getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw Disk.problem("reading", model, e);
        }
        return Sha256.of(digester);
    }

    /** Refuses what is no model file and no model folder. */
    static void requireModel(Path model) throws Problem {
        if (!Files.isDirectory(model)) {
            Digests.requireGguf(model);
        } else if (!Files.isRegularFile(model.resolve("config.json"))) {
            throw new Problem(Problem.Kind.NOT_FOUND, "the folder " + model
                    + " has no config.json; name a .gguf file or a folder with config.json, tokenizer.json and .safetensors files");
        }
    }
}
