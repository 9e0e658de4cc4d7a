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
    private final int[] wholes; // (regionsMax) blocks that the summaries are of
    private final int[] firsts; // (regionsMax) of these, the first one that is scanned
    private final KvSummaries[] layouts; // (regionsMax)
    private int count;

    public KvScan(int regionsMax) {
        Check.argument(regionsMax > 0, "a scan of %d regions", regionsMax);
        this.summaries = new long[regionsMax];
        this.ends = new int[regionsMax];
        this.lastTokens = new int[regionsMax];
        this.turns = new int[regionsMax];
        this.wholes = new int[regionsMax];
        this.firsts = new int[regionsMax];
        this.layouts = new KvSummaries[regionsMax];
    }

    public int regionsMax() {
        return ends.length;
    }

    public void clear() {
        count = 0;
    }

    /** Adds a region whose summaries lie at {@code summaries} as {@code layout} says; its last block may hold fewer tokens. */
    public void add(KvSummaries layout, long summaries, int blocks, int lastTokens, int turn) {
        add(layout, summaries, blocks, 0, blocks, lastTokens, turn);
    }

    /** Adds {@code blocks} blocks from {@code first} on of a region of {@code whole} blocks; the last may hold fewer tokens. */
    public void add(KvSummaries layout, long summaries, int whole, int first, int blocks, int lastTokens, int turn) {
        if (count == ends.length || layout == null || summaries == 0 || first < 0 || blocks < 1 || first > whole - blocks
                || lastTokens < 1 || lastTokens > KvShape.BLOCK_TOKENS || turn < 0) {
            throw new IllegalArgumentException(("region %d of at most %d: address %d, %d blocks from %d of %d, the last of %d "
                    + "tokens, turn %d").formatted(count, ends.length, summaries, blocks, first, whole, lastTokens, turn));
        }
        this.layouts[count] = layout;
        this.summaries[count] = summaries;
        this.wholes[count] = whole;
        this.firsts[count] = first;
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

    /** How a region's summaries lie; it has planes at least of the heads that are looked up by them. */
    KvSummaries layout(int region) {
        return layouts[region];
    }

    /** Blocks that a region's summaries are of. */
    int whole(int region) {
        return wholes[region];
    }

    /** Which of these is the region's first. */
    int first(int region) {
        return firsts[region];
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
