package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.KvType;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvBatch;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.Limits;
import dev.longhand.model.Model;
import dev.longhand.model.Models;
import dev.longhand.testkit.RealModels;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Goal: 8-bit keys and values predict what 16-bit ones predict. Method: real models over real text, the first window of the parity
 * golden; divergence at every fourth position, perplexity at all. On the vector tier, which multiplies activations in f32: only
 * keys and values differ there.
 */
class KvTypesTest {
    private static final int POSITIONS = 512;
    private static final int COMPARED_EVERY = 4;
    private static final int LOGIT_ROWS = 16;

    /** Natural logarithms of the predictions at every fourth position, and their sum for the text's own tokens. */
    private record Prediction(float[][] logs, double targetSum) {}

    static Stream<Path> models() {
        return Stream.of(RealModels.smolLm2(), RealModels.gemma3());
    }

    @ParameterizedTest
    @MethodSource("models")
    void sealedBlocksChangePredictionsByLessThanAThousandthOfANat(Path file) throws Exception {
        ParityGolden golden = ParityGolden.ofModel(Sha256.ofFile(file));
        try (Kernels kernels = KernelsFactory.open(Tier.VECTOR, 2).kernels(); ModelFile source = ModelFile.open(file);
                Model model = Models.load(source, kernels, POSITIONS)) {
            Prediction half = predict(model, kernels, KvType.F16, golden);
            Prediction eight = predict(model, kernels, KvType.Q8_0, golden);
            double divergence = 0;
            for (int i = 0; i < half.logs.length; i++) {
                divergence += divergence(half.logs[i], eight.logs[i]) / half.logs.length;
            }
            assertThat(divergence).isBetween(1e-9, 0.001);
            double perplexityRise = Math.exp((half.targetSum - eight.targetSum) / POSITIONS) - 1;
            assertThat(perplexityRise).isLessThanOrEqualTo(0.002);
        }
    }

    private static Prediction predict(Model model, Kernels kernels, KvType type, ParityGolden golden) throws Problem {
        float[][] logs = new float[POSITIONS / COMPARED_EVERY][];
        double targetSum = 0;
        try (KvPool pool = new KvPool(model.kvShape(type), new Limits(1L << 30));
                DenseKv kv = new DenseKv(kernels, pool, POSITIONS);
                KvBatch batch = new KvBatch(kernels, model.kvShape(type), 1); Arena arena = Arena.ofShared()) {
            Floats out = Floats.allocate(arena, LOGIT_ROWS, golden.vocabulary());
            batch.add(kv, POSITIONS);
            model.forward(golden.tokens(0), 0, batch);
            float[] row = new float[golden.vocabulary()];
            for (int p = 0; p < POSITIONS; p++) {
                if (p % LOGIT_ROWS == 0) {
                    model.logits(p, LOGIT_ROWS, out);
                }
                out.copyRow(p % LOGIT_ROWS, row);
                normalise(row);
                targetSum += row[golden.target(0, p)];
                if (p % COMPARED_EVERY == COMPARED_EVERY - 1) {
                    logs[p / COMPARED_EVERY] = row.clone();
                }
            }
        }
        return new Prediction(logs, targetSum);
    }

    private static void normalise(float[] logits) {
        float most = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            most = Math.max(most, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - most);
        }
        double normaliser = most + Math.log(sum);
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) (logits[i] - normaliser);
        }
    }

    private static double divergence(float[] p, float[] q) {
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            sum += Math.exp(p[i]) * (p[i] - q[i]);
        }
        return sum;
    }
}
