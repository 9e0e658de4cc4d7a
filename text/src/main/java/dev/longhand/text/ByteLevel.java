package dev.longhand.text;

/** GPT-2's mapping of bytes to printable characters: vocabularies of byte-level BPE are written in it. */
final class ByteLevel {
    private static final char[] CHARS = new char[256]; // byte -> character
    private static final short[] BYTES = new short[512]; // character -> byte, -1 if none

    static {
        java.util.Arrays.fill(BYTES, (short) -1);
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean isPrintable = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
            CHARS[b] = (char) (isPrintable ? b : next++);
            BYTES[CHARS[b]] = (short) b;
        }
    }

    private ByteLevel() {}

    /** Whether a byte stands for itself in UTF-8. */
    static boolean isAscii(int b) {
        return CHARS[b] < 0x80;
    }

    /**
     * Maps UTF-8 text {@code [start, end)} of the vocabulary back to bytes in {@code out}. Returns how many, or -1 if a character is
     * none of the mapping's.
     */
    static int decode(byte[] text, int start, int end, byte[] out) {
        int n = 0;
        for (int i = start; i < end; ) {
            int c = text[i] & 0xFF;
            if (c < 0x80) {
                i++;
            } else if (c >= 0xC2 && c <= 0xC7 && i + 1 < end) {
                c = (c & 0x1F) << 6 | (text[i + 1] & 0x3F);
                i += 2;
            } else {
                return -1;
            }
            if (BYTES[c] < 0) {
                return -1;
            }
            out[n++] = (byte) BYTES[c];
        }
        return n;
    }
}
