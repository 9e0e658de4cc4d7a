package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.WeightsArena;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * Blocks of KV memory with a count of their holders, taken from the operating system as they are first needed and kept for reuse.
 *
 * <p>A <em>live</em> block is one that is being written, a <em>stored</em> block is what later queries read. Where the two have one
 * size (f16 KV) they are the same kind of block; else two stored blocks fit into the memory of a live one, and memory moves between
 * the two uses: a whole is cut when a stored block is needed and mended when both halves are free again.
 *
 * <p>Knows memory and counts; does not know what a block holds or who holds it. Invariant: a block is free exactly if nobody holds
 * it. Limit: {@link Limits#kvBytesMax}. Thread-safe; the reclaimer is called without the pool's lock.
 */
public final class KvPool implements AutoCloseable {
    /** Gives blocks back that nobody needs at once. */
    interface Reclaimer {
        /** Releases at least one block; false if there is none to release. */
        boolean reclaim();

        /** Bytes that it could give back now. */
        long reclaimableBytes();
    }

    private static final Reclaimer NOTHING = new Reclaimer() {
        @Override
        public boolean reclaim() {
            return false;
        }

        @Override
        public long reclaimableBytes() {
            return 0;
        }
    };

    private final KvShape shape;
    private final Optional<KvSummaries> summaries;
    private final Limits limits;
    private final long wholeBytes;
    private final long storedBytes;
    private final boolean isSealing; // stored blocks are smaller than live ones: halves
    private final Arena arena = new WeightsArena();
    private final List<Block> taken = new ArrayList<>(); // wholes
    private final ArrayDeque<Block> freeWholes = new ArrayDeque<>();
    private final LinkedHashSet<Block> freeHalves = new LinkedHashSet<>(); // whose sibling is lent
    private int blocksLent;
    private volatile Reclaimer reclaimer = NOTHING;

    public KvPool(KvShape shape, Limits limits) {
        this(shape, Optional.empty(), limits);
    }

    /**
     * A pool whose stored blocks carry their summaries behind them, so that they can be looked up; only where blocks are sealed.
     */
    public KvPool(KvShape shape, Optional<KvSummaries> summaries, Limits limits) {
        Check.argument(summaries.isEmpty() || shape.isSealing() && summaries.get().shape().equals(shape),
                "summaries of another shape than %s, or of blocks that are not sealed", shape);
        this.shape = shape;
        this.summaries = summaries;
        this.limits = limits;
        this.isSealing = shape.isSealing();
        this.storedBytes = aligned(shape.storedBlockBytes() + summaries.map(s -> s.bytes(1)).orElse(0L));
        long liveBytes = aligned(shape.liveBlockBytes());
        this.wholeBytes = isSealing ? Math.max(liveBytes, 2 * storedBytes) : liveBytes;
    }

    private static long aligned(long bytes) {
        return Math.ceilDiv(bytes, 64L) * 64;
    }

    public KvShape shape() {
        return shape;
    }

    /** What is kept of a stored block to find it by; empty where blocks are not looked up. */
    public Optional<KvSummaries> summaries() {
        return summaries;
    }

    public Limits limits() {
        return limits;
    }

    /** Stored blocks that can be lent in all. */
    public int blocksMax() {
        return (int) Math.min(Integer.MAX_VALUE, wholesMax() * (isSealing ? 2 : 1));
    }

    private long wholesMax() {
        return limits.kvBytesMax() / wholeBytes;
    }

    /** Blocks lent, live and stored; a block with several holders counts once. */
    public synchronized int blocksLent() {
        return blocksLent;
    }

    /** Bytes held from the operating system, lent or free. */
    public synchronized long bytes() {
        return taken.size() * wholeBytes;
    }

    /** Bytes that a sequence of {@code tokens} tokens needs for itself while it grows, its {@link OwnSummaries} included. */
    public long bytesFor(int tokens) {
        long blocks = Math.ceilDiv(tokens, KvShape.BLOCK_TOKENS);
        long copies = summaries.map(s -> s.bytes((int) blocks)).orElse(0L);
        return isSealing ? blocks * storedBytes + wholeBytes + copies : blocks * wholeBytes;
    }

    /** Bytes of the blocks in which a sequence holds {@code tokens} tokens between two passes, shared ones included. */
    public long bytesHeld(int tokens) {
        int full = tokens / KvShape.BLOCK_TOKENS;
        return full * storedBytes + (tokens % KvShape.BLOCK_TOKENS == 0 ? 0 : wholeBytes);
    }

    /** Bytes that can be lent now, those included that a prefix cache would give back. */
    public long bytesAvailable() {
        long reclaimable = reclaimer.reclaimableBytes();
        synchronized (this) {
            return (wholesMax() - taken.size() + freeWholes.size()) * wholeBytes + freeHalves.size() * storedBytes + reclaimable;
        }
    }

    /** Bytes of one stored block. */
    long storedBytes() {
        return storedBytes;
    }

    /** Whether full blocks get a stored form of their own. */
    boolean isSealing() {
        return isSealing;
    }

    void reclaimFrom(Reclaimer reclaimer) {
        this.reclaimer = reclaimer;
    }

    /** A block of live size whose content is undefined, with one holder; return it by {@link #release}. */
    Block acquireLive() throws Problem {
        return acquire(false);
    }

    /** A block of stored size whose content is undefined, with one holder; return it by {@link #release}. */
    Block acquireStored() throws Problem {
        return acquire(isSealing);
    }

    private Block acquire(boolean half) throws Problem {
        while (true) {
            Block block = half ? tryHalf() : tryWhole();
            if (block != null) {
                return block;
            }
            if (!reclaimer.reclaim()) {
                throw full();
            }
        }
    }

    private synchronized Problem full() {
        return new Problem(Problem.Kind.LIMIT,
                "KV memory is full: %d blocks in %s are lent, limit %s; end another sequence or raise the limit".formatted(
                blocksLent, Units.bytes(taken.size() * wholeBytes), Units.bytes(limits.kvBytesMax())));
    }

    private synchronized Block tryWhole() {
        Block whole = uncutWhole();
        return whole == null ? null : lend(whole);
    }

    private synchronized Block tryHalf() {
        if (!freeHalves.isEmpty()) {
            return lend(freeHalves.removeFirst());
        }
        Block whole = uncutWhole();
        if (whole == null) {
            return null;
        }
        if (whole.half == null) {
            cut(whole);
        }
        freeHalves.add(whole.half.sibling);
        return lend(whole.half);
    }

    /** A whole that is neither lent nor cut; null if the limit leaves none. */
    private Block uncutWhole() {
        Block whole = freeWholes.poll();
        if (whole == null && taken.size() < wholesMax()) {
            whole = new Block(arena.allocate(wholeBytes, 64), null);
            taken.add(whole);
        }
        return whole;
    }

    private void cut(Block whole) {
        Block first = new Block(whole.memory.asSlice(0, storedBytes), whole);
        Block second = new Block(whole.memory.asSlice(storedBytes, storedBytes), whole);
        first.sibling = second;
        second.sibling = first;
        whole.half = first;
    }

    private Block lend(Block block) {
        block.references = 1;
        blocksLent++;
        return block;
    }

    /** One holder more. */
    synchronized void retain(Block block) {
        Check.invariant(block.references > 0, "a block that nobody holds was to be shared");
        block.references++;
    }

    /** One holder less; the last one gives the block back. */
    synchronized void release(Block block) {
        Check.invariant(block.references > 0, "a block came back that was not lent");
        if (--block.references > 0) {
            return;
        }
        blocksLent--;
        if (block.whole == null) {
            freeWholes.push(block);
        } else if (freeHalves.remove(block.sibling)) {
            freeWholes.push(block.whole);
        } else {
            freeHalves.add(block);
        }
    }

    /** Whether somebody else holds the block too, so that it must not be written. */
    synchronized boolean isShared(Block block) {
        return block.references > 1;
    }

    /** Whether a block of live size can be had from nobody. */
    synchronized boolean hasFree() {
        return !freeWholes.isEmpty() || taken.size() < wholesMax();
    }

    /** Whether anybody holds the block. */
    synchronized boolean isLent(Block block) {
        return block.references > 0;
    }

    /** Counts everything again. {@link IllegalStateException} if something does not add up; for quiet moments. */
    public synchronized void checkIntegrity() {
        int lent = 0;
        int cutWithOneFree = 0;
        int unused = 0;
        for (Block whole : taken) {
            int halvesLent = whole.half == null ? 0 : lent(whole.half) + lent(whole.half.sibling);
            Check.invariant(lent(whole) == 0 || halvesLent == 0, "a block is lent as a whole and as %d halves", halvesLent);
            lent += lent(whole) + halvesLent;
            cutWithOneFree += halvesLent == 1 ? 1 : 0;
            unused += lent(whole) + halvesLent == 0 ? 1 : 0;
        }
        Check.invariant(lent == blocksLent, "%d blocks have holders but %d are counted as lent", lent, blocksLent);
        Check.invariant(unused == freeWholes.size(), "%d wholes have no holder but %d are free", unused, freeWholes.size());
        Check.invariant(cutWithOneFree == freeHalves.size(),
                "%d halves have no holder but %d are free", cutWithOneFree, freeHalves.size());
        Check.invariant(taken.size() <= wholesMax(), "%d wholes are taken, limit %d", taken.size(), wholesMax());
    }

    private static int lent(Block block) {
        Check.invariant(block.references >= 0, "a block has %d holders", block.references);
        return block.references > 0 ? 1 : 0;
    }

    @Override
    public synchronized void close() {
        Check.invariant(blocksLent == 0, "the pool closes with %d blocks lent", blocksLent);
        arena.close();
    }
}
