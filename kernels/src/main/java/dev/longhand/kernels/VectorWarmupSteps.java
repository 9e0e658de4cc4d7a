package dev.longhand.kernels;

import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * The calls that {@link VectorWarmup} makes: every operation of a forward pass on zeros, small, with as many tokens as reach each
 * loop of {@link VectorGemm} (9 = 6 + 2 + 1) and one token alone. Operands live as long as the arena. One thread.
 */
final class VectorWarmupSteps {
    private static final int ROWS = 9;
    private static final int COLS = 256;
    private static final int HEADS = 3;
    private static final int HEAD_DIM = 64;
    /** Few positions, which lie in two blocks and two spans. */
    private static final int WINDOW_TOKENS = 16;
    private static final int POSITION = Ops.SPAN_TOKENS - 4;
    /** A tile. */
    private static final int WEIGHT_ROWS = VectorGemm.COLS;

    private final Kernels kernels;
    private final Arena arena;

    /**
     * One call.
     *
     * @param vectors roughly how many vector operations it is
     */
    record Step(Runnable call, long vectors) {}

    VectorWarmupSteps(Kernels kernels, Arena arena) {
        this.kernels = kernels;
        this.arena = arena;
    }

    /** Roughly as many vector operations as {@code perValue} operations on each of {@code values} values. */
    private static Step step(Runnable call, long values, int perValue) {
        return new Step(call, values * perValue / Lanes.COUNT);
    }

    List<Step> withoutWeights() {
        KvShape shape = new KvShape(1, 1, HEAD_DIM, KvType.F16);
        KvTable table = new KvTable(arena, POSITION / KvShape.BLOCK_TOKENS + 2);
        long block = arena.allocate(shape.liveBlockBytes(), 64).address();
        while (table.blocks() < table.blocksMax()) {
            table.append(block, block);
        }
        Attention attention = new Attention(0, HEADS, 1, WINDOW_TOKENS);
        Floats q = floats(ROWS, HEADS * HEAD_DIM);
        Floats k = floats(ROWS, HEAD_DIM);
        Floats angles = floats(ROWS, HEAD_DIM);
        Floats headWeight = floats(1, HEAD_DIM);
        Floats x = floats(ROWS, COLS);
        Floats made = floats(ROWS, COLS);
        Floats weight = floats(1, COLS);
        Activations attended = kernels.activations(arena, ROWS, HEADS * HEAD_DIM);
        Activations out = kernels.activations(arena, ROWS, COLS);
        Router router = new Router(2, 1, true, true, 1);
        ExpertPlan plan = new ExpertPlan(arena, ROWS, router);
        kernels.route(floats(ROWS, 2), ROWS, router, plan);
        long values = (long) ROWS * COLS;
        long scores = (long) 2 * KvShape.BLOCK_TOKENS * HEAD_DIM;
        return List.of(
                step(() -> kernels.attention(q, ROWS, shape, attention, table, POSITION, attended), scores, 4 * ROWS * HEADS),
                step(() -> kernels.attention(q, 1, shape, attention, table, POSITION + ROWS - 1, attended), scores, 20),
                step(() -> kernels.rmsNorm(x, ROWS, weight, 1e-5f, out), values, 6),
                step(() -> kernels.gate(Kernels.Gate.SILU, x, x, ROWS, out), values, 30),
                step(() -> kernels.rope(q, ROWS, HEADS, HEAD_DIM, angles, Kernels.Pairing.ADJACENT), values, 12),
                step(() -> kernels.storeKv(k, k, ROWS, shape, 0, table, POSITION), values, 16),
                step(() -> kernels.add(x, x, ROWS), values, 3),
                step(() -> kernels.combine(made, plan, ROWS, x), values, 3),
                step(() -> kernels.argmax(x, 0), values, 6),
                step(() -> kernels.rope(q, ROWS, HEADS, HEAD_DIM, angles, Kernels.Pairing.HALVES), values, 12),
                step(() -> kernels.gate(Kernels.Gate.GELU_TANH, x, x, ROWS, out), values, 40),
                step(() -> kernels.headNorm(k, ROWS, 1, HEAD_DIM, headWeight, 1e-6f), values, 6));
    }

    /** Products of several tokens and of one, and embedding. */
    List<Step> of(ElementType source) throws Problem {
        int cols = Math.max(PanelType.SLAB_COLS, source.blockElements());
        Matrix w = kernels.pack(arena, source, WEIGHT_ROWS, cols, (offset, into) -> into.fill((byte) 0));
        Activations x = kernels.activations(arena, ROWS, cols);
        Floats y = floats(ROWS, WEIGHT_ROWS);
        int[] tokens = new int[ROWS];
        Floats embedded = floats(ROWS, cols);
        long weights = (long) WEIGHT_ROWS * cols;
        return List.of(
                step(() -> kernels.matmul(w, x, ROWS, y), weights, 8 + 2 * ROWS),
                step(() -> kernels.matmul(w, x, 1, y), weights, 12),
                step(() -> kernels.embed(w, tokens, 0, ROWS, 1, embedded), (long) ROWS * cols, 32));
    }

    private Floats floats(int rows, int cols) {
        return Floats.allocate(arena, rows, cols);
    }
}
