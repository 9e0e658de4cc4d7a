package dev.longhand.ingest;

import static dev.longhand.ingest.Skip.Reason.BINARY;
import static dev.longhand.ingest.Skip.Reason.CHARSET;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Bytes to text without guessing and without replacing: a byte order mark, else a declaration in the file, else UTF-8, else UTF-16
 * that shows itself by its zero bytes, else refused.
 *
 * <p>Whatever is decoded encodes back to the same bytes; this is what byte ranges rest on, and it is checked.
 */
final class Charsets {
    /** A declaration must stand in the first bytes; HTML allows 1,024, real pages need more. */
    private static final int DECLARATION_BYTES = 4_096;

    private static final String LABEL = "([A-Za-z0-9][A-Za-z0-9_.:-]{0,39})";
    private static final Pattern META = Pattern.compile("<meta\\s[^>]{0,400}?charset\\s*=\\s*[\"']?\\s*"
            + LABEL, Pattern.CASE_INSENSITIVE);
    private static final Pattern XML = Pattern.compile("^\\s*<\\?xml\\s[^>]{0,200}?encoding\\s*=\\s*[\"']" + LABEL);
    private static final Pattern CSS = Pattern.compile("^@charset \"" + LABEL + "\";");
    private static final Pattern CODING = Pattern.compile("coding[:=][ \\t]*" + LABEL);

    /** More control characters than one in this many: not text. */
    private static final int CONTROL_SHARE = 50;

    private Charsets() {}

    static Text decode(byte[] bytes, Kind kind) throws Refused {
        Charset marked = mark(bytes);
        if (marked != null) {
            int bom = marked.equals(StandardCharsets.UTF_8) ? 3 : 2;
            return text(bytes, bom, marked, "its byte order mark says " + marked.name());
        }
        String declared = declared(bytes, kind);
        Charset charset = declared == null ? null : known(declared);
        if (charset != null && !isUnicode(charset)) {
            return text(bytes, 0, charset, "it declares " + declared);
        }
        int bad = firstBadUtf8(bytes);
        if (bad < 0 && !hasZero(bytes)) {
            return text(bytes, 0, StandardCharsets.UTF_8, "UTF-8");
        }
        Charset wide = wide(bytes);
        if (wide != null) {
            return text(bytes, 0, wide, wide.name() + " by its zero bytes");
        }
        if (hasZero(bytes) || isMostlyControl(bytes)) {
            throw new Refused(BINARY, "it holds zero or control bytes");
        }
        throw new Refused(CHARSET, badUtf8(bytes, bad) + (declared == null
                ? " and no charset is declared"
                : charset == null ? " and the declared charset \"" + declared + "\" is not known" : " though it declares "
                + declared)
                + "; convert it to UTF-8 to have it read");
    }

    private static Charset mark(byte[] b) throws Refused {
        if (starts(b, 0xEF, 0xBB, 0xBF)) {
            return StandardCharsets.UTF_8;
        }
        if (starts(b, 0xFF, 0xFE, 0, 0) || starts(b, 0, 0, 0xFE, 0xFF)) {
            throw new Refused(CHARSET, "its byte order mark says UTF-32, which is not read; convert it to UTF-8");
        }
        return starts(b, 0xFF, 0xFE) ? StandardCharsets.UTF_16LE : starts(b, 0xFE, 0xFF) ? StandardCharsets.UTF_16BE : null;
    }

    private static boolean starts(byte[] bytes, int... with) {
        for (int i = 0; i < with.length; i++) {
            if (i >= bytes.length || (bytes[i] & 0xff) != with[i]) {
                return false;
            }
        }
        return true;
    }

    /** What the file says of itself, or null. */
    private static String declared(byte[] bytes, Kind kind) {
        String head = new String(bytes, 0, Math.min(bytes.length, DECLARATION_BYTES), StandardCharsets.ISO_8859_1);
        String xml = first(XML, head);
        if (xml != null) {
            return xml;
        }
        if (kind == Kind.HTML) {
            return first(META, head);
        }
        String css = first(CSS, head);
        return css != null ? css : first(CODING, comments(head));
    }

    /** Those of the first two lines that are comments: a declaration elsewhere is prose. */
    private static String comments(String head) {
        StringBuilder comments = new StringBuilder();
        head.lines().limit(2).map(String::strip)
                .filter(line -> line.startsWith("#") || line.startsWith("//") || line.startsWith("/*") || line.startsWith(";")
                        || line.startsWith("%") || line.startsWith("--") || line.startsWith("\"") || line.startsWith("<!--"))
                .forEach(line -> comments.append(line, 0, Math.min(line.length(), 400)).append('\n'));
        return comments.toString();
    }

    private static String first(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : null;
    }

    /** The charset of a label, or null; a web page's Latin-1 is windows-1252, as every browser reads it. */
    private static Charset known(String label) {
        String name = label.toLowerCase(Locale.ROOT).replaceFirst("-(unix|dos|mac)$", "");
        name = switch (name) {
            case "latin-1", "latin1", "iso-latin-1", "iso-8859-1", "iso8859-1" -> "windows-1252";
            case "gb2312", "gb_2312-80" -> "gbk";
            case "utf8mb4", "utf-8-sig", "utf_8" -> "utf-8";
            default -> name;
        };
        try {
            Charset charset = Charset.forName(name);
            return charset.canEncode() ? charset : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** A declaration that could be read as ASCII cannot be right about UTF-16; UTF-8 and ASCII are tried anyway. */
    private static boolean isUnicode(Charset charset) {
        String name = charset.name();
        return name.startsWith("UTF-") || name.equals("US-ASCII") || name.startsWith("x-UTF-");
    }

    private static Text text(byte[] bytes, int from, Charset charset, String because) throws Refused {
        CharsetDecoder decoder = charset.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes, from, bytes.length - from);
        CharBuffer out = CharBuffer.allocate((int) Math.ceil(in.remaining() * (double) decoder.maxCharsPerByte()) + 1);
        CoderResult result = decoder.decode(in, out, true);
        if (!result.isUnderflow() || !decoder.flush(out).isUnderflow()) {
            throw new Refused(CHARSET, because + ", but byte " + in.position() + " does not fit it");
        }
        String chars = out.flip().toString();
        if (chars.indexOf('\0') >= 0) {
            throw new Refused(BINARY, "it holds zero characters");
        }
        Text text = Text.of(chars, charset, from);
        boolean same = charset.equals(StandardCharsets.UTF_8)
                || charset.name().startsWith("UTF-16")
                || Arrays.equals(chars.getBytes(charset), bytes);
        if (!same || text.bytesTotal() != bytes.length) {
            throw new Refused(CHARSET, because + ", but its text does not map back to its bytes");
        }
        return text;
    }

    /** Where strict UTF-8 ends to be valid, or -1. */
    private static int firstBadUtf8(byte[] bytes) {
        int at = 0;
        while (at < bytes.length && bytes[at] >= 0) {
            at++;
        }
        if (at == bytes.length) {
            return -1;
        }
        ByteBuffer in = ByteBuffer.wrap(bytes, at, bytes.length - at);
        CharBuffer out = CharBuffer.allocate(8_192);
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        while (true) {
            CoderResult result = decoder.decode(in, out.clear(), true);
            if (result.isError()) {
                return in.position();
            }
            if (result.isUnderflow()) {
                return -1;
            }
        }
    }

    private static String badUtf8(byte[] bytes, int at) {
        int line = 1;
        for (int i = 0; i < at; i++) {
            line += bytes[i] == '\n' ? 1 : 0;
        }
        return "byte %d (0x%02X, line %d) is not UTF-8".formatted(at, bytes[at] & 0xff, line);
    }

    private static boolean hasZero(byte[] bytes) {
        for (byte b : bytes) {
            if (b == 0) {
                return true;
            }
        }
        return false;
    }

    private static boolean isMostlyControl(byte[] bytes) {
        int control = 0;
        int n = Math.min(bytes.length, 8_192);
        for (int i = 0; i < n; i++) {
            control += bytes[i] >= 0 && Suspicious.isControl((char) bytes[i]) ? 1 : 0;
        }
        return control * CONTROL_SHARE > n;
    }

    /**
     * UTF-16 without a mark, or null. Both byte orders are tried; a candidate holds only assigned, visible characters, and at least
     * one in twenty is a blank, a line end or common punctuation. Of two candidates the one with more of those wins.
     */
    static Charset wide(byte[] bytes) {
        int end = Math.min(bytes.length, 1 << 16) & ~1;
        if (bytes.length % 2 != 0 || end < 4 || !hasZero(bytes)) {
            return null;
        }
        int little = commonChars(bytes, end, StandardCharsets.UTF_16LE);
        int big = commonChars(bytes, end, StandardCharsets.UTF_16BE);
        if (Math.max(little, big) * 20 < end / 2) {
            return null;
        }
        return little == big ? null : little > big ? StandardCharsets.UTF_16LE : StandardCharsets.UTF_16BE;
    }

    /** Blanks, line ends and common punctuation, or -1 if something does not belong in a text. */
    private static int commonChars(byte[] bytes, int end, Charset charset) {
        String chars;
        try {
            chars = charset.newDecoder().decode(ByteBuffer.wrap(bytes, 0, end)).toString();
        } catch (CharacterCodingException e) {
            if (end == bytes.length) {
                return -1;
            }
            // The sample may end inside a surrogate pair.
            return commonChars(bytes, end - 2, charset, e);
        }
        return commonChars(chars);
    }

    private static int commonChars(byte[] bytes, int end, Charset charset, CharacterCodingException first) {
        try {
            return commonChars(charset.newDecoder().decode(ByteBuffer.wrap(bytes, 0, end)).toString());
        } catch (CharacterCodingException e) {
            return -1;
        }
    }

    private static int commonChars(String chars) {
        int common = 0;
        for (int i = 0, c; i < chars.length(); i += Character.charCount(c)) {
            c = chars.codePointAt(i);
            int type = Character.getType(c);
            boolean foreign = type == Character.UNASSIGNED || type == Character.PRIVATE_USE || type == Character.SURROGATE
                    || type == Character.CONTROL && c != '\t' && c != '\n' && c != '\r' && c != '\f';
            if (foreign) {
                return -1;
            }
            common += c == ' ' || c == '\n' || c == '\r' || c == '.' || c == ',' || c >= 0x3001 && c <= 0x3002 || c == 0xFF0C ? 1
                    : 0;
        }
        return common;
    }
}
