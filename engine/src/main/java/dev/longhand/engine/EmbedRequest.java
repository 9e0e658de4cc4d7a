package dev.longhand.engine;

import dev.longhand.base.Problem;
import dev.longhand.lm.Pooling;

/** One vector from the final states of a text's tokens. Summed by rising position, so the bits do not depend on chunks. */
final class EmbedRequest extends Request {
    private final Pooling pooling;
    private final double[] sum; // (dim)
    private int summed;

    EmbedRequest(LocalSequence sequence, int promptLength, Pooling pooling, int dim) {
        super(sequence, promptLength);
        this.pooling = pooling;
        this.sum = new double[dim];
    }

    /** The vector, after the end. */
    float[] vector() throws Problem {
        double divisor = pooling.kind() == Pooling.Kind.MEAN ? promptLength : 1;
        double square = 0;
        for (double value : sum) {
            square += value * value / (divisor * divisor);
        }
        if (!Double.isFinite(square)) {
            throw new Problem(Problem.Kind.MALFORMED, "the model's states are not numbers; the model file is probably damaged");
        }
        if (pooling.isNormalised() && square > 0) {
            divisor *= Math.sqrt(square);
        }
        float[] vector = new float[sum.length];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) (sum[i] / divisor);
        }
        return vector;
    }

    @Override
    int lengthMax() {
        return promptLength;
    }

    @Override
    int keptMax() {
        return pooling.kind() == Pooling.Kind.LAST ? length - 1 : 0;
    }

    @Override
    boolean isWorthKeeping() {
        return false;
    }

    @Override
    int logitsFrom(int from, int count) {
        return from + count;
    }

    /** Positions that are read once more, after the memory was taken away, do not count twice. */
    @Override
    void onRows(int from, int count, StepScratch step, int row) throws Problem {
        boolean isMean = pooling.kind() == Pooling.Kind.MEAN;
        int first = isMean ? Math.max(from, summed) : Math.max(from, promptLength - 1);
        for (int position = first; position < from + count; position++) {
            float[] state = step.hidden(row + position - from);
            for (int i = 0; i < sum.length; i++) {
                sum[i] += state[i];
            }
            summed = position + 1;
        }
    }

    @Override
    boolean isComplete() {
        return isRead;
    }
}
