package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.ElementType;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Infinities and NaNs in weights, keys and values come out as such, so that the sequence stops; on every tier of this machine. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.longhand.kernels.Tiers#all")
class NotFiniteContractTest {
    private static final int INFINITY = 0x7c00;
    private static final int NEGATIVE_INFINITY = 0xfc00;
    private static final int NAN = 0x7e00;

    @Parameter
    Ops ops;

    /**
     * Goal: a weight or scale that is no number makes its row's result no number, and no other row's.
     * Method: random weights, the first f16 of row 5 replaced (a weight; for the quantised types: a block's scale); 1 and 9 tokens.
     */
    @ParameterizedTest
    @CsvSource({"F16, 1", "F16, 9", "Q4_0, 1", "Q4_0, 9", "Q4_1, 1", "Q4_1, 9", "Q8_0, 1", "Q8_0, 9", "Q4_K, 1", "Q4_K, 9"})
    void passesWeightsThatAreNoNumbersOn(ElementType source, int tokens) {
        int cols = 512;
        int rowBytes = (int) source.rowBytes(cols);
        for (int bits : new int[] {INFINITY, NEGATIVE_INFINITY, NAN}) {
            try (Workpiece work = new Workpiece(ops, 1, 21)) {
                byte[] raw = GgmlFormulas.randomRows(work.gen, source, 16, cols);
                raw[5 * rowBytes] = (byte) bits;
                raw[5 * rowBytes + 1] = (byte) (bits >> 8);
                Floats y = work.zeros(tokens, 16);
                work.kernels.matmul(work.pack(source, 16, cols, raw), work.activations(work.floats(tokens, cols)), tokens, y);
                for (int t = 0; t < tokens; t++) {
                    for (int r = 0; r < 16; r++) {
                        assertThat(Float.isFinite(y.get(t, r))).as("%s %04x, token %d, row %d: %s", source, bits, t, r, y.get(t, r))
                                .isEqualTo(r != 5);
                    }
                }
            }
        }
    }

    /**
     * Goal: attention over a key or value that is no number gives no number. Method: a value beyond f16 (stored as an infinity) and
     * a NaN, in K or in V, at one position; one token and nine that see it.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 9})
    void passesKeysAndValuesThatAreNoNumbersOn(int rows) {
        KvShape shape = new KvShape(1, 1, 64);
        Attention attention = new Attention(0, 2, 0.1f, Integer.MAX_VALUE);
        for (boolean isKey : new boolean[] {true, false}) {
            for (float bad : new float[] {1e6f, Float.NaN}) {
                try (Workpiece work = new Workpiece(ops, 1, 22)) {
                    Floats k = work.floats(80, 64);
                    Floats v = work.floats(80, 64);
                    Floats q = work.floats(rows, 128);
                    (isKey ? k : v).set(10, 3, bad);
                    for (int t = 0; t < rows; t++) {
                        q.set(t, 3, 1); // a score of plus infinity; minus infinity is a weight of 0, rightly
                        q.set(t, 67, 1);
                    }
                    KvTable table = work.table(shape, 80);
                    work.kernels.storeKv(k, v, 80, shape, 0, table, 0);
                    Activations out = work.kernels.activations(work.arena, rows, 128);
                    work.kernels.attention(q, rows, shape, attention, table, 80 - rows, out);
                    for (int t = 0; t < rows; t++) {
                        for (int h = 0; h < 2; h++) {
                            float result = out.values().get(t, 64 * h + 3);
                            assertThat(Float.isFinite(result))
                                    .as("%s %s, row %d, head %d: %s", isKey ? "k" : "v", bad, t, h, result).isFalse();
                        }
                    }
                }
            }
        }
    }
}
