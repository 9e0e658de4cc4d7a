package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.WeightsArena;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;

/**
 * Blocks of KV memory, taken from the operating system as they are first needed and kept for reuse.
 *
 * <p>Knows addresses and counts; does not know what a block holds or who uses it. Invariant: blocks taken = blocks free + blocks
 * lent. Limit: {@link Limits#kvBytesMax}. Thread-safe.
 */
public final class KvPool implements AutoCloseable {
    private final KvShape shape;
    private final Limits limits;
    private final Arena arena = new WeightsArena();
    private final ArrayDeque<Long> free = new ArrayDeque<>();
    private int taken;

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
        return taken - free.size();
    }

    /** Bytes held from the operating system, lent or free. */
    public synchronized long bytes() {
        return taken * shape.blockBytes();
    }

    /** Address of a block whose content is undefined; return it by {@link #release}. */
    synchronized long acquire() throws Problem {
        if (!free.isEmpty()) {
            return free.pop();
        }
        if (taken >= blocksMax()) {
            throw new Problem(Problem.Kind.LIMIT, "KV memory is full: %d blocks of %s are lent, limit %s; end another sequence or raise the limit"
                    .formatted(taken, Units.bytes(shape.blockBytes()), Units.bytes(limits.kvBytesMax())));
        }
        long address = arena.allocate(shape.blockBytes(), 64).address();
        taken++;
        return address;
    }

    synchronized void release(long address) {
        Check.invariant(free.size() < taken, "a block came back that was not lent");
        free.push(address);
    }

    @Override
    public synchronized void close() {
        Check.invariant(free.size() == taken, "the pool closes with %d blocks lent", taken - free.size());
        arena.close();
    }
}
