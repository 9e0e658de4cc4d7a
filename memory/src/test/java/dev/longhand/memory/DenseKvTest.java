package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Activations;
import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvType;
import dev.longhand.kernels.Tier;
import dev.longhand.testkit.Gen;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/**
 * Goal: blocks are lent, returned and counted; a view that forgot tokens and read them again attends to the same bits. Method: the
 * scalar tier on a small shape; another sequence's data is left in reused blocks on purpose.
 */
class DenseKvTest {
    private static final KvShape SHAPE = new KvShape(2, 1, 32, KvType.F16);
    private static final Attention ATTENTION = new Attention(1, 2, 0.2f, Integer.MAX_VALUE);

    @Test
    void lendsBlocksAsTokensComeAndTakesThemBack() throws Problem {
        try (Kernels kernels = kernels(); KvPool pool = new KvPool(SHAPE, new Limits(10 * SHAPE.liveBlockBytes()))) {
            DenseKv kv = new DenseKv(kernels, pool, 400);
            kv.reserve(1);
            assertThat(pool.blocksLent()).isEqualTo(1);
            kv.advance(1);
            kv.reserve(64);
            kv.advance(64);
            assertThat(pool.blocksLent()).isEqualTo(2);
            kv.truncate(64);
            assertThat(pool.blocksLent()).isEqualTo(1);
            kv.close();
            assertThat(pool.blocksLent()).isZero();
            assertThat(pool.bytes()).isEqualTo(2 * SHAPE.liveBlockBytes());
        }
    }

    @Test
    void refusesTokensBeyondTheSequenceAndBlocksBeyondThePool() throws Problem {
        try (Kernels kernels = kernels(); KvPool pool = new KvPool(SHAPE, new Limits(2 * SHAPE.liveBlockBytes()));
                DenseKv small = new DenseKv(kernels, pool, 100); DenseKv large = new DenseKv(kernels, pool, 1000)) {
            assertThatThrownBy(() -> small.reserve(101)).isInstanceOf(Problem.class).hasMessageContaining("101").hasMessageContaining("limit 100");
            assertThatThrownBy(() -> large.reserve(200)).isInstanceOf(Problem.class).hasMessageContaining("KV memory is full");
            assertThat(large.tokens()).isZero();
        }
    }

    @Test
    void attendsToTheSameBitsAfterForgettingAndReadingAgain() throws Problem {
        Gen gen = new Gen(4);
        try (Kernels kernels = kernels(); KvPool pool = new KvPool(SHAPE, new Limits(20 * SHAPE.liveBlockBytes())); Arena arena = Arena.ofConfined();
                DenseKv kv = new DenseKv(kernels, pool, 300)) {
            Floats first = filled(arena, gen, 200, 32);
            Floats other = filled(arena, gen, 200, 32);
            Floats q = filled(arena, gen, 1, 64);
            float[] expected = read(kernels, arena, kv, first, q);
            kv.truncate(0);
            read(kernels, arena, kv, other, q);
            kv.truncate(0);
            assertThat(read(kernels, arena, kv, first, q)).containsExactly(expected);
        }
    }

    private static float[] read(Kernels kernels, Arena arena, DenseKv kv, Floats keysAndValues, Floats q) throws Problem {
        kv.reserve(200);
        kv.append(1, keysAndValues, keysAndValues, 200);
        kv.advance(200);
        kv.truncate(199);
        Activations out = kernels.activations(arena, 1, 64);
        kv.attend(ATTENTION, q, 1, out);
        float[] values = new float[64];
        out.values().copyRow(0, values);
        return values;
    }

    private static Floats filled(Arena arena, Gen gen, int rows, int cols) {
        Floats floats = Floats.allocate(arena, rows, cols);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                floats.set(r, c, gen.gaussian());
            }
        }
        return floats;
    }

    private static Kernels kernels() throws Problem {
        return KernelsFactory.open(Tier.SCALAR, 1).kernels();
    }
}
