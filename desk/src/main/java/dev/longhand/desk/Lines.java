package dev.longhand.desk;

import dev.longhand.ingest.Passage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The lines of a passage with their places in the source. A passage whose text is not the source's own (HTML) has one place for
 * all. Stateless.
 */
final class Lines {
    private Lines() {}

    /**
     * A line and the line ends behind it, those of blank lines included.
     *
     * @param text   as it stands in the passage
     * @param offset byte of the source at which the line begins
     * @param line   its number, from 1
     */
    record Unit(String text, long offset, int line) {}

    static List<Unit> of(Passage passage) {
        List<Unit> units = new ArrayList<>();
        String text = passage.text();
        int bytesPerChar = bytesPerChar(passage);
        boolean isExact = isExact(passage);
        int line = passage.lineFirst();
        long offset = passage.byteFirst();
        for (int from = 0; from < text.length(); ) {
            int end = afterLine(text, from);
            int lines = 1;
            while (end < text.length() && isBlank(text, end, afterLine(text, end))) {
                end = afterLine(text, end);
                lines++;
            }
            String unit = text.substring(from, end);
            units.add(new Unit(unit, offset, line));
            if (isExact) {
                line = Math.min(passage.lineLast(), line + lines);
                offset += bytesPerChar > 0 ? (long) bytesPerChar * unit.length() : unit.getBytes(StandardCharsets.UTF_8).length;
            }
            from = end;
        }
        return units;
    }

    /** Whether the passage's lines are the source's lines, one by one. */
    static boolean isExact(Passage passage) {
        long bytes = passage.byteEnd() - passage.byteFirst();
        int bytesPerChar = bytesPerChar(passage);
        boolean isText = bytesPerChar > 0 || passage.text().getBytes(StandardCharsets.UTF_8).length == bytes;
        return isText && count(passage.text()) == passage.lineLast() - passage.lineFirst() + 1;
    }

    /** Bytes of each character in the source, or 0 for UTF-8 and for text that is not the source's own. */
    private static int bytesPerChar(Passage passage) {
        long bytes = passage.byteEnd() - passage.byteFirst();
        int chars = passage.text().length();
        return chars == 0 ? 0 : bytes == chars ? 1 : bytes == 2L * chars && !isUtf8(passage, bytes) ? 2 : 0;
    }

    private static boolean isUtf8(Passage passage, long bytes) {
        return passage.text().getBytes(StandardCharsets.UTF_8).length == bytes;
    }

    private static int count(String text) {
        int lines = 0;
        for (int at = 0; at < text.length(); at = afterLine(text, at)) {
            lines++;
        }
        return Math.max(1, lines);
    }

    private static boolean isBlank(String text, int from, int end) {
        for (int i = from; i < end; i++) {
            if (!Character.isWhitespace(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static int afterLine(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                return i + 1;
            }
            if (c == '\r') {
                return i + 1 < text.length() && text.charAt(i + 1) == '\n' ? i + 2 : i + 1;
            }
        }
        return text.length();
    }
}
