package dev.longhand.store;

import dev.longhand.base.Problem;
import java.util.concurrent.CountDownLatch;

/** One caller's write on its way through the writer. The caller waits; the writer's thread does the rest. */
final class Unit<T> {
    private final Work<T> work;
    private final CountDownLatch done = new CountDownLatch(1);
    private T result;
    private Throwable failure;

    Unit(Work<T> work) {
        this.work = work;
    }

    /** Runs the work and keeps its result until the group's commit. */
    void run(Tx tx) throws Exception {
        result = null;
        failure = null;
        result = work.run(tx);
    }

    /** This work alone is undone. */
    void failed(Throwable why) {
        failure = why;
    }

    /** The group's commit is durable. */
    void acknowledge() {
        done.countDown();
    }

    /** The group has failed, whatever this work did. */
    void refuse(Throwable why) {
        result = null;
        failure = why;
        done.countDown();
    }

    /** Waits, however long the commit takes: a caller always learns whether its write is stored. Interrupts are kept for later. */
    T await() throws Problem {
        boolean interrupted = false;
        while (true) {
            try {
                done.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        switch (failure) {
            case null -> {
                return result;
            }
            case Problem problem -> throw problem;
            case RuntimeException bug -> throw bug;
            case Error error -> throw error;
            default -> throw new IllegalStateException("a write failed: " + failure.getMessage(), failure);
        }
    }
}
