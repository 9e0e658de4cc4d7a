package dev.longhand.cli;

import java.util.Map;

/** Bold and dim where the reader is a terminal that wants them, plain text everywhere else. Immutable. */
record Style(boolean hasColour) {
    private static final String RESET = "\033[0m";

    static Style of(boolean isTerminal, Map<String, String> environment) {
        boolean refused = !environment.getOrDefault("NO_COLOR", "").isEmpty()
                || "dumb".equals(environment.getOrDefault("TERM", ""));
        return new Style(isTerminal && !refused);
    }

    String bold(String text) {
        return hasColour ? "\033[1m" + text + RESET : text;
    }

    String dim(String text) {
        return hasColour ? "\033[2m" + text + RESET : text;
    }

    /**
     * Text from a file or a model, made safe for a terminal: control characters become visible, so that no document can move the
     * cursor or change the title. Line feeds and tabs stay.
     */
    static String safe(String text) {
        StringBuilder safe = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean isControl = c < 0x20 && c != '\n' && c != '\t' || c >= 0x7f && c < 0xa0
                    || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069;
            if (isControl && safe == null) {
                safe = new StringBuilder(text.length() + 8).append(text, 0, i);
            }
            if (isControl) {
                safe.append(c < 0x20 ? (char) (0x2400 + c) : '\ufffd');
            } else if (safe != null) {
                safe.append(c);
            }
        }
        return safe == null ? text : safe.toString();
    }
}
