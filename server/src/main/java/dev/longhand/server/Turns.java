package dev.longhand.server;

import java.util.ArrayDeque;
import java.util.Deque;

/** Lets one at a time do something, in the order in which they came. Thread-safe. */
final class Turns {
    /** How often who waits looks at other things. */
    private static final long LOOK_MILLIS = 50;

    private final Deque<Turn> line = new ArrayDeque<>(); // guarded by this object; the first has its turn

    /** What who waits does now and then; what it throws ends the waiting. */
    @FunctionalInterface
    interface Look<E extends Exception> {
        void look() throws E;
    }

    /** That of one; closed when it is over. */
    final class Turn implements AutoCloseable {
        private Turn() {}

        @Override
        public void close() {
            synchronized (Turns.this) {
                line.remove(this);
                Turns.this.notifyAll();
            }
        }
    }

    /** Waits for its turn, behind those that came before. An interrupt does not end the waiting. */
    <E extends Exception> Turn take(Look<E> look) throws E {
        Turn own = new Turn();
        synchronized (this) {
            line.add(own);
        }
        boolean isMine = false;
        boolean wasInterrupted = false;
        try {
            for (isMine = isFirst(own); !isMine; isMine = isFirst(own)) {
                look.look();
                wasInterrupted |= pause(own);
            }
            return own;
        } finally {
            if (!isMine) {
                own.close();
            }
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized boolean isFirst(Turn own) {
        return line.peek() == own;
    }

    /** True if the thread was interrupted. */
    private synchronized boolean pause(Turn own) {
        try {
            if (!isFirst(own)) {
                wait(LOOK_MILLIS);
            }
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }
}
