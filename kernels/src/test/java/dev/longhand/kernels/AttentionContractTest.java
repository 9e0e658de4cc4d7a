package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of {@link Kernels#storeKv} and {@link Kernels#attention} on every tier of this machine. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.longhand.kernels.Tiers#all")
class AttentionContractTest {
    private static final int ALL = Integer.MAX_VALUE;

    @Parameter
    Ops ops;

    /**
     * Goal: attention is right for group sizes, head dimensions, windows, and positions that cross blocks and spans, over live and
     * sealed blocks. Method: all rows in one call and then the last row alone, against double precision over keys and values
     * rounded as each block keeps them.
     */
    @ParameterizedTest
    @CsvSource({
        // kvHeads, group, headDim, tokens, window
        "1, 1, 64, 1, 0", "1, 1, 16, 5, 0", "2, 1, 64, 70, 0", "3, 3, 64, 300, 0", "1, 4, 256, 130, 0", "2, 2, 128, 270, 0",
        "1, 5, 64, 65, 0", "1, 6, 64, 33, 0", "1, 7, 48, 66, 0", "1, 8, 128, 64, 0", "2, 3, 64, 600, 1", "2, 3, 64, 600, 63",
        "1, 4, 256, 600, 257", "1, 2, 80, 520, 512", "1, 8, 64, 520, 100", "1, 2, 16, 300, 0", "1, 3, 96, 200, 0",
    })
    void attends(int kvHeads, int group, int headDim, int tokens, int window) {
        for (KvType type : KvType.values()) {
            checkAttends(new KvShape(2, kvHeads, headDim, type), group, tokens, window == 0 ? ALL : window);
        }
    }

    private void checkAttends(KvShape shape, int group, int tokens, int window) {
        int headDim = shape.headDim();
        int heads = shape.kvHeads() * group;
        Attention attention = new Attention(1, heads, (float) (1 / Math.sqrt(headDim)), window);
        try (Workpiece work = new Workpiece(ops, 2, 7 * tokens + headDim)) {
            Floats q = work.floats(tokens, heads * headDim);
            Floats k = work.floats(tokens, shape.kvHeads() * headDim);
            Floats v = work.floats(tokens, shape.kvHeads() * headDim);
            KvReference reference = new KvReference(shape, attention, q, k, v);
            KvTable table = work.table(shape, tokens);
            work.kernels.storeKv(k, v, tokens, shape, 1, table, 0);
            Activations out = work.kernels.activations(work.arena, tokens, heads * headDim);
            work.kernels.attention(q, tokens, shape, attention, table, 0, out);
            for (int t = 0; t < tokens; t += 1 + tokens / 40) {
                reference.check(t, out.values(), t);
            }
            reference.check(tokens - 1, out.values(), tokens - 1);
            Activations one = work.kernels.activations(work.arena, 1, heads * headDim);
            work.kernels.attention(q.rows(tokens - 1, 1), 1, shape, attention, table, tokens - 1, one);
            reference.check(tokens - 1, one.values(), 0);
        }
    }

    /**
     * Goal: bits of attention depend on the row's sequence and position, not on the batch, the chunks, the other sequences or the
     * threads. Method: rows of three sequences, each read alone in passes of 512 rows by one thread, against all three in common
     * passes of 1, 2, 7, 64, 512 rows of each by 1, 2, 4 threads; a pass takes the sequences in turn in another order.
     */
    @ParameterizedTest
    @CsvSource({"2, 3, 64, 0", "1, 4, 256, 100", "1, 1, 128, 300", "1, 2, 48, 0"})
    void isBatchInvariant(int kvHeads, int group, int headDim, int window) {
        for (KvType type : KvType.values()) {
            KvShape shape = new KvShape(1, kvHeads, headDim, type);
            Attention attention = new Attention(0, kvHeads * group, 0.125f, window == 0 ? ALL : window);
            float[][][] expected = attendIn(512, 1, shape, attention, false);
            boolean isSlow = ops.tier() == Tier.SCALAR;
            for (int threads : isSlow ? new int[] {2} : new int[] {1, 2, 4}) {
                for (int batch : isSlow ? new int[] {1, 7} : new int[] {1, 2, 7, 16, 64, 512}) {
                    assertThat(attendIn(batch, threads, shape, attention, true))
                            .as("%s, %d threads, batches of %d", type, threads, batch).isDeepEqualTo(expected);
                }
            }
        }
    }

    private int[] lengths() {
        return ops.tier() == Tier.SCALAR ? new int[] {270, 130, 20} : new int[] {600, 330, 70};
    }

    /** Rows {@code [sequence][position]}; each pass stores its keys just before it attends, as prefill and decode do. */
    private float[][][] attendIn(int batch, int threads, KvShape shape, Attention attention, boolean isTogether) {
        int[] lengths = lengths();
        float[][][] rows = new float[lengths.length][][];
        try (Workpiece work = new Workpiece(ops, threads, 23)) {
            Sequences sequences = new Sequences(work, lengths, shape, attention);
            for (int i = 0; i < lengths.length; i++) {
                rows[i] = new float[lengths[i]][];
            }
            int longest = Arrays.stream(lengths).max().orElseThrow();
            for (int from = 0; from < longest; from += batch) {
                if (isTogether) {
                    sequences.pass(from, batch, new int[] {1, 2, 0}, rows);
                } else {
                    for (int i = 0; i < lengths.length; i++) {
                        sequences.pass(from, batch, new int[] {i}, rows);
                    }
                }
            }
        }
        return rows;
    }

    /** Some sequences with random queries, keys and values. */
    private static final class Sequences {
        private final Workpiece work;
        private final int[] lengths;
        private final KvShape shape;
        private final Attention attention;
        private final Floats[] q;
        private final Floats[] k;
        private final Floats[] v;
        private final KvTable[] tables;
        private final KvParts parts = new KvParts(3);

        Sequences(Workpiece work, int[] lengths, KvShape shape, Attention attention) {
            this.work = work;
            this.lengths = lengths;
            this.shape = shape;
            this.attention = attention;
            int count = lengths.length;
            q = new Floats[count];
            k = new Floats[count];
            v = new Floats[count];
            tables = new KvTable[count];
            for (int i = 0; i < count; i++) {
                q[i] = work.floats(lengths[i], attention.heads() * shape.headDim());
                k[i] = work.floats(lengths[i], shape.kvHeads() * shape.headDim());
                v[i] = work.floats(lengths[i], shape.kvHeads() * shape.headDim());
                tables[i] = work.table(shape, lengths[i]);
            }
        }

        /** Up to {@code batch} rows of each of {@code order} from position {@code from} on, in one pass. */
        void pass(int from, int batch, int[] order, float[][][] rows) {
            parts.clear();
            int count = 0;
            for (int i : order) {
                int n = Math.min(batch, lengths[i] - from);
                if (n > 0) {
                    parts.add(count, n, from, tables[i]);
                    count += n;
                }
            }
            if (count == 0) {
                return;
            }
            Floats qs = work.zeros(count, q[0].cols());
            Floats ks = work.zeros(count, k[0].cols());
            Floats vs = work.zeros(count, v[0].cols());
            Activations out = work.kernels.activations(work.arena, count, qs.cols());
            int row = 0;
            for (int i : order) {
                for (int t = from; t < Math.min(from + batch, lengths[i]); t++, row++) {
                    Workpiece.copyRow(q[i], t, qs, row);
                    Workpiece.copyRow(k[i], t, ks, row);
                    Workpiece.copyRow(v[i], t, vs, row);
                }
            }
            work.kernels.storeKv(ks, vs, parts, shape, 0);
            work.kernels.attention(qs, parts, shape, attention, out);
            row = 0;
            for (int i : order) {
                for (int t = from; t < Math.min(from + batch, lengths[i]); t++, row++) {
                    rows[i][t] = Workpiece.row(out.values(), row);
                }
            }
        }
    }

    /**
     * Goal: what attention leaves is finished: a product of it is the product of its values. Method: attention of two sequences of
     * 40 and 1 rows into activations, multiplied; against the product of a finished copy of the same values.
     */
    @ParameterizedTest
    @EnumSource(KvType.class)
    void finishesItsRows(KvType type) {
        KvShape shape = new KvShape(1, 1, 64, type);
        Attention attention = new Attention(0, 2, 0.1f, ALL);
        try (Workpiece work = new Workpiece(ops, 2, 5)) {
            Sequences sequences = new Sequences(work, new int[] {40, 1}, shape, attention);
            KvParts parts = new KvParts(2);
            parts.add(0, 40, 0, sequences.tables[0]);
            parts.add(40, 1, 0, sequences.tables[1]);
            Floats kv = work.floats(41, 64);
            work.kernels.storeKv(kv, kv, parts, shape, 0);
            Activations out = work.kernels.activations(work.arena, 41, 128);
            work.kernels.attention(work.floats(41, 128), parts, shape, attention, out);
            Matrix w = work.randomMatrix(dev.longhand.base.ElementType.Q8_0, 16, 128);
            Floats found = work.zeros(41, 16);
            Floats expected = work.zeros(41, 16);
            work.kernels.matmul(w, out, 41, found);
            work.kernels.matmul(w, work.activations(out.values()), 41, expected);
            for (int row = 0; row < 41; row++) {
                assertThat(Workpiece.row(found, row)).containsExactly(Workpiece.row(expected, row));
            }
        }
    }

    /** Goal: very unlike scores neither overflow nor vanish. Method: scores of +-3000; the greatest key wins alone. */
    @ParameterizedTest
    @EnumSource(KvType.class)
    void survivesExtremeScores(KvType type) {
        int dim = 64;
        KvShape shape = new KvShape(1, 1, dim, type);
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
                assertThat(out.values().get(299, d)).isCloseTo(v.get(5, d), offset(0.1f));
            }
        }
    }

    /**
     * Goal: a value that is no number reaches exactly the rows that see it. Method: one value infinite or NaN in the middle of a
     * tile; the rows before it, and those whose window has passed it, keep the bits they have when it is a number.
     */
    @ParameterizedTest
    @CsvSource({"F16, 0", "F16, 9", "Q8_0, 0", "Q8_0, 9"})
    void keepsValuesThatAreNoNumbersFromRowsThatDoNotSeeThem(KvType type, int window) {
        int tokens = 100;
        KvShape shape = new KvShape(1, 1, 64, type);
        Attention attention = new Attention(0, 3, 0.1f, window == 0 ? ALL : window);
        for (float bad : new float[] {1e6f, Float.NaN}) {
            try (Workpiece work = new Workpiece(ops, 1, 22)) {
                Floats q = work.floats(tokens, 192);
                Floats k = work.floats(tokens, 64);
                Floats v = work.floats(tokens, 64);
                float[][] clean = attendAll(work, q, k, v, shape, attention);
                v.set(45, 3, bad);
                float[][] found = attendAll(work, q, k, v, shape, attention);
                for (int t = 0; t < tokens; t++) {
                    if (t < 45 || window > 0 && t >= 45 + window) {
                        assertThat(found[t]).as("%s, row %d", bad, t).containsExactly(clean[t]);
                    } else {
                        assertThat(Float.isFinite(found[t][3])).as("%s, row %d: %s", bad, t, found[t][3]).isFalse();
                    }
                }
            }
        }
    }

    private static float[][] attendAll(Workpiece work, Floats q, Floats k, Floats v, KvShape shape, Attention attention) {
        KvTable table = work.table(shape, q.rows());
        work.kernels.storeKv(k, v, q.rows(), shape, 0, table, 0);
        Activations out = work.kernels.activations(work.arena, q.rows(), q.cols());
        work.kernels.attention(q, q.rows(), shape, attention, table, 0, out);
        float[][] rows = new float[q.rows()][];
        for (int t = 0; t < rows.length; t++) {
            rows[t] = Workpiece.row(out.values(), t);
        }
        return rows;
    }

    /**
     * Goal: sealing by hand gives what sealing by the way gives. Method: 64 tokens stored; the stored block against one made by
     * {@link Kernels#seal} from the live block.
     */
    @Test
    void sealsABlockOnItsOwn() {
        KvShape shape = new KvShape(2, 2, 48, KvType.Q8_0);
        try (Workpiece work = new Workpiece(ops, 1, 3)) {
            Floats k = work.floats(64, 96);
            KvTable table = work.table(shape, 64);
            work.kernels.storeKv(k, k, 64, shape, 0, table, 0);
            work.kernels.storeKv(k, k, 64, shape, 1, table, 0);
            long again = work.table(shape, 64).stored(0);
            work.kernels.seal(shape, table.live(0), again);
            for (long at = 0; at < shape.storedBlockBytes(); at += 8) {
                assertThat(OffHeap.i64(again + at)).isEqualTo(OffHeap.i64(table.stored(0) + at));
            }
        }
    }

    /** Goal: a missing block is the caller's mistake, not a crash. Method: each address that a pass needs set to 0. */
    @Test
    void refusesBlocksThatAreMissing() {
        KvShape shape = new KvShape(1, 1, 64, KvType.Q8_0);
        Attention attention = new Attention(0, 1, 1, ALL);
        try (Workpiece work = new Workpiece(ops, 1, 3)) {
            Floats k = work.floats(64, 64);
            Activations out = work.kernels.activations(work.arena, 64, 64);
            KvTable table = work.table(shape, 128);
            long stored = table.stored(0);
            table.set(0, 0, table.live(0));
            assertThatThrownBy(() -> work.kernels.storeKv(k, k, 64, shape, 0, table, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("block 0").hasMessageContaining("no stored form");
            assertThatThrownBy(() -> work.kernels.attention(k, 1, shape, attention, table, 64, out))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("no stored form");
            table.set(0, stored, 0);
            assertThatThrownBy(() -> work.kernels.storeKv(k, k, 1, shape, 0, table, 3)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no live form");
            assertThatThrownBy(() -> work.kernels.attention(k, 2, shape, attention, table, 127, out))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("below 128");
        }
    }
}
