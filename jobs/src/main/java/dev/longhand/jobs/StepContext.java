package dev.longhand.jobs;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.Meters;
import java.util.Optional;

/** A step that runs, to its code. Of the thread that runs it, but for {@link #shouldStop}. */
public final class StepContext {
    private final JobContext context;
    private final StepName name;
    private final long number;
    private Optional<byte[]> checkpoint;
    private long cost;

    StepContext(JobContext context, StepName name, long number, Optional<Step> there) {
        this.context = context;
        this.name = name;
        this.number = number;
        this.checkpoint = there.flatMap(Step::checkpoint);
        this.cost = there.map(Step::cost).orElse(0L);
    }

    /** Which of the job's steps it is, from 0. */
    public long number() {
        return number;
    }

    /** The partial state that was kept last, by this attempt or an earlier one. */
    public Optional<byte[]> checkpoint() {
        return checkpoint;
    }

    /**
     * Keeps a partial state in place of the one before. If the job is to stop, it stops here, after the state is kept; the next
     * attempt goes on from it.
     */
    public void checkpoint(byte[] state) throws Problem {
        context.heed(context.checkpoint(entry(state)));
        checkpoint = Optional.of(state);
        context.stopIfAsked();
    }

    /** Whether to keep a checkpoint soon, which then stops the job. */
    public boolean shouldStop() {
        return context.shouldStop();
    }

    /**
     * Books a cost of the job, at once and once per attempt.
     *
     * @param name   of the charge within the step: 1 to 20 lower-case letters, digits and hyphens
     * @param payee  the account that is paid
     * @param amount in the job's unit
     * @throws NoFunds the job's budget is used up; nothing was booked
     */
    public void charge(String name, String payee, long amount, Meters meters) throws Problem {
        Check.argument(name.matches("[a-z0-9-]{1,20}"),
                "a charge's name is 1 to 20 lower-case letters, digits and hyphens, not \"%s\"",
                name);
        context.charge(number, name, new Funds.Charge(payee, amount, meters));
        cost += amount;
    }

    /** For bookings on the job's account that others make in this step, such as a metered model's: unique per attempt. */
    public Cause cause() {
        return Funds.cause(context.job(), number);
    }

    /** Counts into the step's cost what others booked on the job's account in it. */
    public void booked(long amount) {
        Check.argument(amount >= 0, "a cost is %d; it must not be negative", amount);
        cost += amount;
    }

    Queue.Entry entry(byte[] bytes) {
        return new Queue.Entry(context.lease(), number, name, bytes, cost, context.progress());
    }
}
