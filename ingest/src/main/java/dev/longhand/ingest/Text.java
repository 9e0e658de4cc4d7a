package dev.longhand.ingest;

import dev.longhand.base.Check;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Decoded text with its lines and where they stand in the file. Lines count from 1; {@code \n}, {@code \r\n} and {@code \r} end a
 * line; a line end at the end opens no further line. A byte order mark belongs to no line. Immutable.
 */
public final class Text {
    private final String chars;
    private final Charset charset;
    /** Character offset of each line's start, then the length. */
    private final int[] starts;
    /** Byte offset in the file of each line's start, then the file's length. */
    private final int[] byteStarts;

    private Text(String chars, Charset charset, int[] starts, int[] byteStarts) {
        this.chars = chars;
        this.charset = charset;
        this.starts = starts;
        this.byteStarts = byteStarts;
    }

    /** @param bomBytes bytes before the first character */
    static Text of(String chars, Charset charset, int bomBytes) {
        int[] starts = lineStarts(chars);
        int[] byteStarts = new int[starts.length];
        byteStarts[0] = bomBytes;
        for (int i = 1; i < starts.length; i++) {
            byteStarts[i] = byteStarts[i - 1] + encodedBytes(chars, starts[i - 1], starts[i], charset);
        }
        return new Text(chars, charset, starts, byteStarts);
    }

    static Text ofUtf8(String chars) {
        return of(chars, StandardCharsets.UTF_8, 0);
    }

    private static int[] lineStarts(String chars) {
        int[] starts = new int[Math.max(16, chars.length() / 32)];
        int lines = 0;
        int at = 0;
        while (at < chars.length()) {
            if (lines + 2 > starts.length) {
                starts = Arrays.copyOf(starts, starts.length * 2);
            }
            starts[lines++] = at;
            at = afterLine(chars, at);
        }
        starts[lines] = chars.length();
        return Arrays.copyOf(starts, lines + 1);
    }

    private static int afterLine(String chars, int from) {
        for (int i = from; i < chars.length(); i++) {
            char c = chars.charAt(i);
            if (c == '\n') {
                return i + 1;
            }
            if (c == '\r') {
                return i + 1 < chars.length() && chars.charAt(i + 1) == '\n' ? i + 2 : i + 1;
            }
        }
        return chars.length();
    }

    static int encodedBytes(String chars, int from, int end, Charset charset) {
        if (charset.equals(StandardCharsets.UTF_8)) {
            int bytes = 0;
            for (int i = from; i < end; i++) {
                char c = chars.charAt(i);
                // A surrogate pair takes 4 bytes: 2 for each half.
                bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
            }
            return bytes;
        }
        if (charset.equals(StandardCharsets.UTF_16LE) || charset.equals(StandardCharsets.UTF_16BE)) {
            return 2 * (end - from);
        }
        return chars.substring(from, end).getBytes(charset).length;
    }

    public String chars() {
        return chars;
    }

    public Charset charset() {
        return charset;
    }

    public int lineCount() {
        return starts.length - 1;
    }

    /** A line without its end. */
    public String line(int line) {
        return chars.substring(charStart(line), charEnd(line));
    }

    /** Lines first to last, inclusive: their own characters, line ends between them included, the last one's not. */
    public String lines(int first, int last) {
        Check.argument(first <= last, "lines %d to %d: the first comes after the last", first, last);
        return chars.substring(charStart(first), charEnd(last));
    }

    public boolean isBlank(int line) {
        for (int i = charStart(line); i < starts[line]; i++) {
            if (!isSpace(chars.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    static boolean isSpace(char c) {
        return c <= ' ' || c == '\u3000' || c == '\u00a0' || c == '\ufeff';
    }

    public int charStart(int line) {
        Check.index(line - 1, lineCount(), "line - 1");
        return starts[line - 1];
    }

    /** The offset after the last character of a line, its line end not included. */
    public int charEnd(int line) {
        int start = charStart(line);
        int end = starts[line];
        while (end > start && (chars.charAt(end - 1) == '\n' || chars.charAt(end - 1) == '\r')) {
            end--;
        }
        return end;
    }

    /** Where a line begins in the file. */
    public long byteStart(int line) {
        Check.index(line - 1, lineCount(), "line - 1");
        return byteStarts[line - 1];
    }

    /** Where a line ends in the file, its line end not included. */
    public long byteEnd(int line) {
        return byteOffset(charEnd(line));
    }

    /** The byte of a character. */
    public long byteOffset(int charOffset) {
        Check.argument(charOffset >= 0 && charOffset <= chars.length(),
                "charOffset is %d; it must lie in 0..%d", charOffset, chars.length());
        if (lineCount() == 0) {
            return byteStarts[0];
        }
        int line = lineAt(charOffset);
        return byteStarts[line - 1] + encodedBytes(chars, starts[line - 1], charOffset, charset);
    }

    /** The line that holds a character; the last line for the end of the text. */
    public int lineAt(int charOffset) {
        int found = Arrays.binarySearch(starts, charOffset);
        int line = found >= 0 ? found + 1 : -found - 1;
        return Math.max(1, Math.min(line, lineCount()));
    }

    /** The length of the file as this text accounts for it. */
    long bytesTotal() {
        return byteStarts[byteStarts.length - 1];
    }
}
