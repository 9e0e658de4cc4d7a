package dev.longhand.text;

import dev.longhand.base.Check;

/** Open addressing from non-negative longs to ints; absent is -1. Filled once, then read by many threads. */
final class LongIntMap {
    static final int ABSENT = -1;

    private final long[] keys;
    private final int[] values;
    private final int mask;
    private int size;

    LongIntMap(int sizeMax) {
        int capacity = Integer.highestOneBit(Math.max(8, sizeMax) * 2 - 1) * 2;
        keys = new long[capacity];
        java.util.Arrays.fill(keys, -1);
        values = new int[capacity];
        mask = capacity - 1;
    }

    int get(long key) {
        for (int i = slot(key); ; i = (i + 1) & mask) {
            if (keys[i] == key) {
                return values[i];
            }
            if (keys[i] < 0) {
                return ABSENT;
            }
        }
    }

    /** Keeps the first value of a key; returns whether this was it. */
    boolean putIfAbsent(long key, int value) {
        int i = slot(key);
        while (keys[i] >= 0) {
            if (keys[i] == key) {
                return false;
            }
            i = (i + 1) & mask;
        }
        Check.invariant(size < mask, "the map holds %d keys and is full", size);
        keys[i] = key;
        values[i] = value;
        size++;
        return true;
    }

    private int slot(long key) {
        long h = key * 0x9E3779B97F4A7C15L;
        return (int) (h ^ (h >>> 32)) & mask;
    }
}
