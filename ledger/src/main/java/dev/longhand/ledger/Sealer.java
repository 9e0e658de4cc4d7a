package dev.longhand.ledger;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.Threads;
import java.time.Duration;
import java.util.Optional;

/**
 * The thread that looks after the books: once a period it expires reservations whose time is over, does its chore, and seals all
 * lines that wait. A failure is kept for who asks and tried again at the next period; the books themselves are never at risk
 * from it.
 */
public final class Sealer implements AutoCloseable {
    public static final Duration PERIOD_DEFAULT = Duration.ofSeconds(1);

    private final Ledger ledger;
    private final Chore chore;
    private final Clock clock;
    private final Duration period;
    private final Thread thread;
    private boolean isClosing; // with the lock
    private boolean isSleeping; // with the lock
    private volatile Problem trouble;

    /** What else there is to do at each round, before lines are sealed; bounded. */
    @FunctionalInterface
    interface Chore {
        void run() throws Problem;
    }

    public Sealer(Ledger ledger, Clock clock, Duration period) {
        this(ledger, () -> { }, clock, period);
    }

    Sealer(Ledger ledger, Chore chore, Clock clock, Duration period) {
        this.ledger = ledger;
        this.chore = chore;
        this.clock = clock;
        this.period = period;
        this.thread = Thread.ofPlatform().name("longhand-sealer").daemon(true).start(this::run);
    }

    private void run() {
        do {
            round();
        } while (sleep());
        round();
    }

    /** Sleeps for a period; false when it is over. Only this sleep is interrupted: a write would take an interrupt for its end. */
    private boolean sleep() {
        synchronized (this) {
            if (isClosing) {
                return false;
            }
            isSleeping = true;
        }
        try {
            clock.sleep(period.toNanos());
        } catch (InterruptedException e) {
            // By close, which the flag says.
        }
        synchronized (this) {
            isSleeping = false;
            Thread.interrupted(); // one that came after the sleep
            return !isClosing;
        }
    }

    /** Lines are sealed also where the rest fails. */
    private void round() {
        Problem first = failure(() -> {
            while (ledger.expire() > 0) {
                // Until none is due.
            }
            chore.run();
        });
        Problem second = failure(() -> {
            while (ledger.seal().isPresent()) {
                // Until none waits.
            }
        });
        trouble = first == null ? second : first;
    }

    private static Problem failure(Chore work) {
        try {
            work.run();
            return null;
        } catch (Problem e) {
            return e;
        }
    }

    /** Why the last round failed; empty if it did not. */
    public Optional<Problem> trouble() {
        return Optional.ofNullable(trouble);
    }

    /** Seals what waits and ends. Close it before the store. */
    @Override
    public void close() {
        synchronized (this) {
            isClosing = true;
            if (isSleeping) {
                thread.interrupt();
            }
        }
        Threads.join(thread);
    }
}
