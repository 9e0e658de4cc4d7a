package dev.longhand.lm;

import dev.longhand.base.Check;

/**
 * A tool that the model may ask for.
 *
 * @param name           what it is called by; 1 to {@value #NAME_CHARS_MAX} letters, digits, {@code _}, {@code -} and {@code .}
 * @param description    what it does, for the model; may be empty
 * @param parametersJson JSON Schema of its arguments, an object; empty if it takes none
 */
public record Tool(String name, String description, String parametersJson) {
    public static final int NAME_CHARS_MAX = 128;

    public Tool {
        Check.argument(!name.isEmpty() && name.length() <= NAME_CHARS_MAX && name.chars().allMatch(Tool::isOfName),
                "the tool's name is \"%s\"; it must be 1 to %d letters, digits, _, - and .", name, NAME_CHARS_MAX);
    }

    private static boolean isOfName(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.';
    }
}
