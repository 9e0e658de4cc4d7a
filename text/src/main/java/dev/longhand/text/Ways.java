package dev.longhand.text;

import java.util.Arrays;

/** A growing list of triples (node, count, frame) that can be put into one order. Reused; not thread-safe. */
final class Ways {
    int size;
    int[] nodes = new int[16];
    int[] counts = new int[16];
    Frame[] frames = new Frame[16];

    void clear() {
        Arrays.fill(frames, 0, size, null);
        size = 0;
    }

    void add(int node, int count, Frame frame) {
        if (size == nodes.length) {
            nodes = Arrays.copyOf(nodes, 2 * size);
            counts = Arrays.copyOf(counts, 2 * size);
            frames = Arrays.copyOf(frames, 2 * size);
        }
        nodes[size] = node;
        counts[size] = count;
        frames[size++] = frame;
    }

    private int compare(int i, int node, int count, long frame) {
        int byNode = Integer.compare(nodes[i], node);
        int byCount = byNode != 0 ? byNode : Integer.compare(counts[i], count);
        return byCount != 0 ? byCount : Long.compare(frames[i] == null ? -1 : frames[i].id, frame);
    }

    /** Sorts and drops what stands twice. Lists are short, and mostly sorted. */
    void normalise() {
        for (int i = 1; i < size; i++) {
            int node = nodes[i];
            int count = counts[i];
            Frame frame = frames[i];
            long id = frame == null ? -1 : frame.id;
            int at = i;
            for (; at > 0 && compare(at - 1, node, count, id) > 0; at--) {
                nodes[at] = nodes[at - 1];
                counts[at] = counts[at - 1];
                frames[at] = frames[at - 1];
            }
            nodes[at] = node;
            counts[at] = count;
            frames[at] = frame;
        }
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (kept == 0 || compare(kept - 1, nodes[i], counts[i], frames[i] == null ? -1 : frames[i].id) != 0) {
                nodes[kept] = nodes[i];
                counts[kept] = counts[i];
                frames[kept++] = frames[i];
            }
        }
        Arrays.fill(frames, kept, size, null);
        size = kept;
    }
}
