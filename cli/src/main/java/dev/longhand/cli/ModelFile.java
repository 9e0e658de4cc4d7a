package dev.longhand.cli;

import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import dev.longhand.formats.Gguf;
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
record ModelFile(String architecture, String title, int contextTokens, boolean hasChat, long parameters,
        Map<ElementType, Share> types, Map<String, String> metadata) {
    private static final int VALUE_CHARS_MAX = 400;

    /** How much of a file is of one element type. */
    record Share(int tensors, long elements, long bytes) {
        Share plus(Tensor tensor) {
            return new Share(tensors + 1, elements + tensor.cols() * tensor.rows(), bytes + tensor.bytes());
        }
    }

    static ModelFile read(Path path) throws Problem {
        try (Gguf gguf = Gguf.open(path)) {
            Map<ElementType, Share> types = new EnumMap<>(ElementType.class);
            for (Tensor tensor : gguf.tensors()) {
                types.merge(tensor.type(), new Share(0, 0, 0).plus(tensor), (a, b) -> a.plus(tensor));
            }
            Map<String, String> metadata = new LinkedHashMap<>();
            for (String key : gguf.keys()) {
                metadata.put(key, cut(gguf.display(key)));
            }
            String architecture = gguf.string("general.architecture");
            return new ModelFile(architecture, gguf.string("general.name", ""), gguf.integer(architecture + ".context_length", 0),
                    gguf.has("tokenizer.chat_template"), types.values().stream().mapToLong(Share::elements).sum(), types, metadata);
        }
    }

    private static String cut(String value) {
        return value.length() <= VALUE_CHARS_MAX ? value : value.substring(0, VALUE_CHARS_MAX) + "... (" + value.length()
                + " characters)";
    }
}
