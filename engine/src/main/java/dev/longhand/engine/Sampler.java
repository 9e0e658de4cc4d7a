package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.lm.Sampling;

/**
 * Chooses tokens from logits as {@link Sampling} says.
 *
 * <p>Candidates are ordered by falling logit, equal ones by rising id, so a choice depends on logits, recent tokens, seed and counter
 * only. Probabilities for top-p and min-p are those before temperature, among the candidates that are left. Reuses its buffers;
 * not thread-safe.
 */
final class Sampler {
    /** A step found logits that are no numbers. */
    static final int NOT_A_NUMBER = -1;

    private final float[] logits; // (vocabulary)
    private final int[] heap; // (vocabulary) token ids, greatest first once sorted out
    private final float[] weights; // (vocabulary) of kept candidates
    private int heapSize;

    Sampler(int vocabulary) {
        logits = new float[vocabulary];
        heap = new int[vocabulary];
        weights = new float[vocabulary];
    }

    /** The buffer to fill with a row of logits before {@link #choose}; its content is lost there. */
    float[] logits() {
        return logits;
    }

    /**
     * @param recent  tokens of the sequence; the last {@code repeatWindow} of the first {@code length} count as recent
     * @param counter how many tokens were drawn before this one
     * @return a token id, or {@link #NOT_A_NUMBER}
     */
    int choose(Sampling sampling, int[] recent, int length, long counter) {
        Check.index(length, recent.length + 1, "length");
        if (isNotANumber()) {
            return NOT_A_NUMBER;
        }
        penalise(sampling, recent, length);
        if (sampling.temperature() == 0) {
            return greatest();
        }
        double uniform = CounterRandom.uniform(sampling.seed(), counter);
        return keepsAll(sampling) ? drawFromAll(sampling, uniform) : draw(sampling, keep(sampling), uniform);
    }

    /** Whether the row in {@link #logits} is no distribution. */
    boolean isNotANumber() {
        boolean nan = false;
        boolean finite = false;
        for (float logit : logits) {
            nan |= Float.isNaN(logit) || logit == Float.POSITIVE_INFINITY;
            finite |= logit > Float.NEGATIVE_INFINITY;
        }
        return nan || !finite;
    }

    /** Adds {@code values[i]} to the logit of token {@code ids[i]}. */
    void add(int[] ids, float[] values) {
        for (int i = 0; i < ids.length; i++) {
            logits[ids[i]] += values[i];
        }
    }

    /** Makes the tokens impossible whose bits are not set. */
    void keepOnly(long[] mask) {
        for (int id = 0; id < logits.length; id++) {
            if ((mask[id >> 6] >>> id & 1) == 0) {
                logits[id] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    private void penalise(Sampling sampling, int[] recent, int length) {
        float penalty = sampling.repeatPenalty();
        if (penalty == 1) {
            return;
        }
        int from = Math.max(0, length - sampling.repeatWindow());
        for (int i = from; i < length; i++) {
            int id = recent[i];
            if (isFirst(recent, from, i)) {
                logits[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty;
            }
        }
    }

    private static boolean isFirst(int[] recent, int from, int at) {
        for (int i = from; i < at; i++) {
            if (recent[i] == recent[at]) {
                return false;
            }
        }
        return true;
    }

    private int greatest() {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    private static boolean keepsAll(Sampling sampling) {
        return sampling.topK() == 0 && sampling.topP() == 1 && sampling.minP() == 0;
    }

    /** Without a cut no order is needed: candidates are drawn by rising id. */
    private int drawFromAll(Sampling sampling, double uniform) {
        float first = logits[greatest()];
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            weights[i] = (float) Math.exp((logits[i] - first) / sampling.temperature());
            sum += weights[i];
        }
        double left = uniform * sum;
        int last = 0;
        for (int i = 0; i < logits.length; i++) {
            if (weights[i] > 0) {
                last = i;
                left -= weights[i];
                if (left < 0) {
                    break;
                }
            }
        }
        return last;
    }

    /**
     * Moves the kept candidates, in order, to the end of {@link #heap} (the first at {@code heap[vocabulary - 1]}) with their
     * unnormalised probabilities in {@link #weights} (the first at 0). Returns how many.
     */
    private int keep(Sampling sampling) {
        heapify();
        int most = sampling.topK() == 0 ? logits.length : Math.min(sampling.topK(), logits.length);
        boolean nucleus = sampling.topP() < 1;
        float first = logits[heap[0]];
        double total = nucleus ? totalOfTop(most, first) : 0;
        double sum = 0;
        int kept = 0;
        while (kept < most) {
            float weight = (float) Math.exp(logits[heap[0]] - first);
            if (weight < sampling.minP() || (nucleus && kept > 0 && sum >= sampling.topP() * total) || weight == 0) {
                break;
            }
            pop();
            weights[kept++] = weight;
            sum += weight;
        }
        return kept;
    }

    /** Sum of the {@code most} greatest weights; all of them when top-k is off. */
    private double totalOfTop(int most, float first) {
        double total = 0;
        if (most == logits.length) {
            for (float logit : logits) {
                total += Math.exp(logit - first);
            }
            return total;
        }
        for (int i = 0; i < most; i++) {
            total += Math.exp(logits[heap[0]] - first);
            pop();
        }
        heapify();
        return total;
    }

    private int draw(Sampling sampling, int kept, double uniform) {
        double power = 1 / sampling.temperature();
        double sum = 0;
        for (int i = 0; i < kept; i++) {
            weights[i] = (float) Math.pow(weights[i], power);
            sum += weights[i];
        }
        double left = uniform * sum;
        for (int i = 0; i < kept - 1; i++) {
            left -= weights[i];
            if (left < 0) {
                return heap[heap.length - 1 - i];
            }
        }
        return heap[heap.length - kept];
    }

    private void heapify() {
        heapSize = logits.length;
        for (int i = 0; i < heapSize; i++) {
            heap[i] = i;
        }
        for (int i = heapSize / 2 - 1; i >= 0; i--) {
            sink(i);
        }
    }

    /** Moves the greatest behind the heap. */
    private void pop() {
        int top = heap[0];
        heap[0] = heap[--heapSize];
        heap[heapSize] = top;
        sink(0);
    }

    private void sink(int i) {
        int id = heap[i];
        for (int child; (child = 2 * i + 1) < heapSize; i = child) {
            if (child + 1 < heapSize && precedes(heap[child + 1], heap[child])) {
                child++;
            }
            if (!precedes(heap[child], id)) {
                break;
            }
            heap[i] = heap[child];
        }
        heap[i] = id;
    }

    private boolean precedes(int a, int b) {
        return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
    }
}
