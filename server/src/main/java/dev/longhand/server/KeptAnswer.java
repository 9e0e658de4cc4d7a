package dev.longhand.server;

/** What is known in memory of one kept answer, and what its readers wait at. Thread-safe. */
final class KeptAnswer {
    private final String id;
    private final String team;
    private final long createdMicros;
    private long bytes; // this and all below with the lock
    private boolean isOpen;
    private boolean isForgotten;
    private int readers;
    private long rings;

    /** @param isOpen whether it has not ended */
    KeptAnswer(String id, String team, long createdMicros, long bytes, boolean isOpen) {
        this.id = id;
        this.team = team;
        this.createdMicros = createdMicros;
        this.bytes = bytes;
        this.isOpen = isOpen;
    }

    String id() {
        return id;
    }

    String team() {
        return team;
    }

    long createdMicros() {
        return createdMicros;
    }

    synchronized long bytes() {
        return bytes;
    }

    synchronized boolean isOpen() {
        return isOpen;
    }

    synchronized void ended() {
        isOpen = false;
        ring();
    }

    /** Nobody finds it from now on; its readers learn that it is over. */
    synchronized void forget() {
        isForgotten = true;
        ring();
    }

    synchronized boolean isForgotten() {
        return isForgotten;
    }

    /** There may be something new. */
    synchronized void ring() {
        rings++;
        notifyAll();
    }

    synchronized void grew(long more) {
        bytes += more;
        ring();
    }

    synchronized long rings() {
        return rings;
    }

    /** Waits until it rang after {@code seen}, or for {@code millis}; true if the thread was interrupted. */
    synchronized boolean await(long seen, long millis) {
        try {
            if (rings == seen) {
                wait(millis);
            }
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    /** Takes one of the places of readers, which are at most so many; false if none is free. */
    synchronized boolean enter(int readersMax) {
        if (readers >= readersMax) {
            return false;
        }
        readers++;
        return true;
    }

    synchronized int readers() {
        return readers;
    }

    synchronized void leave() {
        readers--;
    }
}
