package dev.longhand.ingest;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * File names as text, whatever the locale: the bytes of a name are read as UTF-8, strictly. Java itself decodes names by the
 * locale, which loses every non-ASCII name under {@code LC_ALL=C}.
 */
final class Names {
    private Names() {}

    /**
     * A name in a folder.
     *
     * @param path as the file system knows it, one element
     * @param text the name, or its escaped form if it is not sound
     * @param fault "" or why the name cannot stand in a citation
     */
    record Name(Path path, String text, String fault) implements Comparable<Name> {
        @Override
        public int compareTo(Name other) {
            return text.compareTo(other.text);
        }
    }

    static Name of(Path element) {
        String text = element.toString();
        if (!isAscii(text)) {
            byte[] bytes = bytes(element);
            try {
                text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            } catch (CharacterCodingException e) {
                return new Name(element, printable(new String(bytes, StandardCharsets.ISO_8859_1)), "is not UTF-8");
            }
        }
        for (int i = 0; i < text.length(); i++) {
            if (Suspicious.hidesOrControls(text.charAt(i))) {
                return new Name(element, printable(text), "has the control character U+%04X".formatted((int) text.charAt(i)));
            }
        }
        return new Name(element, text, "");
    }

    /** The inverse for sound names. */
    static Path path(String name) {
        if (isAscii(name)) {
            return Path.of(name);
        }
        StringBuilder uri = new StringBuilder("file:///");
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            uri.append("%%%02X".formatted(b & 0xff));
        }
        return Path.of(URI.create(uri.toString())).getFileName();
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    /** The bytes of the last element: a file URI escapes them one by one, without decoding. */
    private static byte[] bytes(Path element) {
        String raw = Path.of("/").resolve(element.getFileName()).toUri().getRawPath();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 1; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%') {
                bytes.write(Integer.parseInt(raw, i + 1, i + 3, 16));
                i += 2;
            } else if (c != '/') {
                bytes.write(c);
            }
        }
        return bytes.toByteArray();
    }

    /** Bytes read as ISO 8859-1, safe to print on one line of a terminal: what is not ASCII is escaped. */
    static String printable(String bytes) {
        return escaped(bytes, true);
    }

    /** Text safe to print on one line of a terminal: controls and what is not seen are escaped. */
    static String visible(String text) {
        return escaped(text, false);
    }

    private static String escaped(String text, boolean isBytes) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                out.append("\\n");
            } else if (isBytes && c >= 0x80 && c < 0x100 || c < 0x20 || c >= 0x7f && c < 0xa0) {
                out.append("\\x%02x".formatted((int) c));
            } else if (Suspicious.hidesOrControls(c)) {
                out.append("\\u%04x".formatted((int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
