package dev.longhand.formats;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Collects byte strings under given or ascending numbers, for {@link Strings}. Memory grows with what is added. Not thread-safe.
 */
final class TokenTable {
    private byte[] bytes = new byte[1 << 12];
    private int used;
    private int[] starts = new int[1 << 8]; // (numbers), -1 where nothing was put
    private int[] lengths = new int[1 << 8];
    private int size;

    TokenTable() {
        Arrays.fill(starts, -1);
    }

    /** One above the highest number put. */
    int size() {
        return size;
    }

    boolean has(int number) {
        return number < size && starts[number] >= 0;
    }

    String get(int number) {
        return new String(bytes, starts[number], lengths[number], StandardCharsets.UTF_8);
    }

    void add(String text) {
        put(size, text);
    }

    void put(int number, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (used + utf8.length > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(used + utf8.length, bytes.length + bytes.length / 2));
        }
        System.arraycopy(utf8, 0, bytes, used, utf8.length);
        if (number >= starts.length) {
            int before = starts.length;
            int after = Math.max(number + 1, before + before / 2);
            starts = Arrays.copyOf(starts, after);
            lengths = Arrays.copyOf(lengths, after);
            Arrays.fill(starts, before, after, -1);
        }
        starts[number] = used;
        lengths[number] = utf8.length;
        used += utf8.length;
        size = Math.max(size, number + 1);
    }

    /** The strings 0 to {@code count}; a number that nothing was put under has an empty one. */
    Strings strings(int count) {
        int[] ends = new int[count];
        byte[] all = new byte[used];
        int end = 0;
        for (int i = 0; i < count; i++) {
            if (has(i)) {
                System.arraycopy(bytes, starts[i], all, end, lengths[i]);
                end += lengths[i];
            }
            ends[i] = end;
        }
        return new Strings(Arrays.copyOf(all, end), ends);
    }
}
