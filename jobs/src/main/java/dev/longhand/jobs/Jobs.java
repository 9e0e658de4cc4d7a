package dev.longhand.jobs;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Admission;
import dev.longhand.ledger.Ledger;
import dev.longhand.store.Schema;
import dev.longhand.store.Store;
import dev.longhand.store.Tx;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Durable jobs: submitted once under an id, run by whichever {@link Runner} of whichever process is free, and gone on with after
 * any crash where their recorded steps end. docs/formats/jobs.md has the states and the rules.
 *
 * <p>Every function returns when what it did is durable; asked for again it does nothing more. Job time is {@link JobTime}.
 * Thread-safe; several processes may share one database.
 */
public final class Jobs {
    public static final Schema SCHEMA = Schema.of("jobs", 1);
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0," + (Limits.ID_MAX - 1) + "}");
    private static final Pattern KIND = Pattern.compile("[a-z][a-z-]{0,39}");
    /** A budget that nobody has carved after so long is carved in passing: its submitter is gone. */
    private static final long FUNDING_MICROS_MAX = 60_000_000L;

    private final Store store;
    private final Limits limits;
    private final JobTime time;
    private final Queue queue;
    private final Funds funds;
    private final Bell bell = new Bell();

    /** Jobs in a store that was opened with {@link #SCHEMA}, with budgets in {@code ledger}. */
    public Jobs(Store store, Ledger ledger, Clock clock, Limits limits) {
        this.store = store;
        this.limits = limits;
        this.time = new JobTime(clock);
        this.queue = new Queue(store, time, limits);
        this.funds = new Funds(ledger, limits);
    }

    Queue queue() {
        return queue;
    }

    Funds funds() {
        return funds;
    }

    Limits limits() {
        return limits;
    }

    Bell bell() {
        return bell;
    }

    /**
     * Puts a job into the queue, with its budget carved from its payer's. The same id with the same content is one job.
     *
     * @throws Conflict the id is taken by a job with other content
     * @throws NoFunds  the payer's budget does not allow it, with the books' figures; the job is not there
     */
    public Job submit(JobSpec spec) throws Problem {
        return submit(spec, Optional.empty());
    }

    /** On behalf of a running job, which must still hold its lease. */
    Job submit(JobSpec spec, Optional<Lease> by) throws Problem {
        checkSpec(spec);
        Optional<Job> known = spec.id().isEmpty() ? Optional.empty() : store.read(tx -> known(tx, spec));
        if (known.isPresent() && known.get().status().waitFor() != Wait.FUNDS) {
            return known.get(); // Code that is run again submits its children again: that costs no write.
        }
        Job job = store.write(tx -> insert(tx, spec, by));
        if (job.status().waitFor() == Wait.FUNDS) {
            job = fund(job, Optional.of(spec), 0);
        }
        bell.ring();
        return job;
    }

    private void checkSpec(JobSpec spec) throws Problem {
        if (!spec.id().isEmpty() && !ID.matcher(spec.id()).matches()) {
            throw refused(spec.id(), "an id has 1 to " + Limits.ID_MAX
                    + " letters, digits and . _ / -, and begins with a letter or digit");
        }
        if (!KIND.matcher(spec.kind()).matches()) {
            throw refused(spec.id(), "its kind is \"" + Words.plain(spec.kind(), Limits.NAME_MAX)
                    + "\"; a kind is 1 to 40 lower-case letters and hyphens");
        }
        if (spec.input().length > limits.inputBytesMax()) {
            throw refused(spec.id(), "its input has %d bytes; at most %d".formatted(spec.input().length, limits.inputBytesMax()));
        }
        if (Math.abs((long) spec.priority()) > Limits.PRIORITY_MAX) {
            throw refused(spec.id(), "its priority is %d; it must lie in [-%d, %<d]".formatted(spec.priority(),
                    Limits.PRIORITY_MAX));
        }
    }

    private static Problem refused(String id, String why) {
        return new Problem(Problem.Kind.USAGE, "job \"" + Words.plain(id, Limits.ID_MAX) + "\" is refused: " + why
                + "; nothing was stored");
    }

    private Job insert(Tx tx, JobSpec spec, Optional<Lease> by) throws SQLException, Problem {
        if (by.isPresent()) {
            Queue.owned(tx, by.get());
        }
        Optional<Job> there = spec.id().isEmpty() ? Optional.empty() : known(tx, spec);
        if (there.isPresent()) {
            return there.get();
        }
        checkParent(tx, spec);
        long at = time.next(tx);
        long deadline = spec.deadline().map(JobTime::micros).orElse(0L);
        boolean isFunded = spec.funding().isPresent();
        Job job = new Job(spec.id().isEmpty() ? freshId(tx, at) : spec.id(), spec.kind(), spec.priority(), deadline, spec.parent(),
                spec.funding(), isFunded ? Status.UNFUNDED : Status.QUEUED, due(deadline, isFunded, at), 0, Progress.NONE,
                isFunded ? Purse.FIRST : Purse.NONE, at, at);
        Rows.insert(tx, job, spec.input());
        return job;
    }

    /** Money is set aside for a bounded time, and the job must end before. */
    private long due(long deadline, boolean isFunded, long at) {
        long funded = at + limits.fundsFor().minus(Limits.SETTLING).toNanos() / 1000;
        return !isFunded ? deadline : deadline == 0 ? funded : Math.min(deadline, funded);
    }

    /** The job with that id, if it is the same. */
    private static Optional<Job> known(Tx tx, JobSpec spec) throws SQLException, Problem {
        Optional<Job> there = Rows.job(tx, spec.id());
        if (there.isPresent() && isOther(tx, there.get(), spec)) {
            throw new Conflict("id %s is taken by a job of kind %s with other content; nothing was stored; ".formatted(spec.id(),
                    there.get().kind()) + "submit the same again, or under a new id");
        }
        return there;
    }

    private static boolean isOther(Tx tx, Job job, JobSpec spec) throws SQLException {
        return !job.kind().equals(spec.kind()) || job.priority() != spec.priority() || !job.parent().equals(spec.parent())
                || job.deadlineMicros() != spec.deadline().map(JobTime::micros).orElse(0L) || !job.funding().equals(spec.funding())
                || !Arrays.equals(Rows.input(tx, job.id()).orElseThrow(), spec.input());
    }

    private static String freshId(Tx tx, long at) throws SQLException {
        String id = "j" + Long.toString(at, Character.MAX_RADIX);
        String free = id;
        for (int i = 2; Rows.job(tx, free).isPresent(); i++) {
            free = id + "-" + i;
        }
        return free;
    }

    private void checkParent(Tx tx, JobSpec spec) throws SQLException, Problem {
        if (spec.parent().isEmpty()) {
            return;
        }
        Job parent = found(tx, spec.parent());
        if (parent.state().isEnd() || parent.status().isCancelling()) {
            throw refused(spec.id(), "its parent %s %s".formatted(parent.id(), parent.state().isEnd() ? "is " + parent.state()
                    : "is being cancelled"));
        }
        if (Rows.childCount(tx, parent.id()) >= limits.childrenMax()) {
            throw refused(spec.id(), "its parent %s has %d children already".formatted(parent.id(), limits.childrenMax()));
        }
        int depth = 1;
        for (Job each = parent; !each.parent().isEmpty(); each = found(tx, each.parent())) {
            depth++;
        }
        if (depth > limits.depthMax()) {
            throw refused(spec.id(), "it would be %d generations below its first ancestor; at most %d".formatted(depth,
                    limits.depthMax()));
        }
    }

    private static Job found(Tx tx, String id) throws SQLException, Problem {
        return Rows.job(tx, id).orElseThrow(() -> new Problem(Problem.Kind.NOT_FOUND, "there is no job \""
                + Words.plain(id, Limits.ID_MAX) + "\""));
    }

    /**
     * Carves the budget and lets the job go; takes it out again where the budget is refused.
     *
     * @param spec of a job that is submitted now
     * @param more by how much its budget was raised now
     */
    private Job fund(Job job, Optional<JobSpec> spec, long more) throws Problem {
        Optional<Admission.OverBudget> over;
        try {
            over = funds.carve(job);
        } catch (Problem e) {
            if (isRefusal(e)) {
                unfund(job, e.getMessage(), spec.isPresent(), more);
            }
            throw e;
        }
        if (over.isPresent()) {
            NoFunds refused = new NoFunds("job " + job.id() + " is refused for want of a budget", over.get());
            unfund(job, refused.getMessage(), spec.isPresent(), more);
            throw refused;
        }
        return store.write(tx -> {
            Optional<Job> there = Rows.job(tx, job.id());
            if (there.isEmpty() && spec.isPresent()) {
                // Somebody who submitted the same was refused in between and took it out.
                Rows.insert(tx, job, spec.get().input());
            }
            Job now = there.orElse(job);
            if (now.status().waitFor() != Wait.FUNDS) {
                return now;
            }
            Job moved = now.with(now.status().isCancelling() ? now.status().cancelled() : now.status().queued()).at(time.next(tx));
            queue.end(tx, moved);
            return moved;
        });
    }

    /** A job whose budget was refused: one that nobody waits for, or that ran before, is kept as failed. */
    private void unfund(Job job, String why, boolean isNew, long more) throws Problem {
        store.write(tx -> {
            Optional<Job> there = Rows.job(tx, job.id()).filter(j -> j.status().waitFor() == Wait.FUNDS);
            if (there.isEmpty()) {
                return null;
            }
            if (isNew && there.get().purse().round() == 1 && Rows.childCount(tx, job.id()) == 0) {
                Rows.delete(tx, job.id());
                queue.wakeParent(tx, job.parent());
            } else {
                queue.end(tx, there.get().with(there.get().status().failed(Words.plain(why, Limits.WORDS_MAX)))
                        .with(there.get().purse().refused(more)));
            }
            return null;
        });
    }

    public Job job(String id) throws Problem {
        return store.read(tx -> found(tx, id));
    }

    public byte[] input(String id) throws Problem {
        return store.read(tx -> {
            found(tx, id);
            return Rows.input(tx, id).orElseThrow();
        });
    }

    /** Of a job that is done. */
    public Optional<byte[]> result(String id) throws Problem {
        return store.read(tx -> {
            found(tx, id);
            return Rows.result(tx, id);
        });
    }

    /** A job's steps after the one with {@code number}, in order; -1 for those from the first on. */
    public List<Step> steps(String id, long number, int rows) throws Problem {
        return store.read(tx -> {
            found(tx, id);
            return Rows.stepsAfter(tx, id, number, rows);
        });
    }

    /**
     * Ends the leases of runners whose process is gone from this machine, so that nobody waits for their time to pass; how many. A
     * process that was taken for gone by mistake loses its next write, as after any lease.
     */
    public int letGoOfTheDead() throws Problem {
        List<Job> dead = store.read(tx -> Rows.list(tx, Set.of(State.RUNNING), -1, limits.pageRows())).stream()
                .filter(job -> RunnerName.isGone(job.status().owner())).toList();
        int ended = 0;
        for (Job each : dead) {
            ended += store.write(tx -> {
                Job now = found(tx, each.id());
                boolean isSame = now.state() == State.RUNNING && now.status().token() == each.status().token();
                if (isSame) {
                    long at = time.next(tx);
                    Rows.put(tx, now.with(now.status().renewed(at)).at(at));
                }
                return isSame ? 1 : 0;
            });
        }
        return ended;
    }

    /** In the order in which they were submitted. */
    public List<Job> children(String id) throws Problem {
        return queue.children(id);
    }

    /**
     * Jobs in the order in which they were submitted, a page of them.
     *
     * @param states             empty for all
     * @param createdAfterMicros that of the last job of the page before; -1 for the first page
     */
    public List<Job> list(Set<State> states, long createdAfterMicros, int rows) throws Problem {
        return store.read(tx -> Rows.list(tx, states, createdAfterMicros, rows));
    }

    /**
     * Jobs that were submitted last, the newest first, a page of them.
     *
     * @param states              empty for all
     * @param createdBeforeMicros that of the last job of the page before; {@code Long.MAX_VALUE} for the first page
     */
    public List<Job> newest(Set<State> states, long createdBeforeMicros, int rows) throws Problem {
        return store.read(tx -> Rows.newest(tx, states, createdBeforeMicros, rows));
    }

    /** What is kept of jobs. */
    public JobHistory history() {
        return new JobHistory(store);
    }

    public Map<State, Long> counts() throws Problem {
        return store.read(Rows::counts);
    }

    /**
     * Jobs that changed after a moment, in the order of their last change, as they are now. Who asks again with the
     * {@link Job#updatedMicros} of the last one sees every change that lasts; a job that changed twice in between comes once.
     */
    public List<Job> changesAfter(long updatedMicros, int rows) throws Problem {
        return store.read(tx -> Rows.changedAfter(tx, updatedMicros, rows));
    }

    /**
     * Stops a job and all below it. One that nobody runs is cancelled at once; one that runs is asked to stop and ends at its next
     * step, checkpoint or, if its runner is gone, with its lease. Jobs that have ended stay as they are.
     */
    public Job cancel(String id) throws Problem {
        Job job = store.write(tx -> {
            Job top = found(tx, id);
            ArrayDeque<Job> open = new ArrayDeque<>(List.of(top));
            for (Job each; (each = open.poll()) != null; ) {
                Rows.children(tx, each.id()).forEach(open::push);
                if (each.state().isEnd() || each.status().isCancelling()) {
                    continue;
                }
                boolean isHeld = each.state() == State.RUNNING || each.status().waitFor() == Wait.FUNDS;
                Job now = each.with(isHeld ? each.status().cancelling() : each.status().cancelled()).at(time.next(tx));
                Rows.put(tx, now);
            }
            queue.wakeParent(tx, top.parent());
            return found(tx, id);
        });
        bell.ring();
        settle(job);
        return job(id);
    }

    /**
     * Puts a failed job back into the queue, with its recorded steps and its attempts counted anew. A deadline that has passed no
     * longer holds.
     *
     * @param more added to its budget; 0 for a job without one
     */
    public Job resume(String id, long more) throws Problem {
        settle(job(id));
        Job job = store.write(tx -> resumed(tx, found(tx, id), more));
        if (job.status().waitFor() == Wait.FUNDS) {
            job = fund(job, Optional.empty(), more);
        }
        bell.ring();
        return job;
    }

    private Job resumed(Tx tx, Job job, long more) throws SQLException, Problem {
        if (job.state() != State.FAILED) {
            throw new Problem(Problem.Kind.USAGE, "job %s is %s; only a failed job is resumed".formatted(job.id(), job.state()));
        }
        if (!job.purse().isSettled()) {
            throw new Problem(Problem.Kind.BUSY,
                    "job %s still has costs that are not booked to their end; resume it later".formatted(
                    job.id()));
        }
        if (more < 0 || more > 0 && job.funding().isEmpty()) {
            throw new Problem(Problem.Kind.USAGE, "job %s cannot have %d more: its budget is %s".formatted(job.id(), more,
                    job.funding().isEmpty() ? "none" : "only ever raised"));
        }
        Optional<Job> parent = job.parent().isEmpty() ? Optional.empty() : Rows.job(tx, job.parent());
        if (parent.isPresent() && (parent.get().state() == State.DONE || parent.get().state() == State.CANCELLED)) {
            throw new Problem(Problem.Kind.USAGE,
                    "job %s is part of %s, which is %s; nothing waits for it any more".formatted(job.id(),
                    job.parent(), parent.get().state()));
        }
        boolean isFunded = job.funding().isPresent();
        long at = time.next(tx);
        long deadline = job.deadlineMicros() > at ? job.deadlineMicros() : 0;
        Job next = job.with(job.status().resumed(isFunded)).with(isFunded ? job.purse().next(more) : job.purse())
                .withDue(due(deadline, isFunded, at)).at(at);
        Rows.put(tx, next);
        return next;
    }

    /**
     * Says what became of an effect that a failed job left open; after that it may be resumed.
     *
     * @param result what the effect would have returned; empty if it did not happen
     */
    public void resolve(String id, Optional<byte[]> result) throws Problem {
        store.write(tx -> {
            Job job = found(tx, id);
            Optional<Rows.Effect> open = Rows.openEffect(tx, id);
            if (job.state() != State.FAILED || open.isEmpty()) {
                throw new Problem(Problem.Kind.USAGE,
                        "job %s is %s and has %s effect whose outcome is open; there is nothing to say"
                        .formatted(id, job.state(), open.isEmpty() ? "no" : "an"));
            }
            if (result.isPresent()) {
                Step step = Rows.step(tx, id, open.get().number()).orElseThrow();
                Rows.putEffectResult(tx, step.effectKey(), result.get());
                long at = time.next(tx);
                Rows.put(tx, new Step(id, step.number(), step.name(), step.inputHash(), true, Optional.empty(), result,
                        step.effectKey(), step.cost(), step.token()), at);
                Rows.put(tx, job.withSteps(job.steps() + 1).at(at));
            } else {
                Queue.removeIntent(tx, id, open.get().key());
                Rows.put(tx, job.at(time.next(tx)));
            }
            return null;
        });
    }

    /**
     * Goes on with what a crash left half done: budgets that were to be carved or settled, a bounded number of them. Runners do it
     * now and then.
     *
     * @return how many jobs were moved on
     */
    public int tidy() throws Problem {
        int moved = 0;
        for (Job each : store.read(tx -> Rows.unfunded(tx, time.peek(tx) - FUNDING_MICROS_MAX, limits.sweepRows()))) {
            try {
                fund(each, Optional.empty(), 0);
            } catch (Problem e) {
                if (!isRefusal(e)) {
                    throw e;
                }
                // It is kept as failed, with the reason.
            }
            moved++;
        }
        // Children are settled before their parents, so the end of one may free another.
        for (int settled; (settled = settleAll()) > 0; ) {
            moved += settled;
        }
        return moved;
    }

    private static boolean isRefusal(Problem e) {
        return e instanceof NoFunds || e.kind() == Problem.Kind.NOT_FOUND || e.kind() == Problem.Kind.USAGE;
    }

    private int settleAll() throws Problem {
        int settled = 0;
        long after = -1;
        for (List<Job> page; !(page = unsettledAfter(after)).isEmpty(); after = page.getLast().updatedMicros()) {
            for (Job each : page) {
                settled += settle(each) ? 1 : 0;
            }
        }
        return settled;
    }

    private List<Job> unsettledAfter(long updatedMicros) throws Problem {
        return store.read(tx -> Rows.unsettled(tx, updatedMicros, limits.sweepRows()));
    }

    /** Ends the money of a job that has ended, if it can be ended now. */
    boolean settle(Job job) throws Problem {
        if (!job.state().isEnd() || job.purse().isSettled() || !funds.settle(job)) {
            return false;
        }
        return store.write(tx -> {
            Optional<Job> now = Rows.job(tx, job.id()).filter(j -> j.state().isEnd() && j.purse().round() == job.purse().round());
            if (now.isPresent() && !now.get().purse().isSettled()) {
                Rows.put(tx, now.get().with(now.get().purse().settled()).at(time.next(tx)));
            }
            return now.isPresent();
        });
    }

    /** Compares states, steps, leases, parents, effects and budgets; what does not fit, in words, cut after 100. */
    public List<String> check() throws Problem {
        return new JobAudit(store, funds, limits).run();
    }
}
