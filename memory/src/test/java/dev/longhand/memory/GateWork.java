package dev.longhand.memory;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Activations;
import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.KvType;
import dev.longhand.kernels.Tier;
import dev.longhand.testkit.Gen;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;

/**
 * What tests of choosing share: keys, values and queries without a model, RoPE of a small base, and views that look up by given
 * scores. Layer 1 is a memory layer of all heads' means only.
 */
final class GateWork implements AutoCloseable {
    static final int KV_HEADS = 2;
    static final int HEAD_DIM = 32;
    static final int LAYER = 1;
    static final KvShape SHAPE = new KvShape(2, KV_HEADS, HEAD_DIM, KvType.Q8_0);
    static final KvSummaries SUMMARIES = new KvSummaries(SHAPE, BitSet.valueOf(new long[] {0b10}), new BitSet());
    static final int ROWS_MAX = 256;

    final int group;
    final double theta; // 0: nothing turns
    final Kernels kernels = KernelsFactory.open(Tier.SCALAR, 1).kernels();
    final KvPool pool = new KvPool(SHAPE, Optional.of(SUMMARIES), new Limits(1 << 26));
    final Arena arena = Arena.ofShared();
    final Attention attention;

    GateWork(int group, double theta) throws Problem {
        this.group = group;
        this.theta = theta;
        this.attention = new Attention(LAYER, KV_HEADS * group, 0.2f, Integer.MAX_VALUE);
    }

    Turner turner() {
        return new Turner() {
            @Override
            public Kernels.Pairing pairing() {
                return Kernels.Pairing.HALVES;
            }

            @Override
            public int pairs() {
                return HEAD_DIM / 2;
            }

            @Override
            public void angles(int position, Floats angles, int row) {
                for (int i = 0; i < pairs(); i++) {
                    double angle = angle(position, i);
                    angles.set(row, i, (float) Math.cos(angle));
                    angles.set(row, pairs() + i, (float) Math.sin(angle));
                }
            }
        };
    }

    double angle(int position, int pair) {
        return theta == 0 ? 0 : position * Math.pow(theta, -2.0 * pair / HEAD_DIM);
    }

    /** A head's vector as RoPE turns it to {@code position}. */
    float[] turned(float[] x, int position) {
        float[] y = x.clone();
        int half = x.length / 2;
        for (int i = 0; i < half; i++) {
            double cos = Math.cos(angle(position, i));
            double sin = Math.sin(angle(position, i));
            y[i] = (float) (x[i] * cos - x[half + i] * sin);
            y[half + i] = (float) (x[i] * sin + x[half + i] * cos);
        }
        return y;
    }

    static float[] gaussian(Gen gen, int count) {
        float[] x = new float[count];
        for (int i = 0; i < count; i++) {
            x[i] = (float) gen.gaussian();
        }
        return x;
    }

    /** Rows {@code (keys.length, kvHeads * headDim)} of {@code keys[row][head]}, turned to positions from {@code position} on. */
    Floats rows(float[][][] keys, int position) {
        Floats rows = Floats.allocate(arena, keys.length, keys[0].length * HEAD_DIM);
        for (int r = 0; r < keys.length; r++) {
            for (int h = 0; h < keys[r].length; h++) {
                float[] turned = turned(keys[r][h], position + r);
                for (int d = 0; d < HEAD_DIM; d++) {
                    rows.set(r, h * HEAD_DIM + d, turned[d]);
                }
            }
        }
        return rows;
    }

    /** Reads tokens with these keys, as a model would in one pass of all layers; values are the keys. */
    void read(DenseKv view, float[][][] keys) throws Problem {
        for (int from = 0; from < keys.length; from += ROWS_MAX) {
            float[][][] some = Arrays.copyOfRange(keys, from, Math.min(keys.length, from + ROWS_MAX));
            view.reserve(some.length);
            Floats rows = rows(some, view.position());
            view.append(0, rows, rows, some.length);
            view.append(LAYER, rows, rows, some.length);
            view.advance(some.length);
        }
    }

    /** Reads one token more and attends from it with {@code queries[head]}. */
    float[] attend(DenseKv view, float[][] key, float[][] queries) throws Problem {
        view.reserve(1);
        Floats k = rows(new float[][][] {key}, view.position());
        view.append(0, k, k, 1);
        view.append(LAYER, k, k, 1);
        Activations out = kernels.activations(arena, 1, KV_HEADS * group * HEAD_DIM);
        view.attend(attention, rows(new float[][][] {queries}, view.position()), 1, out);
        view.advance(1);
        float[] row = new float[KV_HEADS * group * HEAD_DIM];
        out.values().copyRow(0, row);
        return row;
    }

    @Override
    public void close() {
        pool.close();
        arena.close();
        kernels.close();
    }
}
