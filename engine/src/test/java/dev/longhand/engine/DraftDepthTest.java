package dev.longhand.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import org.junit.jupiter.api.Test;

/** Goal: guesses are made where they pay and only there. Method: drafters of fixed chances, steps of made-up duration. */
class DraftDepthTest {
    private record Sure(double chance) implements Drafter {
        @Override
        public void accept(int token) {}

        @Override
        public int draft(int[] into, int at, int most) {
            return most;
        }

        @Override
        public double chance(int i) {
            return chance;
        }
    }

    @Test
    void guessesFarWhereRowsAreCheapAndGuessesGood() {
        DraftDepth depth = measured(100, 2);
        assertThat(depth.choose(new Sure(0.98), 15, 1)).isEqualTo(15);
        assertThat(depth.choose(new Sure(0.6), 15, 1)).isBetween(2, 9);
        assertThat(depth.choose(new Sure(0.02), 15, 1)).isZero();
    }

    @Test
    void guessesLittleWhereRowsAreDear() {
        DraftDepth depth = measured(10, 30);
        assertThat(depth.rowPart(1)).isCloseTo(0.75, offset(0.1));
        assertThat(depth.choose(new Sure(0.6), 15, 1)).isZero();
    }

    @Test
    void aBusyStepMakesFewerGuesses() {
        DraftDepth depth = measured(100, 10);
        assertThat(depth.choose(new Sure(0.7), 15, 16)).isLessThan(depth.choose(new Sure(0.7), 15, 1));
        assertThat(depth.choose(new Sure(0.5), 15, 16)).isZero();
    }

    @Test
    void goesBackToACarefulGuessWhenStepsNoLongerDiffer() {
        DraftDepth depth = measured(10, 30);
        for (int i = 0; i < 1500; i++) {
            depth.record(1, 40);
        }
        assertThat(depth.rowPart(1)).isCloseTo(0.25, offset(0.02));
    }

    /** Steps take {@code base} and {@code row} more per row. */
    private static DraftDepth measured(double base, double row) {
        DraftDepth depth = new DraftDepth();
        for (int i = 0; i < 200; i++) {
            int rows = 1 + i % 16;
            depth.record(rows, base + row * rows);
        }
        return depth;
    }
}
