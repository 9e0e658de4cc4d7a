package dev.longhand.cli;

import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.formats.Tensor;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a model file says of itself, without loading it.
 *
 * @param architecture  as the file names it
 * @param title         its name for people, or ""
 * @param contextTokens trained context, 0 where the file does not say
 * @param hasChat       whether it brings a chat template
 * @param parameters    elements of all tensors
 * @param types         how the weights are stored
 * @param metadata      every key with its value for people
 */
record FileSummary(String architecture, String title, int contextTokens, boolean hasChat, long parameters,
        Map<ElementType, Share> types, Map<String, String> metadata) {
    private static final int VALUE_CHARS_MAX = 400;

    /** How much of a file is of one element type. */
    record Share(int tensors, long elements, long bytes) {
        Share plus(Tensor tensor) {
            return new Share(tensors + 1, elements + tensor.cols() * tensor.rows(), bytes + tensor.bytes());
        }
    }

    static FileSummary read(Path path) throws Problem {
        try (ModelFile file = ModelFile.open(path)) {
            Map<ElementType, Share> types = new EnumMap<>(ElementType.class);
            for (Tensor tensor : file.tensors()) {
                types.merge(tensor.type(), new Share(0, 0, 0).plus(tensor), (a, b) -> a.plus(tensor));
            }
            Map<String, String> metadata = new LinkedHashMap<>();
            for (String key : file.keys()) {
                metadata.put(key, cut(file.display(key)));
            }
            String architecture = file.string("general.architecture");
            return new FileSummary(architecture, file.string("general.name", ""), file.integer(architecture + ".context_length", 0),
                    file.has("tokenizer.chat_template"), types.values().stream().mapToLong(Share::elements).sum(), types, metadata);
        }
    }

    private static String cut(String value) {
        return value.length() <= VALUE_CHARS_MAX ? value : value.substring(0, VALUE_CHARS_MAX) + "... (" + value.length()
                + " characters)";
    }
}
