package dev.longhand.cli;

import dev.longhand.base.Problem;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Something that is opened on a thread of its own, and closed with this. Thread-safe. */
final class Later<T extends AutoCloseable> implements AutoCloseable {
    private static final long POLL_MS = 50;

    private final World world;
    private final String doing;
    private final FutureTask<T> task;

    private Later(World world, String doing, FutureTask<T> task) {
        this.world = world;
        this.doing = doing;
        this.task = task;
    }

    /** Begins to open it; {@code doing} says what that is, as in "loading smollm2.gguf". */
    static <T extends AutoCloseable> Later<T> of(World world, String doing, Callable<T> open) {
        FutureTask<T> task = new FutureTask<>(open);
        Thread.ofPlatform().daemon().name("longhand-" + doing.replaceAll("\\W.*", "")).start(task);
        return new Later<>(world, doing, task);
    }

    /** Once it is open; a Ctrl-C ends the wait. */
    T get() throws Problem {
        while (true) {
            world.interrupts().check();
            try {
                return task.get(POLL_MS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                // Look at Ctrl-C and wait on.
            } catch (InterruptedException e) {
                throw new Problem(Problem.Kind.CANCELLED, "stopped", e);
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case Problem problem -> throw problem;
                    case Error error -> throw error;
                    default -> throw new IllegalStateException(doing + " failed", e.getCause());
                }
            }
        }
    }

    /** Waits for an opening that still runs. */
    @Override
    public void close() {
        try {
            task.get().close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            // Nothing was opened; whoever waited for it has been told.
        } catch (Exception e) {
            throw new IllegalStateException("closing after " + doing + " failed", e);
        }
    }
}
