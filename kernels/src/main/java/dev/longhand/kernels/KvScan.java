package dev.longhand.kernels;

import dev.longhand.base.Check;

/**
 * Blocks that a sequence's rows may look up: regions of summaries one after another, each met with one turn of the query.
 *
 * <p>Block i of the scan is the i-th over all regions. Filled once, read by many scans; kept and filled anew. Not thread-safe.
 */
public final class KvScan {
    private final long[] summaries; // (regionsMax) address
    private final int[] ends; // (regionsMax) first block after the region
    private final int[] lastTokens; // (regionsMax) tokens of the region's last block
    private final int[] turns; // (regionsMax)
    private int count;

    public KvScan(int regionsMax) {
        Check.argument(regionsMax > 0, "a scan of %d regions", regionsMax);
        this.summaries = new long[regionsMax];
        this.ends = new int[regionsMax];
        this.lastTokens = new int[regionsMax];
        this.turns = new int[regionsMax];
    }

    public void clear() {
        count = 0;
    }

    /** Adds a region whose summaries lie at {@code summaries} as {@link KvSummaries} says; its last block may hold fewer tokens. */
    public void add(long summaries, int blocks, int lastTokens, int turn) {
        boolean isPartOfBlock = lastTokens >= 1 && lastTokens <= KvShape.BLOCK_TOKENS;
        if (count == ends.length || summaries == 0 || blocks < 1 || !isPartOfBlock || turn < 0) {
            throw new IllegalArgumentException("region %d of at most %d: address %d, %d blocks, the last of %d tokens, turn %d"
                    .formatted(count, ends.length, summaries, blocks, lastTokens, turn));
        }
        this.summaries[count] = summaries;
        this.ends[count] = blocks() + blocks;
        this.lastTokens[count] = lastTokens;
        this.turns[count++] = turn;
    }

    public int regions() {
        return count;
    }

    /** Blocks of all regions. */
    public int blocks() {
        return count == 0 ? 0 : ends[count - 1];
    }

    /** First block of a region. */
    int from(int region) {
        return region == 0 ? 0 : ends[region - 1];
    }

    int blocks(int region) {
        return ends[region] - from(region);
    }

    long summaries(int region) {
        return summaries[region];
    }

    int lastTokens(int region) {
        return lastTokens[region];
    }

    int turn(int region) {
        return turns[region];
    }

    /** The region of {@code block}. */
    int regionOf(int block) {
        int low = 0;
        int high = count - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (block >= ends[middle]) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
