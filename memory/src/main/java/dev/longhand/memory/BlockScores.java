package dev.longhand.memory;

import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.KvScan;

/** Says how much blocks matter to queries: from their summaries, or as an experiment wants it. */
@FunctionalInterface
public interface BlockScores {
    /**
     * {@code out (rows * kvHeads, >= blocks)}: of row r and each head, a score for each of the first {@code seen[r]} blocks of the
     * scan. A pure function of each row's query.
     */
    void score(Floats q, Floats turned, int[] seen, int rows, KvScan scan, Attention attention, Floats out);
}
