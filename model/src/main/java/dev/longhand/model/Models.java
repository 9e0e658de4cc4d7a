package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.WeightsArena;
import java.lang.foreign.Arena;
import java.util.List;

/** Opens the architecture that a file names. */
public final class Models {
    /** Makes an architecture from a file's sub-layers. */
    private interface Family {
        Architecture of(SubLayers parts) throws Problem;
    }

    /** An architecture by its name in files. */
    private record Named(String name, Family family) {}

    private static final List<Named> FAMILIES = List.of(
            new Named("llama", Llama::new),
            new Named("qwen2", Qwen2::new),
            new Named("qwen3", Qwen3::new),
            new Named("qwen3moe", Qwen3::new),
            new Named("olmoe", Olmoe::new),
            new Named("gemma3", Gemma3::new));

    /** What {@link #load} can open, by GGUF's {@code general.architecture}. */
    public static final List<String> SUPPORTED = FAMILIES.stream().map(Named::name).toList();

    private Models() {}

    /** The numbers of the model in {@code file}, without loading it. */
    public static Config config(ModelFile file) throws Problem {
        return Config.of(file, named(file).name);
    }

    /** Loads the weights of {@code file}, all of them into memory; the file may be closed afterwards. */
    public static Model load(ModelFile file, Kernels kernels, int rowsMax) throws Problem {
        return load(file, kernels, rowsMax, ExpertStore.RESIDENT);
    }

    /** Loads the weights of {@code file}, a mixture's experts into what {@code experts} opens; the file may be closed then. */
    public static Model load(ModelFile file, Kernels kernels, int rowsMax, ExpertStore.Factory experts) throws Problem {
        Named named = named(file);
        Config config = Config.of(file, named.name);
        Arena arena = new WeightsArena();
        SubLayers parts = new SubLayers(new WeightReader(file, kernels, arena), config, rowsMax, experts);
        try {
            return new Decoder(parts, named.family.of(parts));
        } catch (Problem | RuntimeException e) {
            parts.close();
            throw e;
        }
    }

    private static Named named(ModelFile file) throws Problem {
        String architecture = file.string("general.architecture");
        for (Named named : FAMILIES) {
            if (named.name.equals(architecture)) {
                return named;
            }
        }
        throw new Problem(Problem.Kind.UNSUPPORTED, "%s: architecture \"%s\" is not supported; supported are %s"
                .formatted(file.path(), architecture, String.join(", ", SUPPORTED)));
    }
}
