package dev.longhand.formats;

import dev.longhand.base.Check;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** An array of byte strings in one stretch of memory: a vocabulary has hundreds of thousands. Immutable. */
public final class Strings {
    private final byte[] bytes;
    private final int[] ends; // (size), exclusive

    Strings(byte[] bytes, int[] ends) {
        this.bytes = bytes;
        this.ends = ends;
    }

    public int size() {
        return ends.length;
    }

    /** First byte of string {@code index} in {@link #bytes()}. */
    public int start(int index) {
        return Check.index(index, ends.length, "string") == 0 ? 0 : ends[index - 1];
    }

    /** The byte after string {@code index} in {@link #bytes()}. */
    public int end(int index) {
        return ends[Check.index(index, ends.length, "string")];
    }

    /** All strings, one after another; not to be written. */
    public byte[] bytes() {
        return bytes;
    }

    public byte[] bytes(int index) {
        return Arrays.copyOfRange(bytes, start(index), end(index));
    }

    /** String {@code index}; what is not UTF-8 in it becomes U+FFFD. */
    public String get(int index) {
        return new String(bytes, start(index), end(index) - start(index), StandardCharsets.UTF_8);
    }
}
