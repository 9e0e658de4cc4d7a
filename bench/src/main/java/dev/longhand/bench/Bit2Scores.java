package dev.longhand.bench;

import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvTable;
import dev.longhand.kernels.SealedKeys;
import dev.longhand.memory.BlockScores;
import java.util.Arrays;

/**
 * Scores blocks by their keys in 2 bits, as BIT4 does by its planes: a reference row, made of the sealed records, in plain Java.
 *
 * <p>Per block and dimension, with the mean mu and the deviation sigma of its keys before the Hadamard turn: thresholds at mu
 * and mu +- .98 sigma, levels mu +- .45 sigma and mu +- 1.51 sigma, the best four of a normal distribution. A score is a block's
 * share of attention to all blocks that the row sees, added up over the query heads.
 */
final class Bit2Scores implements BlockScores {
    private static final float THRESHOLD = 0.98f;
    private static final float LEVEL_IN = 0.45f;
    private static final float LEVEL_OUT = 1.51f;
    private static final int TOKENS = KvShape.BLOCK_TOKENS;

    private final KvShape shape;
    private final float[] keys;

    Bit2Scores(KvShape shape) {
        this.shape = shape;
        this.keys = new float[TOKENS * shape.headDim()];
    }

    @Override
    public void score(Candidates c, Floats out) {
        KvTable table = c.records().get();
        Attention attention = c.attention();
        int group = attention.heads() / shape.kvHeads();
        int blocks = c.seen()[c.rows() - 1];
        float[] levels = new float[shape.headDim() * TOKENS];
        float[] query = new float[shape.headDim()];
        float[][] masses = new float[c.rows() * group][blocks]; // logarithms
        for (int h = 0; h < shape.kvHeads(); h++) {
            for (int b = 0; b < blocks; b++) {
                int tokens = table.tokens(h, b);
                SealedKeys.read(shape, table.record(h, b), tokens, keys);
                quantise(keys, tokens, shape.headDim(), levels);
                int turn = table.turn(h, b);
                for (int r = 0; r < c.rows(); r++) {
                    if (b < c.seen()[r]) {
                        for (int j = 0; j < group; j++) {
                            query(c, turn, r, h * group + j, query);
                            masses[r * group + j][b] = logMass(query, levels, tokens, attention.scale());
                        }
                    }
                }
            }
            for (int r = 0; r < c.rows(); r++) {
                shares(Arrays.copyOfRange(masses, r * group, (r + 1) * group), c.seen()[r], out, r * shape.kvHeads() + h);
            }
        }
    }

    private void query(Candidates c, int turn, int row, int head, float[] query) {
        Floats from = turn == 0 ? c.q() : c.turned();
        int fromRow = turn == 0 ? row : (turn - 1) * c.rows() + row;
        for (int d = 0; d < query.length; d++) {
            query[d] = from.get(fromRow, head * query.length + d);
        }
    }

    /** Keys {@code (tokens, headDim)} to levels {@code (headDim, 64)}. */
    static void quantise(float[] keys, int tokens, int headDim, float[] levels) {
        for (int d = 0; d < headDim; d++) {
            double sum = 0;
            for (int t = 0; t < tokens; t++) {
                sum += keys[t * headDim + d];
            }
            float mean = (float) (sum / tokens);
            double squares = 0;
            for (int t = 0; t < tokens; t++) {
                squares += Math.pow(keys[t * headDim + d] - mean, 2);
            }
            float deviation = (float) Math.sqrt(squares / tokens);
            for (int t = 0; t < tokens; t++) {
                float away = keys[t * headDim + d] - mean;
                float level = Math.abs(away) < THRESHOLD * deviation ? LEVEL_IN : LEVEL_OUT;
                levels[d * TOKENS + t] = mean + (away < 0 ? -level : level) * deviation;
            }
        }
    }

    private static float logMass(float[] query, float[] levels, int tokens, float scale) {
        float[] dots = new float[TOKENS];
        for (int d = 0; d < query.length; d++) {
            for (int t = 0; t < TOKENS; t++) {
                dots[t] += query[d] * levels[d * TOKENS + t];
            }
        }
        float max = Float.NEGATIVE_INFINITY;
        for (int t = 0; t < tokens; t++) {
            max = Math.max(max, scale * dots[t]);
        }
        double sum = 0;
        for (int t = 0; t < tokens; t++) {
            sum += Math.exp(scale * dots[t] - max);
        }
        return (float) (max + Math.log(sum));
    }

    private static void shares(float[][] masses, int blocks, Floats out, int row) {
        for (int b = 0; b < blocks; b++) {
            out.set(row, b, 0);
        }
        for (float[] logs : masses) {
            float max = Float.NEGATIVE_INFINITY;
            for (int b = 0; b < blocks; b++) {
                max = Math.max(max, logs[b]);
            }
            double sum = 0;
            for (int b = 0; b < blocks; b++) {
                sum += Math.exp(logs[b] - max);
            }
            for (int b = 0; b < blocks; b++) {
                out.set(row, b, out.get(row, b) + (float) (Math.exp(logs[b] - max) / sum));
            }
        }
    }
}
