package dev.longhand.engine;

/** How far predictions are apart. Stateless. */
public final class Divergence {
    private Divergence() {}

    /** Kullback-Leibler divergence, in nats, of the predictions {@code softmax(other)} from {@code softmax(logits)}. */
    public static double of(float[] logits, float[] other) {
        double a = logSum(logits);
        double b = logSum(other);
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            double p = logits[i] - a;
            sum += Math.exp(p) * (p - (other[i] - b));
        }
        return Math.max(0, sum);
    }

    /** Log of the sum of exponentials. */
    public static double logSum(float[] logits) {
        float max = Float.NEGATIVE_INFINITY;
        for (float x : logits) {
            max = Math.max(max, x);
        }
        double sum = 0;
        for (float x : logits) {
            sum += Math.exp(x - max);
        }
        return max + Math.log(sum);
    }
}
