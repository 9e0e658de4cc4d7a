package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.Gen;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FusionTest {
    private static final long SEED = 20261128;
    private static final double NONE = Double.NaN;

    private static List<Integer> words(double... scores) {
        return Fusion.order(scores).stream().map(Fusion.Place::words).toList();
    }

    @Test
    void keepsTheOrderOfWordsWithoutAnOpinionOrWithAnEvenOne() {
        assertThat(words()).isEmpty();
        assertThat(words(NONE, NONE, NONE)).containsExactly(1, 2, 3);
        assertThat(words(0.5, 0.5, 0.5)).containsExactly(1, 2, 3);
        assertThat(Fusion.order(new double[] {NONE, NONE})).containsExactly(new Fusion.Place(1, 0), new Fusion.Place(2, 0));
    }

    /** Goal: words count most, so one opinion moves little. Method: by hand, 4 / (2 + words) + 1 / (2 + heads), ranks from 0. */
    @Test
    void addsReciprocalRanks() {
        assertThat(words(0, 1)).containsExactly(1, 2);
        assertThat(words(0, 9, 8, 7, 6)).containsExactly(1, 2, 3, 4, 5);
        assertThat(words(8, 0, 9, 7, 6, 5, 4)).as("4/3 + 1/8 against 4/4 + 1/2").containsExactly(1, 3, 2, 4, 5, 6, 7);
        assertThat(Fusion.order(new double[] {2, 1, 9})).containsExactly(
                new Fusion.Place(1, 2), new Fusion.Place(2, 3), new Fusion.Place(3, 1));
    }

    /** Goal: another judge has no say where words are sure, and costs little where they are not. */
    @Test
    void looksAtFewWhereWordsAreSure() {
        assertThat(Fusion.worthJudging(List.of())).isZero();
        assertThat(Fusion.worthJudging(List.of(10.0, 1.9, 1.8))).isEqualTo(1);
        assertThat(Fusion.worthJudging(List.of(10.0, 2.0, 1.9))).isEqualTo(2);
        assertThat(Fusion.worthJudging(java.util.Collections.nCopies(40, 1.0))).isEqualTo(Fusion.CANDIDATES_MAX);
    }

    /** Goal: what was not judged keeps its place, and every candidate comes once. Method: random opinions on some. */
    @Test
    void movesOnlyWhatWasJudged() {
        Gen gen = new Gen(SEED);
        for (int round = 0; round < 500; round++) {
            double[] scores = IntStream.range(0, gen.between(0, 20)).mapToDouble(i -> gen.between(0, 2) == 0 ? NONE
                    : gen.between(0, 5)).toArray();
            List<Fusion.Place> order = Fusion.order(scores);
            assertThat(order).as("seed %d, round %d", SEED, round).extracting(Fusion.Place::words)
                    .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, scores.length).boxed().toList());
            for (int i = 0; i < scores.length; i++) {
                if (Double.isNaN(scores[i])) {
                    assertThat(order.get(i)).as("seed %d, round %d", SEED, round).isEqualTo(new Fusion.Place(i + 1, 0));
                } else {
                    assertThat(order.get(i).heads()).as("seed %d, round %d", SEED, round).isPositive();
                }
            }
        }
    }
}
