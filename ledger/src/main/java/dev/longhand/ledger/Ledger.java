package dev.longhand.ledger;

import dev.longhand.base.Clock;
import dev.longhand.base.Failpoints;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Transfer.Kind;
import dev.longhand.store.Schema;
import dev.longhand.store.Store;
import dev.longhand.store.Tx;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The books: double entry in whole numbers, lines that never change, and budgets that are refused and never overrun. After
 * TigerBeetle's model, https://docs.tigerbeetle.com/coding/two-phase-transfers/.
 *
 * <p>A line moves an amount from a debit to a credit account of one unit. A reservation sets the worst case aside before the
 * effect; it ends once, posted with what it really was, voided, or expired. What is set aside counts against budgets. An id is
 * the caller's: asked for again with the same content it is booked once and the first line is returned, with other content it is
 * a {@link Conflict}. Every function returns when its line is durable. Thread-safe.
 *
 * <p>Ledger time is the wall clock, but always later than the line before: a clock that goes back changes no order and gives no
 * budget twice.
 */
public final class Ledger {
    public static final Schema SCHEMA = Schema.of("ledger", 2);
    /** What ids begin with that the books make themselves. */
    private static final String EXPIRE = "expire:";
    private static final List<String> OWN = List.of(EXPIRE, MachineDays.PREFIX);

    private final Store store;
    private final Clock clock;
    private final Limits limits;

    private Ledger(Store store, Clock clock, Limits limits) {
        this.store = store;
        this.clock = clock;
        this.limits = limits;
    }

    /** Books in a store that was opened with {@link #SCHEMA}. Refuses books whose sums do not meet. */
    public static Ledger open(Store store, Clock clock, Limits limits) throws Problem {
        List<String> findings = store.read(Audit::sums);
        if (!findings.isEmpty()) {
            throw new Problem(Problem.Kind.MALFORMED, "the books do not balance: " + findings.getFirst()
                    + "; nothing is booked on them; restore them from a backup");
        }
        return new Ledger(store, clock, limits);
    }

    /** Makes the account where there is none. */
    public Account open(Account account) throws Problem {
        if (store.read(tx -> isThere(tx, account))) {
            return account;
        }
        return store.write(tx -> {
            if (!isThere(tx, account)) {
                Rows.insert(tx, account);
            }
            return account;
        });
    }

    private static boolean isThere(Tx tx, Account account) throws SQLException, Problem {
        Optional<Rows.Kept> kept = Rows.account(tx, account.id());
        if (kept.isPresent() && !kept.get().account().equals(account)) {
            Account there = kept.get().account();
            throw new Conflict("account %s is there with unit %s and kind %s; it cannot become one with unit %s and kind %s"
                    .formatted(there.id(), there.unit(), there.kind(), account.unit(), account.kind()));
        }
        return kept.isPresent();
    }

    public Balance balance(String account) throws Problem {
        return store.read(tx -> kept(tx, account).balance());
    }

    public Optional<Transfer> transfer(String id) throws Problem {
        return store.read(tx -> Rows.transfer(tx, id));
    }

    /** Sets the account's budget of that period, in place of the one that it had. Lowering it takes nothing back. */
    public void put(Budget budget) throws Problem {
        store.write(tx -> {
            kept(tx, budget.account());
            Sums.of(tx).put(tx, budget);
            return null;
        });
    }

    /** Takes a budget away; false where there is none. */
    public boolean removeBudget(String account, Budget.Period period) throws Problem {
        return store.write(tx -> Sums.of(tx).removeBudget(tx, account, period));
    }

    public List<Budget> budgets(String account) throws Problem {
        return store.read(tx -> Rows.budgets(tx, account));
    }

    /** Sets an amount aside until it is posted, voided, or {@code timeout} is over and {@link #expire} comes by. */
    public Admission reserve(Booking booking, Duration timeout) throws Problem {
        if (!timeout.isPositive() || timeout.compareTo(limits.timeoutMax()) > 0) {
            throw refused(booking.id(), "its timeout is " + timeout + "; it must be positive and at most " + limits.timeoutMax());
        }
        return admit(new Transfer(0, Kind.RESERVE, booking, "", Meters.NONE, 0, timeout.toNanos() / 1000));
    }

    /** Books an amount that is known already. Budgets hold for it too. */
    public Admission book(Booking booking, Meters meters) throws Problem {
        return admit(new Transfer(0, Kind.BOOK, booking, "", meters, 0, 0));
    }

    private Admission admit(Transfer wish) throws Problem {
        checkIds(wish);
        return store.write(tx -> {
            Optional<Transfer> known = known(Rows.transfer(tx, wish.id()), wish);
            if (known.isPresent()) {
                return new Admission.Admitted(known.get(), List.of());
            }
            Sums sums = Sums.of(tx);
            refuseArchived(tx, wish.id());
            Rows.Kept payer = checkAccounts(tx, wish);
            Transfer line = numbered(sums.head(tx), wish);
            List<Budget> warnings = new ArrayList<>();
            for (Budget each : sums.budgets(tx, payer.account().id())) {
                long used = each.period() == Budget.Period.EVER ? payer.balance().used()
                        : sums.spentSince(tx, each.account(), each.period().firstDay(Effect.day(line.atMicros())));
                if (line.amount() > each.requestMax() || used + line.amount() > each.hard()) {
                    return new Admission.OverBudget(each, line.booking().unit(), line.amount(), used,
                            Math.max(0, each.hard() - used));
                }
                if (used + line.amount() > each.soft()) {
                    warnings.add(each);
                }
            }
            sums.append(tx, line, Effect.of(line, null, line.atMicros()));
            return new Admission.Admitted(line, warnings);
        });
    }

    /** What {@link #reserve} would refuse an amount with now; nothing is booked. An account that is not there has no budget. */
    public Optional<Admission.OverBudget> refusal(String account, long amount) throws Problem {
        return store.read(tx -> {
            Optional<Rows.Kept> payer = Rows.account(tx, account);
            for (Budget each : payer.isEmpty() ? List.<Budget>of() : Rows.budgets(tx, account)) {
                long used = each.period() == Budget.Period.EVER ? payer.get().balance().used()
                        : Rows.spentSince(tx, account, each.period().firstDay(Effect.day(wallMicros())));
                if (amount > each.requestMax() || used + amount > each.hard()) {
                    return Optional.of(new Admission.OverBudget(each, payer.get().account().unit(), amount, used,
                            Math.max(0, each.hard() - used)));
                }
            }
            return Optional.empty();
        });
    }

    /** Open reservations of calls of that job's attempts before {@code attempt}, the oldest first; not the job's own budget. */
    List<Transfer> openOf(String job, long attempt, int rows) throws Problem {
        return store.read(tx -> Rows.openOf(tx, job, attempt, rows));
    }

    /** Books a line of the books' own in a transaction of the caller's, once; no budget is asked. */
    Transfer own(Tx tx, Booking booking) throws SQLException, Problem {
        Transfer wish = new Transfer(0, Kind.BOOK, booking, "", Meters.NONE, 0, 0);
        Optional<Transfer> known = known(Rows.transfer(tx, wish.id()), wish);
        if (known.isPresent()) {
            return known.get();
        }
        checkAccounts(tx, wish);
        Sums sums = Sums.of(tx);
        Transfer line = numbered(sums.head(tx), wish);
        sums.append(tx, line, Effect.of(line, null, line.atMicros()));
        return line;
    }

    /** Ends a reservation with what it really was, at most what was set aside. */
    public Transfer post(String id, String reservation, long amount, Meters meters) throws Problem {
        checkId(id);
        return store.write(tx -> end(tx, Kind.POST, id, reservation, amount, meters));
    }

    /** Ends a reservation with nothing. */
    public Transfer release(String id, String reservation) throws Problem {
        checkId(id);
        return store.write(tx -> end(tx, Kind.VOID, id, reservation, 0, Meters.NONE));
    }

    /** Ends reservations whose time is over, a bounded number of them; how many. */
    public int expire() throws Problem {
        return store.write(tx -> {
            long now = Math.max(wallMicros(), Sums.of(tx).head(tx).atMicros());
            List<String> due = Rows.due(tx, now, limits.expireRows());
            for (String each : due) {
                end(tx, Kind.EXPIRE, EXPIRE + each, each, 0, Meters.NONE);
            }
            return due.size();
        });
    }

    private Transfer end(Tx tx, Kind kind, String id, String reservationId, long amount, Meters meters)
            throws SQLException, Problem {
        List<Transfer> both = Rows.transfers(tx, id, reservationId);
        Transfer reservation = both.stream().filter(t -> t.id().equals(reservationId) && t.kind() == Kind.RESERVE).findFirst()
                .orElse(null);
        if (reservation == null) {
            throw archivedOrMissing(tx, "reservation", reservationId);
        }
        Booking b = reservation.booking();
        Transfer wish = new Transfer(0, kind, new Booking(id, b.debit(), b.credit(), amount, b.unit(), b.cause()), reservationId,
                meters, 0, 0);
        Optional<Transfer> known = known(both.stream().filter(t -> t.id().equals(id)).findFirst(), wish);
        if (known.isPresent()) {
            return known.get();
        }
        if (amount < 0 || amount > reservation.amount()) {
            throw refused(id, "it posts %d of reservation %s, which set %d aside; it must lie in [0, %<d]".formatted(amount,
                    reservationId, reservation.amount()));
        }
        if (!Rows.close(tx, reservationId)) {
            Transfer end = Rows.endOf(tx, reservationId).orElseThrow();
            throw new Conflict("reservation %s has ended already: %s by %s with %d; nothing was booked".formatted(reservationId,
                    end.kind(), end.id(), end.amount()));
        }
        Sums sums = Sums.of(tx);
        Transfer line = numbered(sums.head(tx), wish);
        sums.append(tx, line, Effect.of(line, reservation, reservation.atMicros()));
        return line;
    }

    /**
     * Gives back {@code amount} of what was booked or posted, as a line of its own. All corrections of a line add up to no more
     * than it.
     */
    public Transfer correct(String id, String original, long amount, Cause cause) throws Problem {
        checkId(id);
        return store.write(tx -> {
            Transfer line = Rows.transfer(tx, original).filter(t -> t.kind() == Kind.BOOK || t.kind() == Kind.POST).orElse(null);
            if (line == null) {
                throw archivedOrMissing(tx, "booked or posted line", original);
            }
            if (original.startsWith(MachineDays.PREFIX)) {
                throw refused(id, original + " closes a day of the machine and follows from other lines; correct one of these");
            }
            Booking b = line.booking();
            Transfer wish = new Transfer(0, Kind.CORRECT, new Booking(id, b.credit(), b.debit(), amount, b.unit(), cause), original,
                    Meters.NONE, 0, 0);
            Optional<Transfer> known = known(Rows.transfer(tx, id), wish);
            if (known.isPresent()) {
                return known.get();
            }
            long left = line.amount() - Rows.correctedOf(tx, original);
            if (amount < 1 || amount > left) {
                throw refused(id, "it corrects %s by %d; of its %d there is %d left to correct".formatted(original, amount,
                        line.amount(), left));
            }
            checkAccounts(tx, wish);
            Sums sums = Sums.of(tx);
            Transfer correction = numbered(sums.head(tx), wish);
            sums.append(tx, correction, Effect.of(correction, line, origin(tx, line)));
            return correction;
        });
    }

    /** When the reservation or booking was made that a booked or posted line belongs to. */
    static long origin(Tx tx, Transfer line) throws SQLException {
        return line.kind() == Kind.POST ? Rows.transfer(tx, line.refers()).orElseThrow().atMicros() : line.atMicros();
    }

    /**
     * Seals lines that no seal covers, a bounded number of them; nothing where there are none. Lines are read beside the writers;
     * two sealers at once make one seal.
     */
    public Optional<Seal> seal() throws Problem {
        Optional<Seal> next = store.read(tx -> {
            Seal last = Rows.lastSeal(tx);
            List<Transfer> lines = Rows.transfersAfter(tx, last.lastSeq(), limits.sealRows());
            Chain chain = new Chain(last);
            lines.forEach(chain::add);
            return lines.isEmpty() ? Optional.<Seal>empty() : Optional.of(chain.seal());
        });
        if (next.isEmpty()) {
            return next;
        }
        Failpoints.reach("ledger.before-seal");
        Optional<Seal> made = store.write(tx -> {
            Optional<Seal> other = Rows.seal(tx, next.get().number());
            if (other.isEmpty()) {
                Rows.insert(tx, next.get());
                Failpoints.reach("ledger.sealing");
            }
            return other.isPresent() ? other : next;
        });
        Failpoints.reach("ledger.after-seal");
        return made;
    }

    /** Reads all lines again: sums, order, reservations, spending and the chain of seals. */
    public CheckReport check() throws Problem {
        return store.read(tx -> new Audit(tx, limits).run());
    }

    /** The line with that id, if it asks for the same; nothing if the id is new. */
    private static Optional<Transfer> known(Optional<Transfer> known, Transfer wish) throws Problem {
        if (known.isPresent() && !known.get().hasContentOf(wish)) {
            Booking b = known.get().booking();
            String why = "id %s is taken: it is a %s of %d %s from %s to %s; nothing was booked; ask for the same again, or "
                    + "with a new id";
            throw new Conflict(why.formatted(wish.id(), known.get().kind(), b.amount(), b.unit(), b.debit(), b.credit()));
        }
        return known;
    }

    /** An id whose line is in an archive is not taken again: it was booked, and is not booked twice. */
    private static void refuseArchived(Tx tx, String id) throws SQLException, Problem {
        if (Sums.of(tx).isArchived(tx, id)) {
            throw new Conflict("id " + id + " was booked long ago and its line is in an archive of the books; nothing was booked; "
                    + "for something new take a new id");
        }
    }

    /** Of an archived family only the id with which it began is known. */
    private static Problem archivedOrMissing(Tx tx, String what, String id) throws SQLException {
        if (Sums.of(tx).isArchived(tx, id)) {
            return new Conflict(id + " is in an archive of the books, where lines cannot be ended or corrected any more; nothing "
                    + "was booked; book what is to be given back as a line of its own");
        }
        return Sums.of(tx).hasArchives(tx) ? new Problem(Problem.Kind.NOT_FOUND, "there is no " + what + " \"" + id + "\" in the "
                + "database; if it is in an archive of the books, it cannot be ended or corrected any more; nothing was booked")
                : missing(what, id);
    }

    /** Whether the books made the id themselves. */
    static boolean isOwn(String id) {
        return OWN.stream().anyMatch(id::startsWith);
    }

    /** The next number and a later time. A wish for a reservation has its timeout where a line has its end. */
    private Transfer numbered(Rows.Head head, Transfer wish) {
        long at = Math.max(wallMicros(), Math.addExact(head.atMicros(), 1));
        long expires = wish.expiresAtMicros() == 0 ? 0 : Math.addExact(at, wish.expiresAtMicros());
        return new Transfer(head.seq() + 1, wish.kind(), wish.booking(), wish.refers(), wish.meters(), at, expires);
    }

    private long wallMicros() {
        return Times.micros(clock.now());
    }

    private static Rows.Kept kept(Tx tx, String account) throws SQLException, Problem {
        return Sums.of(tx).account(tx, account).orElseThrow(() -> missing("account", account));
    }

    /** Both accounts take the amount in its unit; the one that is debited. */
    private static Rows.Kept checkAccounts(Tx tx, Transfer wish) throws SQLException, Problem {
        Booking b = wish.booking();
        Rows.Kept payer = kept(tx, b.debit());
        for (Rows.Kept each : List.of(payer, kept(tx, b.credit()))) {
            if (each.account().unit() != b.unit()) {
                throw refused(b.id(), "it is in %s and account %s counts %s".formatted(b.unit(), each.account().id(),
                        each.account().unit()));
            }
            if (!each.balance().hasRoomFor(b.amount())) {
                throw refused(b.id(), "%d more would take account %s over %d".formatted(b.amount(), each.account().id(),
                        Limits.BALANCE_MAX));
            }
        }
        return payer;
    }

    private void checkIds(Transfer wish) throws Problem {
        Booking b = wish.booking();
        checkId(b.id());
        if (b.amount() < 0 || b.amount() > limits.amountMax()) {
            throw refused(b.id(), "its amount is %d; it must lie in [0, %d]".formatted(b.amount(), limits.amountMax()));
        }
        if (b.debit().equals(b.credit())) {
            throw refused(b.id(), "it debits and credits the same account " + b.debit());
        }
    }

    private static void checkId(String id) throws Problem {
        if (id.isEmpty() || id.length() > Limits.TEXT_MAX || isOwn(id)
                || id.chars().anyMatch(c -> c < 33 || c == 127)) {
            throw refused(id, "an id has 1 to " + Limits.TEXT_MAX + " characters, no spaces, and does not begin with "
                    + String.join(" or ", OWN));
        }
    }

    private static Problem missing(String what, String id) {
        return new Problem(Problem.Kind.NOT_FOUND, "there is no " + what + " \"" + id + "\"; nothing was booked");
    }

    private static Problem refused(String id, String why) {
        return new Problem(Problem.Kind.USAGE, "booking \"" + id.substring(0, Math.min(id.length(), Limits.TEXT_MAX))
                + "\" is refused: " + why
                + "; nothing was booked");
    }
}
