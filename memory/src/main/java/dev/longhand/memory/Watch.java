package dev.longhand.memory;

import dev.longhand.kernels.Floats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Notes how much each block of the attached documents is attended to by the rows of one sequence from a position on: the mean, over
 * the sensitive heads of all layers, of its share. Filled by the engine's thread; read by others after the request is over.
 */
public final class Watch {
    private final int positionFrom;
    private final List<float[]> rows = new ArrayList<>(); // (position - positionFrom) (blocks of all documents)
    private final List<Integer> heads = new ArrayList<>(); // (position - positionFrom) query heads that were added up

    /** @param positionFrom first position, in the sequence's own text, that is noted */
    public Watch(int positionFrom) {
        this.positionFrom = positionFrom;
    }

    boolean isNoting(int position) {
        return position >= positionFrom;
    }

    /** A pass begins: what was noted of these positions before was of guesses that were wrong. */
    void begin(int position, int count, int blocks) {
        for (int p = Math.max(position, positionFrom); p < position + count; p++) {
            int at = p - positionFrom;
            if (at < rows.size()) {
                Arrays.fill(rows.get(at), 0);
                heads.set(at, 0);
            } else {
                rows.add(new float[blocks]);
                heads.add(0);
            }
        }
    }

    /** Adds the shares that {@code group} query heads gave to blocks {@code [from, from + blocks)} of a row of scores. */
    void add(int position, Floats scores, int row, int from, int group) {
        float[] sums = rows.get(position - positionFrom);
        for (int b = 0; b < sums.length; b++) {
            sums[b] += scores.get(row, from + b);
        }
        heads.set(position - positionFrom, heads.get(position - positionFrom) + group);
    }

    /** {@code (count, blocks)}: shares of the rows at {@code position} and those that follow. */
    public float[][] shares(int position, int count) {
        float[][] shares = new float[count][];
        for (int i = 0; i < count; i++) {
            int at = position + i - positionFrom;
            shares[i] = rows.get(at).clone();
            for (int b = 0; heads.get(at) > 0 && b < shares[i].length; b++) {
                shares[i][b] /= heads.get(at);
            }
        }
        return shares;
    }
}
