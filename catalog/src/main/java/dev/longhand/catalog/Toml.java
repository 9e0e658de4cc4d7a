package dev.longhand.catalog;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the part of TOML that {@code models.toml} uses: arrays of tables with bare keys, whose values are basic strings, whole
 * numbers, true and false, arrays, and inline tables.
 *
 * <p>Own, because a general reader costs a third of a second at every start and this file is read at each. Anything else in the
 * file is refused with its line, never skipped. Nesting is bounded. Used once, by one thread.
 */
final class Toml {
    private static final int DEPTH_MAX = 8;

    /** The text breaks the format; the message says in which line. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;

        Malformed(String message) {
            super(message);
        }
    }

    private final String text;
    private int at;

    private Toml(String text) {
        this.text = text;
    }

    /** The tables of {@code [[name]]}, in order; every table of the file must be of that name. */
    static List<Map<String, Object>> tables(String text, String name) throws Malformed {
        return new Toml(text).tables(name);
    }

    private List<Map<String, Object>> tables(String name) throws Malformed {
        List<Map<String, Object>> tables = new ArrayList<>();
        skipBlank(true);
        while (at < text.length()) {
            if (peek() == '[') {
                expect("[[" + name + "]]");
                tables.add(new LinkedHashMap<>());
            } else if (tables.isEmpty()) {
                throw malformed("expected [[" + name + "]]");
            } else {
                pair(tables.getLast(), 0);
            }
            endLine();
        }
        return tables;
    }

    private void pair(Map<String, Object> into, int depth) throws Malformed {
        int start = at;
        while (at < text.length() && (Character.isLetterOrDigit(peek()) || peek() == '_' || peek() == '-')) {
            at++;
        }
        String key = text.substring(start, at);
        if (key.isEmpty()) {
            throw malformed("expected a key");
        }
        skipBlank(false);
        expect("=");
        skipBlank(false);
        if (into.put(key, value(depth)) != null) {
            throw malformed(key + " stands twice");
        }
    }

    private Object value(int depth) throws Malformed {
        if (depth > DEPTH_MAX) {
            throw malformed("nested deeper than " + DEPTH_MAX);
        }
        char c = peek();
        if (c == '"') {
            return string();
        }
        if (c == '[') {
            return array(depth);
        }
        if (c == '{') {
            return table(depth);
        }
        int start = at;
        while (at < text.length() && (Character.isLetterOrDigit(peek()) || peek() == '-' || peek() == '_')) {
            at++;
        }
        String word = text.substring(start, at);
        if (word.equals("true") || word.equals("false")) {
            return word.equals("true");
        }
        if (word.matches("-?\\d{1,18}")) {
            return Long.parseLong(word);
        }
        throw malformed("expected a value, found \"" + word + "\"");
    }

    private List<Object> array(int depth) throws Malformed {
        List<Object> values = new ArrayList<>();
        expect("[");
        skipBlank(true);
        while (peek() != ']') {
            values.add(value(depth + 1));
            skipBlank(true);
            if (peek() != ',') {
                break;
            }
            at++;
            skipBlank(true);
        }
        expect("]");
        return values;
    }

    private Map<String, Object> table(int depth) throws Malformed {
        Map<String, Object> table = new LinkedHashMap<>();
        expect("{");
        skipBlank(false);
        while (peek() != '}') {
            pair(table, depth + 1);
            skipBlank(false);
            if (peek() != ',') {
                break;
            }
            at++;
            skipBlank(false);
        }
        expect("}");
        return table;
    }

    private String string() throws Malformed {
        StringBuilder out = new StringBuilder();
        expect("\"");
        while (peek() != '"') {
            char c = peek();
            if (c < 0x20) {
                throw malformed("a string does not end in its line");
            }
            at++;
            out.append(c == '\\' ? escape() : c);
        }
        at++;
        return out.toString();
    }

    private char escape() throws Malformed {
        char c = peek();
        at++;
        return switch (c) {
            case '"', '\\' -> c;
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'u' -> {
                String hex = text.substring(at, Math.min(at + 4, text.length()));
                if (!hex.matches("[0-9a-fA-F]{4}")) {
                    throw malformed("expected four hex digits after \\u");
                }
                at += 4;
                yield (char) Integer.parseInt(hex, 16);
            }
            default -> throw malformed("unknown escape \\" + c);
        };
    }

    private void endLine() throws Malformed {
        int before = at;
        skipBlank(true);
        if (at < text.length() && text.substring(before, at).indexOf('\n') < 0) {
            throw malformed("expected the end of the line");
        }
    }

    private void skipBlank(boolean overLines) {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '#' && overLines) {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            } else if (c == ' ' || c == '\t' || overLines && (c == '\n' || c == '\r')) {
                at++;
            } else {
                return;
            }
        }
    }

    private char peek() throws Malformed {
        if (at >= text.length()) {
            throw malformed("the text ends too early");
        }
        return text.charAt(at);
    }

    private void expect(String token) throws Malformed {
        if (!text.startsWith(token, at)) {
            throw malformed("expected " + token);
        }
        at += token.length();
    }

    private Malformed malformed(String what) {
        long line = text.substring(0, Math.min(at, text.length())).chars().filter(c -> c == '\n').count() + 1;
        return new Malformed("line " + line + ": " + what);
    }
}
