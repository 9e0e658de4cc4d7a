package dev.longhand.memory;

import dev.longhand.kernels.Floats;

/** One thread's room to choose blocks in. */
final class Chooser {
    private Selection selection = new Selection(64);
    private int[] chosen = new int[64]; // (blocks)

    /**
     * The {@code k} best of {@code candidates} blocks that stand behind {@code front} others, ascending, by {@code
     * scores[row]}; good until the next call.
     */
    int[] choose(Floats scores, int row, int front, int candidates, int k) {
        if (k > chosen.length) {
            chosen = new int[k + k / 2];
            selection = new Selection(chosen.length);
        }
        if (k == candidates) {
            for (int i = 0; i < k; i++) {
                chosen[i] = front + i;
            }
        } else if (k > 0) {
            selection.best(scores, row, front, front + candidates, k, chosen, 0);
        }
        return chosen;
    }
}
