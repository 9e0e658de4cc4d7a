package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Models of realistic shape that exist nowhere as a file: random weights, written once into a folder outside the tree.
 *
 * <p>The folder is {@code $LONGHAND_BENCH_MODELS}, default {@code ~/.cache/longhand-bench-models}. Speed does not depend on what
 * the
 * weights are, only on how many there are and how they are stored. A file is published whole or not at all.
 */
public final class BenchModels {
    /** The mixture of experts. */
    public static final String MIXTURE = "qwen3moe-2b-q4_k_m";
    static final String SMOLLM2_Q4_0 = "smollm2-q4_0";
    /** Name of the environment variable with the folder. */
    static final String SETTING = "LONGHAND_BENCH_MODELS";

    /** A model with {@code shape} as {@code random_gguf.py} knows it, stored as {@code type}. */
    private record Recipe(String name, String shape, String type) {}

    private static final List<Recipe> RECIPES = List.of(
            new Recipe("qwen3-0.6b-q8_0", "qwen3-0.6b", "Q8_0"),
            new Recipe("qwen3-0.6b-q4_k_m", "qwen3-0.6b", "Q4_K_M"),
            new Recipe("llama-1b-q4_k_m", "llama-1b", "Q4_K_M"),
            new Recipe(MIXTURE, "qwen3moe-2b", "Q4_K_M"));

    private final PeerPython python;
    private final Path folder;

    public BenchModels(Map<String, String> environment) {
        python = new PeerPython(environment);
        String set = environment.get(SETTING);
        folder = set == null || set.isBlank()
                ? Path.of(System.getProperty("user.home"), ".cache", "longhand-bench-models")
                : Path.of(set).toAbsolutePath();
    }

    /** Names of all models that this class makes. */
    public static List<String> names() {
        List<String> names = new ArrayList<>(List.of(SMOLLM2_Q4_0));
        RECIPES.forEach(r -> names.add(r.name));
        return names;
    }

    public static boolean isKnown(String name) {
        return names().contains(name);
    }

    /** Finds the file that {@value #SMOLLM2_Q4_0} is made from; not asked where it is not needed. */
    public interface Source {
        Path file() throws Problem;
    }

    /** Where the model is or would be. */
    public Path file(String name) {
        Check.argument(isKnown(name), "no model %s; there are %s", name, names());
        return folder.resolve(name + ".gguf");
    }

    /** Makes the model if it is not there. */
    public Path make(String name, Source smolLm2) throws Problem {
        Path file = file(name);
        if (Files.exists(file)) {
            return file;
        }
        Path part = folder.resolve(name + "." + ProcessHandle.current().pid() + ".part");
        try {
            Files.createDirectories(folder);
            python.run("random_gguf.py", arguments(name, smolLm2, part));
            Disk.REAL.rename(part, file);
            return file;
        } catch (IOException e) {
            throw Disk.problem("creating", folder, e);
        } finally {
            part.toFile().delete();
        }
    }

    private static List<String> arguments(String name, Source smolLm2, Path part) throws Problem {
        if (name.equals(SMOLLM2_Q4_0)) {
            return List.of("--requantize", smolLm2.file().toString(), part.toString(), "--type", "Q4_0");
        }
        Recipe recipe = RECIPES.stream().filter(r -> r.name.equals(name)).findFirst().orElseThrow();
        return List.of(recipe.shape, part.toString(), "--type", recipe.type);
    }
}
