package dev.longhand.ledger;

import dev.longhand.base.Problem;
import dev.longhand.lm.Usage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * One call of a model in the books: the worst case is set aside before it runs, what it really used is posted after. Processor
 * time has no bound, so what goes beyond the reservation is paid by the machine's own account, under the purpose {@code overrun}:
 * a budget is never overrun by work that was admitted. Used by one thread.
 */
final class Charge {
    /** A reservation of a process that died is free again after this. */
    private static final Duration TIMEOUT = Duration.ofHours(24);
    /** Purpose of what went beyond a call's reservation. */
    static final String OVERRUN = "overrun";
    /** What the ids of a call's lines begin with; the reservation's follows. */
    static final String POST = "post:";
    static final String OVER = "over:";
    private static final String LATE = "late:";

    private final Books books;
    private final String id;
    private final Cause cause;
    private final Account payee;
    private final Optional<TokenPrice> tokenPrice;
    private final MachinePrice machinePrice;
    private final long reserved;
    private final List<String> warnings;

    /**
     * Sets the worst case aside. A budget that could be overrun is a problem with the figures, and nothing has run.
     *
     * @param in  tokens that may have to be read
     * @param out tokens that may be answered
     */
    Charge(Books books, Payer payer, Cause cause, long in, long out) throws Problem {
        this.books = books;
        this.cause = cause;
        this.id = UUID.randomUUID().toString();
        Worst worst = Worst.of(books, cause.model(), in, out);
        this.tokenPrice = worst.tokenPrice;
        this.machinePrice = worst.machinePrice;
        Unit unit = worst.unit();
        this.payee = worst.payee(cause.model());
        Account from = Account.of(payer.account(), unit);
        books.need(from, payee);
        this.reserved = worst.amount;
        Booking booking = new Booking(id, from.id(), payee.id(), reserved, unit, cause);
        this.warnings = switch (books.ledger().reserve(booking, TIMEOUT)) {
            case Admission.OverBudget over -> throw new OverBudgetProblem(over);
            case Admission.Admitted admitted -> admitted.warnings().stream().map(b -> b.warning(unit)).toList();
        };
    }

    /** A call whose process died; {@code reservation} is open. */
    Charge(Books books, Transfer reservation) throws Problem {
        this.books = books;
        this.cause = reservation.booking().cause();
        this.id = reservation.id();
        Prices.Held prices = books.prices().held(cause.model(), reservation.atMicros());
        this.tokenPrice = prices.tokens();
        this.machinePrice = prices.machine();
        Worst worst = new Worst(tokenPrice, machinePrice, reservation.amount());
        this.payee = worst.payee(cause.model());
        this.reserved = reservation.amount();
        this.warnings = List.of();
    }

    /** What a call may come to at most, at the prices of now. */
    private record Worst(Optional<TokenPrice> tokenPrice, MachinePrice machinePrice, long amount) {
        static Worst of(Books books, String model, long in, long out) throws Problem {
            Prices.Held prices = books.prices().held(model, Times.micros(books.clock().now()));
            long amount = prices.tokens().isPresent() ? prices.tokens().get().dearest(in, out)
                    : machine(books, prices.machine(), model, in + out);
            return new Worst(prices.tokens(), prices.machine(), amount);
        }

        private static long machine(Books books, MachinePrice price, String model, long tokens) throws Problem {
            long cpuMicros = Math.multiplyExact(tokens, books.times().reserved(model));
            return price.cost(cpuMicros, price.declaredMillijoules(cpuMicros));
        }

        Unit unit() {
            return tokenPrice.map(TokenPrice::unit).orElse(Unit.EUR);
        }

        Account payee(String model) throws Problem {
            return tokenPrice.isPresent() ? Account.of(Account.Kind.PROVIDER, model, unit()) : Books.MACHINE;
        }
    }

    /** What a call of that size would be refused with now; nothing is set aside. */
    static Optional<Admission.OverBudget> refusal(Books books, Payer payer, String model, long in, long out) throws Problem {
        Worst worst = Worst.of(books, model, in, out);
        return books.ledger().refusal(Account.of(payer.account(), worst.unit()).id(), worst.amount);
    }

    /** For people: soft limits that this call passed. */
    List<String> warnings() {
        return warnings;
    }

    /** What a call came to, the machine's part included. */
    record Settled(long amount, Unit unit, Meters meters) {}

    /**
     * Posts what was used; where that is nothing, the reservation is freed. What comes when it is free already is paid by the
     * machine's own account.
     *
     * @param attached tokens of documents that attention could look up
     */
    Settled settle(Usage used, long attached) throws Problem {
        Meters meters = meters(used, used.equals(Usage.NONE) ? 0 : attached);
        Unit unit = payee.unit();
        if (meters.equals(Meters.NONE)) {
            books.ledger().release("free:" + id, id);
            return new Settled(0, unit, meters);
        }
        long cost = tokenPrice.isPresent()
                ? tokenPrice.get().cost(used.readTokens(), used.cachedTokens(), used.answeredTokens())
                : machinePrice.cost(used.cpuMicros(), meters.millijoules());
        if (!post(Math.min(cost, reserved), meters)) {
            overrun(LATE, cost, meters);
        } else if (cost > reserved) {
            overrun(OVER, cost - reserved, Meters.NONE);
        }
        if (tokenPrice.isEmpty()) {
            books.times().learn(cause.model(), (long) used.readTokens() + used.answeredTokens(), used.cpuMicros());
        }
        return new Settled(cost, unit, meters);
    }

    /** False where the reservation was freed meanwhile: its time was over, or its process was taken for dead. */
    private boolean post(long amount, Meters meters) throws Problem {
        try {
            books.ledger().post(POST + id, id, amount, meters);
            return true;
        } catch (Conflict e) {
            if (books.ledger().transfer(POST + id).isPresent()) {
                throw e;
            }
            return false;
        }
    }

    /** Paid by the machine's own account. */
    private void overrun(String prefix, long amount, Meters meters) throws Problem {
        Account overrun = Account.of("machine:overrun", payee.unit());
        books.need(overrun);
        books.ledger().book(new Booking(prefix + id, overrun.id(), payee.id(), amount, payee.unit(), cause.withPurpose(OVERRUN)),
                meters);
    }

    private Meters meters(Usage used, long attached) {
        Energy.Reading energy = books.energy().of(used.cpuMicros(), machinePrice);
        boolean isEstimated = used.cpuMicros() > 0 && energy.isEstimated();
        return new Meters(used.readTokens(), used.cachedTokens(), attached, used.reasoningTokens(), used.answeredTokens(),
                used.cpuMicros(), 0, used.kvByteSeconds(), energy.millijoules(), isEstimated);
    }
}
