package dev.longhand.text;

import java.util.Arrays;

/**
 * Byte strings numbered from 0 in the order they were added, found by content. Filled once, then read by many threads.
 *
 * <p>One stretch of memory for all strings: a vocabulary has hundreds of thousands, and a start must not wait for them.
 */
final class ByteTable {
    static final int ABSENT = -1;

    private byte[] bytes;
    private int[] ends; // (size), exclusive
    private int size;
    private int[] slots; // id + 1, 0 is empty
    private int mask;
    private int clash = ABSENT;

    ByteTable(int sizeMax, int bytesMax) {
        bytes = new byte[Math.max(16, bytesMax)];
        ends = new int[Math.max(16, sizeMax)];
        slots = new int[Integer.highestOneBit(Math.max(8, sizeMax) * 2 - 1) * 2];
        mask = slots.length - 1;
    }

    int size() {
        return size;
    }

    int start(int id) {
        return id == 0 ? 0 : ends[id - 1];
    }

    int length(int id) {
        return ends[id] - start(id);
    }

    byte[] get(int id) {
        return Arrays.copyOfRange(bytes, start(id), ends[id]);
    }

    /** Adds a string under the next id, also if it is there already; {@link #find} gives the first. */
    int add(byte[] from, int start, int length) {
        if (size == ends.length) {
            ends = Arrays.copyOf(ends, size * 2);
        }
        int begin = size == 0 ? 0 : ends[size - 1];
        if (begin + length > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(begin + length, bytes.length * 2));
        }
        System.arraycopy(from, start, bytes, begin, length);
        ends[size] = begin + length;
        if (2 * size >= slots.length) {
            rehash();
        }
        insert(size, from, start, length);
        return size++;
    }

    /** The id that the string added last had before, or {@link #ABSENT}. */
    int clash() {
        return clash;
    }

    int find(byte[] in, int start, int length) {
        for (int slot = hash(in, start, length) & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
            int id = slots[slot] - 1;
            if (length(id) == length && Arrays.equals(bytes, start(id), ends[id], in, start, start + length)) {
                return id;
            }
        }
        return ABSENT;
    }

    int findOrAdd(byte[] in, int start, int length) {
        int found = find(in, start, length);
        return found != ABSENT ? found : add(in, start, length);
    }

    private void insert(int id, byte[] in, int start, int length) {
        clash = find(in, start, length);
        if (clash != ABSENT) {
            return;
        }
        int slot = hash(in, start, length) & mask;
        while (slots[slot] != 0) {
            slot = (slot + 1) & mask;
        }
        slots[slot] = id + 1;
    }

    private void rehash() {
        int[] old = slots;
        slots = new int[old.length * 2];
        mask = slots.length - 1;
        for (int entry : old) {
            if (entry != 0) {
                int id = entry - 1;
                int slot = hash(bytes, start(id), length(id)) & mask;
                while (slots[slot] != 0) {
                    slot = (slot + 1) & mask;
                }
                slots[slot] = entry;
            }
        }
    }

    private static int hash(byte[] in, int start, int length) {
        int h = 0x811C9DC5;
        for (int i = start; i < start + length; i++) {
            h = (h ^ (in[i] & 0xFF)) * 0x01000193;
        }
        return h ^ (h >>> 15);
    }
}
