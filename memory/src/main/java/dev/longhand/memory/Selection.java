package dev.longhand.memory;

import dev.longhand.kernels.Floats;
import java.util.Arrays;

/** The k best of some scores: a heap of the best so far, the worst on top. Kept and reused; one thread. */
final class Selection {
    private final float[] scores; // (k) a heap
    private final int[] blocks; // (k)
    private int size;

    Selection(int blocksMax) {
        this.scores = new float[blocksMax];
        this.blocks = new int[blocksMax];
    }

    /**
     * Writes the places of the {@code k} greatest of {@code scores[row][from .. to)} to {@code out}, ascending. Of equal scores the
     * lower place is chosen; one that is no number never is, unless there are too few others.
     */
    void best(Floats all, int row, int from, int to, int k, int[] out, int outAt) {
        size = 0;
        for (int i = from; i < to; i++) {
            float score = all.get(row, i);
            offer(Float.isNaN(score) ? Float.NEGATIVE_INFINITY : score, i, k);
        }
        System.arraycopy(blocks, 0, out, outAt, size);
        Arrays.sort(out, outAt, outAt + size);
    }

    private void offer(float score, int block, int k) {
        if (size < k) {
            up(size++, score, block);
        } else if (isWorse(scores[0], blocks[0], score, block)) {
            down(score, block);
        }
    }

    private static boolean isWorse(float score, int block, float thanScore, int thanBlock) {
        return score != thanScore ? score < thanScore : block > thanBlock;
    }

    private void up(int at, float score, int block) {
        while (at > 0) {
            int parent = (at - 1) / 2;
            if (!isWorse(score, block, scores[parent], blocks[parent])) {
                break;
            }
            scores[at] = scores[parent];
            blocks[at] = blocks[parent];
            at = parent;
        }
        scores[at] = score;
        blocks[at] = block;
    }

    /** Puts an entry in place of the worst. */
    private void down(float score, int block) {
        int at = 0;
        while (2 * at + 1 < size) {
            int child = 2 * at + 1;
            if (child + 1 < size && isWorse(scores[child + 1], blocks[child + 1], scores[child], blocks[child])) {
                child++;
            }
            if (!isWorse(scores[child], blocks[child], score, block)) {
                break;
            }
            scores[at] = scores[child];
            blocks[at] = blocks[child];
            at = child;
        }
        scores[at] = score;
        blocks[at] = block;
    }
}
