package dev.longhand.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.Kernels.Pairing;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.Tier;
import dev.longhand.testkit.Gen;
import java.lang.foreign.Arena;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The identity that lets a stored key be met at any distance: turning a turned query by a shift is turning it by the sum. */
class RopeTest {
    private static final int DIM = 64;

    @ParameterizedTest
    @CsvSource({"HALVES, 100, -64", "ADJACENT, 100, -64", "HALVES, 4100, -4000",
        "ADJACENT, 17, 5000", "HALVES, 63, -63", "HALVES, 3, -4099"})
    void turningTwiceIsTurningByTheSum(Pairing pairing, int position, int shift) throws Exception {
        Rope rope = Rope.of(DIM, 100_000, 1, null);
        try (Arena arena = Arena.ofConfined(); Kernels kernels = KernelsFactory.open(Tier.SCALAR, 1).kernels()) {
            Floats twice = random(arena);
            Floats once = random(arena);
            turn(kernels, arena, rope, twice, position, pairing);
            turn(kernels, arena, rope, twice, shift, pairing);
            turn(kernels, arena, rope, once, position + shift, pairing);
            for (int i = 0; i < DIM; i++) {
                assertThat(twice.get(0, i)).as("element %d", i).isCloseTo(once.get(0, i), offset(1e-5f));
            }
        }
    }

    private static Floats random(Arena arena) {
        Floats x = Floats.allocate(arena, 1, DIM);
        float[] values = new Gen(5).gaussians(DIM);
        for (int i = 0; i < DIM; i++) {
            x.set(0, i, values[i]);
        }
        return x;
    }

    private static void turn(Kernels kernels, Arena arena, Rope rope, Floats x, int positions, Pairing pairing) {
        Floats angles = Floats.allocate(arena, 1, DIM);
        rope.angles(positions, 1, 0, angles);
        kernels.rope(x, 1, 1, DIM, angles, pairing);
    }
}
