package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.Gen;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class RunsTest {
    private static final long SEED = 20261128;
    private static final Offset<Double> NEAR = Offset.offset(1e-9);

    private static Map<String, Double> rarity(String... words) {
        Map<String, Double> rarity = new HashMap<>();
        for (String each : words) {
            rarity.put(new Words().stem(each), 1.0);
        }
        return rarity;
    }

    private static double share(Runs runs, String text) {
        return runs.share(new Words().of(text));
    }

    @Test
    void countsTheLongestStretchInTheQuestionsOrder() {
        Runs runs = new Runs("the old pump was green", rarity("the", "old", "pump", "was", "green"));
        assertThat(share(runs, "Here the old pump was green again.")).isEqualTo(1, NEAR);
        assertThat(share(runs, "the old pump is not what was green")).isEqualTo(0.6, NEAR);
        assertThat(share(runs, "green was pump old the")).isZero();
        assertThat(share(runs, "")).isZero();
        assertThat(share(runs, "pump")).isZero();
        assertThat(share(runs, "The old pump")).isEqualTo(0.54, NEAR);
    }

    @Test
    void weighsWordsByTheirRarityAndReadsIdentifiersAsTheirParts() {
        Map<String, Double> rarity = rarity("request", "method", "of");
        rarity.put("method", 3.0);
        Runs runs = new Runs("of request_method", rarity);
        assertThat(share(runs, "x.request_method")).isEqualTo(0.8, NEAR);
        assertThat(share(runs, "requestMethod()")).isEqualTo((1 + 3 * 0.7) / 5, NEAR);
        assertThat(share(new Runs("", rarity), "of it")).isZero();
        assertThat(share(new Runs("of it", Map.of()), "of it")).isZero();
    }

    /** Goal: a text that asks the same does not come before the one that answers. */
    @Test
    void givesLittleToATextThatRepeatsTheWholeQuestion() {
        Runs runs = new Runs("Was the old pump green?", rarity("was", "the", "old", "pump", "green"));
        assertThat(share(runs, "ask \"Was the old pump green?\"")).isEqualTo(0.25, NEAR);
        assertThat(share(runs, "The old pump green as it was")).isEqualTo((0.7 + 3) / 5, NEAR);
    }

    /** Goal: the heaviest run, also of words that repeat. Method: small random texts beside trying every pair of places. */
    @Test
    void findsWhatTryingAllFinds() {
        Gen gen = new Gen(SEED);
        for (int round = 0; round < 2000; round++) {
            List<String> question = sentence(gen, gen.between(1, 9));
            List<String> text = sentence(gen, gen.between(0, 15));
            int longest = 0;
            for (int q = 0; q < question.size(); q++) {
                for (int t = 0; t < text.size(); t++) {
                    int n = 0;
                    while (q + n < question.size() && t + n < text.size() && question.get(q + n).equals(text.get(t + n))) {
                        n++;
                    }
                    longest = Math.max(longest, n);
                }
            }
            double share = share(new Runs(String.join(" ", question), rarity("one", "two", "six")), String.join(" ", text));
            assertThat(share).as("seed %d, round %d: %s in %s", SEED, round, question, text)
                    .isEqualTo(longest < 2 ? 0 : (double) longest / question.size(), NEAR);
        }
    }

    private static List<String> sentence(Gen gen, int words) {
        List<String> sentence = new ArrayList<>();
        for (int i = 0; i < words; i++) {
            sentence.add(List.of("one", "two", "six").get(gen.between(0, 3)));
        }
        return sentence;
    }
}
