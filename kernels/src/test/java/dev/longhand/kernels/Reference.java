package dev.longhand.kernels;

/** The operations by their formulas in double precision, for comparison; shares no code with the kernels. */
final class Reference {
    private Reference() {}

    static double[] rmsNorm(float[] x, float[] weight, float eps) {
        double squares = 0;
        for (float v : x) {
            squares += (double) v * v;
        }
        double norm = Math.sqrt(squares / x.length + eps);
        double[] out = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            out[i] = x[i] / norm * weight[i];
        }
        return out;
    }

    static double gate(Kernels.Gate gate, double a, double b) {
        return switch (gate) {
            case SILU -> a / (1 + Math.exp(-a)) * b;
            case GELU_TANH -> 0.5 * a * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (a + 0.044715 * a * a * a))) * b;
        };
    }

    /**
     * Attention of one query head at {@code position} over rows of k and v {@code (position, headDim)}, both already rounded to
     * what the cache holds.
     */
    static double[] attend(float[] q, float[][] k, float[][] v, int position, int window, float scale) {
        int first = (int) Math.max(0L, (long) position - window + 1);
        double[] weights = new double[position + 1];
        double max = Double.NEGATIVE_INFINITY;
        for (int p = first; p <= position; p++) {
            for (int d = 0; d < q.length; d++) {
                weights[p] += (double) q[d] * k[p][d];
            }
            weights[p] *= scale;
            max = Math.max(max, weights[p]);
        }
        double sum = 0;
        double[] out = new double[q.length];
        for (int p = first; p <= position; p++) {
            double e = Math.exp(weights[p] - max);
            sum += e;
            for (int d = 0; d < q.length; d++) {
                out[d] += e * v[p][d];
            }
        }
        for (int d = 0; d < q.length; d++) {
            out[d] /= sum;
        }
        return out;
    }

    static float roundToF16(float value) {
        return Float.float16ToFloat(Float.floatToFloat16(value));
    }
}
