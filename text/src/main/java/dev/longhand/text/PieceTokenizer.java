package dev.longhand.text;

import dev.longhand.base.Problem;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What tokenizers share whose vocabulary is written in characters: spaces are U+2581, and what no piece covers falls apart into
 * byte
 * tokens. Subclasses decide which pieces a text becomes. Thread-safe.
 */
abstract class PieceTokenizer extends Tokenizer {
    static final int NO_BYTE = -1;
    private static final byte[] SPACE = "\u2581".getBytes(StandardCharsets.UTF_8);

    /** Whether a space goes in front of text at a beginning. */
    enum SpacePrefix { ALWAYS, UNLESS_SPACE, NEVER }

    final ByteTable texts;
    final int[] byteTokens = new int[256]; // NO_BYTE where there is none
    private final SpacePrefix prefix;

    PieceTokenizer(Vocabulary vocabulary, SpacePrefix prefix) throws Problem {
        super(vocabulary);
        this.prefix = prefix;
        texts = new ByteTable(vocabulary.size(), vocabulary.texts.bytes().length);
        Arrays.fill(byteTokens, NO_BYTE);
        for (int id = 0; id < vocabulary.size(); id++) {
            int start = vocabulary.texts.start(id);
            texts.add(vocabulary.texts.bytes(), start, vocabulary.texts.end(id) - start);
            vocabulary.checkDistinct(texts.clash(), id);
            int value = byteValue(id);
            if (value >= 0 && byteTokens[value] == NO_BYTE) {
                byteTokens[value] = id;
            }
        }
    }

    /** Adds the tokens of a text as UTF-8 with spaces written U+2581. */
    abstract void encode(byte[] bytes, IntList out);

    /** The byte that {@code <0xNN>} stands for, or -1. */
    private int byteValue(int id) {
        if (vocabulary.types[id] != Vocabulary.TYPE_BYTE) {
            return -1;
        }
        byte[] bytes = vocabulary.texts.bytes();
        int start = vocabulary.texts.start(id);
        boolean isShaped = vocabulary.texts.end(id) - start == 6 && bytes[start] == '<' && bytes[start + 1] == '0'
                && bytes[start + 2] == 'x' && bytes[start + 5] == '>';
        if (!isShaped) {
            return -1;
        }
        int high = Character.digit(bytes[start + 3], 16);
        int low = Character.digit(bytes[start + 4], 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    @Override
    final void encode(String text, boolean isFirst, IntList out) {
        boolean hasSpace = prefix == SpacePrefix.ALWAYS
                || prefix == SpacePrefix.UNLESS_SPACE && text.charAt(0) != ' ' && text.charAt(0) != '\u2581';
        encode(escaped(text, isFirst && hasSpace), out);
    }

    private static byte[] escaped(String text, boolean withSpace) {
        byte[] bytes = new byte[3 * text.length() + SPACE.length];
        int n = withSpace ? putSpace(bytes, 0) : 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            n = c == ' ' ? putSpace(bytes, n) : Utf8.put(c, bytes, n);
            i += Character.charCount(c);
        }
        return Arrays.copyOf(bytes, n);
    }

    private static int putSpace(byte[] bytes, int at) {
        System.arraycopy(SPACE, 0, bytes, at, SPACE.length);
        return at + SPACE.length;
    }

    static boolean isSpaceAt(byte[] bytes, int at) {
        return at + 2 < bytes.length && bytes[at] == SPACE[0] && bytes[at + 1] == SPACE[1] && bytes[at + 2] == SPACE[2];
    }

    /** The token of a piece, or its bytes' tokens; bytes without one are dropped. */
    final void emit(byte[] bytes, int start, int end, IntList out) {
        int id = texts.find(bytes, start, end - start);
        if (id != ByteTable.ABSENT) {
            out.add(id);
            return;
        }
        for (int i = start; i < end; i++) {
            int byteToken = byteTokens[bytes[i] & 0xFF];
            if (byteToken != NO_BYTE) {
                out.add(byteToken);
            } else {
                drop(1);
            }
        }
    }

    @Override
    final byte[] text(int id) {
        int value = byteValue(id);
        if (value >= 0) {
            return new byte[] {(byte) value};
        }
        byte[] raw = texts.get(id);
        return vocabulary.types[id] == Vocabulary.TYPE_USER_DEFINED ? raw : unescaped(raw);
    }

    private static byte[] unescaped(byte[] raw) {
        byte[] out = new byte[raw.length];
        int n = 0;
        for (int i = 0; i < raw.length; ) {
            if (isSpaceAt(raw, i)) {
                out[n++] = ' ';
                i += SPACE.length;
            } else {
                out[n++] = raw[i++];
            }
        }
        return Arrays.copyOf(out, n);
    }
}
