package dev.longhand.memory;

import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.KvScan;
import dev.longhand.kernels.KvTable;
import java.util.function.Supplier;

/** Says how much blocks matter to queries: from their summaries, or as an experiment wants it. */
@FunctionalInterface
public interface BlockScores {
    /**
     * What is to be scored in one layer.
     *
     * @param q       {@code (rows, heads * headDim)}
     * @param turned  {@code (turns * rows, heads * headDim)}; null without turns
     * @param seen    {@code (rows)} each row sees the first so many blocks
     * @param scan    the blocks' summaries
     * @param records the blocks' records, as many and in the same order
     * @param kv      whose rows they are, and behind what
     */
    record Candidates(Floats q, Floats turned, int[] seen, int rows, KvScan scan, Supplier<KvTable> records, Attention attention,
            DenseKv kv) {}

    /**
     * {@code out (rows * kvHeads, >= blocks)}: for each row and head a score of each block that the row sees, higher is more. A
     * pure
     * function of each row's query.
     */
    void score(Candidates candidates, Floats out);
}
