package dev.longhand.cli;

import dev.longhand.base.Problem;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Ctrl-C and a reader that went away: one token that long work asks.
 *
 * <p>The first Ctrl-C cancels; a second one, or {@value #PATIENCE_MS} ms in which the work did not end, stops the process at once
 * with 130. Stopping at once is safe: whatever is durable is published whole or not at all. A chat replaces what the first Ctrl-C
 * does by {@link #onInterrupt}.
 *
 * <p>Thread-safe.
 */
final class Interrupts {
    static final int PATIENCE_MS = 5_000;

    private final AtomicInteger count = new AtomicInteger();
    private final AtomicReference<Runnable> handler = new AtomicReference<>();
    private final AtomicReference<Thread> sleeper = new AtomicReference<>();
    private volatile boolean cancelled;
    private volatile boolean pipeClosed;

    /** Catches the process's SIGINT. */
    void install() {
        sun.misc.Signal.handle(new sun.misc.Signal("INT"), signal -> interrupt());
    }

    /** What a Ctrl-C does; tests call it. */
    void interrupt() {
        Runnable special = handler.get();
        if (special != null) {
            special.run();
            return;
        }
        cancelled = true;
        if (count.incrementAndGet() > 1) {
            Runtime.getRuntime().halt(Problem.Kind.CANCELLED.exitCode());
        }
        Thread waiting = sleeper.get();
        if (waiting != null) {
            waiting.interrupt();
        }
        Thread.ofPlatform().daemon().name("longhand-patience").start(Interrupts::haltWhenLate);
    }

    private static void haltWhenLate() {
        try {
            dev.longhand.base.Clock.SYSTEM.sleep(PATIENCE_MS * 1_000_000L);
            Runtime.getRuntime().halt(Problem.Kind.CANCELLED.exitCode());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sets what a Ctrl-C does from now on; null restores the default. */
    void onInterrupt(Runnable action) {
        handler.set(action);
    }

    /** A Ctrl-C also interrupts this thread, for work that waits and honours that; null for none. */
    void wakes(Thread thread) {
        sleeper.set(thread);
        if (thread != null && isCancelled()) {
            thread.interrupt(); // the Ctrl-C came before the work
        }
    }

    /** Whoever reads our output has gone. */
    void pipeClosed() {
        pipeClosed = true;
    }

    boolean isPipeClosed() {
        return pipeClosed;
    }

    /** Whether the work should end. */
    boolean isCancelled() {
        return cancelled || pipeClosed;
    }

    /** Ends the work here if it should end. */
    void check() throws Problem {
        if (isCancelled()) {
            throw new Problem(Problem.Kind.CANCELLED, "stopped");
        }
    }
}
