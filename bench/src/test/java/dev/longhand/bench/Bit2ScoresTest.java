package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.longhand.kernels.Activations;
import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.KvType;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.Budgets;
import dev.longhand.memory.Context;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.Limits;
import dev.longhand.memory.Lookup;
import dev.longhand.memory.LookupSpec;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Seed;
import java.lang.foreign.Arena;
import java.util.BitSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Goal: the 2-bit reference row is what it says. Method: the nearest of four levels, and shares, by brute force. */
class Bit2ScoresTest {
    private static final Seed SEED = Seed.of("bench", Bit2ScoresTest.class, 3);
    private static final int D = 32;
    private static final int BLOCKS = 6;
    private static final float SCALE = 0.3f;

    private static float[] nearest(float[] keys, int tokens, int d) {
        double mean = 0;
        for (int t = 0; t < tokens; t++) {
            mean += keys[t * D + d] / (double) tokens;
        }
        double variance = 0;
        for (int t = 0; t < tokens; t++) {
            variance += Math.pow(keys[t * D + d] - mean, 2) / tokens;
        }
        float[] levels = new float[tokens];
        for (int t = 0; t < tokens; t++) {
            double best = Double.POSITIVE_INFINITY;
            for (double level : new double[] {-1.51, -0.45, 0.45, 1.51}) {
                double x = mean + level * Math.sqrt(variance);
                if (Math.abs(x - keys[t * D + d]) < best) {
                    best = Math.abs(x - keys[t * D + d]);
                    levels[t] = (float) x;
                }
            }
        }
        return levels;
    }

    @Test
    void aKeyBecomesTheNearestOfFourLevels() {
        Gen gen = SEED.gen();
        for (int tokens : new int[] {64, 17, 1}) {
            float[] keys = gen.gaussians(64 * D);
            float[] levels = new float[64 * D];
            Bit2Scores.quantise(keys, tokens, D, levels);
            for (int d = 0; d < D; d++) {
                float[] expected = nearest(keys, tokens, d);
                for (int t = 0; t < tokens; t++) {
                    assertThat(levels[d * 64 + t]).as("token %d, dimension %d; %s", t, d, SEED)
                            .isEqualTo(expected[t], within(1e-4f));
                }
            }
        }
    }

    /** Goal: scores are shares by these keys. Method: two heads of two query heads each, rows that see different blocks. */
    @Test
    void scoresAreSharesOfAttentionByTheseKeys() throws Exception {
        KvShape shape = new KvShape(1, 2, D, KvType.Q8_0);
        BitSet all = BitSet.valueOf(new long[] {1});
        KvSummaries summaries = new KvSummaries(shape, all, new BitSet());
        Gen gen = SEED.gen();
        float[] keys = gen.gaussians(BLOCKS * 64 * 2 * D);
        float[] queries = gen.gaussians(4 * D);
        float[][] scores = new float[2][BLOCKS];
        Bit2Scores bit2 = new Bit2Scores(shape);
        try (Kernels kernels = KernelsFactory.open(Tier.SCALAR, 1).kernels(); Arena arena = Arena.ofShared();
                KvPool pool = new KvPool(shape, Optional.of(summaries), new Limits(1 << 24));
                Lookup lookup = new Lookup(kernels, summaries, new LookupSpec(1, 64), layer -> null, 64, Budgets.of(1),
                        (c, out) -> {
                    bit2.score(c, out);
                    for (int h = 0; h < 2; h++) {
                        for (int b = 0; b < BLOCKS; b++) {
                            scores[h][b] = out.get(h, b);
                        }
                    }
                });
                DenseKv view = new DenseKv(kernels, pool, (BLOCKS + 1) * 64, lookup, Context.NONE)) {
            Floats k = Floats.allocate(arena, 64, 2 * D);
            for (int b = 0; b < BLOCKS; b++) {
                for (int i = 0; i < 64 * 2 * D; i++) {
                    k.set(i / (2 * D), i % (2 * D), keys[b * 64 * 2 * D + i]);
                }
                view.reserve(64);
                view.append(0, k, k, 64);
                view.advance(64);
            }
            Floats q = Floats.allocate(arena, 1, 4 * D);
            for (int i = 0; i < queries.length; i++) {
                q.set(0, i, queries[i]);
            }
            Activations out = kernels.activations(arena, 1, 4 * D);
            view.reserve(1);
            view.append(0, k, k, 1);
            view.attend(new Attention(0, 4, SCALE, Integer.MAX_VALUE), q, 1, out);
        }
        for (int h = 0; h < 2; h++) {
            double[] expected = expected(keys, queries, h);
            for (int b = 0; b < BLOCKS; b++) {
                assertThat((double) scores[h][b]).as("head %d, block %d; %s", h, b, SEED).isEqualTo(expected[b], within(0.02));
            }
        }
    }

    private static double[] expected(float[] keys, float[] queries, int head) {
        double[] shares = new double[BLOCKS];
        for (int j = 0; j < 2; j++) {
            double[] weights = new double[BLOCKS];
            double sum = 0;
            for (int b = 0; b < BLOCKS; b++) {
                float[] block = new float[64 * D];
                for (int t = 0; t < 64; t++) {
                    System.arraycopy(keys, ((b * 64 + t) * 2 + head) * D, block, t * D, D);
                }
                double[] dots = new double[64];
                for (int d = 0; d < D; d++) {
                    float[] levels = nearest(block, 64, d);
                    for (int t = 0; t < 64; t++) {
                        dots[t] += SCALE * queries[(2 * head + j) * D + d] * levels[t];
                    }
                }
                for (double dot : dots) {
                    weights[b] += Math.exp(dot);
                }
                sum += weights[b];
            }
            for (int b = 0; b < BLOCKS; b++) {
                shares[b] += weights[b] / sum;
            }
        }
        return shares;
    }
}
