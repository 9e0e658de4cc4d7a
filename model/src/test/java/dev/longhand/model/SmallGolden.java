package dev.longhand.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * What llama.cpp predicted for one small model: {@code src/test/goldens/small_models.py} has the format. Immutable.
 *
 * @param best     (position) most probable token
 * @param gap      (position) nats between it and the second
 * @param drawn    (position, sample) tokens drawn from the prediction
 * @param drawnLog (position, sample) their log-probabilities
 * @param experts  (layer, position, used) ascending; empty for a dense model
 * @param certain  (layer, position) whether the choice did not depend on rounding
 */
record SmallGolden(int positions, int[] best, float[] gap, int[][] drawn, float[][] drawnLog, int[][][] experts, boolean[][] certain) {
    private static final float NATS_PER_UNIT = 1f / 4096;

    static SmallGolden of(String model, String weights) throws IOException {
        try (InputStream in = new GZIPInputStream(SmallGolden.class.getResourceAsStream("small-models.bin.gz"))) {
            ByteBuffer data = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
            while (data.hasRemaining()) {
                String name = text(data) + ":" + text(data);
                SmallGolden golden = read(data);
                if (name.equals(model + ":" + weights)) {
                    return golden;
                }
            }
        }
        throw new AssertionError("no golden of " + model + " with " + weights);
    }

    private static String text(ByteBuffer data) {
        byte[] bytes = new byte[data.get()];
        data.get(bytes);
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    private static SmallGolden read(ByteBuffer data) {
        int positions = data.getShort();
        int samples = data.get();
        int layers = data.get();
        int used = data.get();
        int[] best = new int[positions];
        Arrays.setAll(best, i -> data.getShort());
        float[] gap = nats(data, positions);
        int[][] drawn = new int[positions][samples];
        for (int[] row : drawn) {
            Arrays.setAll(row, i -> data.getShort());
        }
        float[][] drawnLog = new float[positions][];
        for (int p = 0; p < positions; p++) {
            drawnLog[p] = nats(data, samples);
            for (int s = 0; s < samples; s++) {
                drawnLog[p][s] = -drawnLog[p][s];
            }
        }
        int[][][] experts = new int[used == 0 ? 0 : layers][positions][used];
        for (int[][] layer : experts) {
            for (int[] row : layer) {
                Arrays.setAll(row, i -> data.get());
            }
        }
        boolean[][] certain = new boolean[experts.length][positions];
        for (boolean[] layer : certain) {
            for (int p = 0; p < positions; p++) {
                layer[p] = data.get() == 1;
            }
        }
        return new SmallGolden(positions, best, gap, drawn, drawnLog, experts, certain);
    }

    private static float[] nats(ByteBuffer data, int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (data.getShort() & 0xFFFF) * NATS_PER_UNIT;
        }
        return values;
    }

    /** Estimate of the mean KL(llama.cpp || ours) in nats: of tokens drawn from p with r = q / p, the mean of r - 1 - log r. */
    double divergence(float[][] logits) {
        double sum = 0;
        int count = 0;
        for (int p = 0; p < positions; p++) {
            double normaliser = logSum(logits[p]);
            for (int s = 0; s < drawn[p].length; s++) {
                double log = logits[p][drawn[p][s]] - normaliser - drawnLog[p][s];
                sum += Math.expm1(log) - log;
                count++;
            }
        }
        return sum / count;
    }

    private static double logSum(float[] logits) {
        double most = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            most = Math.max(most, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - most);
        }
        return most + Math.log(sum);
    }

    /** Part of the positions with a gap of more than {@code gapMin} where the most probable token is the same. */
    double agreement(float[][] logits, float gapMin) {
        int same = 0;
        int count = 0;
        for (int p = 0; p < positions; p++) {
            if (gap[p] > gapMin || gapMin == 0) {
                int first = 0;
                for (int i = 1; i < logits[p].length; i++) {
                    first = logits[p][i] > logits[p][first] ? i : first;
                }
                same += first == best[p] ? 1 : 0;
                count++;
            }
        }
        if (count < positions / 5) {
            throw new AssertionError("only " + count + " positions have a gap of " + gapMin);
        }
        return same / (double) count;
    }

    /** Certain choices of experts that are others, by layer and position. */
    List<String> otherExperts(List<List<int[]>> chosen) {
        if (chosen.size() != experts.length) {
            throw new AssertionError(chosen.size() + " layers chose experts; " + experts.length + " should");
        }
        List<String> others = new ArrayList<>();
        for (int layer = 0; layer < experts.length; layer++) {
            for (int p = 0; p < positions; p++) {
                int[] ours = chosen.get(layer).get(p);
                if (certain[layer][p] && !Arrays.equals(ours, experts[layer][p])) {
                    others.add("layer %d, position %d: %s instead of %s".formatted(
                            layer, p, Arrays.toString(ours), Arrays.toString(experts[layer][p])));
                }
            }
        }
        return others;
    }
}
