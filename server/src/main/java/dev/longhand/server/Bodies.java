package dev.longhand.server;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** What bodies of requests take of memory at the same time, bounded for all together. Thread-safe. */
final class Bodies {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final long bytesMax;
    private final AtomicLong held = new AtomicLong();

    Bodies(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /** What all requests hold now. */
    long bytes() {
        return held.get();
    }

    /** For one request; nothing yet. */
    Share share() {
        return new Share();
    }

    /** What one request holds. Of its thread. */
    final class Share implements AutoCloseable {
        private long own;

        /** 503 if it is too much for all together. */
        void add(int bytes) throws Refusal {
            if (held.addAndGet(bytes) > bytesMax) {
                held.addAndGet(-bytes);
                throw Refusal.full("bodies of requests fill the %,d bytes that there are for them; come again in a moment"
                        .formatted(bytesMax), RETRY_AFTER);
            }
            own += bytes;
        }

        @Override
        public void close() {
            held.addAndGet(-own);
            own = 0;
        }
    }
}
