package dev.longhand.memory;

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
import java.util.Arrays;

/**
 * What the tests of views share: a pass of one layer whose k, v and q are made from a token's id and position, as a model's would
 * be, so that equal tokens at equal positions give equal rows.
 */
final class KvWork implements AutoCloseable {
    static final int KV_HEADS = 1;
    static final int HEAD_DIM = 32;
    static final int HEADS = 2;
    static final Attention ATTENTION = new Attention(1, HEADS, 0.2f, Integer.MAX_VALUE);

    private static final int ROWS_MAX = 512;

    final KvShape shape;
    final Kernels kernels;
    final KvPool pool;
    private final Arena arena = Arena.ofShared();
    private final Floats k;
    private final Floats v;
    private final Floats q;
    private final Activations out;

    KvWork(int blocksMax) throws Problem {
        this(KvType.F16, blocksMax);
    }

    /** @param blocksMax of live size */
    KvWork(KvType type, int blocksMax) throws Problem {
        shape = new KvShape(2, KV_HEADS, HEAD_DIM, type);
        kernels = KernelsFactory.open(Tier.SCALAR, 1).kernels();
        pool = new KvPool(shape, new Limits(blocksMax * shape.liveBlockBytes()));
        k = Floats.allocate(arena, ROWS_MAX, KV_HEADS * HEAD_DIM);
        v = Floats.allocate(arena, ROWS_MAX, KV_HEADS * HEAD_DIM);
        q = Floats.allocate(arena, ROWS_MAX, HEADS * HEAD_DIM);
        out = kernels.activations(arena, ROWS_MAX, HEADS * HEAD_DIM);
    }

    DenseKv view(int tokensMax) {
        return new DenseKv(kernels, pool, tokensMax);
    }

    /** Reads {@code tokens[from .. to)} in one pass and returns the attention's last row. */
    float[] read(KvView view, int[] tokens, int from, int to) throws Problem {
        try (KvBatch batch = new KvBatch(kernels, shape, 1)) {
            batch.add(view, to - from);
            return pass(batch, new int[][] {Arrays.copyOfRange(tokens, from, to)})[0];
        }
    }

    /** A pass of all parts; returns the attention's last row of each. */
    float[][] pass(KvBatch batch, int[][] tokens) throws Problem {
        batch.reserve();
        for (int part = 0; part < batch.parts(); part++) {
            for (int i = 0; i < batch.rows(part); i++) {
                fill(batch.rowFrom(part) + i, tokens[part][i], batch.position(part) + i);
            }
        }
        batch.append(ATTENTION.layer(), k, v);
        batch.attend(ATTENTION, q, out);
        float[][] last = new float[batch.parts()][HEADS * HEAD_DIM];
        for (int part = 0; part < batch.parts(); part++) {
            out.values().copyRow(batch.rowFrom(part) + batch.rows(part) - 1, last[part]);
        }
        batch.advance();
        return last;
    }

    private void fill(int row, int token, int position) {
        Gen gen = new Gen(token * 100_003L + position);
        fill(k, row, gen);
        fill(v, row, gen);
        fill(q, row, gen);
    }

    private static void fill(Floats x, int row, Gen gen) {
        for (int c = 0; c < x.cols(); c++) {
            x.set(row, c, gen.gaussian());
        }
    }

    static int[] tokens(int seed, int count) {
        Gen gen = new Gen(seed);
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = gen.between(0, 999);
        }
        return tokens;
    }

    @Override
    public void close() {
        pool.checkIntegrity();
        pool.close();
        arena.close();
        kernels.close();
    }
}
