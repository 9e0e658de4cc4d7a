package dev.longhand.kernels;

/**
 * What one chunk of attention works on: some consecutive tokens of one sequence, the query heads that share one KV head, and where
 * its records are. Filled anew for each chunk, one per worker, so that a chunk allocates nothing; handed to {@link Ops}.
 */
final class AttentionChunk {
    // The layer.
    KvType type;
    int headDim;
    /** Query heads that share the KV head. */
    int group;
    float scale;
    /** A token at p sees {@code (p - window, p]}. */
    int window;

    // The sequence and the KV head.
    /** Addresses of the stored blocks. */
    long stored;
    /** Addresses of the live blocks. */
    long live;
    /** Offset of the record in a stored block. */
    long storedOffset;
    /** Offset of the record in a live block. */
    long liveOffset;
    /** Address of the tokens that each block holds, a byte each; slots from there on are not seen. 0: every block is full. */
    long counts;
    /** Address of each block's turn, a byte each: 0 is met with {@link #q}, i with the i-th of {@link #turned}. 0: no turns. */
    long turns;
    /** Address of the turned queries, laid out like {@link #q}, {@link #turnedStride} bytes from one turn to the next. */
    long turned;
    long turnedStride;
    /** How many there are. */
    int turnedCount;

    // The tokens; with sealed blocks all of them lie in one block.
    /** Position of the first. */
    int position;
    int tokens;
    /** {@code (tokens, group * headDim)}, rows {@link #qStride} floats apart. */
    long q;
    int qStride;
    /** {@code (tokens, group * headDim)}, rows {@link #outStride} floats apart. */
    long out;
    int outStride;
    /** This worker's. */
    long scratch;
    /** The tier's own: the turn whose queries it has at hand; 0 for none. */
    int turnAtHand;

    /** First position that the token at {@code position} sees. */
    int firstVisible(int position) {
        return (int) Math.max(0L, (long) position - window + 1);
    }

    /** Whether the token at {@code own} reads position {@code p} in its sealed form. */
    boolean isSealed(int p, int own) {
        return type == KvType.Q8_0 && p / KvShape.BLOCK_TOKENS < own / KvShape.BLOCK_TOKENS;
    }

    /** Address of the live record that holds position {@code p}. */
    long liveRecord(int p) {
        return OffHeap.i64(live + 8L * (p / KvShape.BLOCK_TOKENS)) + liveOffset;
    }

    /** Address of the stored record that holds position {@code p}. */
    long storedRecord(int p) {
        return OffHeap.i64(stored + 8L * (p / KvShape.BLOCK_TOKENS)) + storedOffset;
    }

    /** Tokens that block {@code b} of the list holds; its own block's rows are there up to each row's own. */
    int tokensOf(int b) {
        return counts == 0 || !isStored(b) ? KvShape.BLOCK_TOKENS : OffHeap.u8(counts + b);
    }

    /** Whether one of the positions {@code [from, to]} holds a token. */
    boolean holdsToken(int from, int to) {
        for (int p = from; p <= to; p = p / KvShape.BLOCK_TOKENS * KvShape.BLOCK_TOKENS + KvShape.BLOCK_TOKENS) {
            if (p % KvShape.BLOCK_TOKENS < tokensOf(p / KvShape.BLOCK_TOKENS)) {
                return true;
            }
        }
        return false;
    }

    /** The turn that block {@code b} of the list is met with. */
    int turnOf(int b) {
        return turns == 0 || !isStored(b) ? 0 : OffHeap.u8(turns + b);
    }

    /** Whether all tokens of the chunk, which lie in one block then, read block {@code b} in its sealed form. */
    private boolean isStored(int b) {
        return type == KvType.Q8_0 && b < position / KvShape.BLOCK_TOKENS;
    }

    /** Address of the first query that meets block {@code b} of the list. */
    long queryFor(int b) {
        int turn = turnOf(b);
        return turn == 0 ? q : turned + turnedStride * (turn - 1);
    }
}
