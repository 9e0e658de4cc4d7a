package dev.longhand.testkit;

import java.util.Arrays;

/** The bytes of a file in memory; grows where it is written behind its end, with zeros in between. Not thread-safe. */
final class FileContent {
    private byte[] bytes;
    private int size;

    FileContent(byte[] bytes) {
        this.bytes = bytes;
        this.size = bytes.length;
    }

    FileContent copy() {
        return new FileContent(toBytes());
    }

    void write(long at, byte[] from, int offset, int length) {
        int end = Math.addExact(Math.toIntExact(at), length);
        if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(end, 2 * bytes.length));
        }
        System.arraycopy(from, offset, bytes, (int) at, length);
        size = Math.max(size, end);
    }

    void resize(long to) {
        int end = Math.toIntExact(to);
        if (end < size) {
            Arrays.fill(bytes, end, size, (byte) 0);
        } else if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, end);
        }
        size = end;
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }
}
