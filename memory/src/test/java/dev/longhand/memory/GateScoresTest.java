package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.longhand.kernels.Floats;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Seed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Goal: a gate scores blocks as docs/formats/gate.md says. Method: keys by seed, attached and own; scores by the formula. */
class GateScoresTest {
    private static final Seed SEED = Seed.of("memory", GateScoresTest.class, 11);
    private static final int D = GateWork.HEAD_DIM;
    private static final int BLOCK = 64;
    private static final int HEADS_BEFORE = GateWork.LAYER * GateWork.KV_HEADS;

    private final Gen gen = SEED.gen();

    private float[][][] keys(int count) {
        float[][][] keys = new float[count][GateWork.KV_HEADS][];
        for (float[][] each : keys) {
            for (int h = 0; h < each.length; h++) {
                each[h] = GateWork.gaussian(gen, D);
            }
        }
        return keys;
    }

    private Gate.Head head(Gate.Shape shape) {
        return new Gate.Head(GateWork.gaussian(gen, shape.rank() * shape.queryCols()),
                GateWork.gaussian(gen, shape.rank() * shape.keyCols()), GateWork.gaussian(gen, shape.rank()),
                GateWork.gaussian(gen, shape.rank()));
    }

    // ---------------------------------------------------------------- the formula, once more

    private static double[] normed(float[] w, float[] x, float[] norm, double epsilon) {
        double[] y = new double[norm.length];
        double squares = 0;
        for (int i = 0; i < y.length; i++) {
            for (int j = 0; j < x.length; j++) {
                y[i] += (double) w[i * x.length + j] * x[j];
            }
            squares += y[i] * y[i] / y.length;
        }
        for (int i = 0; i < y.length; i++) {
            y[i] *= norm[i] / Math.sqrt(squares + epsilon);
        }
        return y;
    }

    private static double product(double[] q, double[] k, int distance, double theta) {
        double sum = 0;
        int half = q.length / 2;
        for (int i = 0; i < half; i++) { // a rotation of q by the distance
            double angle = theta == 0 ? 0 : distance * Math.pow(theta, -2.0 * i / q.length);
            double cos = Math.cos(angle);
            double sin = Math.sin(angle);
            sum += (q[i] * cos - q[half + i] * sin) * k[i] + (q[i] * sin + q[half + i] * cos) * k[half + i];
        }
        return sum / Math.sqrt(q.length);
    }

    private static float[] features(float[][][] keys, int from, int to, int head) {
        float[] features = new float[3 * D];
        for (int d = 0; d < D; d++) {
            features[d] = Float.NEGATIVE_INFINITY;
            features[D + d] = Float.POSITIVE_INFINITY;
            for (int t = from; t < to; t++) {
                features[d] = Math.max(features[d], keys[t][head][d]);
                features[D + d] = Math.min(features[D + d], keys[t][head][d]);
                features[2 * D + d] += keys[t][head][d] / (to - from);
            }
        }
        return features;
    }

    /** Expected scores of a run of tokens whose first stands {@code distance} before the query. */
    private static void expect(List<Double> out, Gate gate, int head, double[] q, float[][][] keys, int distance) {
        Gate.Head weights = gate.heads().get(HEADS_BEFORE + head);
        for (int from = 0; from < keys.length; from += BLOCK) {
            int to = Math.min(keys.length, from + BLOCK);
            double[] k = normed(weights.wk(), features(keys, from, to, head), weights.normK(), gate.shape().epsilon());
            out.add(product(q, k, distance - (to - 1), gate.shape().theta()));
        }
    }

    @Test
    void scoresPrefixDocumentsAndOwnBlocksByTheFormula() throws Exception {
        try (GateWork work = new GateWork(2, 50)) {
            Gate.Shape shape = new Gate.Shape(2, GateWork.KV_HEADS, 2, D, 8, 1000, 1e-5f);
            Gate gate = new Gate("m", shape, Map.of(HEADS_BEFORE, head(shape))); // the other head has none
            float[][] scores = new float[GateWork.KV_HEADS][];
            GateScores gated = new GateScores(gate, work.kernels, GateWork.SUMMARIES, layer -> work.turner());
            assertThat(gated.heads()).isEqualTo(1);
            Lookup lookup = new Lookup(work.kernels, GateWork.SUMMARIES, new LookupSpec(2, 64), layer -> work.turner(),
                    GateWork.ROWS_MAX, Budgets.of(2), (c, out) -> {
                        gated.score(c, out);
                        for (int h = 0; h < GateWork.KV_HEADS; h++) {
                            scores[h] = row(out, h, c.seen()[0]);
                        }
                    });
            float[][][] prefix = keys(BLOCK);
            float[][][] longer = keys(300);
            float[][][] shorter = keys(130);
            float[][][] own = keys(200);
            DenseKv front = new DenseKv(work.kernels, work.pool, BLOCK);
            work.read(front, prefix);
            SealedDocument a = document(work, front, "a", longer);
            SealedDocument b = document(work, front, "b", shorter);
            DenseKv view = new DenseKv(work.kernels, work.pool, 1024, lookup, Context.of(front, List.of(a, b), Placement.PARALLEL));
            work.read(view, own);
            for (int again = 0; again < 2; again++) {
                float[][] queries = keys(2)[0];
                float[][] all = {queries[0], queries[1], GateWork.gaussian(gen, D), GateWork.gaussian(gen, D)};
                float[] q = Arrays.copyOf(all[0], 2 * D);
                System.arraycopy(all[1], 0, q, D, D);
                int position = view.position();
                work.attend(view, keys(1)[0], all);
                Gate.Head weights = gate.heads().get(HEADS_BEFORE);
                double[] vector = normed(weights.wq(), q, weights.normQ(), shape.epsilon());
                List<Double> expected = new ArrayList<>();
                expect(expected, gate, 0, vector, prefix, position);
                expect(expected, gate, 0, vector, longer, position - BLOCK);
                expect(expected, gate, 0, vector, shorter, position - BLOCK - (300 - 130));
                expect(expected, gate, 0, vector, Arrays.copyOf(own, 192), position - BLOCK - 300);
                assertThat(scores[0]).hasSize(expected.size());
                for (int i = 0; i < scores[0].length; i++) {
                    assertThat((double) scores[0][i]).as("block %d; %s", i, SEED).isEqualTo(expected.get(i), within(0.05));
                }
                assertThat(scores[1]).isNotEqualTo(scores[0]);
            }
            // What is read again at the same place has vectors of its own.
            view.truncate(64);
            float[][][] other = keys(136);
            work.read(view, other);
            float[][] all = {keys(1)[0][0], keys(1)[0][0], keys(1)[0][0], keys(1)[0][0]};
            int position = view.position();
            work.attend(view, keys(1)[0], all);
            float[] q = Arrays.copyOf(all[0], 2 * D);
            System.arraycopy(all[1], 0, q, D, D);
            List<Double> expected = new ArrayList<>();
            Gate.Head weights = gate.heads().get(HEADS_BEFORE);
            expect(expected, gate, 0, normed(weights.wq(), q, weights.normQ(), shape.epsilon()), Arrays.copyOf(other, 128),
                    position - BLOCK - 300 - 64);
            assertThat((double) scores[0][scores[0].length - 1]).as(SEED.toString()).isEqualTo(expected.get(1), within(0.05));
            view.close();
            a.release();
            b.release();
            front.close();
            lookup.close();
        }
    }

    private static float[] row(Floats out, int row, int count) {
        float[] scores = new float[count];
        for (int i = 0; i < count; i++) {
            scores[i] = out.get(row, i);
        }
        return scores;
    }

    private static SealedDocument document(GateWork work, DenseKv front, String id, float[][][] keys) throws Exception {
        try (DenseKv view = new DenseKv(work.kernels, work.pool, 1024)) {
            front.copyTo(view);
            work.read(view, keys);
            view.sealTail();
            return SealedDocument.of(id, view, front.tokens(), new int[keys.length]);
        }
    }

    /** Goal: a gate that is the mean chooses as the mean does. Method: blocks of one key each, all as long; equal attention. */
    @Test
    void choosesAsTheMeanWhereItIsTheMean() throws Exception {
        try (GateWork work = new GateWork(1, 0)) {
            Gate.Shape shape = new Gate.Shape(2, GateWork.KV_HEADS, 1, D, D, 0, 0);
            float[] wq = new float[D * D];
            float[] wk = new float[D * 3 * D];
            float[] ones = new float[D];
            for (int i = 0; i < D; i++) {
                wq[i * D + i] = 1;
                wk[i * 3 * D + 2 * D + i] = 1;
                ones[i] = 1;
            }
            Gate.Head mean = new Gate.Head(wq, wk, ones, ones);
            Gate gate = new Gate("m", shape, Map.of(HEADS_BEFORE, mean, HEADS_BEFORE + 1, mean));
            float[][][] keys = new float[40 * BLOCK][][];
            for (int t = 0; t < keys.length; t++) {
                keys[t] = t % BLOCK == 0 ? signs() : keys[t - 1];
            }
            LookupSpec spec = new LookupSpec(6, 64);
            float[][] queries = keys(1)[0];
            float[][] own = keys(1)[0];
            try (Lookup byMeans = new Lookup(work.kernels, GateWork.SUMMARIES, spec, layer -> work.turner(), GateWork.ROWS_MAX);
                    Lookup byGate = new Lookup(work.kernels, GateWork.SUMMARIES, spec, layer -> work.turner(), GateWork.ROWS_MAX,
                            Budgets.of(spec.blocks()), new GateScores(gate, work.kernels, GateWork.SUMMARIES, l -> work.turner()));
                    DenseKv base = new DenseKv(work.kernels, work.pool, 41 * BLOCK)) {
                work.read(base, keys);
                try (DenseKv a = base.fork(byMeans); DenseKv b = base.fork(byGate); DenseKv dense = base.fork()) {
                    float[] expected = work.attend(a, own, queries);
                    assertThat(work.attend(b, own, queries)).as(SEED.toString()).isEqualTo(expected)
                            .isNotEqualTo(work.attend(dense, own, queries));
                }
            }
        }
    }

    private float[][] signs() {
        float[][] signs = new float[GateWork.KV_HEADS][D];
        for (float[] each : signs) {
            for (int d = 0; d < D; d++) {
                each[d] = gen.between(0, 2) == 0 ? 1 : -1;
            }
        }
        return signs;
    }

    @Test
    void refusesAGateOfAnotherShape() throws Exception {
        try (GateWork work = new GateWork(2, 50)) {
            Gate gate = new Gate("m", new Gate.Shape(2, GateWork.KV_HEADS, 3, D, 8, 0, 0), Map.of());
            assertThat(GateScores.refusal(gate, GateWork.SHAPE, 6)).isNull();
            assertThat(GateScores.refusal(gate, GateWork.SHAPE, 4)).contains("6 heads").contains("4");
            Gate other = new Gate("m", new Gate.Shape(3, GateWork.KV_HEADS, 2, D, 8, 0, 0), Map.of());
            assertThatThrownBy(() -> new GateScores(other, work.kernels, GateWork.SUMMARIES, l -> work.turner()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
