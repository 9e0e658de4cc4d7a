package dev.longhand.engine;

import dev.longhand.lm.GenerationSpec;

/**
 * Log-probabilities of one row of logits: the normaliser, one chosen token's, and the most probable tokens'. Equal ones come by
 * rising id. Reuses its buffers; used by the engine thread.
 */
final class Logprobs {
    private final int[] ids = new int[GenerationSpec.LOGPROBS_MAX];
    private final float[] values = new float[GenerationSpec.LOGPROBS_MAX];
    private double logSum;
    private float chosen;

    /** Reads a row before anything is taken from it. */
    void read(float[] logits, int top) {
        float most = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            most = Math.max(most, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - most);
        }
        logSum = most + Math.log(sum);
        if (top > 0) {
            findTop(logits, top);
        }
    }

    private void findTop(float[] logits, int top) {
        int found = 0;
        for (int id = 0; id < logits.length; id++) {
            float logit = logits[id];
            if (found == top && !(logit > values[top - 1])) {
                continue;
            }
            int at = found < top ? found++ : top - 1;
            for (; at > 0 && logit > values[at - 1]; at--) {
                values[at] = values[at - 1];
                ids[at] = ids[at - 1];
            }
            values[at] = logit;
            ids[at] = id;
        }
        for (int i = 0; i < found; i++) {
            values[i] = of(values[i]);
        }
    }

    /** The log-probability of a token with this logit; not a number if the row was none. */
    float of(float logit) {
        return (float) (logit - logSum);
    }

    void choose(float logit) {
        chosen = of(logit);
    }

    /** That of the token last given to {@link #choose}. */
    float chosen() {
        return chosen;
    }

    void copyTo(int[] toIds, float[] toValues, int at, int top) {
        System.arraycopy(ids, 0, toIds, at, top);
        System.arraycopy(values, 0, toValues, at, top);
    }
}
