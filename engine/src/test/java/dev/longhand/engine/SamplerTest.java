package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.lm.Sampling;
import dev.longhand.testkit.Gen;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Goal: choices follow the documented order of steps and are a pure function of logits, recent tokens, seed and counter.
 * Method: compare with a plain sorted-list model of the same rules on seeded logits; check frequencies on a small vocabulary.
 */
class SamplerTest {
    private static final int[] NO_TOKENS = {};

    @Test
    void zeroTemperatureTakesTheGreatestAndTheLowestIdAmongEquals() {
        assertThat(choose(new float[] {1, 5, 5, 2}, Sampling.GREEDY, 0)).isEqualTo(1);
    }

    @Test
    void refusesLogitsThatAreNoNumbers() {
        assertThat(choose(new float[] {1, Float.NaN, 2}, Sampling.GREEDY, 0)).isEqualTo(Sampler.NOT_A_NUMBER);
        assertThat(choose(new float[] {1, Float.POSITIVE_INFINITY}, Sampling.GREEDY, 0)).isEqualTo(Sampler.NOT_A_NUMBER);
        float none = Float.NEGATIVE_INFINITY;
        assertThat(choose(new float[] {none, none}, Sampling.GREEDY, 0)).isEqualTo(Sampler.NOT_A_NUMBER);
    }

    @Test
    void repeatPenaltyCountsEachRecentTokenOnceAndOnlyInsideTheWindow() {
        Sampling penal = new Sampling(0, 0, 1, 0, 2, 2, 0);
        // Token 0 (logit 4) was repeated inside the window: 4 / 2 = 2 < 3. Twice divided it would still be chosen against 0.5.
        assertThat(choose(new float[] {4, 3, 0.5f}, penal, new int[] {0, 0}, 0)).isEqualTo(1);
        assertThat(choose(new float[] {4, 1.5f, 0.5f}, penal, new int[] {0, 0}, 0)).isEqualTo(0);
        assertThat(choose(new float[] {4, 3, 0.5f}, penal, new int[] {0, 2, 2}, 0)).isEqualTo(0);
        assertThat(choose(new float[] {-1, -1.5f}, penal, new int[] {0}, 0)).isEqualTo(1);
    }

    @Test
    void agreesWithTheSortedModelOfTheRules() {
        Gen gen = new Gen(11);
        for (int round = 0; round < 400; round++) {
            float[] logits = gen.gaussians(gen.between(1, 60));
            for (int i = 0; i < logits.length; i++) {
                logits[i] = Math.round(logits[i] * 8) / 2f;
            }
            Sampling sampling = new Sampling(
                    gen.oneOf(0.3f, 1f, 2f), gen.oneOf(0, 1, 5, 40), gen.oneOf(1f, 0.9f, 0.3f), gen.oneOf(0f, 0.05f, 0.5f), 1, 64, gen.bits());
            int[] expected = keptByModel(logits, sampling);
            for (int counter = 0; counter < 20; counter++) {
                assertThat(expected).as("seed %d round %d %s", gen.seed(), round, sampling).contains(choose(logits, sampling, counter));
            }
        }
    }

    @Test
    void drawsWithTheProbabilitiesThatTemperatureGives() {
        float[] logits = {0, (float) Math.log(2), (float) Math.log(5)};
        for (int topK : new int[] {0, 3}) {
            int[] counts = new int[3];
            for (int counter = 0; counter < 40_000; counter++) {
                counts[choose(logits, new Sampling(1, topK, 1, 0, 1, 64, 7), counter)]++;
            }
            assertThat(counts[0] / 40_000.0).isBetween(0.115, 0.135);
            assertThat(counts[1] / 40_000.0).isBetween(0.24, 0.26);
            assertThat(counts[2] / 40_000.0).isBetween(0.61, 0.64);
        }
    }

    @Test
    void theSameSeedAndCounterChooseTheSameAndAnotherSeedDoesNotAlways() {
        float[] logits = new Gen(3).gaussians(500);
        Sampling one = new Sampling(1, 0, 1, 0, 1, 64, 1);
        int differences = 0;
        for (int counter = 0; counter < 50; counter++) {
            assertThat(choose(logits, one, counter)).isEqualTo(choose(logits, one, counter));
            differences += choose(logits, one, counter) == choose(logits, one.withSeed(2), counter) ? 0 : 1;
        }
        assertThat(differences).isGreaterThan(30);
    }

    @Test
    void biasesAreAddedBeforeEverythingElse() {
        Sampler sampler = new Sampler(3);
        Sampling penal = new Sampling(0, 0, 1, 0, 2, 2, 0);
        System.arraycopy(new float[] {1, 5, 2}, 0, sampler.logits(), 0, 3);
        sampler.add(new int[] {0, 2}, new float[] {8, -3});
        assertThat(sampler.logits()).containsExactly(9, 5, -1);
        assertThat(sampler.choose(penal, new int[] {0}, 1, 0)).as("9 / 2 < 5").isEqualTo(1);
    }

    private static int[] keptByModel(float[] logits, Sampling sampling) {
        List<Integer> order = new ArrayList<>(IntStream.range(0, logits.length).boxed().toList());
        order.sort(Comparator.comparingDouble((Integer i) -> -logits[i]).thenComparing(i -> i));
        if (sampling.topK() > 0 && sampling.topK() < order.size()) {
            order = order.subList(0, sampling.topK());
        }
        float first = logits[order.get(0)];
        double total = order.stream().mapToDouble(i -> Math.exp(logits[i] - first)).sum();
        List<Integer> kept = new ArrayList<>();
        double sum = 0;
        for (int id : order) {
            double weight = (float) Math.exp(logits[id] - first);
            if (weight < sampling.minP() || (sampling.topP() < 1 && !kept.isEmpty() && sum >= sampling.topP() * total)) {
                break;
            }
            kept.add(id);
            sum += weight;
        }
        return kept.stream().mapToInt(i -> i).toArray();
    }

    private static int choose(float[] logits, Sampling sampling, long counter) {
        return choose(logits, sampling, NO_TOKENS, counter);
    }

    private static int choose(float[] logits, Sampling sampling, int[] recent, long counter) {
        Sampler sampler = new Sampler(logits.length);
        System.arraycopy(logits, 0, sampler.logits(), 0, logits.length);
        return sampler.choose(sampling, recent, recent.length, counter);
    }
}
