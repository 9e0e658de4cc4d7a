package dev.longhand.ledger;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.time.Duration;
import java.util.Optional;

/**
 * The thread that looks after the books: once a period it expires reservations whose time is over and seals all lines that wait.
 * A failure is kept for who asks and tried again at the next period; the books themselves are never at risk from it.
 */
public final class Sealer implements AutoCloseable {
    public static final Duration PERIOD_DEFAULT = Duration.ofSeconds(1);

    private final Ledger ledger;
    private final Clock clock;
    private final Duration period;
    private final Thread thread;
    private volatile boolean closing;
    private volatile Problem trouble;

    public Sealer(Ledger ledger, Clock clock, Duration period) {
        this.ledger = ledger;
        this.clock = clock;
        this.period = period;
        this.thread = Thread.ofPlatform().name("longhand-sealer").daemon(true).start(this::run);
    }

    private void run() {
        while (!closing) {
            round();
            try {
                clock.sleep(period.toNanos());
            } catch (InterruptedException e) {
                // Only close interrupts, and only this sleep feels it: writes are done by the store's own thread.
            }
        }
        round();
    }

    private void round() {
        try {
            while (ledger.expire() > 0) {
                // Until none is due.
            }
            while (ledger.seal().isPresent()) {
                // Until none waits.
            }
            trouble = null;
        } catch (Problem e) {
            trouble = e;
        }
    }

    /** Why the last round failed; empty if it did not. */
    public Optional<Problem> trouble() {
        return Optional.ofNullable(trouble);
    }

    /** Seals what waits and ends. Close it before the store. */
    @Override
    public void close() {
        closing = true;
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
