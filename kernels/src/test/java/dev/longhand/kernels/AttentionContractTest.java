package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of {@link Kernels#storeKv} and {@link Kernels#attention} on every tier of this machine. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.longhand.kernels.Tiers#all")
class AttentionContractTest {
    private static final int ALL = Integer.MAX_VALUE;

    @Parameter
    Ops ops;

    /**
     * Goal: attention is right for group sizes, head dimensions, windows, and positions that cross blocks and spans.
     * Method: all rows in one call and then row by row, against double precision over keys and values rounded to f16.
     */
    @ParameterizedTest
    @CsvSource({
        // kvHeads, group, headDim, tokens, window
        "1, 1, 64, 1, 0", "1, 1, 16, 5, 0", "2, 1, 64, 70, 0", "3, 3, 64, 300, 0", "1, 4, 256, 130, 0", "2, 2, 128, 270, 0",
        "1, 5, 64, 65, 0", "1, 6, 64, 33, 0", "1, 7, 48, 66, 0", "1, 8, 128, 64, 0", "2, 3, 64, 600, 1", "2, 3, 64, 600, 63",
        "1, 4, 256, 600, 257", "1, 2, 80, 520, 512", "1, 8, 64, 520, 100",
    })
    void attends(int kvHeads, int group, int headDim, int tokens, int window) {
        KvShape shape = new KvShape(2, kvHeads, headDim);
        int heads = kvHeads * group;
        Attention attention = new Attention(1, heads, (float) (1 / Math.sqrt(headDim)), window == 0 ? ALL : window);
        try (Workpiece work = new Workpiece(ops, 2, 7 * tokens + headDim)) {
            Floats q = work.floats(tokens, heads * headDim);
            Floats k = work.floats(tokens, kvHeads * headDim);
            Floats v = work.floats(tokens, kvHeads * headDim);
            KvTable table = work.table(shape, tokens);
            work.kernels.storeKv(k, v, tokens, shape, 1, table, 0);
            Activations out = work.kernels.activations(work.arena, tokens, heads * headDim);
            work.kernels.attention(q, tokens, shape, attention, table, 0, out);
            for (int t = 0; t < tokens; t += 1 + tokens / 40) {
                checkRow(q, k, v, t, shape, attention, out.values(), t);
            }
            checkRow(q, k, v, tokens - 1, shape, attention, out.values(), tokens - 1);
            Activations one = work.kernels.activations(work.arena, 1, heads * headDim);
            Floats last = Floats.allocate(work.arena, 1, heads * headDim);
            copyRows(q, tokens - 1, 1, last);
            work.kernels.attention(last, 1, shape, attention, table, tokens - 1, one);
            checkRow(q, k, v, tokens - 1, shape, attention, one.values(), 0);
        }
    }

    private static void checkRow(Floats q, Floats k, Floats v, int position, KvShape shape, Attention attention, Floats out, int row) {
        int dim = shape.headDim();
        int group = attention.heads() / shape.kvHeads();
        for (int h = 0; h < attention.heads(); h++) {
            float[][] keys = rounded(k, h / group, position, dim);
            float[][] values = rounded(v, h / group, position, dim);
            double[] expected = Reference.attend(Workpiece.head(q, position, h, dim), keys, values, position,
                    attention.windowTokens(), attention.scale());
            for (int d = 0; d < dim; d++) {
                assertThat((double) out.get(row, h * dim + d)).as("position %d, head %d, dim %d", position, h, d)
                        .isCloseTo(expected[d], offset(2e-4));
            }
        }
    }

    private static float[][] rounded(Floats x, int head, int position, int dim) {
        float[][] out = new float[position + 1][];
        for (int p = 0; p <= position; p++) {
            out[p] = Workpiece.head(x, p, head, dim);
            for (int d = 0; d < dim; d++) {
                out[p][d] = Reference.roundToF16(out[p][d]);
            }
        }
        return out;
    }

    private static void copyRows(Floats from, int row, int rows, Floats to) {
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < from.cols(); c++) {
                to.set(r, c, from.get(row + r, c));
            }
        }
    }

    /**
     * Goal: bits of attention depend on the row, not on the batch or the threads.
     * Method: 600 positions stored; rows of one call of one thread against batches of 1, 2, 7, 16, 64, 512 by 1, 2, 4 threads.
     */
    @ParameterizedTest
    @CsvSource({"2, 3, 64, 0", "1, 4, 256, 100", "1, 1, 128, 300"})
    void isBatchInvariant(int kvHeads, int group, int headDim, int window) {
        int tokens = 600;
        KvShape shape = new KvShape(1, kvHeads, headDim);
        Attention attention = new Attention(0, kvHeads * group, 0.125f, window == 0 ? ALL : window);
        float[][] expected = attendIn(512, 1, tokens, shape, attention);
        for (int threads : new int[] {1, 2, 4}) {
            for (int batch : new int[] {1, 2, 7, 16, 64, 512}) {
                assertThat(attendIn(batch, threads, tokens, shape, attention)).as("%d threads, batches of %d", threads, batch)
                        .isDeepEqualTo(expected);
            }
        }
    }

    /** All rows in batches; each batch's keys are stored just before it, as prefill does. */
    private float[][] attendIn(int batch, int threads, int tokens, KvShape shape, Attention attention) {
        float[][] rows = new float[tokens][];
        int dim = shape.headDim();
        try (Workpiece work = new Workpiece(ops, threads, 23)) {
            Floats q = work.floats(tokens, attention.heads() * dim);
            Floats k = work.floats(tokens, shape.kvHeads() * dim);
            Floats v = work.floats(tokens, shape.kvHeads() * dim);
            KvTable table = work.table(shape, tokens);
            for (int from = 0; from < tokens; from += batch) {
                int n = Math.min(batch, tokens - from);
                Floats qs = work.zeros(n, q.cols());
                Floats ks = work.zeros(n, k.cols());
                Floats vs = work.zeros(n, v.cols());
                copyRows(q, from, n, qs);
                copyRows(k, from, n, ks);
                copyRows(v, from, n, vs);
                work.kernels.storeKv(ks, vs, n, shape, 0, table, from);
                Activations out = work.kernels.activations(work.arena, n, q.cols());
                work.kernels.attention(qs, n, shape, attention, table, from, out);
                for (int t = 0; t < n; t++) {
                    rows[from + t] = Workpiece.row(out.values(), t);
                }
            }
        }
        return rows;
    }

    /** Goal: very unlike scores neither overflow nor vanish. Method: scores of +-3000; the greatest key wins alone. */
    @Test
    void survivesExtremeScores() {
        int dim = 64;
        KvShape shape = new KvShape(1, 1, dim);
        try (Workpiece work = new Workpiece(ops, 1, 1)) {
            int tokens = 300;
            Floats q = work.zeros(tokens, dim);
            Floats k = work.zeros(tokens, dim);
            Floats v = work.floats(tokens, dim);
            for (int t = 0; t < tokens; t++) {
                q.set(t, 3, 30);
                k.set(t, 3, t == 5 ? 100 : -100);
            }
            KvTable table = work.table(shape, tokens);
            work.kernels.storeKv(k, v, tokens, shape, 0, table, 0);
            Activations out = work.kernels.activations(work.arena, tokens, dim);
            work.kernels.attention(q, tokens, shape, new Attention(0, 1, 1, ALL), table, 0, out);
            for (int d = 0; d < dim; d++) {
                assertThat(out.values().get(299, d)).isCloseTo(v.get(5, d), offset(0.02f));
            }
        }
    }
}
