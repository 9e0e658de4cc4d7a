package dev.longhand.formats;

import dev.longhand.base.Problem;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON (RFC 8259) of a hostile file, value by value, from bytes in memory.
 *
 * <p>Stricter than the format where leniency helps nobody: a key stands once, numbers are finite and integers fit 64 bits, text is
 * UTF-8 without unpaired surrogates. Depth is bounded, and what is kept is booked against a limit before it is made. Not
 * thread-safe.
 *
 * <p>Use: {@link #beginObject}, then {@code while (hasNext())} {@link #key} and one value; likewise {@link #beginArray}.
 */
final class JsonReader {
    private static final int OBJECT_BYTES = 64; // a map's or list's entry with it
    private static final int NUMBER_CHARS_MAX = 64;

    private final Path file;
    private final byte[] in;
    private final long fileOffset; // of in[0]
    private final byte[] closers; // (depth) what ends the object or array
    private final long heapBytesMax;
    private int depth;
    private boolean isFirst;
    private int at;
    private long heapBytes;

    /** Reads all of {@code in}, which lies at {@code fileOffset} of {@code file}. */
    JsonReader(Path file, byte[] in, long fileOffset, FolderLimits limits) {
        this.file = file;
        this.in = in;
        this.fileOffset = fileOffset;
        this.closers = new byte[limits.nestingMax()];
        this.heapBytesMax = limits.heapBytesMax();
    }

    MalformedModelException malformed(String what) {
        return new MalformedModelException(file, fileOffset + at, what);
    }

    /** Books heap memory before it is taken. */
    void reserve(long bytes) throws Problem {
        heapBytes += bytes;
        if (heapBytes > heapBytesMax) {
            throw malformed("what was read so far takes %d bytes of memory; limit %d".formatted(heapBytes, heapBytesMax));
        }
    }

    long reserved() {
        return heapBytes;
    }

    /** Goes back to what {@link #reserved} said: what was read since is not kept. */
    void release(long reserved) {
        heapBytes = reserved;
    }

    void beginObject(String what) throws Problem {
        begin('{', '}', what, "an object");
    }

    void beginArray(String what) throws Problem {
        begin('[', ']', what, "an array");
    }

    private void begin(char opener, char closer, String what, String kind) throws Problem {
        if (peek() != opener) {
            throw malformed("%s begins with %s; it must be %s".formatted(what, shown(), kind));
        }
        if (depth == closers.length) {
            throw malformed("JSON nests deeper than " + closers.length);
        }
        closers[depth++] = (byte) closer;
        isFirst = true;
        at++;
    }

    /** Whether another key or element follows; at the end the object or array is left. */
    boolean hasNext() throws Problem {
        int c = peek();
        if (c == closers[depth - 1]) {
            at++;
            depth--;
            isFirst = false;
            return false;
        }
        if (!isFirst) {
            if (c != ',') {
                throw malformed("%s stands where a comma or %c must".formatted(shown(), closers[depth - 1]));
            }
            at++;
            if (peek() == closers[depth - 1]) {
                throw malformed("nothing stands behind a comma");
            }
        }
        isFirst = false;
        return true;
    }

    String key() throws Problem {
        String key = string("a key");
        if (peek() != ':') {
            throw malformed("%s stands where the colon behind the key \"%s\" must".formatted(shown(), key));
        }
        at++;
        return key;
    }

    /** Refuses anything but white space behind the value. */
    void end() throws Problem {
        skipSpace();
        if (at < in.length) {
            throw malformed("%s stands behind the end of the JSON".formatted(shown()));
        }
    }

    private void skipSpace() {
        while (at < in.length && (in[at] == ' ' || in[at] == '\n' || in[at] == '\r' || in[at] == '\t')) {
            at++;
        }
    }

    /** The next character that is no white space. */
    private int peek() throws Problem {
        skipSpace();
        if (at == in.length) {
            throw malformed("the JSON ends in the middle; the file is probably cut short");
        }
        return in[at];
    }

    private String shown() {
        return at >= in.length ? "the end" : in[at] > 0x20 && in[at] < 0x7F ? "'" + (char) in[at] + "'" : "byte " + (in[at] & 0xFF);
    }

    boolean isString() throws Problem {
        return peek() == '"';
    }

    boolean isArray() throws Problem {
        return peek() == '[';
    }

    boolean isNull() throws Problem {
        return peek() == 'n';
    }

    String string(String what) throws Problem {
        if (peek() != '"') {
            throw malformed("%s begins with %s; it must be a string".formatted(what, shown()));
        }
        int start = ++at;
        while (at < in.length && in[at] != '"' && in[at] != '\\' && (in[at] & 0xFF) >= 0x20) {
            at++;
        }
        int plainEnd = at;
        while (at < in.length && in[at] != '"') {
            if ((in[at] & 0xFF) < 0x20) {
                throw malformed("a control character stands in a string");
            }
            at += in[at] == '\\' ? 2 : 1;
        }
        if (at >= in.length) {
            at = in.length;
            throw malformed("a string does not end; the file is probably cut short");
        }
        int end = at;
        reserve(OBJECT_BYTES + 2L * (end - start));
        String text = decoded(start, end);
        String result = plainEnd == end ? text : unescaped(text);
        at = end + 1;
        return result;
    }

    private String decoded(int start, int end) throws Problem {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(in, start, end - start)).toString();
        } catch (CharacterCodingException e) {
            at = start;
            throw malformed("a string is not UTF-8");
        }
    }

    private String unescaped(String text) throws Problem {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char kind = text.charAt(++i);
            if (kind == 'u') {
                out.append(unit(text, i + 1));
                i += 4;
            } else {
                out.append(simpleEscape(kind));
            }
        }
        checkPairs(out);
        return out.toString();
    }

    private char unit(String text, int from) throws Problem {
        int value = 0;
        for (int i = from; i < from + 4; i++) {
            int digit = i < text.length() && text.charAt(i) < 0x80 ? Character.digit(text.charAt(i), 16) : -1;
            if (digit < 0) {
                throw malformed("\\u needs four hexadecimal digits");
            }
            value = value << 4 | digit;
        }
        return (char) value;
    }

    private char simpleEscape(char kind) throws Problem {
        return switch (kind) {
            case '"', '\\', '/' -> kind;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> throw malformed("\\%c is no escape of JSON".formatted(kind));
        };
    }

    private void checkPairs(CharSequence text) throws Problem {
        for (int i = 0; i < text.length(); i++) {
            boolean isPair = Character.isHighSurrogate(text.charAt(i)) && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (Character.isSurrogate(text.charAt(i)) && !isPair) {
                throw malformed("a string has half of a surrogate pair");
            }
            i += isPair ? 1 : 0;
        }
    }

    long integer(String what) throws Problem {
        Object value = number(what);
        if (!(value instanceof Long whole)) {
            throw malformed("%s is %s; it must be an integer".formatted(what, value));
        }
        return whole;
    }

    double real(String what) throws Problem {
        return ((Number) number(what)).doubleValue();
    }

    boolean flag(String what) throws Problem {
        int c = peek();
        if (c != 't' && c != 'f') {
            throw malformed("%s begins with %s; it must be true or false".formatted(what, shown()));
        }
        literal(c == 't' ? "true" : "false");
        return c == 't';
    }

    private void literal(String word) throws Problem {
        byte[] bytes = word.getBytes(StandardCharsets.US_ASCII);
        if (in.length - at < bytes.length || !Arrays.equals(in, at, at + bytes.length, bytes, 0, bytes.length)) {
            throw malformed("%s begins no value of JSON".formatted(shown()));
        }
        at += bytes.length;
    }

    /** A Long where the text has neither fraction nor exponent, else a finite Double. */
    private Object number(String what) throws Problem {
        int c = peek();
        int start = at;
        boolean isWhole = true;
        at += c == '-' ? 1 : 0;
        int first = at;
        digits(what);
        if (in[first] == '0' && at - first > 1) {
            throw malformed(what + " begins with 0");
        }
        if (at < in.length && in[at] == '.') {
            isWhole = false;
            at++;
            digits(what);
        }
        if (at < in.length && (in[at] == 'e' || in[at] == 'E')) {
            isWhole = false;
            at++;
            at += at < in.length && (in[at] == '+' || in[at] == '-') ? 1 : 0;
            digits(what);
        }
        if (at - start > NUMBER_CHARS_MAX) {
            throw malformed("%s has %d characters; a number has at most %d".formatted(what, at - start, NUMBER_CHARS_MAX));
        }
        return parsed(new String(in, start, at - start, StandardCharsets.US_ASCII), isWhole, what);
    }

    private void digits(String what) throws Problem {
        int start = at;
        while (at < in.length && in[at] >= '0' && in[at] <= '9') {
            at++;
        }
        if (at == start) {
            throw malformed("%s has %s where a digit must stand; it must be a number, and neither NaN nor Infinity is one"
                    .formatted(what, shown()));
        }
    }

    private Object parsed(String text, boolean isWhole, String what) throws Problem {
        if (!isWhole) {
            double value = Double.parseDouble(text);
            if (!Double.isFinite(value)) {
                throw malformed("%s is %s, more than a 64-bit number holds".formatted(what, text));
            }
            return value;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw malformed("%s is %s; it must fit 64 bits".formatted(what, text));
        }
    }

    /** Any value: a Map, List, String, Long, Double or Boolean, or null. */
    Object value(String what) throws Problem {
        return switch (peek()) {
            case '{' -> object(what);
            case '[' -> {
                List<Object> list = new ArrayList<>();
                for (beginArray(what); hasNext(); ) {
                    reserve(OBJECT_BYTES);
                    list.add(value(what));
                }
                yield list;
            }
            case '"' -> string(what);
            case 't', 'f' -> flag(what);
            case 'n' -> {
                literal("null");
                yield null;
            }
            default -> number(what);
        };
    }

    Map<String, Object> object(String what) throws Problem {
        Map<String, Object> map = new LinkedHashMap<>();
        for (beginObject(what); hasNext(); ) {
            String key = key();
            reserve(OBJECT_BYTES);
            if (map.containsKey(key)) {
                throw malformed("the key \"%s\" appears twice".formatted(key));
            }
            map.put(key, value(key));
        }
        return map;
    }

    /** Passes over any value, checking it; nothing stays booked. */
    void skip(String what) throws Problem {
        long booked = heapBytes;
        switch (peek()) {
            case '{' -> {
                for (beginObject(what); hasNext(); ) {
                    skip(key());
                }
            }
            case '[' -> {
                for (beginArray(what); hasNext(); ) {
                    skip(what);
                }
            }
            default -> value(what);
        }
        heapBytes = booked;
    }
}
