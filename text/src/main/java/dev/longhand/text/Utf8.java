package dev.longhand.text;

/** UTF-8 of single code points. */
final class Utf8 {
    private static final int REPLACEMENT = 0xFFFD;

    private Utf8() {}

    /** Writes {@code c} at {@code at}; returns the place after it. An unpaired surrogate becomes U+FFFD. */
    static int put(int c, byte[] to, int at) {
        if (c < 0x80) {
            to[at] = (byte) c;
            return at + 1;
        }
        if (c < 0x800) {
            to[at] = (byte) (0xC0 | c >> 6);
            to[at + 1] = (byte) (0x80 | c & 0x3F);
            return at + 2;
        }
        if (c < 0x10000) {
            int safe = c >= 0xD800 && c <= 0xDFFF ? REPLACEMENT : c;
            to[at] = (byte) (0xE0 | safe >> 12);
            to[at + 1] = (byte) (0x80 | safe >> 6 & 0x3F);
            to[at + 2] = (byte) (0x80 | safe & 0x3F);
            return at + 3;
        }
        to[at] = (byte) (0xF0 | c >> 18);
        to[at + 1] = (byte) (0x80 | c >> 12 & 0x3F);
        to[at + 2] = (byte) (0x80 | c >> 6 & 0x3F);
        to[at + 3] = (byte) (0x80 | c & 0x3F);
        return at + 4;
    }
}
