package dev.longhand.ledger;

import dev.longhand.base.Problem;
import dev.longhand.store.Store;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How much processor time a token of a model took at most on average of a call: what reservations are made by, since time cannot
 * be bounded in advance. Kept with the books, so that a new process knows it. Thread-safe.
 */
final class TokenTimes {
    /** Holds before a model's first call: a billion dense weights on one processor. */
    private static final long FIRST_MICROS = 100_000;
    /** A reservation is this many times what was the most so far. */
    private static final long MARGIN = 4;
    /** A new most is stored when it is larger by more than a part in ten. */
    private static final long STORED_PARTS = 10;

    private final Store store;
    private final ConcurrentHashMap<String, Long> most = new ConcurrentHashMap<>();

    TokenTimes(Store store) {
        this.store = store;
    }

    /** Processor time to set aside for a token, in microseconds. */
    long reserved(String model) throws Problem {
        long known = known(model);
        return known == 0 ? FIRST_MICROS : known * MARGIN;
    }

    private long known(String model) throws Problem {
        Long known = most.get(model);
        if (known == null) {
            known = store.read(tx -> tx.row("SELECT cpu_micros FROM token_time WHERE model = ?", r -> r.getLong(1), model))
                    .orElse(0L);
            most.merge(model, known, Math::max);
        }
        return known;
    }

    /** A call of so many tokens took so long. */
    void learn(String model, long tokens, long cpuMicros) throws Problem {
        long now = Math.ceilDiv(cpuMicros, Math.max(1, tokens));
        long before = known(model);
        if (now <= before) {
            return;
        }
        most.merge(model, now, Math::max);
        if (now - before > before / STORED_PARTS) {
            store.write(tx -> tx.update("INSERT INTO token_time (model, cpu_micros) VALUES (?, ?) ON CONFLICT (model) DO UPDATE "
                    + "SET cpu_micros = CASE WHEN excluded.cpu_micros > token_time.cpu_micros THEN excluded.cpu_micros "
                    + "ELSE token_time.cpu_micros END", model, now));
        }
    }
}
