package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;

/** Reads {@code rope.scaling.*}. Linear scaling is done; anything that would silently change the angles is refused. */
final class RopeScaling {
    private RopeScaling() {}

    /** Factor on positions. */
    static double positionScale(Config.Reader numbers) throws Problem {
        ModelFile file = numbers.file();
        String prefix = numbers.architecture() + ".rope.scaling.";
        String type = file.string(prefix + "type", file.has(prefix + "factor") ? "linear" : "none");
        return switch (type) {
            case "none" -> 1;
            case "linear" -> 1.0 / numbers.positive("rope.scaling.factor");
            default -> throw new Problem(Problem.Kind.UNSUPPORTED,
                    "%s: RoPE scaling \"%s\" is not supported; supported are none, linear and Llama 3's factors".formatted(file.path(), type));
        };
    }
}
