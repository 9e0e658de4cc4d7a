package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.longhand.base.ElementType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of everything that makes a row from that row alone, on every tier of this machine. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.longhand.kernels.Tiers#all")
class RowsContractTest {
    @Parameter
    Ops ops;

    /** Goal: RMS norm by its formula, any length. Method: double precision. */
    @ParameterizedTest
    @ValueSource(ints = {16, 31, 64, 577, 2048})
    void normalises(int n) {
        try (Workpiece work = new Workpiece(ops, 2, n)) {
            Floats x = work.floats(9, n);
            Floats weight = work.floats(1, n);
            Floats residual = work.floats(9, n);
            float[][] before = {Workpiece.row(residual, 0), Workpiece.row(residual, 8)};
            Activations out = new Activations(work.arena, 9, n, 0);
            Activations finished = n % 32 == 0 ? work.kernels.activations(work.arena, 9, n) : out;
            work.kernels.rmsNorm(x, 9, weight, 1e-5f, ops.quantisedRowBytes(32) == 0 ? out : finished);
            Floats normed = ops.quantisedRowBytes(32) == 0 ? out.values() : finished.values();
            work.kernels.rmsNormAdd(x, 9, weight, 1e-5f, residual);
            for (int t : new int[] {0, 8}) {
                double[] expected = Reference.rmsNorm(Workpiece.row(x, t), Workpiece.row(weight, 0), 1e-5f);
                for (int i = 0; i < n; i++) {
                    assertThat((double) normed.get(t, i)).isCloseTo(expected[i], offset(2e-6 * Math.abs(expected[i]) + 1e-7));
                    double added = expected[i] + before[t / 8][i];
                    assertThat((double) residual.get(t, i)).isCloseTo(added, offset(2e-6 * (Math.abs(added) + Math.abs(expected[i])) + 1e-7));
                }
            }
        }
    }

    /** Goal: each head is normalised apart, in place. Method: double precision per head. */
    @ParameterizedTest
    @ValueSource(ints = {64, 128, 256})
    void normalisesHeads(int dim) {
        try (Workpiece work = new Workpiece(ops, 2, dim)) {
            Floats x = work.floats(5, 3 * dim);
            Floats before = work.zeros(5, 3 * dim);
            before.memory().copyFrom(x.memory());
            Floats weight = work.floats(1, dim);
            work.kernels.headNorm(x, 5, 3, dim, weight, 1e-6f);
            for (int t = 0; t < 5; t++) {
                for (int h = 0; h < 3; h++) {
                    double[] expected = Reference.rmsNorm(Workpiece.head(before, t, h, dim), Workpiece.row(weight, 0), 1e-6f);
                    for (int i = 0; i < dim; i++) {
                        assertThat((double) x.get(t, h * dim + i)).isCloseTo(expected[i], offset(2e-6 * Math.abs(expected[i]) + 1e-7));
                    }
                }
            }
        }
    }

    /** Goal: sums are exact f32 sums. Method: Java's own addition, equal bits. */
    @Test
    void addsRowsAndBias() {
        try (Workpiece work = new Workpiece(ops, 2, 2)) {
            Floats y = work.floats(7, 99);
            Floats x = work.floats(7, 99);
            Floats bias = work.floats(1, 99);
            float[] before = Workpiece.row(y, 6);
            float[] last = new float[99];
            for (int i = 0; i < 99; i++) {
                last[i] = before[i] + x.get(6, i) + bias.get(0, i);
            }
            work.kernels.add(y, x, 7);
            work.kernels.addBias(y, bias, 7);
            assertThat(Workpiece.row(y, 6)).isEqualTo(last);
        }
    }

    /** Goal: the gate by its formula over the whole range, without overflow. Method: a sweep with extremes, double precision. */
    @ParameterizedTest
    @EnumSource(Kernels.Gate.class)
    void gates(Kernels.Gate gate) {
        int n = 1056;
        try (Workpiece work = new Workpiece(ops, 2, 4)) {
            Floats a = work.floats(3, n);
            Floats b = work.floats(3, n);
            float[] extremes = {0, -0f, 1e-30f, 88, -88, 89, -89, 104, -104, 1e4f, -1e4f, 3e38f, -3e38f, 9, -9, 12, -12};
            for (int i = 0; i < n; i++) {
                a.set(0, i, i < extremes.length ? extremes[i] : (i - 512) / 40f);
            }
            for (int i = 0; i < extremes.length; i++) {
                b.set(0, i, 1);
            }
            Activations out = work.kernels.activations(work.arena, 3, n);
            work.kernels.gate(gate, a, b, 3, out);
            for (int t = 0; t < 3; t++) {
                for (int i = 0; i < n; i++) {
                    double expected = Reference.gate(gate, a.get(t, i), b.get(t, i));
                    assertThat((double) out.values().get(t, i)).as("%s(%s)", gate, a.get(t, i))
                            .isCloseTo(expected, offset(3e-6 * Math.abs(expected) + 4e-7 * Math.abs(b.get(t, i))));
                }
            }
        }
    }

    /** Goal: both pairings turn by the formula, and elements past the turned ones stay. Method: double precision per pair. */
    @ParameterizedTest
    @CsvSource({"ADJACENT, 64, 64", "HALVES, 64, 64", "ADJACENT, 128, 64", "HALVES, 256, 256", "HALVES, 80, 40", "ADJACENT, 80, 36"})
    void turnsPairs(Kernels.Pairing pairing, int dim, int turned) {
        int pairs = turned / 2;
        try (Workpiece work = new Workpiece(ops, 2, dim)) {
            Floats x = work.floats(6, 2 * dim);
            Floats before = work.zeros(6, 2 * dim);
            before.memory().copyFrom(x.memory());
            Floats angles = work.zeros(6, turned);
            for (int t = 0; t < 6; t++) {
                for (int i = 0; i < pairs; i++) {
                    double angle = (1000 + t) * Math.pow(10_000, -2.0 * i / turned);
                    angles.set(t, i, (float) Math.cos(angle));
                    angles.set(t, pairs + i, (float) Math.sin(angle));
                }
            }
            work.kernels.rope(x, 6, 2, dim, angles, pairing);
            for (int t = 0; t < 6; t++) {
                for (int h = 0; h < 2; h++) {
                    checkHead(pairing, before, x, angles, t, h * dim, dim);
                }
            }
        }
    }

    private static void checkHead(Kernels.Pairing pairing, Floats before, Floats x, Floats angles, int t, int at, int dim) {
        int pairs = angles.cols() / 2;
        for (int i = 0; i < pairs; i++) {
            int first = at + (pairing == Kernels.Pairing.ADJACENT ? 2 * i : i);
            int second = at + (pairing == Kernels.Pairing.ADJACENT ? 2 * i + 1 : i + pairs);
            double a = before.get(t, first);
            double b = before.get(t, second);
            double cos = angles.get(t, i);
            double sin = angles.get(t, pairs + i);
            assertThat((double) x.get(t, first)).as("%s pair %d", pairing, i).isCloseTo(a * cos - b * sin, offset(4e-6));
            assertThat((double) x.get(t, second)).as("%s pair %d", pairing, i).isCloseTo(a * sin + b * cos, offset(4e-6));
        }
        for (int i = at + 2 * pairs; i < at + dim; i++) {
            assertThat(x.get(t, i)).isEqualTo(before.get(t, i));
        }
    }

    /** Goal: the lowest index among equals; NaN anywhere is told. Method: chosen rows of awkward lengths. */
    @ParameterizedTest
    @ValueSource(ints = {1, 7, 16, 33, 1000, 4099})
    void findsTheFirstGreatest(int n) {
        try (Workpiece work = new Workpiece(ops, 1, n)) {
            Floats x = work.floats(1, n);
            for (int i = 0; i < n; i++) {
                x.set(0, i, -1 - Math.abs(x.get(0, i)));
            }
            for (int at : new int[] {0, n / 3, n / 2, n - 1}) {
                float before = x.get(0, at);
                x.set(0, at, -0.5f);
                x.set(0, n - 1, -0.5f);
                assertThat(work.kernels.argmax(x, 0)).isEqualTo(at);
                x.set(0, n - 1, -3);
                x.set(0, at, Float.NaN);
                assertThat(work.kernels.argmax(x, 0)).isEqualTo(-1);
                x.set(0, at, before);
            }
            for (int i = 0; i < n; i++) {
                x.set(0, i, Float.NEGATIVE_INFINITY);
            }
            assertThat(work.kernels.argmax(x, 0)).as("all equal").isZero();
        }
    }

    /** Goal: a copied row multiplies as the original. Method: equal bits of a product. */
    @Test
    void copiesFinishedRows() {
        try (Workpiece work = new Workpiece(ops, 1, 8)) {
            Matrix w = work.randomMatrix(ElementType.Q4_0, 48, 64);
            Activations x = work.activations(work.floats(4, 64));
            Activations one = work.kernels.activations(work.arena, 1, 64);
            work.kernels.copyRow(x, 2, one, 0);
            Floats all = work.zeros(4, 48);
            Floats alone = work.zeros(1, 48);
            work.kernels.matmul(w, x, 4, all);
            work.kernels.matmul(w, one, 1, alone);
            assertThat(Workpiece.row(alone, 0)).isEqualTo(Workpiece.row(all, 2));
        }
    }

    /** Goal: rows of every operation do not depend on how many are asked for. Method: 40 rows at once and one by one. */
    @Test
    void elementwiseRowsAreBatchInvariant() {
        int n = 96;
        try (Workpiece work = new Workpiece(ops, 2, 6)) {
            Floats a = work.floats(200, n);
            Floats b = work.floats(200, n);
            Floats weight = work.floats(1, n);
            Activations gated = work.kernels.activations(work.arena, 200, n);
            Activations normed = work.kernels.activations(work.arena, 200, n);
            work.kernels.gate(Kernels.Gate.GELU_TANH, a, b, 200, gated);
            work.kernels.rmsNorm(a, 200, weight, 1e-6f, normed);
            Activations one = work.kernels.activations(work.arena, 1, n);
            Floats oneA = work.zeros(1, n);
            Floats oneB = work.zeros(1, n);
            for (int t = 0; t < 200; t += 13) {
                for (int i = 0; i < n; i++) {
                    oneA.set(0, i, a.get(t, i));
                    oneB.set(0, i, b.get(t, i));
                }
                work.kernels.gate(Kernels.Gate.GELU_TANH, oneA, oneB, 1, one);
                assertThat(Workpiece.row(one.values(), 0)).isEqualTo(Workpiece.row(gated.values(), t));
                work.kernels.rmsNorm(oneA, 1, weight, 1e-6f, one);
                assertThat(Workpiece.row(one.values(), 0)).isEqualTo(Workpiece.row(normed.values(), t));
            }
        }
    }

    /** Goal: a caller's mistake is named before any memory is touched. Method: one wrong argument each. */
    @Test
    void refusesArgumentsThatDoNotFit() {
        try (Workpiece work = new Workpiece(ops, 1, 1)) {
            Matrix w = work.randomMatrix(ElementType.Q8_0, 32, 64);
            Activations x = work.activations(work.floats(2, 64));
            assertThatThrownBy(() -> work.kernels.matmul(w, x, 3, work.zeros(3, 32))).hasMessageContaining("3 rows");
            assertThatThrownBy(() -> work.kernels.matmul(w, x, 2, work.zeros(2, 31))).hasMessageContaining("31 columns");
            assertThatThrownBy(() -> work.kernels.matmul(w, x, 2, work.zeros(1, 32))).hasMessageContaining("y of a matmul");
            assertThatThrownBy(() -> work.kernels.embed(w, new int[] {32}, 0, 1, 1, work.zeros(1, 64))).hasMessageContaining("token");
            assertThatThrownBy(() -> work.kernels.add(work.zeros(1, 64), work.zeros(1, 32), 1)).hasMessageContaining("64 columns");
            KvShape shape = new KvShape(1, 2, 32);
            KvTable table = work.table(shape, 64);
            assertThatThrownBy(() -> work.kernels.storeKv(x.values(), x.values(), 2, shape, 0, table, 63)).hasMessageContaining("below 64");
            assertThatThrownBy(() -> work.kernels.attention(x.values(), 2, shape, new Attention(0, 3, 1, 1), table, 0, x))
                    .hasMessageContaining("3 query heads");
        }
    }
}
