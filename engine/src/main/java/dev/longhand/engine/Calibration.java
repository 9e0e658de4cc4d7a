package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.memory.Budgets;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvBatch;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.Lookup;
import dev.longhand.memory.LookupSpec;
import dev.longhand.model.Model;
import dev.longhand.text.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Finds the heads that need precise keys: one KV head at a time is looked up by mean keys, 512 tokens of some 2,000, while all
 * others
 * see everything; how far the predictions move, on a fact that stands far back and on a passage that is quoted, is how sensitive
 * the
 * head is. No training, and text that no desk holds.
 *
 * <p>Runs on the engine's thread, a head between two steps. Source: the sensitivity scan of lookup attention's design.
 */
final class Calibration implements AutoCloseable {
    /** Predictions may move by this much, in nats of mean divergence, over all heads that are not called sensitive. */
    static final double REST_MAX = 0.01;

    private static final int NEAR_LAYERS = 7;
    private static final int NEAR_HEADS_MIN = 8;
    private static final LookupSpec SPEC = new LookupSpec(8, 512);
    private static final int CONTEXT_TOKENS = 2048;
    private static final String FACT = "\n\nThe password of the northern gate is QX-7391-LIMA.\n\n";
    private static final String QUESTION = "\n\nThe password of the northern gate is";
    private static final int QUOTED_TOKENS = 72;
    private static final int ROWS_AT_ONCE = 32;

    private final Model model;
    private final Kernels kernels;
    private final KvPool pool;
    private final KvSummaries means;
    private final Arena arena = Arena.ofShared();
    private final KvBatch batch;
    private final Floats out;
    private final int[] context;
    private final int[] live;
    private DenseKv read; // null until the context is read
    private float[][] dense; // (live tokens, vocabulary) logits

    Calibration(Model model, Kernels kernels, KvPool pool, Tokenizer tokenizer) {
        this.model = model;
        this.kernels = kernels;
        this.pool = pool;
        this.means = pool.summaries().orElseThrow().using(new BitSet());
        this.batch = new KvBatch(kernels, pool.shape(), 1);
        this.out = Floats.allocate(arena, ROWS_AT_ONCE, model.config().vocabulary());
        int[] text = tokenizer.encode(text(), false);
        Check.invariant(text.length >= CONTEXT_TOKENS / 2, "a calibration text of %d tokens", text.length);
        int[] fact = tokenizer.encode(FACT, false);
        int[] question = tokenizer.encode(QUESTION, false);
        int[] answer = tokenizer.encode(FACT.strip().substring(QUESTION.strip().length()), false);
        int length = Math.min(text.length, CONTEXT_TOKENS - fact.length);
        int at = length / 4;
        context = concat(Arrays.copyOfRange(text, 0, at), fact, Arrays.copyOfRange(text, at, length));
        live = concat(question, answer, Arrays.copyOfRange(text, length / 2, length / 2 + QUOTED_TOKENS));
    }

    private static String text() {
        try (InputStream in = Calibration.class.getResourceAsStream("calibration.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int[] concat(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
    }

    /** Mean divergence of the predictions, in nats, when one head alone is looked up by means. On the engine's thread. */
    double sensitivity(int layer, int kvHead) throws Problem {
        if (read == null) {
            readContext();
        }
        Budgets one = Budgets.ofOneHead(layer, kvHead, SPEC.blocks());
        try (Lookup lookup = new Lookup(kernels, pool.summaries().orElseThrow(), SPEC, model::turner, model.rowsMax(), one,
                (c, scores) -> kernels.scan(c.q(), c.turned(), c.seen(), c.rows(), c.scan(), means, c.attention(), scores));
                DenseKv kv = read.fork(lookup)) {
            float[][] logits = logits(kv);
            double sum = 0;
            for (int i = 0; i < logits.length; i++) {
                sum += Divergence.of(dense[i], logits[i]);
            }
            return sum / logits.length;
        }
    }

    private void readContext() throws Problem {
        DenseKv kv = new DenseKv(kernels, pool, context.length + live.length + KvShape.BLOCK_TOKENS);
        try {
            for (int from = 0; from < context.length; from += model.rowsMax()) {
                pass(kv, context, from, Math.min(model.rowsMax(), context.length - from));
            }
            read = kv;
            try (DenseKv fork = kv.fork()) {
                dense = logits(fork);
            }
        } catch (Problem | RuntimeException e) {
            kv.close();
            read = null;
            throw e;
        }
    }

    private void pass(DenseKv kv, int[] tokens, int from, int rows) throws Problem {
        batch.clear();
        batch.add(kv, rows);
        try {
            model.forward(tokens, from, batch);
        } finally {
            batch.clear();
        }
    }

    private float[][] logits(DenseKv kv) throws Problem {
        float[][] logits = new float[live.length][model.config().vocabulary()];
        for (int from = 0; from < live.length; from += ROWS_AT_ONCE) {
            int rows = Math.min(ROWS_AT_ONCE, live.length - from);
            pass(kv, live, from, rows);
            model.logits(0, rows, out);
            for (int i = 0; i < rows; i++) {
                out.copyRow(i, logits[from + i]);
            }
        }
        return logits;
    }

    /**
     * Heads, most sensitive first, until the others together move predictions by less than {@link #REST_MAX}.
     *
     * <p>Where products are made of rounded activations, any change at all moves predictions a little, more so in early layers. So
     * what a head moves counts from the median of the heads of {@link #NEAR_LAYERS} layers around it, if these are enough to
     * know it.
     *
     * @param free heads that may be called sensitive in any case, because the scan stays cheap
     */
    static BitSet sensitive(double[] sensitivities, int kvHeads, int free) {
        double[] above = new double[sensitivities.length];
        for (int head = 0; head < above.length; head++) {
            above[head] = Math.max(0, sensitivities[head] - floor(sensitivities, kvHeads, head / kvHeads));
        }
        Integer[] order = new Integer[above.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Double.compare(above[b], above[a]));
        double rest = Arrays.stream(above).sum();
        BitSet sensitive = new BitSet();
        for (int i = 0; i < order.length && (rest >= REST_MAX || i < free && above[order[i]] > 0); i++) {
            sensitive.set(order[i]);
            rest -= above[order[i]];
        }
        return sensitive;
    }

    private static double floor(double[] sensitivities, int kvHeads, int layer) {
        int from = Math.max(0, layer - NEAR_LAYERS / 2) * kvHeads;
        int to = Math.min(sensitivities.length, (layer + NEAR_LAYERS / 2 + 1) * kvHeads);
        double[] near = Arrays.stream(sensitivities, from, to).filter(s -> s > 0).sorted().toArray();
        return near.length < NEAR_HEADS_MIN ? 0 : near[near.length / 2];
    }

    @Override
    public void close() {
        if (read != null) {
            read.close();
        }
        batch.close();
        arena.close();
    }
}
