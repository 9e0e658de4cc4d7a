package dev.longhand.kernels;

import dev.longhand.base.Check;
import dev.longhand.base.Threads;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * A persistent team of threads that shares the chunks of one task at a time; the caller is worker 0.
 *
 * <p>Knows nothing of arithmetic. Chunks are claimed one by one from a shared ticket, so a thread that the system holds up costs
 * at most the chunk it is in. Idle threads spin for a bounded count, then park. A hand-off allocates nothing.
 *
 * <p>Invariants: each chunk of a task is run exactly once; {@link #run} returns after the last one is complete, and what the
 * chunks wrote is visible to the caller. A chunk that throws ends the task: chunks not yet claimed are skipped and the first
 * throwable is thrown by {@link #run}; the team stays usable.
 *
 * <p>Threads: {@link #run} is called by one thread at a time and not from inside a chunk; both are refused.
 */
final class Team implements AutoCloseable {
    /** One task: {@code run} is called once per chunk, from any worker. */
    @FunctionalInterface
    interface Task {
        void run(int chunk, int worker);
    }

    static final int THREADS_MAX = 256;
    /** Chunks of one task, so that the ticket has room for both counts. */
    static final int CHUNKS_MAX = (1 << 20) - 1;

    /** Pauses before an idle thread parks: some 50 us, more than the serial work between two hand-offs of a forward pass. */
    private static final int SPINS_MAX = 1_500;

    private static final int COUNT_BITS = 20;
    private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;

    // Cells of `shared`, each on its own cache lines.
    private static final int CELL_STRIDE = 16;
    private static final int TICKET = CELL_STRIDE; // generation << 40 | chunks << 20 | next chunk
    private static final int COMPLETE = 2 * CELL_STRIDE; // chunks of this task that have ended
    private static final int CALLER_PARKED = 3 * CELL_STRIDE;
    private static final int RUNNING = 4 * CELL_STRIDE;
    private static final int CLOSED = 5 * CELL_STRIDE;
    private static final int PARKED = 6 * CELL_STRIDE; // one cell per worker follows

    private final int threads;
    private final AtomicLongArray shared;
    private final Thread[] workers; // (threads - 1): worker i + 1
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile Thread caller;
    private Task task; // published by the ticket
    private long generation;

    Team(int threads) {
        Check.argument(threads >= 1 && threads <= THREADS_MAX, "%d threads; 1 to %d are possible", threads, THREADS_MAX);
        this.threads = threads;
        this.shared = new AtomicLongArray(PARKED + CELL_STRIDE * (threads + 1));
        this.workers = new Thread[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            int worker = i + 1;
            workers[i] = Thread.ofPlatform().daemon().name("longhand-kernel-" + worker).start(() -> work(worker));
        }
    }

    int threads() {
        return threads;
    }

    /** Its threads without the caller's. */
    List<Thread> workers() {
        return List.of(workers);
    }

    /** Runs chunks {@code [0, chunks)} of {@code task}, each once, and returns when all are complete. */
    void run(Task task, int chunks) {
        if (chunks < 0 || chunks > CHUNKS_MAX) { // not Check: its varargs would allocate
            throw new IllegalArgumentException(chunks + " chunks; at most " + CHUNKS_MAX + " are possible");
        }
        Check.invariant(shared.get(CLOSED) == 0, "the team is closed");
        Check.invariant(shared.getAndSet(RUNNING, 1) == 0, "a team runs one task at a time, and none from inside a chunk");
        try {
            if (threads == 1 || chunks <= 1) {
                runAlone(task, chunks);
            } else {
                runShared(task, chunks);
            }
        } finally {
            shared.set(RUNNING, 0);
        }
    }

    private static void runAlone(Task task, int chunks) {
        for (int chunk = 0; chunk < chunks; chunk++) {
            task.run(chunk, 0);
        }
    }

    private void runShared(Task task, int chunks) {
        this.task = task;
        caller = Thread.currentThread();
        shared.set(COMPLETE, 0);
        generation++;
        shared.set(TICKET, generation << 2 * COUNT_BITS | (long) chunks << COUNT_BITS);
        wakeWorkers(Math.min(chunks, threads) - 1);
        runChunks(0);
        awaitCompletion(chunks);
        this.task = null;
        Throwable thrown = failure.get();
        if (thrown != null) {
            failure.set(null);
            throw unchecked(thrown);
        }
    }

    /** Unparks up to {@code count} workers that are not awake. */
    private void wakeWorkers(int count) {
        for (int i = 0; i < count; i++) {
            if (shared.get(PARKED + CELL_STRIDE * i) != 0) {
                LockSupport.unpark(workers[i]);
            }
        }
    }

    /** Claims and runs chunks of the current task until none is left; whether there was any. */
    private boolean runChunks(int worker) {
        boolean any = false;
        for (;;) {
            long ticket = shared.get(TICKET);
            int chunks = (int) (ticket >>> COUNT_BITS & COUNT_MASK);
            int chunk = (int) (ticket & COUNT_MASK);
            if (chunk >= chunks) {
                return any;
            }
            // A successful exchange claims a chunk of the task that is current now: it cannot end before this chunk does.
            if (shared.compareAndSet(TICKET, ticket, ticket + 1)) {
                any = true;
                runChunk(chunk, worker);
                completeChunk(chunks, worker);
            }
        }
    }

    private void runChunk(int chunk, int worker) {
        if (failure.get() != null) {
            return;
        }
        try {
            task.run(chunk, worker);
        } catch (Throwable thrown) {
            failure.compareAndSet(null, thrown);
        }
    }

    private void completeChunk(int chunks, int worker) {
        boolean last = shared.incrementAndGet(COMPLETE) == chunks;
        if (last && worker != 0 && shared.get(CALLER_PARKED) != 0) {
            LockSupport.unpark(caller);
        }
    }

    private void awaitCompletion(int chunks) {
        int spins = 0;
        while (shared.get(COMPLETE) != chunks) {
            if (spins++ < SPINS_MAX) {
                Thread.onSpinWait();
                continue;
            }
            shared.set(CALLER_PARKED, 1);
            if (shared.get(COMPLETE) != chunks) {
                LockSupport.park(this);
            }
            shared.set(CALLER_PARKED, 0);
        }
    }

    private void work(int worker) {
        int spins = 0;
        while (shared.get(CLOSED) == 0) {
            if (runChunks(worker)) {
                spins = 0;
            } else if (spins++ < SPINS_MAX) {
                Thread.onSpinWait();
            } else {
                parkUntilWork(PARKED + CELL_STRIDE * (worker - 1));
                spins = 0;
            }
        }
    }

    private void parkUntilWork(int parkedCell) {
        shared.set(parkedCell, 1);
        while (!hasWork() && shared.get(CLOSED) == 0) {
            LockSupport.park(this);
        }
        shared.set(parkedCell, 0);
    }

    private boolean hasWork() {
        long ticket = shared.get(TICKET);
        return (ticket & COUNT_MASK) < (ticket >>> COUNT_BITS & COUNT_MASK);
    }

    /** The throwable as it is: tasks declare no checked exception. */
    private static RuntimeException unchecked(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return thrown instanceof RuntimeException runtime ? runtime : new IllegalStateException(thrown);
    }

    /** Ends the threads; a task must not be running. Closing twice is harmless. */
    @Override
    public void close() {
        if (shared.getAndSet(CLOSED, 1) != 0) {
            return;
        }
        for (Thread worker : workers) {
            LockSupport.unpark(worker);
            Threads.join(worker);
        }
    }
}
