package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.longhand.base.ElementType;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of {@link Kernels#matmul} and {@link Kernels#embed} on every tier of this machine. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.longhand.kernels.Tiers#all")
class MatmulContractTest {
    /** f32 sums in any order over some hundred columns, relative to the sum of absolute products. */
    private static final double F32_TOLERANCE = 4e-6;
    private static final int[] BATCHES = {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 16, 21, 22, 23, 24, 25, 64, 512};

    @Parameter
    Ops ops;

    /**
     * Goal: a product is right for every element type, any number of rows, columns and tokens.
     * Method: random blocks as a file holds them, dequantised value by value from the type's formula, summed in double.
     */
    @ParameterizedTest
    @EnumSource(ElementType.class)
    void multipliesEveryElementType(ElementType source) {
        int block = Math.max(32, source.blockElements());
        check(source, 1, block, 1);
        check(source, 16, block, 2);
        check(source, 37, 3 * block, 7);
        check(source, 100, 2 * block, 16);
        check(source, 129, 5 * block, 33);
    }

    private void check(ElementType source, int rows, int cols, int tokens) {
        long seed = 1_000 * rows + cols + tokens;
        try (Workpiece work = new Workpiece(ops, 2, seed)) {
            byte[] raw = GgmlFormulas.randomRows(work.gen, source, rows, cols);
            Matrix w = work.pack(source, rows, cols, raw);
            Floats x = work.floats(tokens, cols);
            Floats y = work.zeros(tokens, rows);
            work.kernels.matmul(w, work.activations(x), tokens, y);
            for (int r = 0; r < rows; r++) {
                float[] weights = weights(source, raw, r, cols);
                for (int t = 0; t < tokens; t++) {
                    float[] xs = Workpiece.row(x, t);
                    assertThat((double) y.get(t, r)).as("%s %d x %d, row %d, token %d, seed %d", source, rows, cols, r, t, seed)
                            .isCloseTo(dot(weights, xs), offset(tolerance(source, weights, xs)));
                }
            }
        }
    }

    private static float[] weights(ElementType source, byte[] raw, int row, int cols) {
        float[] weights = new float[cols];
        for (int c = 0; c < cols; c++) {
            weights[c] = GgmlFormulas.weight(source, raw, (int) source.rowBytes(cols) * row, c);
        }
        return weights;
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /**
     * What may be lost: f32 rounding of the sum; f16 rounding of weights that have no panel type of their own; and, where inputs
     * are quantised to 8 bits per 32 columns, half a step of each block, weighted by the weights it meets.
     */
    private double tolerance(ElementType source, float[] weights, float[] x) {
        double products = 0;
        double steps = 0;
        double f16 = 0;
        for (int from = 0; from < x.length; from += 32) {
            double amax = 0;
            double absolute = 0;
            for (int c = from; c < from + 32; c++) {
                amax = Math.max(amax, Math.abs(x[c]));
                absolute += Math.abs(weights[c]);
                products += Math.abs((double) weights[c] * x[c]);
                f16 += Math.abs(x[c]) * (Math.abs(weights[c]) / 2048 + 6e-8);
            }
            steps += amax / 254 * absolute;
        }
        boolean quantises = ops.quantisedRowBytes(x.length) > 0;
        boolean roundsWeights = source == ElementType.Q2_K;
        return F32_TOLERANCE * products + (quantises ? 1.05 * steps : 0) + (roundsWeights ? f16 : 0) + 1e-7;
    }

    /**
     * Goal: the bits of a result row depend on that row's input only.
     * Method: 512 rows in one call of one thread; the same rows in batches of 1 to 512 by 1, 2 and 4 threads: the two sides of each
     * number of rows at which a tier changes its form, and every rest of a run of rows.
     */
    @ParameterizedTest
    @EnumSource(value = ElementType.class, names = {"F32", "F16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"})
    void isBatchInvariant(ElementType source) {
        int rows = 70;
        int cols = source.blockElements() == 256 ? 768 : 608;
        byte[] raw;
        float[][] expected = new float[512][];
        try (Workpiece work = new Workpiece(ops, 1, 5)) {
            raw = GgmlFormulas.randomRows(work.gen, source, rows, cols);
            Floats y = work.zeros(512, rows);
            Floats x = work.floats(512, cols);
            work.kernels.matmul(work.pack(source, rows, cols, raw), work.activations(x), 512, y);
            for (int t = 0; t < 512; t++) {
                expected[t] = Workpiece.row(y, t);
            }
        }
        for (int threads : new int[] {1, 2, 4}) {
            try (Workpiece work = new Workpiece(ops, threads, 5)) {
                GgmlFormulas.randomRows(work.gen, source, rows, cols); // the same draw, so that x is the same
                Matrix w = work.pack(source, rows, cols, raw);
                Floats x = work.floats(512, cols);
                for (int batch : BATCHES) {
                    for (int from = 0; from + batch <= Math.min(512, 5 * batch); from += batch) {
                        Floats y = work.zeros(batch, rows);
                        work.kernels.matmul(w, work.activations(x, from, batch), batch, y);
                        for (int t = 0; t < batch; t++) {
                            assertThat(Workpiece.row(y, t)).as("%s, %d threads, row %d of a batch of %d from %d", source, threads,
                                    t, batch, from).isEqualTo(expected[from + t]);
                        }
                    }
                }
            }
        }
    }

    /** Goal: several products in one hand-off are the single ones. Method: three matrices of unlike shape and type, equal bits. */
    @ParameterizedTest
    @ValueSource(ints = {1, 9})
    void multipliesSeveralMatricesAtOnce(int tokens) {
        try (Workpiece work = new Workpiece(ops, 2, 11)) {
            Matrix[] ws = {work.randomMatrix(ElementType.Q4_1, 576, 512), work.randomMatrix(ElementType.Q8_0, 50, 512),
                work.randomMatrix(ElementType.Q6_K, 192, 512)};
            Activations x = work.activations(work.floats(tokens, 512));
            Floats[] together = new Floats[3];
            for (int i = 0; i < 3; i++) {
                together[i] = work.zeros(tokens, ws[i].rows());
            }
            work.kernels.matmul(ws, x, tokens, together);
            for (int i = 0; i < 3; i++) {
                Floats alone = work.zeros(tokens, ws[i].rows());
                work.kernels.matmul(ws[i], x, tokens, alone);
                for (int t = 0; t < tokens; t++) {
                    assertThat(Workpiece.row(together[i], t)).as("matrix %d, token %d", i, t).isEqualTo(Workpiece.row(alone, t));
                }
            }
        }
    }

    /** Goal: rows of the embedding table come out as the file holds them, scaled. Method: the type's formula, all values. */
    @ParameterizedTest
    @EnumSource(ElementType.class)
    void embedsTokens(ElementType source) {
        int cols = 512;
        try (Workpiece work = new Workpiece(ops, 2, 3)) {
            byte[] raw = GgmlFormulas.randomRows(work.gen, source, 40, cols);
            Matrix table = work.pack(source, 40, cols, raw);
            Floats out = work.zeros(3, cols);
            work.kernels.embed(table, new int[] {7, 39, 0, 17}, 1, 3, 2.5f, out);
            int[] tokens = {39, 0, 17};
            for (int t = 0; t < 3; t++) {
                float[] weights = weights(source, raw, tokens[t], cols);
                for (int c = 0; c < cols; c++) {
                    double expected = 2.5 * weights[c];
                    double loose = source == ElementType.Q2_K ? Math.abs(expected) / 2048 + 2e-7 : 0;
                    assertThat((double) out.get(t, c)).as("%s token %d col %d", source, tokens[t], c)
                            .isCloseTo(expected, offset(2e-7 * Math.abs(expected) + loose + 1e-9));
                }
            }
        }
    }
}
