package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

/**
 * Attention by its definition in double precision, over keys and values rounded as the KV type says: f16, or sealed blocks.
 * Shares no code with the kernels.
 */
final class KvReference {
    private final KvShape shape;
    private final Attention attention;
    private final Floats q;
    private final float[][][] keysLive; // (kvHead, position, dim)
    private final float[][][] valuesLive;
    private final float[][][] keysSealed;
    private final float[][][] valuesSealed;

    KvReference(KvShape shape, Attention attention, Floats q, Floats k, Floats v) {
        this.shape = shape;
        this.attention = attention;
        this.q = q;
        boolean isSealing = shape.type() == KvType.Q8_0;
        keysLive = rounded(k, isSealing);
        valuesLive = rounded(v, false);
        keysSealed = isSealing ? sealed(keysLive) : keysLive;
        valuesSealed = isSealing ? sealed(valuesLive) : valuesLive;
    }

    private float[][][] rounded(Floats x, boolean isTurned) {
        float[][][] out = new float[shape.kvHeads()][x.rows()][];
        for (int h = 0; h < shape.kvHeads(); h++) {
            for (int t = 0; t < x.rows(); t++) {
                float[] row = Workpiece.head(x, t, h, shape.headDim());
                out[h][t] = isTurned ? turned(row) : row;
                for (int d = 0; d < row.length; d++) {
                    out[h][t][d] = Reference.roundToF16(out[h][t][d]);
                }
            }
        }
        return out;
    }

    /** A row times its Hadamard matrix, which is its own inverse. */
    static float[] turned(float[] row) {
        int n = Integer.lowestOneBit(row.length);
        float[] out = new float[row.length];
        for (int i = 0; i < row.length; i++) {
            double sum = 0;
            for (int j = 0; j < n; j++) {
                sum += Integer.bitCount(i % n & j) % 2 == 0 ? row[i / n * n + j] : -row[i / n * n + j];
            }
            out[i] = (float) (sum / Math.sqrt(n));
        }
        return out;
    }

    private static float[][][] sealed(float[][][] live) {
        float[][][] out = new float[live.length][live[0].length][];
        for (int h = 0; h < live.length; h++) {
            for (int t = 0; t < live[h].length; t++) {
                out[h][t] = sealed(live[h][t]);
            }
        }
        return out;
    }

    /** A key as a sealed record holds it, turned. */
    static float[] sealedKey(float[] row) {
        return sealedValue(turned(row));
    }

    /** A value as a sealed record holds it. */
    static float[] sealedValue(float[] row) {
        float[] half = new float[row.length];
        for (int d = 0; d < row.length; d++) {
            half[d] = Reference.roundToF16(row[d]);
        }
        return sealed(half);
    }

    private static float[] sealed(float[] row) {
        float[] out = row.clone();
        for (int from = 0; from < row.length; from += 32) {
            int to = Math.min(row.length, from + 32);
            float max = 0;
            for (int d = from; d < to; d++) {
                max = Math.max(max, Math.abs(row[d]));
            }
            double scale = Reference.roundToF16(max / 127);
            for (int d = from; d < to; d++) {
                out[d] = (float) (scale * Math.clamp(Math.rint(row[d] / scale), -127, 127));
            }
        }
        return out;
    }

    /** The row at {@code position} of what a kernel found. */
    void check(int position, Floats out, int row) {
        int dim = shape.headDim();
        int group = attention.heads() / shape.kvHeads();
        int own = position / KvShape.BLOCK_TOKENS * KvShape.BLOCK_TOKENS;
        for (int h = 0; h < attention.heads(); h++) {
            float[] query = Workpiece.head(q, position, h, dim);
            double[] expected = Reference.attend(shape.type() == KvType.Q8_0 ? turned(query) : query,
                    mixed(keysSealed[h / group], keysLive[h / group], own, position),
                    mixed(valuesSealed[h / group], valuesLive[h / group], own, position), position, attention.windowTokens(),
                    attention.scale());
            // A key's turn is rounded to f16 and then to 8 bits, where another order of its sum can make one step more.
            double tolerance = shape.type() == KvType.Q8_0 ? 0.05 : 2e-4;
            for (int d = 0; d < dim; d++) {
                assertThat((double) out.get(row, h * dim + d)).as("%s, position %d, head %d, dim %d", shape.type(), position, h, d)
                        .isCloseTo(expected[d], offset(tolerance));
            }
        }
    }

    private static float[][] mixed(float[][] sealed, float[][] live, int own, int position) {
        float[][] out = new float[position + 1][];
        for (int p = 0; p <= position; p++) {
            out[p] = p < own ? sealed[p] : live[p];
        }
        return out;
    }
}
