package dev.longhand.cli;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reports for programs: one JSON document on standard output. Field names are stable; new ones may be added.
 *
 * <p>The only class that touches the JSON library, so that commands without {@code --json} never load it.
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

    static void print(PrintStream out, Object document) {
        out.println(JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(document));
        out.flush();
    }
}
