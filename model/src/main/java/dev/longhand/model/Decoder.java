package dev.longhand.model;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.kernels.Activations;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvType;
import dev.longhand.kernels.Matrix;
import dev.longhand.memory.KvBatch;
import dev.longhand.memory.KvView;
import dev.longhand.memory.Turner;
import java.util.BitSet;
import java.lang.foreign.MemorySegment;

/**
 * What all decoders share: embedding, layers one after another, final norm and output head.
 *
 * <p>Knows nothing of what a layer does. The feed-forward half of the last layer, the final norm and the head only run for rows
 * whose logits or states are asked for: of a prompt that is one row.
 */
final class Decoder implements Model {
    /** Rows that go through the last half layer and the head together, to bound their buffers. */
    private static final int TAIL_ROWS = 64;

    private final SubLayers parts;
    private final Config config;
    private final Kernels kernels;
    private final Scratch s;
    private final Rotary[] rotaries;
    private final Layer[] layers;
    private final float embeddingScale;
    private final Matrix embedding; // (vocabulary, dim)
    private final Matrix head; // (vocabulary, dim), often the embedding itself
    private final Norm finalNorm;
    private final Floats tail; // (TAIL_ROWS, dim)
    private final Activations headIn; // (TAIL_ROWS, dim)
    private final int[] tailRows; // (TAIL_ROWS)
    private final KvBatch single;
    private int rowsHeld;
    private int hiddenFrom;
    private int hiddenCount;

    Decoder(SubLayers parts, Architecture architecture) throws Problem {
        this.parts = parts;
        this.config = parts.config();
        this.s = parts.scratch();
        this.kernels = s.kernels;
        WeightReader in = parts.weights();
        this.embedding = in.matrix("token_embd.weight", config.vocabulary(), config.dim());
        this.head = in.matrixIfPresent("output.weight", config.vocabulary(), config.dim()).orElse(embedding);
        this.finalNorm = parts.norm("output_norm.weight", config.dim());
        this.embeddingScale = architecture.embeddingScale();
        this.layers = new Layer[config.layers()];
        for (int i = 0; i < layers.length; i++) {
            layers[i] = architecture.layer(i);
        }
        this.rotaries = parts.rotaries().toArray(Rotary[]::new);
        in.requireAllTaken();
        int tailRowsMax = Math.min(TAIL_ROWS, s.rowsMax);
        this.tail = s.floats(tailRowsMax, config.dim());
        this.headIn = s.activations(tailRowsMax, config.dim());
        this.tailRows = new int[tailRowsMax];
        this.single = new KvBatch(kernels, kvShape(), 1);
    }

    @Override
    public Config config() {
        return config;
    }

    @Override
    public KvShape kvShape(KvType type) {
        return new KvShape(config.layers(), config.kvHeads(), config.headDim(), type);
    }

    @Override
    public BitSet memoryLayers() {
        BitSet memory = new BitSet(layers.length);
        for (int i = 0; i < layers.length; i++) {
            memory.set(i, layers[i].attention().attention().windowTokens() == Integer.MAX_VALUE);
        }
        return memory;
    }

    @Override
    public int windowTokens() {
        int most = 0;
        for (Layer layer : layers) {
            int window = layer.attention().attention().windowTokens();
            most = window == Integer.MAX_VALUE ? most : Math.max(most, window);
        }
        return most;
    }

    @Override
    public Turner turner(int layer) {
        return layers[Check.index(layer, layers.length, "layer")].attention().turner();
    }

    @Override
    public int rowsMax() {
        return s.rowsMax;
    }

    @Override
    public long weightBytes() {
        return parts.weights().bytes() + parts.experts().map(ExpertStore::residentBytes).orElse(0L);
    }

    @Override
    public long activeBytes() {
        long always = parts.weights().bytes() - (head == embedding ? 0 : embedding.bytes());
        long experts = parts.experts().map(ExpertStore::bytes).orElse(0L);
        return always + config.mixture().map(mixture -> experts / mixture.experts() * mixture.used()).orElse(0L);
    }

    @Override
    public void forward(int[] tokens, int from, KvBatch batch) throws Problem {
        int rows = batch.rows();
        Check.argument(rows > 0 && rows <= s.rowsMax, "%d tokens in one pass; it takes 1 to %d", rows, s.rowsMax);
        rowsHeld = 0;
        hiddenCount = 0;
        batch.reserve();
        kernels.embed(embedding, tokens, from, rows, embeddingScale, s.x);
        for (Rotary rotary : rotaries) {
            rotary.moveTo(batch);
        }
        for (int i = 0; i < layers.length; i++) {
            layers[i].attend(s, batch);
            if (i < layers.length - 1) {
                layers[i].feed(s, s.x, rows);
            }
        }
        batch.advance();
        rowsHeld = rows;
    }

    @Override
    public void forward(int[] tokens, int from, int count, KvView kv) throws Problem {
        single.clear();
        single.add(kv, count);
        try {
            forward(tokens, from, single);
        } finally {
            single.clear();
        }
    }

    @Override
    public void logits(int[] rows, int from, int count, Floats out) throws Problem {
        hiddenCount = 0;
        for (int done = 0; done < count; ) {
            int some = Math.min(count - done, tailRows.length);
            System.arraycopy(rows, from + done, tailRows, 0, some);
            finish(some);
            kernels.matmul(head, headIn, some, some == count ? out : out.rows(done, some));
            done += some;
        }
    }

    @Override
    public void logits(int row, int count, Floats out) throws Problem {
        Check.argument(row >= 0 && count > 0 && row + count <= rowsHeld, "rows [%d, %d) of %d held", row, row + count, rowsHeld);
        int[] rows = new int[count];
        for (int i = 0; i < count; i++) {
            rows[i] = row + i;
        }
        logits(rows, 0, count, out);
    }

    @Override
    public void hidden(int row, float[] out) throws Problem {
        if (row < hiddenFrom || row >= hiddenFrom + hiddenCount) {
            Check.index(row, rowsHeld, "row");
            int some = Math.min(rowsHeld - row, tailRows.length);
            for (int i = 0; i < some; i++) {
                tailRows[i] = row + i;
            }
            finish(some);
            hiddenFrom = row;
            hiddenCount = some;
        }
        headIn.values().copyRow(row - hiddenFrom, out);
    }

    /** Takes rows {@code tailRows[0 .. count)} through the rest of the model up to the head's input. */
    private void finish(int count) throws Problem {
        for (int i = 0; i < count; i++) {
            int row = Check.index(tailRows[i], rowsHeld, "row");
            long rowBytes = 4L * config.dim();
            MemorySegment.copy(s.x.memory(), row * rowBytes, tail.memory(), i * rowBytes, rowBytes);
        }
        layers[layers.length - 1].feed(s, tail, count);
        finalNorm.apply(tail, count, headIn);
    }

    @Override
    public void close() {
        single.close();
        parts.close();
    }
}
