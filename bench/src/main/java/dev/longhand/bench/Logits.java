package dev.longhand.bench;

import dev.longhand.base.Check;

/** Compares rows of logits (one per word of the vocabulary) as distributions: double precision, natural logarithms. Stateless. */
public final class Logits {
    private Logits() {}

    /** log softmax. */
    static double[] logProbabilities(float[] logits) {
        Check.argument(logits.length > 0, "no logits");
        double max = Double.NEGATIVE_INFINITY;
        for (float each : logits) {
            Check.argument(!Float.isNaN(each) && each != Float.POSITIVE_INFINITY, "a logit is %s", each);
            max = Math.max(max, each);
        }
        double sum = 0;
        for (float each : logits) {
            sum += Math.exp(each - max);
        }
        double logSum = max + Math.log(sum);
        double[] result = new double[logits.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = logits[i] - logSum;
        }
        return result;
    }

    /** log probability of one token, in nats. */
    public static double logProbability(float[] logits, int token) {
        Check.index(token, logits.length, "token");
        return logProbabilities(logits)[token];
    }

    /** KL(reference || other) in nats: 0 for the same distribution, never less. */
    public static double klDivergence(float[] reference, float[] other) {
        Check.argument(reference.length == other.length, "%d and %d logits", reference.length, other.length);
        double[] p = logProbabilities(reference);
        double[] q = logProbabilities(other);
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            if (p[i] > Double.NEGATIVE_INFINITY) {
                sum += Math.exp(p[i]) * (p[i] - q[i]);
            }
        }
        return Math.max(0, sum);
    }

    /** The likeliest token, the first of equals. */
    public static int top(float[] logits) {
        Check.argument(logits.length > 0, "no logits");
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }

    public static boolean isSameTop(float[] a, float[] b) {
        return top(a) == top(b);
    }

    /** Whether greedy decoding would have written exactly {@code expected}: each row's likeliest token is the expected one. */
    public static boolean isExactMatch(float[][] rows, int[] expected) {
        Check.argument(rows.length == expected.length, "%d rows for %d tokens", rows.length, expected.length);
        for (int i = 0; i < rows.length; i++) {
            if (top(rows[i]) != expected[i]) {
                return false;
            }
        }
        return true;
    }
}
