package dev.longhand.ledger;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Usage;
import dev.longhand.store.Schema;
import dev.longhand.store.Store;
import dev.longhand.store.StoreSetting;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The books of a data directory, open: the ledger, its price list, the thread that seals, and the only way by which models are
 * handed out. Thread-safe.
 */
public final class Books implements AutoCloseable {
    /** Credited for processor time. */
    static final Account MACHINE = new Account("machine:cpu", Unit.EUR, Account.Kind.MACHINE);
    /** Pays what went beyond a reservation or a budget. */
    static final Account OVERRUN = new Account("machine:overrun", Unit.EUR, Account.Kind.MACHINE);

    /** A job has one call under way; each of its attempts may have left one. */
    private static final int LOST_MAX = 1_000;

    private final Store store;
    private final Ledger ledger;
    private final Prices prices;
    private final Reports reports;
    private final MachineDays days;
    private final Sealer sealer;
    private final Clock clock;
    private final TokenTimes times;
    private final Energy energy;
    private final Set<Account> opened = ConcurrentHashMap.newKeySet();

    private Books(Store store, Clock clock, Energy energy) throws Problem {
        this.store = store;
        this.clock = clock;
        this.energy = energy;
        this.ledger = Ledger.open(store, clock, Limits.DEFAULT);
        int processors = Runtime.getRuntime().availableProcessors();
        this.prices = new Prices(store, processors);
        this.times = new TokenTimes(store);
        this.reports = new Reports(store);
        this.days = new MachineDays(store, ledger, clock, processors);
        this.sealer = new Sealer(ledger, days::close, clock, Sealer.PERIOD_DEFAULT);
    }

    /**
     * Opens the books, made where there are none.
     *
     * @param more tables of other modules in the same database
     */
    public static Books open(StoreSetting setting, Clock clock, Disk disk, List<Schema> more) throws Problem {
        return open(setting, clock, disk, more, Energy.ofSystem());
    }

    static Books open(StoreSetting setting, Clock clock, Disk disk, List<Schema> more, Energy energy) throws Problem {
        Set<Schema> schemas = new LinkedHashSet<>(List.of(Ledger.SCHEMA, Keys.SCHEMA));
        schemas.addAll(more);
        Store store = Store.open(setting, dev.longhand.store.Limits.DEFAULT, clock, disk, List.copyOf(schemas));
        try {
            return new Books(store, clock, energy);
        } catch (Problem | RuntimeException e) {
            store.close();
            throw e;
        }
    }

    public Store store() {
        return store;
    }

    public Ledger ledger() {
        return ledger;
    }

    /** Of a server's clients. */
    public Keys keys() {
        return new Keys(store, clock);
    }

    public Prices prices() {
        return prices;
    }

    /** Millionths of EUR that are set aside for calls that run on this machine. */
    public long setAside() throws Problem {
        return ledger.balance(MACHINE.id()).creditsPending();
    }

    public Reports reports() {
        return reports;
    }

    public Accounts accounts() {
        return new Accounts(store, clock, Limits.DEFAULT);
    }

    /** The lines as files for other programs. */
    public Exports exports() {
        return new Exports(store, Limits.DEFAULT);
    }

    /** Old lines as files, out of the database. */
    public Archives archives() {
        return new Archives(store, clock, Limits.DEFAULT);
    }

    /** Closes all days of the machine that are over and wait; the sealer does a few of them at each round. */
    public void closeDays() throws Problem {
        while (days.close() > 0) {
            // Until none is due.
        }
    }

    Clock clock() {
        return clock;
    }

    TokenTimes times() {
        return times;
    }

    Energy energy() {
        return energy;
    }

    /** {@code model} with every call booked. It stays the caller's: closing what is returned does not close it. */
    public MeteredModel meter(LanguageModel model, Payer payer) {
        return new MeteredModel(model, this, payer);
    }

    /**
     * Ends what calls of a job left set aside whose process died: posted with what is known that they used, else freed. Only the
     * attempt that has the job now may ask.
     *
     * @param attempt that has it; reservations of those before are ended
     * @param used    by attempt, of its last call
     * @return how many were ended
     */
    public int endLost(String job, long attempt, Map<Long, Usage> used) throws Problem {
        List<Transfer> lost = ledger.openOf(job, attempt, LOST_MAX);
        for (int i = 0; i < lost.size(); i++) {
            long of = lost.get(i).booking().cause().attempt();
            boolean isLast = i + 1 == lost.size() || lost.get(i + 1).booking().cause().attempt() != of;
            new Charge(this, lost.get(i)).settle(isLast ? used.getOrDefault(of, Usage.NONE) : Usage.NONE, 0);
        }
        return lost.size();
    }

    /**
     * Books work that is done. What the payer's budget does not allow is paid by the machine's own account: it did happen.
     *
     * @param id under which it is booked once
     */
    public Transfer book(String id, Payer payer, WorkCost work) throws Problem {
        MachinePrice price = prices.machine(Times.micros(clock.now()));
        Energy.Reading used = energy.of(work.cpuMicros(), price);
        Account from = Account.of(payer.account(), Unit.EUR);
        need(from, MACHINE, OVERRUN);
        Meters meters = new Meters(0, 0, 0, 0, 0, work.cpuMicros(), work.diskBytes(), 0, used.millijoules(), used.isEstimated());
        Optional<Transfer> known = ledger.transfer(id);
        if (known.isPresent()) {
            return known.get();
        }
        Booking booking = new Booking(id, from.id(), MACHINE.id(), price.cost(work.cpuMicros(), used.millijoules()), Unit.EUR,
                payer.cause());
        if (ledger.book(booking, meters) instanceof Admission.Admitted admitted) {
            return admitted.transfer();
        }
        Booking own = new Booking(id, OVERRUN.id(), MACHINE.id(), booking.amount(), Unit.EUR,
                payer.cause().withPurpose(Charge.OVERRUN));
        return ((Admission.Admitted) ledger.book(own, meters)).transfer();
    }

    /** Opens accounts that are not open yet; asked for again, it costs nothing. */
    void need(Account... accounts) throws Problem {
        for (Account each : accounts) {
            if (!opened.contains(each)) {
                ledger.open(each);
                opened.add(each);
            }
        }
    }

    /** Seals what waits and lets go of the database. */
    @Override
    public void close() {
        sealer.close();
        store.close();
    }
}
