package dev.longhand.text;

import java.util.Arrays;

/**
 * The working memory of one word while its pairs are merged; reused from word to word by one thread.
 *
 * <p>Short words look for the best pair again after each merge; long ones keep the pairs in a heap, so a megabyte of one letter
 * takes O(n log n).
 */
final class BpeWord {
    /** Above this many symbols the heap is used. */
    private static final int SCAN_MAX = 48;

    byte[] bytes = new byte[256];
    int length;
    int[] symbols = new int[256];
    int count;

    private int[] before = new int[0];
    private int[] after = new int[0];
    private long[] heap = new long[0]; // rank << 32 | left index, smallest first
    private int heapSize;

    /** Takes code points {@code [from, to)} as UTF-8; an unpaired surrogate becomes U+FFFD. */
    void fill(int[] codePoints, int from, int to) {
        if (bytes.length < 4L * (to - from)) {
            bytes = new byte[4 * (to - from)];
        }
        int n = 0;
        for (int i = from; i < to; i++) {
            n = Utf8.put(codePoints[i], bytes, n);
        }
        length = n;
    }

    void start(int[] byteSymbols) {
        if (symbols.length < length) {
            symbols = new int[length];
        }
        for (int i = 0; i < length; i++) {
            symbols[i] = byteSymbols[bytes[i] & 0xFF];
        }
        count = length;
    }

    void merge(LongIntMap ranks, int[] merged) {
        if (count <= SCAN_MAX) {
            mergeByScan(ranks, merged);
        } else {
            mergeByHeap(ranks, merged);
        }
    }

    private void mergeByScan(LongIntMap ranks, int[] merged) {
        while (count > 1) {
            int best = Integer.MAX_VALUE;
            int at = -1;
            for (int i = 0; i + 1 < count; i++) {
                int rank = ranks.get((long) symbols[i] << 32 | symbols[i + 1]);
                if (rank >= 0 && rank < best) {
                    best = rank;
                    at = i;
                }
            }
            if (at < 0) {
                return;
            }
            symbols[at] = merged[best];
            System.arraycopy(symbols, at + 2, symbols, at + 1, count - at - 2);
            count--;
        }
    }

    private void mergeByHeap(LongIntMap ranks, int[] merged) {
        link();
        for (int i = 0; i + 1 < count; i++) {
            push(ranks, i, i + 1);
        }
        while (heapSize > 0) {
            long top = pop();
            int left = (int) top;
            int right = symbols[left] < 0 ? count : after[left];
            if (right >= count || ranks.get((long) symbols[left] << 32 | symbols[right]) != (int) (top >>> 32)) {
                continue; // one side was merged meanwhile
            }
            symbols[left] = merged[(int) (top >>> 32)];
            symbols[right] = -1;
            after[left] = after[right];
            if (after[right] < count) {
                before[after[right]] = left;
            }
            if (before[left] >= 0) {
                push(ranks, before[left], left);
            }
            if (after[left] < count) {
                push(ranks, left, after[left]);
            }
        }
        int kept = 0;
        for (int i = 0; i < count; i = after[i]) {
            symbols[kept++] = symbols[i];
        }
        count = kept;
    }

    private void link() {
        if (before.length < count) {
            before = new int[count];
            after = new int[count];
            heap = new long[3 * count];
        }
        for (int i = 0; i < count; i++) {
            before[i] = i - 1;
            after[i] = i + 1;
        }
        heapSize = 0;
    }

    private void push(LongIntMap ranks, int left, int right) {
        int rank = ranks.get((long) symbols[left] << 32 | symbols[right]);
        if (rank < 0) {
            return;
        }
        if (heapSize == heap.length) {
            heap = Arrays.copyOf(heap, heapSize * 2);
        }
        long entry = (long) rank << 32 | left;
        int i = heapSize++;
        while (i > 0 && heap[(i - 1) / 2] > entry) {
            heap[i] = heap[(i - 1) / 2];
            i = (i - 1) / 2;
        }
        heap[i] = entry;
    }

    private long pop() {
        long top = heap[0];
        long last = heap[--heapSize];
        int i = 0;
        for (int child; (child = 2 * i + 1) < heapSize; i = child) {
            if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= last) {
                break;
            }
            heap[i] = heap[child];
        }
        heap[i] = last;
        return top;
    }
}
