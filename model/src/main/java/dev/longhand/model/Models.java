package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Kernels;
import java.util.List;

/** Opens the architecture that a file names. */
public final class Models {
    /** What {@link #load} can open, by GGUF's {@code general.architecture}. */
    public static final List<String> SUPPORTED = List.of("llama", "gemma3");

    private Models() {}

    /** Loads the weights of {@code file}; the file may be closed afterwards. */
    public static Model load(ModelFile file, Kernels kernels, int rowsMax) throws Problem {
        String architecture = file.string("general.architecture");
        return switch (architecture) {
            case "llama" -> Llama.load(file, kernels, rowsMax);
            case "gemma3" -> Gemma3.load(file, kernels, rowsMax);
            default -> throw new Problem(Problem.Kind.UNSUPPORTED, "%s: architecture \"%s\" is not supported; supported are %s"
                    .formatted(file.path(), architecture, String.join(", ", SUPPORTED)));
        };
    }
}
