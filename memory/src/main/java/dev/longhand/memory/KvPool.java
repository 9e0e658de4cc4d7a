package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.WeightsArena;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Blocks of KV memory with a count of their holders, taken from the operating system as they are first needed and kept for reuse.
 *
 * <p>Knows addresses and counts; does not know what a block holds or who holds it. Invariant: blocks taken = blocks free + blocks
 * lent, and a block is free exactly if nobody holds it. Limit: {@link Limits#kvBytesMax}. Thread-safe.
 */
public final class KvPool implements AutoCloseable {
    private final KvShape shape;
    private final Limits limits;
    private final Arena arena = new WeightsArena();
    private final List<Block> taken = new ArrayList<>();
    private final ArrayDeque<Block> free = new ArrayDeque<>();

    public KvPool(KvShape shape, Limits limits) {
        this.shape = shape;
        this.limits = limits;
    }

    public KvShape shape() {
        return shape;
    }

    /** Blocks that can be lent in all. */
    public int blocksMax() {
        return (int) Math.min(Integer.MAX_VALUE, limits.kvBytesMax() / shape.blockBytes());
    }

    public synchronized int blocksLent() {
        return taken.size() - free.size();
    }

    /** Bytes held from the operating system, lent or free. */
    public synchronized long bytes() {
        return taken.size() * shape.blockBytes();
    }

    /** A block whose content is undefined, with one holder; return it by {@link #release}. */
    synchronized Block acquire() throws Problem {
        Block block = free.poll();
        if (block == null) {
            if (taken.size() >= blocksMax()) {
                throw new Problem(Problem.Kind.LIMIT,
                        "KV memory is full: %d blocks of %s are lent, limit %s; end another sequence or raise the limit".formatted(
                                taken.size(), Units.bytes(shape.blockBytes()), Units.bytes(limits.kvBytesMax())));
            }
            block = new Block(arena.allocate(shape.blockBytes(), 64));
            taken.add(block);
        }
        block.references = 1;
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
        if (--block.references == 0) {
            free.push(block);
        }
    }

    /** Whether somebody else holds the block too, so that it must not be written. */
    synchronized boolean isShared(Block block) {
        return block.references > 1;
    }

    /** Counts everything again. {@link IllegalStateException} if something does not add up; for quiet moments. */
    public synchronized void checkIntegrity() {
        int unused = 0;
        for (Block block : taken) {
            Check.invariant(block.references >= 0, "a block has %d holders", block.references);
            unused += block.references == 0 ? 1 : 0;
        }
        Check.invariant(unused == free.size(), "%d blocks have no holder but %d are free", unused, free.size());
        for (Block block : free) {
            Check.invariant(block.references == 0, "a free block has %d holders", block.references);
        }
        Check.invariant(taken.size() <= blocksMax(), "%d blocks are taken, limit %d", taken.size(), blocksMax());
    }

    @Override
    public synchronized void close() {
        Check.invariant(free.size() == taken.size(), "the pool closes with %d blocks lent", taken.size() - free.size());
        arena.close();
    }
}
