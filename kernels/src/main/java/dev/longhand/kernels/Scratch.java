package dev.longhand.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Working memory of a team: a piece per worker and one that all share, off-heap, 64-byte aligned. Grows, at least by half, when
 * an operation needs more than ever before; never shrinks. Grown and closed by the calling thread only, between tasks.
 */
final class Scratch implements AutoCloseable {
    private final int workers;
    private Arena workersArena = Arena.ofShared();
    private Arena sharedArena = Arena.ofShared();
    private long workerBytes;
    private long workersAddress;
    private long sharedBytes;
    private long sharedAddress;

    Scratch(int workers) {
        this.workers = workers;
    }

    /** Makes every worker's piece at least {@code bytes} long; what was in them may be lost. */
    void ensure(long bytes) {
        if (bytes <= workerBytes) {
            return;
        }
        workerBytes = grown(workerBytes, bytes);
        workersArena.close();
        workersArena = Arena.ofShared();
        workersAddress = allocate(workersArena, Math.multiplyExact(workerBytes, (long) workers));
    }

    /** Address of a worker's piece. */
    long address(int worker) {
        return workersAddress + worker * workerBytes;
    }

    /** Address of the piece that all share, at least {@code bytes} long; what was in it may be lost. */
    long shared(long bytes) {
        if (bytes > sharedBytes) {
            sharedBytes = grown(sharedBytes, bytes);
            sharedArena.close();
            sharedArena = Arena.ofShared();
            sharedAddress = allocate(sharedArena, sharedBytes);
        }
        return sharedAddress;
    }

    private static long allocate(Arena arena, long bytes) {
        MemorySegment memory = arena.allocate(bytes, 64);
        return memory.address();
    }

    /** A new length in whole pages, so that no two workers write one line. */
    private static long grown(long now, long needed) {
        return Math.ceilDiv(Math.max(needed, now + now / 2), 4096L) * 4096;
    }

    @Override
    public void close() {
        workersArena.close();
        sharedArena.close();
    }
}
