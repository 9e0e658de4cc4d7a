package dev.longhand.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/**
 * What llama.cpp predicted for one small model: {@code src/test/goldens/small_models.py} has the format. Immutable.
 *
 * @param positions of all sequences together
 * @param sequences of equal length
 * @param best     (position) most probable token
 * @param gap      (position) nats between it and the second
 * @param drawn    (position, sample) tokens drawn from the prediction
 * @param drawnLog (position, sample) their log-probabilities
 * @param experts  (layer, position, used) ascending; empty for a dense model
 * @param margin   (layer, position) by how much the router's last chosen logit exceeds the next
 */
record SmallGolden(
        int positions, int sequences, int[] best, float[] gap, int[][] drawn, float[][] drawnLog, int[][][] experts,
        float[][] margin) {
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
        int sequences = data.get();
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
        float[][] margin = new float[experts.length][];
        for (int layer = 0; layer < margin.length; layer++) {
            margin[layer] = nats(data, positions);
        }
        return new SmallGolden(positions, sequences, best, gap, drawn, drawnLog, experts, margin);
    }

    private static float[] nats(ByteBuffer data, int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (data.getShort() & 0xFFFF) * NATS_PER_UNIT;
        }
        return values;
    }

    /** Positions where the first token leads by more than {@code gapMin}, and every layer's routing by {@code marginMin}. */
    IntStream clear(double gapMin, double marginMin) {
        return IntStream.range(0, positions).filter(p -> gap[p] > gapMin && isRouted(p, marginMin));
    }

    /** Positions up to which every layer's routing led by more than {@code marginMin}, in their own sequence. */
    IntStream undisturbed(double marginMin) {
        int length = positions / sequences;
        return IntStream.range(0, positions)
                .filter(p -> IntStream.rangeClosed(p / length * length, p).allMatch(q -> isRouted(q, marginMin)));
    }

    private boolean isRouted(int position, double marginMin) {
        return Arrays.stream(margin).allMatch(layer -> layer[position] > marginMin);
    }

    /** Estimate of the mean KL(llama.cpp || ours) in nats: of tokens drawn from p, with r = q / p, the mean of r - 1 - log r. */
    double divergence(float[][] logits, IntStream over) {
        return over.mapToDouble(p -> {
            double normaliser = logSum(logits[p]);
            return IntStream.range(0, drawn[p].length).mapToDouble(s -> {
                double log = logits[p][drawn[p][s]] - normaliser - drawnLog[p][s];
                return Math.expm1(log) - log;
            }).average().orElseThrow();
        }).average().orElseThrow();
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

    /** Part of the positions where the most probable token is the same. */
    double agreement(float[][] logits, IntStream over) {
        return over.mapToDouble(p -> {
            int first = 0;
            for (int i = 1; i < logits[p].length; i++) {
                first = logits[p][i] > logits[p][first] ? i : first;
            }
            return first == best[p] ? 1 : 0;
        }).average().orElseThrow();
    }

    /** Choices that fell on other experts, by layer and position. */
    List<String> otherExperts(List<List<int[]>> chosen, IntStream over) {
        if (chosen.size() != experts.length) {
            throw new AssertionError(chosen.size() + " layers chose experts; " + experts.length + " should");
        }
        List<String> others = new ArrayList<>();
        over.forEach(p -> {
            for (int layer = 0; layer < experts.length; layer++) {
                int[] ours = chosen.get(layer).get(p);
                if (!Arrays.equals(ours, experts[layer][p])) {
                    others.add("layer %d, position %d: %s instead of %s".formatted(
                            layer, p, Arrays.toString(ours), Arrays.toString(experts[layer][p])));
                }
            }
        });
        return others;
    }
}
