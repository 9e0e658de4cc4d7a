package dev.longhand.jobs;

/** Wakes runners of this process when there may be work. Rings are counted, so that none is missed. Thread-safe. */
final class Bell {
    private long rings; // with the lock

    synchronized void ring() {
        rings++;
        notifyAll();
    }

    synchronized long rings() {
        return rings;
    }

    /** Waits until it has rung more than {@code seen} times, or for {@code millisMax} in this process's time. */
    synchronized void await(long seen, long millisMax) throws InterruptedException {
        if (rings == seen) {
            wait(millisMax);
        }
    }
}
