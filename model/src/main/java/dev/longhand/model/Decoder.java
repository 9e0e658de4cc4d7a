package dev.longhand.model;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.kernels.Activations;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.Matrix;
import dev.longhand.memory.KvView;
import java.lang.foreign.Arena;

/**
 * What all decoders share: embedding, the frame of a forward pass, final norm and output head.
 *
 * <p>Knows nothing of what a layer does; architectures fill in {@link #angles} and {@link #layer}.
 */
abstract class Decoder implements Model {
    /** Rows of logits computed per product, to bound the buffer of {@link #headIn}. */
    private static final int HEAD_ROWS = 64;

    final Kernels kernels;
    final Config config;
    final Scratch s;
    private final Arena arena;
    private final Matrix embedding; // (vocabulary, dim)
    private final Matrix head; // (vocabulary, dim), often the embedding itself
    private final Floats finalNorm; // (dim)
    private final float normEps;
    private final Activations headIn; // (HEAD_ROWS, dim)
    private int rowsHeld;
    private long weightBytes;

    Decoder(WeightReader in, Config config, int rowsMax) throws Problem {
        this.kernels = in.kernels();
        this.arena = in.arena();
        this.config = config;
        this.normEps = config.normEps();
        this.s = new Scratch(arena, kernels, config, rowsMax);
        this.headIn = kernels.activations(arena, Math.min(HEAD_ROWS, rowsMax), config.dim());
        this.embedding = counted(in.matrix("token_embd.weight", config.vocabulary(), config.dim()));
        this.head = in.file().find("output.weight").isPresent()
                ? counted(in.matrix("output.weight", config.vocabulary(), config.dim()))
                : embedding;
        this.finalNorm = in.vector("output_norm.weight", config.dim());
    }

    /** Fills the RoPE angles of this pass. */
    abstract void angles(int position, int rows);

    /** Runs layer {@code layer} on {@code s.x}, rows {@code [0, rows)}. */
    abstract void layer(int layer, int rows, KvView kv);

    /** Factor on embeddings. */
    abstract float embeddingScale();

    final Matrix counted(Matrix matrix) {
        weightBytes += matrix.bytes();
        return matrix;
    }

    @Override
    public final Config config() {
        return config;
    }

    @Override
    public final KvShape kvShape() {
        return new KvShape(config.layers(), config.kvHeads(), config.headDim());
    }

    @Override
    public final int rowsMax() {
        return s.rowsMax;
    }

    @Override
    public final long weightBytes() {
        return weightBytes;
    }

    @Override
    public final void forward(int[] tokens, int from, int count, KvView kv) throws Problem {
        Check.argument(count > 0 && count <= s.rowsMax, "%d tokens in one pass; it takes 1 to %d", count, s.rowsMax);
        kv.reserve(count);
        kernels.embed(embedding, tokens, from, count, embeddingScale(), s.x);
        angles(kv.tokens(), count);
        for (int layer = 0; layer < config.layers(); layer++) {
            layer(layer, count, kv);
        }
        kernels.rmsNorm(s.x, count, finalNorm, normEps, s.normed);
        kv.advance(count);
        rowsHeld = count;
    }

    @Override
    public final void logits(int row, int count, Floats out) {
        Check.argument(row >= 0 && count > 0 && row + count <= rowsHeld, "rows [%d, %d) of %d held", row, row + count, rowsHeld);
        Check.argument(count <= headIn.rowsMax(), "logits of %d rows at once; at most %d", count, headIn.rowsMax());
        for (int i = 0; i < count; i++) {
            kernels.copyRow(s.normed, row + i, headIn, i);
        }
        kernels.matmul(head, headIn, count, out);
    }

    @Override
    public final void close() {
        arena.close();
    }
}
