package dev.longhand.jobs;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Account;
import dev.longhand.ledger.Admission;
import dev.longhand.ledger.Balance;
import dev.longhand.ledger.Booking;
import dev.longhand.ledger.Budget;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.Ledger;
import dev.longhand.ledger.Meters;
import dev.longhand.ledger.Transfer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The money of jobs. Carving sets the worst case aside at the payer and gives the job's own account a budget of it; settling ends
 * the reservation with what the job really spent. A child's payer is its parent's account, so its reservation is a pending debit
 * there, and the parent is settled after its children by itself.
 *
 * <p>Every id follows from the job's, so each call may be made again after a crash anywhere between two of them. Thread-safe.
 */
final class Funds {
    private final Ledger ledger;
    private final Limits limits;

    Funds(Ledger ledger, Limits limits) {
        this.ledger = ledger;
        this.limits = limits;
    }

    static String account(String job) {
        return "job:" + job;
    }

    private static String fundId(Job job) {
        return account(job.id()) + ":fund:" + job.purse().round();
    }

    private static String settleId(Job job) {
        return account(job.id()) + ":settle:" + job.purse().round();
    }

    private static String lateId(Job job) {
        return account(job.id()) + ":late:" + job.purse().round();
    }

    /** The one place where jobs say what a line is for. The attempt is the claim's number, which never repeats. */
    static Cause cause(Job job, long step) {
        return Cause.of(job.kind()).withJob(job.id(), step, job.status().token());
    }

    /** Sets the job's worst case aside at its payer; the books' figures where its budget does not allow it. */
    Optional<Admission.OverBudget> carve(Job job) throws Problem {
        Funding funding = job.funding().orElseThrow();
        String account = account(job.id());
        ledger.open(new Account(account, funding.unit(), Account.Kind.JOB));
        if (ledger.transfer(fundId(job)).isEmpty()) {
            long spent = ledger.balance(account).spent();
            Booking booking = new Booking(fundId(job), funding.payer(), account, Math.max(0, job.budget() - spent), funding.unit(),
                    cause(job, 0));
            if (ledger.reserve(booking, limits.fundsFor()) instanceof Admission.OverBudget over) {
                return Optional.of(over);
            }
        }
        ledger.put(Budget.of(account, Budget.Period.EVER, job.budget()));
        return Optional.empty();
    }

    /** Books a cost of the job. */
    void charge(Job job, long step, String name, Charge charge) throws Problem {
        String account = job.account().orElseThrow(() -> new IllegalArgumentException("job " + job.id()
                + " has no budget, and so no account to charge"));
        String id = account + ":" + step + ":" + job.status().token() + ":" + name;
        Booking booking = new Booking(id, account, charge.payee(), charge.amount(), job.funding().orElseThrow().unit(),
                cause(job, step));
        if (ledger.book(booking, charge.meters()) instanceof Admission.OverBudget over) {
            throw new NoFunds("job " + job.id() + " has used up its budget", over);
        }
    }

    /** A cost: who is paid, how much of the job's unit, and for which quantities. */
    record Charge(String payee, long amount, Meters meters) {}

    /**
     * Closes the account of a job that has ended and ends its reservation with what was spent. False while something is pending on
     * the account, such as a child's budget or a reservation of a killed runner, and where the reservation was over before and
     * the payer cannot pay: then it is to be tried again later.
     */
    boolean settle(Job job) throws Problem {
        String account = account(job.id());
        if (ledger.transfer(settleId(job)).isPresent() || ledger.transfer(lateId(job)).isPresent()) {
            return true;
        }
        if (ledger.transfer(fundId(job)).isEmpty()) {
            return true; // It ended before anything was carved.
        }
        ledger.put(Budget.of(account, Budget.Period.EVER, 0));
        Balance balance = ledger.balance(account);
        if (balance.debitsPending() > 0) {
            return false;
        }
        long spent = Math.max(0, balance.debitsPosted() - balance.creditsPosted());
        try {
            ledger.post(settleId(job), fundId(job), spent, Meters.NONE);
            return true;
        } catch (dev.longhand.ledger.Conflict e) {
            return ledger.transfer(settleId(job)).isPresent() || bookLate(job, spent);
        }
    }

    /** The reservation expired: what was spent is still owed. */
    private boolean bookLate(Job job, long spent) throws Problem {
        Funding funding = job.funding().orElseThrow();
        Booking booking = new Booking(lateId(job), funding.payer(), account(job.id()), spent, funding.unit(), cause(job, 0));
        return ledger.book(booking, Meters.NONE) instanceof Admission.Admitted;
    }

    /** What does not fit between a funded job and its account, in words. */
    List<String> check(Job job) throws Problem {
        List<String> findings = new ArrayList<>();
        String account = account(job.id());
        Optional<Transfer> fund = ledger.transfer(fundId(job));
        if (fund.isEmpty()) {
            if (!isBeforeFunding(job)) {
                findings.add("job %s is %s, and no budget was carved for it (%s)".formatted(job.id(), job.state(), fundId(job)));
            }
            return findings;
        }
        Balance balance = ledger.balance(account);
        if (balance.used() > job.budget()) {
            findings.add("job %s has used %d of a budget of %d".formatted(job.id(), balance.used(), job.budget()));
        }
        // More credits than debits are a later correction in the job's favour.
        boolean isPaid = balance.debitsPending() == 0 && balance.creditsPending() == 0
                && balance.debitsPosted() <= balance.creditsPosted();
        if (job.purse().isSettled() && !isPaid) {
            findings.add("job %s is settled, and its account is not paid: %s".formatted(job.id(), balance));
        }
        return findings;
    }

    private static boolean isBeforeFunding(Job job) {
        return job.status().waitFor() == Wait.FUNDS || job.state().isEnd() && job.status().token() == 0 || job.state()
                == State.FAILED
                && job.purse().isSettled();
    }
}
