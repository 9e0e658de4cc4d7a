package dev.longhand.text;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/** Python's text functions on Java strings. Indices and lengths that templates see are code points. Pure; charges nothing. */
final class JinjaText {
    private JinjaText() {}

    /** Python's {@code str.isspace} for one character. */
    static boolean isSpace(int c) {
        return c <= 0x20 ? c == ' ' || c >= 9 && c <= 13 || c >= 0x1c && c <= 0x1f
                : c == 0x85 || c == 0xa0 || c > 0xff && (Character.isSpaceChar(c) || Character.isWhitespace(c));
    }

    static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    static List<Object> characters(String text) {
        List<Object> result = new ArrayList<>(text.length());
        text.codePoints().forEach(c -> result.add(Character.toString(c)));
        return result;
    }

    static String strip(String text, IntPredicate dropped, boolean left, boolean right) {
        int from = 0;
        int to = text.length();
        while (left && from < to && dropped.test(text.codePointAt(from))) {
            from += Character.charCount(text.codePointAt(from));
        }
        while (right && to > from && dropped.test(text.codePointBefore(to))) {
            to -= Character.charCount(text.codePointBefore(to));
        }
        return text.substring(from, to);
    }

    /** Splits at runs of white space; {@code splitsMax < 0}: all. */
    static List<Object> splitSpace(String text, long splitsMax) {
        List<Object> parts = new ArrayList<>();
        int at = 0;
        while (true) {
            while (at < text.length() && isSpace(text.codePointAt(at))) {
                at += Character.charCount(text.codePointAt(at));
            }
            if (at >= text.length()) {
                return parts;
            }
            if (splitsMax >= 0 && parts.size() >= splitsMax) {
                parts.add(strip(text.substring(at), JinjaText::isSpace, false, true));
                return parts;
            }
            int from = at;
            while (at < text.length() && !isSpace(text.codePointAt(at))) {
                at += Character.charCount(text.codePointAt(at));
            }
            parts.add(text.substring(from, at));
        }
    }

    /** As {@link #splitSpace}, counted from the right. */
    static List<Object> splitSpaceRight(String text, long splitsMax) {
        String reversed = reverse(text);
        return new ArrayList<>(splitSpace(reversed, splitsMax).stream().map(p -> (Object) reverse((String) p)).toList().reversed());
    }

    static List<Object> split(String text, String separator, long splitsMax) {
        List<Object> parts = new ArrayList<>();
        int from = 0;
        for (int at = text.indexOf(separator); at >= 0 && (splitsMax < 0 || parts.size() < splitsMax);
                at = text.indexOf(separator, from)) {
            parts.add(text.substring(from, at));
            from = at + separator.length();
        }
        parts.add(text.substring(from));
        return parts;
    }

    static List<Object> splitRight(String text, String separator, long splitsMax) {
        List<Object> parts = new ArrayList<>();
        int to = text.length();
        for (int at = before(text, separator, to); at >= 0 && (splitsMax < 0 || parts.size() < splitsMax);
                at = before(text, separator, to)) {
            parts.add(text.substring(at + separator.length(), to));
            to = at;
        }
        parts.add(text.substring(0, to));
        return new ArrayList<>(parts.reversed());
    }

    private static int before(String text, String separator, int to) {
        return to < separator.length() ? -1 : text.lastIndexOf(separator, to - separator.length());
    }

    /** Python's splitlines: more line ends than \n. */
    static List<String> lines(String text, boolean keepEnds) {
        List<String> lines = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            if (isLineEnd(text.charAt(i))) {
                int end = text.charAt(i) == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n' ? i + 2 : i + 1;
                lines.add(text.substring(from, keepEnds ? end : i));
                from = end;
                i = end - 1;
            }
        }
        if (from < text.length()) {
            lines.add(text.substring(from));
        }
        return lines;
    }

    private static boolean isLineEnd(char c) {
        return c >= '\n' && c <= '\r' || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029;
    }

    static String reverse(String text) {
        return new StringBuilder(text).reverse().toString();
    }

    static String upper(String text) {
        return text.toUpperCase(Locale.ROOT);
    }

    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.codePointAt(0);
        return titled(first) + lower(text.substring(Character.charCount(first)));
    }

    private static String titled(int c) {
        String upper = Character.toString(c).toUpperCase(Locale.ROOT);
        return upper.codePointCount(0, upper.length()) == 1 ? Character.toString(Character.toTitleCase(c)) : capitalTail(upper);
    }

    private static String capitalTail(String upper) {
        int first = upper.codePointAt(0);
        return Character.toString(first) + lower(upper.substring(Character.charCount(first)));
    }

    /** Upper case where {@code isStart} says that a word begins, given the character before (or -1); lower case elsewhere. */
    static String title(String text, IntPredicate isStart) {
        StringBuilder out = new StringBuilder(text.length());
        int before = -1;
        for (int i = 0; i < text.length(); i += Character.charCount(before)) {
            int c = text.codePointAt(i);
            out.append(isStart.test(before) ? titled(c) : lower(Character.toString(c)));
            before = c;
        }
        return out.toString();
    }

    /** Order by code points, as Python compares. */
    static int compare(String a, String b) {
        int n = Math.min(a.length(), b.length());
        for (int i = 0; i < n; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean bothSurrogate = Character.isSurrogate(x) == Character.isSurrogate(y);
                return bothSurrogate ? Character.compare(x, y) : Character.isSurrogate(x) ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    /** Python's repr of a float: the shortest digits that give it back; an exponent below 1e-4 and from 1e16. */
    static String repr(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        BigDecimal shortest = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        String digits = shortest.unscaledValue().abs().toString();
        int exponent = digits.length() - 1 - shortest.scale();
        String sign = value < 0 ? "-" : "";
        if (exponent < -4 || exponent >= 16) {
            String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
            return sign + digits.charAt(0) + fraction + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "")
                    + Math.abs(exponent);
        }
        String plain = shortest.abs().toPlainString();
        return sign + (plain.contains(".") ? plain : plain + ".0");
    }

    /** Python's repr of a str. */
    static String repr(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        StringBuilder out = new StringBuilder(text.length() + 2).append(quote);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(quote);
                    } else if (isPrintable(c)) {
                        out.appendCodePoint(c);
                    } else {
                        out.append((c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(c));
                    }
                }
            }
        });
        return out.append(quote).toString();
    }

    private static boolean isPrintable(int c) {
        return c == ' ' || switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
                    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR -> false;
            default -> true;
        };
    }

    /** A JSON string, as Python's json.dumps writes it. */
    static String json(String text, boolean asciiOnly) {
        StringBuilder out = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int escape = "\"\\\n\r\t\f\b".indexOf(c);
            if (escape >= 0) {
                out.append('\\').append("\"\\nrtfb".charAt(escape));
            } else if (c < 0x20 || asciiOnly && c > 0x7e) {
                out.append("\\u%04x".formatted((int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
