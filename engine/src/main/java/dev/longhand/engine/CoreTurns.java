package dev.longhand.engine;

import java.util.concurrent.Semaphore;

/**
 * Has the engines of a process share its processors: a step begins when as many are free as it has threads, in the order in which
 * steps came. So two engines with a thread per processor take turns step by step, and neither waits for more than one step of each
 * other one; engines with fewer threads run beside each other. Otherwise twice as many threads as processors would wait for each
 * other inside every matrix. Thread-safe.
 */
final class CoreTurns {
    static final CoreTurns OF_PROCESS = new CoreTurns(Runtime.getRuntime().availableProcessors());

    private final int processors;
    private final Semaphore free;

    CoreTurns(int processors) {
        this.processors = processors;
        this.free = new Semaphore(processors, true);
    }

    private int of(int threads) {
        return Math.clamp(threads, 1, processors);
    }

    /** Waits for its turn; an interrupt does not end the waiting. To be {@linkplain #give given} back by the same number. */
    void take(int threads) {
        free.acquireUninterruptibly(of(threads));
    }

    void give(int threads) {
        free.release(of(threads));
    }
}
