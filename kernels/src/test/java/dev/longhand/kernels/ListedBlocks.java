package dev.longhand.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.lang.foreign.Arena;
import java.util.Arrays;

/**
 * Random sealed blocks, some of them partly filled, in one list of records per KV head with turns; then one live block of the
 * sequence's own, whose rows attend. And what attention over it is by its definition, in double precision.
 */
final class ListedBlocks {
    static final int BLOCK = KvShape.BLOCK_TOKENS;
    /** Turned queries per row. */
    static final int TURNS = 3;
    private static final Kernels.Pairing PAIRING = Kernels.Pairing.HALVES;

    /** FULL: without turns, all heads in one order; PARTLY_FULL: random counts and turns, each head in its own order. */
    enum Form { FULL, PARTLY_FULL }

    final KvShape shape;
    final int group;
    final int blocks;
    final int rows;
    final KvTable table;
    final Floats q;
    final Floats turned; // (TURNS * rows, heads * dim)
    final int[][] counts; // (kvHead, block)
    final int[][] turns;
    private final int[][] picked; // (kvHead, block): of the pool
    private final float[][][][] keys; // (block of the pool, kvHead, slot, dim), as sealed
    private final float[][][][] values;
    private final long[] stored; // (block of the pool)
    private final Floats k; // of the live block
    private final Floats v;

    /** {@code blocks} sealed blocks of {@code form} and {@code rows} rows after them. */
    ListedBlocks(Workpiece work, int kvHeads, int group, int headDim, int blocks, int rows, Form form) {
        this.shape = new KvShape(1, kvHeads, headDim, KvType.Q8_0);
        this.group = group;
        this.blocks = blocks;
        this.rows = rows;
        counts = new int[kvHeads][blocks];
        turns = new int[kvHeads][blocks];
        picked = new int[kvHeads][blocks];
        keys = new float[blocks][kvHeads][BLOCK][];
        values = new float[blocks][kvHeads][BLOCK][];
        stored = new long[blocks];
        table = KvTable.ofRecords(work.arena, kvHeads, blocks + 1);
        table.resize(blocks + 1);
        int[] tokens = new int[blocks];
        for (int b = 0; b < blocks; b++) {
            tokens[b] = form == Form.FULL ? BLOCK : work.gen.oneOf(BLOCK, BLOCK, 1, 17, 48, 63);
            makeBlock(work, b, tokens[b]);
        }
        for (int h = 0; h < kvHeads; h++) {
            for (int b = 0; b < blocks; b++) {
                picked[h][b] = form == Form.FULL ? b : (b + 5 * h) % blocks;
                counts[h][b] = tokens[picked[h][b]];
                turns[h][b] = form == Form.FULL ? 0 : work.gen.between(0, TURNS);
                set(h, b);
            }
        }
        q = work.floats(rows, kvHeads * group * headDim);
        turned = turned(work);
        k = work.floats(rows, kvHeads * headDim);
        v = work.floats(rows, kvHeads * headDim);
        KvTable own = work.table(shape, BLOCK);
        work.kernels.storeKv(k, v, rows, shape, 0, own, 0);
        for (int h = 0; h < kvHeads; h++) {
            table.setLive(h, blocks, own.live(0) + shape.liveOffset(0, h));
        }
    }

    private void set(int kvHead, int block) {
        table.set(kvHead, block, record(kvHead, block), counts[kvHead][block], turns[kvHead][block]);
    }

    /** Address of a listed record. */
    long record(int kvHead, int block) {
        return stored[picked[kvHead][block]] + shape.storedOffset(0, kvHead);
    }

    /** Lists a block as if it held {@code tokens}. */
    void setCount(int kvHead, int block, int tokens) {
        counts[kvHead][block] = tokens;
        set(kvHead, block);
    }

    /** A block of the pool; the live slots that hold no token are NaN, and so are the scales that are sealed from them. */
    private void makeBlock(Workpiece work, int index, int tokens) {
        Floats blockKeys = work.floats(tokens, shape.kvHeads() * shape.headDim());
        Floats blockValues = work.floats(tokens, shape.kvHeads() * shape.headDim());
        KvTable one = work.table(shape, BLOCK);
        work.kernels.storeKv(blockKeys, blockValues, tokens, shape, 0, one, 0);
        work.kernels.seal(shape, one.live(0), one.stored(0));
        stored[index] = one.stored(0);
        for (int h = 0; h < shape.kvHeads(); h++) {
            for (int slot = 0; slot < tokens; slot++) {
                keys[index][h][slot] = KvReference.sealedKey(Workpiece.head(blockKeys, slot, h, shape.headDim()));
                values[index][h][slot] = KvReference.sealedValue(Workpiece.head(blockValues, slot, h, shape.headDim()));
            }
        }
    }

    private Floats turned(Workpiece work) {
        Floats all = work.zeros(TURNS * rows, q.cols());
        int pairs = shape.headDim() / 2;
        Floats angles = work.zeros(TURNS * rows, 2 * pairs);
        for (int row = 0; row < TURNS * rows; row++) {
            Workpiece.copyRow(q, row % rows, all, row);
            for (int i = 0; i < pairs; i++) {
                double angle = -(row / rows + 1) * 700 * Math.pow(10_000, -(double) i / pairs);
                angles.set(row, i, (float) Math.cos(angle));
                angles.set(row, pairs + i, (float) Math.sin(angle));
            }
        }
        work.kernels.rope(all, all.rows(), q.cols() / shape.headDim(), shape.headDim(), angles, PAIRING);
        return all;
    }

    Attention attention(int window) {
        return new Attention(0, shape.kvHeads() * group, (float) (1 / Math.sqrt(shape.headDim())), window);
    }

    /** All rows, {@code batch} at a time. */
    float[][] attend(Kernels kernels, Arena arena, int window, int batch) {
        Activations out = kernels.activations(arena, rows, q.cols());
        KvParts parts = new KvParts(1);
        for (int from = 0; from < rows; from += batch) {
            parts.clear();
            parts.add(from, Math.min(batch, rows - from), blocks * BLOCK + from, table, turned, from, rows);
            kernels.attention(q, parts, shape, attention(window), out);
        }
        float[][] found = new float[rows][];
        for (int row = 0; row < rows; row++) {
            found[row] = Workpiece.row(out.values(), row);
        }
        return found;
    }

    /** Row {@code row} of what a kernel found. */
    void check(int row, int window, float[] found, double tolerance) {
        int dim = shape.headDim();
        for (int h = 0; h < shape.kvHeads() * group; h++) {
            double[] expected = expected(row, h, window);
            for (int d = 0; d < dim; d++) {
                assertThat((double) found[h * dim + d]).as("row %d, head %d, dim %d", row, h, d)
                        .isCloseTo(expected[d], offset(tolerance));
            }
        }
    }

    private double[] expected(int row, int head, int window) {
        int kvHead = head / group;
        int own = blocks * BLOCK + row;
        int first = Math.max(0, own - Math.min(window, own + 1) + 1);
        double[] scores = new double[own + 1];
        float[][] seenValues = new float[own + 1][];
        double max = Double.NEGATIVE_INFINITY;
        for (int p = first; p <= own; p++) {
            int b = p / BLOCK;
            if (b < blocks && p % BLOCK >= counts[kvHead][b]) {
                continue;
            }
            float[] key = b < blocks ? keys[picked[kvHead][b]][kvHead][p % BLOCK] : liveRow(k, p % BLOCK, kvHead, true);
            seenValues[p] = b < blocks ? values[picked[kvHead][b]][kvHead][p % BLOCK] : liveRow(v, p % BLOCK, kvHead, false);
            int turn = b < blocks ? turns[kvHead][b] : 0;
            float[] query = KvReference.turned(turn == 0 ? Workpiece.head(q, row, head, shape.headDim())
                    : Workpiece.head(turned, (turn - 1) * rows + row, head, shape.headDim()));
            for (int d = 0; d < query.length; d++) {
                scores[p] += attention(window).scale() * query[d] * (double) key[d];
            }
            max = Math.max(max, scores[p]);
        }
        return mean(scores, seenValues, max);
    }

    private double[] mean(double[] scores, float[][] seenValues, double max) {
        double[] out = new double[shape.headDim()];
        double sum = 0;
        for (int p = 0; p < scores.length; p++) {
            if (seenValues[p] == null) {
                continue;
            }
            double weight = Math.exp(scores[p] - max);
            sum += weight;
            for (int d = 0; d < out.length; d++) {
                out[d] += weight * seenValues[p][d];
            }
        }
        double all = sum;
        return Arrays.stream(out).map(o -> o / all).toArray();
    }

    private float[] liveRow(Floats x, int slot, int kvHead, boolean isKey) {
        float[] row = Workpiece.head(x, slot, kvHead, shape.headDim());
        float[] kept = isKey ? KvReference.turned(row) : row;
        for (int d = 0; d < kept.length; d++) {
            kept[d] = Reference.roundToF16(kept[d]);
        }
        return kept;
    }
}
