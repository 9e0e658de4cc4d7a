package dev.longhand.text;

import dev.longhand.text.JinjaToken.Kind;
import java.util.Deque;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** Cuts the inside of one tag: names, numbers, strings, operators. Knows which brackets are open, nothing of grammar. */
final class JinjaExpressionLexer {
    private static final List<String> OPERATORS = List.of("//", "**", "==", "!=", ">=", "<=",
            "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";");

    private final String source;
    private final IntUnaryOperator line;
    private final List<JinjaToken> tokens;
    private int position;

    JinjaExpressionLexer(String source, int position, IntUnaryOperator line, List<JinjaToken> tokens) {
        this.source = source;
        this.position = position;
        this.line = line;
        this.tokens = tokens;
    }

    int position() {
        return position;
    }

    /** Takes one token, or a run of white space, at the position, which lies before the end. */
    void next(Deque<Character> open) {
        int at = position;
        int c = source.codePointAt(at);
        if (JinjaText.isSpace(c)) {
            position += Character.charCount(c);
        } else if (c >= '0' && c <= '9') {
            number(at);
        } else if (isWord(c)) {
            name(at);
        } else if (c == '\'' || c == '"') {
            string(at, (char) c);
        } else {
            operator(at, open);
        }
    }

    private void add(Kind kind, int from, Object value) {
        String text = source.substring(from, position);
        tokens.add(new JinjaToken(kind, text, value == null ? text : value, line.applyAsInt(from)));
    }

    private JinjaFailure failure(int at, String message) {
        return JinjaFailure.at(line.applyAsInt(at), message);
    }

    private static boolean isWord(int c) {
        return c == '_' || Character.isLetterOrDigit(c);
    }

    private void name(int from) {
        while (position < source.length() && isWord(source.codePointAt(position))) {
            position += Character.charCount(source.codePointAt(position));
        }
        if (Character.isDigit(source.codePointAt(from))) {
            throw failure(from, "a name must not begin with a digit: '" + source.substring(from, position) + "'");
        }
        add(Kind.NAME, from, null);
    }

    private void number(int from) {
        int end = floatEnd(from);
        if (end > 0) {
            position = end;
            add(Kind.NUMBER, from, Double.valueOf(source.substring(from, end).replace("_", "")));
            return;
        }
        int radix = radix(from);
        position = radix == 10 ? decimalEnd(from) : digits(from + 2, radix, true);
        String digits = source.substring(radix == 10 ? from : from + 2, position).replace("_", "");
        try {
            add(Kind.NUMBER, from, Long.parseLong(digits, radix));
        } catch (NumberFormatException e) {
            throw failure(from, "the integer does not fit into 64 bits");
        }
    }

    private int radix(int from) {
        int radix = from + 1 >= source.length() || source.charAt(from) != '0' ? 10 : switch (source.charAt(from + 1)) {
            case 'x', 'X' -> 16;
            case 'o', 'O' -> 8;
            case 'b', 'B' -> 2;
            default -> 10;
        };
        return radix != 10 && digits(from + 2, radix, true) == from + 2 ? 10 : radix;
    }

    /** A decimal integer does not begin with 0, unless it is all zeros. */
    private int decimalEnd(int from) {
        return digits(from, source.charAt(from) == '0' ? 1 : 10, false);
    }

    /** Offset behind the digits, single underscores between them (and before the first, if {@code leading}) allowed. */
    private int digits(int from, int radix, boolean leading) {
        int end = from;
        while (true) {
            boolean hasUnderscore = end < source.length() && source.charAt(end) == '_' && (end > from || leading);
            int digit = end + (hasUnderscore ? 1 : 0);
            if (digit >= source.length() || !isDigit(source.charAt(digit), radix)) {
                return end;
            }
            end = digit + 1;
        }
    }

    private static boolean isDigit(char c, int radix) {
        return c < 128 && (radix == 1 ? c == '0' : Character.digit(c, radix) >= 0);
    }

    /** Offset behind a float at {@code from}, or -1: digits, then a fraction, an exponent or both. */
    private int floatEnd(int from) {
        if (from > 0 && source.charAt(from - 1) == '.') {
            return -1;
        }
        int whole = digits(from, 10, false);
        int fraction = whole;
        if (whole < source.length() && source.charAt(whole) == '.') {
            fraction = digits(whole + 1, 10, false);
            fraction = fraction == whole + 1 ? whole : fraction;
        }
        int exponent = exponentEnd(fraction);
        return exponent > fraction ? exponent : fraction > whole ? fraction : -1;
    }

    private int exponentEnd(int at) {
        if (at >= source.length() || (source.charAt(at) | 0x20) != 'e') {
            return at;
        }
        int sign = at + 1 < source.length() && (source.charAt(at + 1) == '+' || source.charAt(at + 1) == '-') ? 1 : 0;
        int end = digits(at + 1 + sign, 10, false);
        return end == at + 1 + sign ? at : end;
    }

    private void string(int from, char quote) {
        int at = from + 1;
        while (at < source.length() && source.charAt(at) != quote) {
            at += source.charAt(at) == '\\' ? 2 : 1;
        }
        if (at >= source.length()) {
            throw failure(from, "the string that begins here has no closing " + quote);
        }
        position = at + 1;
        add(Kind.STRING, from, unescape(from + 1, at));
    }

    /** Python's escapes: unknown ones stay as they are. */
    private String unescape(int from, int to) {
        StringBuilder out = new StringBuilder(to - from);
        for (int i = from; i < to; i++) {
            char c = source.charAt(i);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            i = escape(i + 1, to, out) - 1;
        }
        return out.toString();
    }

    /** Appends what the escape whose letter stands at {@code at} means; returns the offset behind it. */
    private int escape(int at, int to, StringBuilder out) {
        char c = source.charAt(at);
        int simple = "\n\\'\"abfnrtv".indexOf(c);
        if (simple >= 0) {
            out.append(new String[] {"", "\\", "'", "\"", "\u0007", "\b", "\f", "\n", "\r", "\t", "\u000b"}[simple]);
            return at + 1;
        }
        int hexDigits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        if (hexDigits > 0) {
            out.appendCodePoint(codePoint(at, Math.min(to, at + 1 + hexDigits), hexDigits));
            return at + 1 + hexDigits;
        }
        if (c >= '0' && c <= '7') {
            int end = at;
            while (end < to && end < at + 3 && source.charAt(end) >= '0' && source.charAt(end) <= '7') {
                end++;
            }
            out.append((char) Integer.parseInt(source.substring(at, end), 8));
            return end;
        }
        if (c == 'N') {
            throw failure(at, "character names (\\N{...}) are not supported");
        }
        out.append('\\').append(c);
        return at + 1;
    }

    private int codePoint(int at, int end, int hexDigits) {
        int value = 0;
        for (int i = at + 1; i < end; i++) {
            int digit = source.charAt(i) < 128 ? Character.digit(source.charAt(i), 16) : -1;
            if (digit < 0 || value > 0x10FFFF) {
                throw failure(at, "the escape \\" + source.charAt(at) + " needs " + hexDigits + " hexadecimal digits");
            }
            value = value * 16 + digit;
        }
        if (end - at - 1 < hexDigits || !Character.isValidCodePoint(value)) {
            throw failure(at, "the escape \\" + source.charAt(at) + " is cut short or not a character");
        }
        return value;
    }

    private void operator(int from, Deque<Character> open) {
        String found = OPERATORS.stream().filter(o -> source.startsWith(o, from)).findFirst().orElse(null);
        if (found == null) {
            throw failure(from, "unexpected character '" + Character.toString(source.codePointAt(from)) + "'");
        }
        switch (found) {
            case "(" -> open.push(')');
            case "[" -> open.push(']');
            case "{" -> open.push('}');
            case ")", "]", "}" -> close(from, found.charAt(0), open);
            default -> { }
        }
        position = from + found.length();
        add(Kind.OPERATOR, from, null);
    }

    private void close(int at, char bracket, Deque<Character> open) {
        if (open.isEmpty() || open.pop() != bracket) {
            throw failure(at, "'" + bracket + "' closes nothing that is open");
        }
    }
}
