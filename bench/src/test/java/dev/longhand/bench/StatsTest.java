package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Goal: reported figures are right. Method: values worked out by hand. */
class StatsTest {
    @Test
    void hasMeanAndStandardError() {
        Stats stats = Stats.of(2, 4, 4, 4, 5, 5, 7, 9);
        assertThat(stats.mean()).isEqualTo(5);
        assertThat(stats.standardError()).isCloseTo(Math.sqrt(32.0 / 7 / 8), within(1e-12));
        assertThat(stats).hasToString("5.000 +- 0.76");
        assertThat(Stats.of(3).standardError()).isZero();
        assertThatThrownBy(Stats::of).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void countsAGroupOnce() {
        Stats stats = Stats.ofGroups(List.of(List.of(1.0, 1.0, 1.0, 1.0), List.of(3.0)));
        assertThat(stats.count()).isEqualTo(2);
        assertThat(stats.mean()).isEqualTo(2);
        assertThat(stats.standardError()).isCloseTo(1, within(1e-12));
    }

    @Test
    void comparesDistributions() {
        float[] even = {5, 5};
        float[] uneven = {(float) Math.log(3), 0}; // 3/4 and 1/4
        double expected = 0.5 * Math.log(0.5 / 0.75) + 0.5 * Math.log(0.5 / 0.25);
        assertThat(Logits.klDivergence(even, uneven)).isCloseTo(expected, within(1e-7));
        assertThat(Logits.klDivergence(uneven, uneven)).isZero();
        assertThat(Logits.klDivergence(new float[] {0, 1000}, new float[] {100, 1100})).as("shifted by a constant")
                .isCloseTo(0, within(1e-12));
        assertThat(Logits.klDivergence(new float[] {0, Float.NEGATIVE_INFINITY}, even)).isCloseTo(Math.log(2), within(1e-12));
        assertThat(Logits.klDivergence(even, new float[] {0, Float.NEGATIVE_INFINITY})).isInfinite();
        assertThat(Logits.logProbability(uneven, 1)).isCloseTo(Math.log(0.25), within(1e-7));
    }

    @Test
    void comparesWhatWouldBeWritten() {
        assertThat(Logits.top(new float[] {1, 3, 3})).isEqualTo(1);
        assertThat(Logits.isSameTop(new float[] {1, 3}, new float[] {-2, 0})).isTrue();
        assertThat(Logits.isSameTop(new float[] {1, 3}, new float[] {2, 0})).isFalse();
        float[][] rows = {{0, 1}, {1, 0}};
        assertThat(Logits.isExactMatch(rows, new int[] {1, 0})).isTrue();
        assertThat(Logits.isExactMatch(rows, new int[] {1, 1})).isFalse();
    }

    @Test
    void refusesWhatIsNoNumber() {
        assertThatThrownBy(() -> Logits.klDivergence(new float[] {0, Float.NaN}, new float[] {0, 1}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Logits.klDivergence(new float[1], new float[2])).isInstanceOf(IllegalArgumentException.class);
    }
}
