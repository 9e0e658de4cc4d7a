package dev.longhand.ledger;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.store.Store;
import dev.longhand.store.Tx;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.Optional;

/**
 * Meets the electricity bill: closes each past UTC day of a machine that is there for Longhand alone. The day costs idle power for
 * 24 hours, the energy that work took above it, and a day's part of the purchase. {@code machine:cpu}, which users paid, pays that
 * to {@code machine:energy} and {@code machine:write-off}; what users did not pay, {@code machine:idle} does, so that the day
 * leaves nothing on {@code machine:cpu}: users + idle = electricity + write-off, to the millionth. Where users paid more, the
 * rest goes to {@code machine:idle}.
 *
 * <p>A day goes by the price at its start, and begins with the day of the first line. What was paid on a day is what was booked on
 * it; a correction counts on its own day. A day is closed once and in one transaction: its lines have ids made of the day. A price
 * put later for a day that has been passed changes nothing. Thread-safe, and processes may do it side by side.
 */
final class MachineDays {
    /** What the ids of its lines begin with; reserved. */
    static final String PREFIX = "day:";
    private static final String JOB = "machine-day";
    private static final Account ENERGY = new Account("machine:energy", Unit.EUR, Account.Kind.MACHINE);
    private static final Account WRITE_OFF = new Account("machine:write-off", Unit.EUR, Account.Kind.MACHINE);
    private static final Account IDLE = new Account("machine:idle", Unit.EUR, Account.Kind.MACHINE);
    /** Days that one call closes. */
    private static final int DAYS_MAX = 10;

    private final Store store;
    private final Ledger ledger;
    private final Clock clock;
    private final int processors;

    MachineDays(Store store, Ledger ledger, Clock clock, int processors) {
        this.store = store;
        this.ledger = ledger;
        this.clock = clock;
        this.processors = processors;
    }

    /** Closes days that are over, a bounded number of them; how many. One read where none is due. */
    int close() throws Problem {
        int days = 0;
        if (store.read(this::isDue)) {
            while (days < DAYS_MAX && store.write(this::closeNext)) {
                days++;
            }
        }
        return days;
    }

    private boolean isDue(Tx tx) throws SQLException {
        return tx.number("SELECT count(*) FROM machine_price WHERE is_dedicated = 1") > 0 && next(tx) < today(Rows.head(tx));
    }

    /** The first day that is not closed. */
    private static long next(Tx tx) throws SQLException {
        long closed = tx.number("SELECT next_day FROM machine_day");
        return closed > 0 ? closed : tx.row("SELECT at_micros FROM transfer ORDER BY seq LIMIT 1", r -> Times.day(r.getLong(1)))
                .orElse(Long.MAX_VALUE);
    }

    /** In ledger time: no line can be booked on an earlier day any more. */
    private long today(Rows.Head head) {
        return Times.day(Math.max(Times.micros(clock.now()), head.atMicros()));
    }

    private boolean closeNext(Tx tx) throws SQLException, Problem {
        long day = next(tx);
        long today = today(Sums.of(tx).head(tx));
        if (day >= today) {
            return false;
        }
        MachinePrice price = Prices.machineAt(tx, Times.startOfDay(day)).orElseGet(() -> MachinePrice.assumed(processors));
        long following = day + 1;
        if (price.isDedicated()) {
            close(tx, day, price);
        } else {
            following = Math.min(today, dedicatedAfter(tx, day));
        }
        tx.update("UPDATE machine_day SET next_day = ?", following);
        return true;
    }

    /** The first day after {@code day} that may begin with a dedicated machine. */
    private static long dedicatedAfter(Tx tx, long day) throws SQLException {
        Optional<Long> from = tx.row("SELECT from_micros FROM machine_price WHERE is_dedicated = 1 AND from_micros > ? "
                + "ORDER BY from_micros LIMIT 1", r -> r.getLong(1), Times.startOfDay(day));
        return from.isEmpty() ? Long.MAX_VALUE : Math.ceilDiv(from.get(), Times.DAY_MICROS);
    }

    /** @param paid to the machine, less what it gave back */
    private record Used(long paid, long cpuMicros, long millijoules) {}

    private void close(Tx tx, long day, MachinePrice price) throws SQLException, Problem {
        for (Account each : new Account[] {Books.MACHINE, ENERGY, WRITE_OFF, IDLE}) {
            if (Rows.account(tx, each.id()).isEmpty()) {
                Rows.insert(tx, each);
            }
        }
        Used used = used(tx, day);
        long energy = price.energyMicros(price.dayMillijoules(used.cpuMicros(), used.millijoules()));
        long writeOff = price.dayWearMicros();
        long idle = Math.subtractExact(Math.addExact(energy, writeOff), used.paid());
        book(tx, day, "energy", Books.MACHINE, ENERGY, energy);
        book(tx, day, "write-off", Books.MACHINE, WRITE_OFF, writeOff);
        book(tx, day, "idle", idle < 0 ? Books.MACHINE : IDLE, idle < 0 ? IDLE : Books.MACHINE, Math.abs(idle));
    }

    private static Used used(Tx tx, long day) throws SQLException {
        String machine = Books.MACHINE.id();
        String credit = "CASE WHEN credit = '" + machine + "' THEN ";
        return tx.row("SELECT sum(" + credit + "amount ELSE -amount END), sum(" + credit + "cpu_micros ELSE 0 END), sum(" + credit
                + "millijoules ELSE 0 END) FROM transfer WHERE at_micros >= ? AND at_micros < ? "
                + "AND kind IN ('BOOK', 'POST', 'CORRECT') AND (credit = '" + machine + "' OR debit = '" + machine + "') AND NOT "
                + Spent.OWN.formatted("id"), r -> new Used(r.getLong(1), r.getLong(2), r.getLong(3)), Times.startOfDay(day),
                Times.startOfDay(day + 1)).orElseThrow();
    }

    private void book(Tx tx, long day, String purpose, Account debit, Account credit, long amount) throws SQLException, Problem {
        if (amount > 0) {
            ledger.own(tx, new Booking(PREFIX + LocalDate.ofEpochDay(day) + ":" + purpose, debit.id(), credit.id(), amount,
                    Unit.EUR, Cause.of(purpose).withJob(JOB, day, 0)));
        }
    }
}
