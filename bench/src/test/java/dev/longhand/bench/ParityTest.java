package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.Tier;
import dev.longhand.testkit.RealModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Goal: our forward pass predicts what llama.cpp predicts, on every tier of this machine. Method: goldens of llama.cpp over 1,024
 * positions (128 on the slow reference tier) of this project's own text.
 */
class ParityTest {
    private static final int POSITIONS_SCALAR = 128;
    /** llama.cpp over the first 1,024 tokens with the same weights written as f32: without its rounding of activations. */
    private static final Map<String, Double> EXACT_PERPLEXITY = Map.of("smollm2", 2.376944, "gemma3", 2.256578);

    static Stream<Arguments> modelsAndTiers() {
        List<Path> models = List.of(RealModels.smolLm2(), RealModels.gemma3());
        return Stream.of(Tier.values()).filter(ParityTest::works).flatMap(t -> models.stream().map(m -> Arguments.of(m, t)));
    }

    private static boolean works(Tier tier) {
        try {
            KernelsFactory.open(tier, 1).kernels().close();
            return true;
        } catch (Problem e) {
            return false;
        }
    }

    @ParameterizedTest
    @MethodSource("modelsAndTiers")
    void predictsWhatLlamaCppPredicts(Path model, Tier tier) throws Problem, IOException {
        int positions = tier == Tier.SCALAR ? POSITIONS_SCALAR : 1024;
        Parity.Result result = Parity.run(model, tier, 2, new Parity.Work(positions, 1), Parity.Progress.SILENT);
        assertThat(result.divergenceMean()).as("%s", result).isBetween(0.0, Parity.DIVERGENCE_MEAN_MAX);
        assertThat(result.agreement()).as("%s", result).isGreaterThanOrEqualTo(Parity.AGREEMENT_MIN);
        double exactOff = positions < 1024 ? 1 : Math.abs(result.perplexity() / EXACT_PERPLEXITY.get(result.golden()) - 1);
        assertThat(Math.min(result.perplexityOff(), exactOff)).as("%s", result).isLessThanOrEqualTo(result.perplexityOffMax());
    }

    @Test
    void goldensAreWholeDistributions() {
        for (String name : ParityGolden.NAMES) {
            ParityGolden golden = ParityGolden.of(name);
            assertThat(golden.windows() * golden.positions()).isEqualTo(4096);
            assertThat(golden.targetSum(golden.positions())).isNegative();
            // A model that gives every token the same probability: divergence is log(vocabulary) less the entropy.
            double even = -Math.log(golden.vocabulary());
            for (int position = 0; position < golden.positions(); position++) {
                assertThat(golden.divergence(position, token -> even)).isBetween(0.0, -even);
            }
        }
    }

    @Test
    void refusesAModelFileWithoutGolden() {
        assertThatThrownBy(() -> ParityGolden.ofModel(Sha256.of("another file")))
                .isInstanceOf(Problem.class).hasMessageContaining("no golden");
    }
}
