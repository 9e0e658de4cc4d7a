package dev.longhand.base;

/** What closing a thread of one's own needs. */
public final class Threads {
    private Threads() {}

    /** Waits until {@code thread} has ended, whatever happens meanwhile; an interrupt of the caller is kept for later. */
    public static void join(Thread thread) {
        boolean wasInterrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                wasInterrupted = true;
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
