package dev.longhand.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * Reports for programs: one JSON document on standard output. Field names are stable; new ones may be added.
 *
 * <p>Only this class and those that speak with a server touch the JSON library, so that other commands without {@code --json} never
 * load it.
 */
final class Json {
    private Json() {}

    /** An object from {@code name, value, name, value, ...}; null values are kept, as null. */
    static Map<String, Object> object(Object... namesAndValues) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            object.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return object;
    }

    static byte[] bytes(Object document) {
        return JsonMapper.shared().writeValueAsBytes(document);
    }

    /** A document that a server sent; what is none is told as a broken answer. */
    static JsonNode read(byte[] bytes) throws IOException {
        try {
            return JsonMapper.shared().readTree(bytes);
        } catch (JacksonException e) {
            throw new IOException("the server's answer is no JSON", e);
        }
    }

    static JsonNode missing() {
        return MissingNode.getInstance();
    }

    static void print(PrintStream out, Object document) {
        out.println(JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(document));
        out.flush();
    }
}
