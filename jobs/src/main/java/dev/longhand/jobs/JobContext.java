package dev.longhand.jobs;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A running job, to its code. Steps, effects, children and waiting are of the one thread that runs the handler; progress and the
 * questions whether to stop are of any thread.
 *
 * <p>Each call that writes throws an unchecked signal when the job is to stop: cancelled, overdue, taken by another runner, or its
 * runner closes. Handlers let it through.
 */
public final class JobContext {
    private static final Sha256 NO_INPUT = Sha256.of("");
    private static final int DONE_AT_ONCE = 256;

    private final Jobs jobs;
    private final Queue queue;
    private final Claim claim;
    private final Lease lease;
    private volatile Progress progress;
    private volatile Stop requested;

    // Of the handler's thread.
    private Stop delivered;
    private long next;
    private long recorded;
    private boolean isInStep;
    /** The step that was entered and not left. */
    private StepName entered;

    JobContext(Jobs jobs, Claim claim) {
        this.jobs = jobs;
        this.queue = jobs.queue();
        this.claim = claim;
        this.lease = claim.lease();
        this.progress = claim.job().progress();
        this.recorded = claim.job().steps();
    }

    public String id() {
        return claim.job().id();
    }

    /** As it stood when it was claimed. */
    public Job job() {
        return claim.job();
    }

    /** Claims of this job in all; a receiver of effects may refuse a lower one than it has seen. */
    public long fencingToken() {
        return lease.token();
    }

    /** The account that its costs are booked on, and that may pay for children; empty without a budget. */
    public Optional<String> account() {
        return claim.job().account();
    }

    /** For people; kept with the next write for the job. */
    public void progress(long done, long total, String unit, String note) {
        progress = new Progress(done, total, unit, note);
    }

    Progress progress() {
        return progress;
    }

    /** Whether somebody cancelled the job. */
    public boolean isCancelled() {
        return requested == Stop.CANCELLED;
    }

    /** Whether a long step should keep a checkpoint now, which then stops the job, or end early. */
    public boolean shouldStop() {
        return requested != null;
    }

    void request(Stop stop) {
        if (requested == null || stop == Stop.LOST) {
            requested = stop;
        }
    }

    void heed(Signal signal) {
        if (signal.isCancelling()) {
            request(Stop.CANCELLED);
        } else if (signal.isOverdue()) {
            request(Stop.OVERDUE);
        }
    }

    Stop requested() {
        return requested;
    }

    /** The stop that the handler was told of; null if it was told of none. */
    Stop delivered() {
        return delivered;
    }

    Lease lease() {
        return lease;
    }

    /** Stops the job here if it is to stop: for code that saw {@link #shouldStop} and has nothing more to keep. */
    public void stopIfAsked() {
        if (requested != null) {
            stop(requested);
        }
    }

    private void stop(Stop why) {
        delivered = why;
        throw new Stop.Signalled(why);
    }

    /** A write for the job; what it learns may stop the job. */
    interface Write<T> {
        T run() throws Problem;
    }

    <T> T written(Write<T> write) throws Problem {
        try {
            return write.run();
        } catch (LeaseLost e) {
            request(Stop.LOST);
            stop(Stop.LOST);
            throw e;
        }
    }

    /**
     * Runs a step once. If it is recorded, its result is returned; if a checkpoint of it is, {@code work} finds it. A failure that
     * the job is to go on after is caught inside {@code work} and said in the result: a step that fails is not recorded, and no
     * other step takes its place.
     *
     * @param name      printable, at most {@link Limits#NAME_MAX} characters
     * @param inputHash of all that the result depends on
     * @throws JobFailed another step is recorded in this place: the code changed under a running job
     */
    public byte[] step(String name, Sha256 inputHash, StepWork work) throws Problem {
        StepName stepName = new StepName(name, inputHash);
        Optional<Step> there = enter(stepName);
        if (there.isPresent() && there.get().isDone()) {
            return left(there.get().result().orElseThrow());
        }
        StepContext step = new StepContext(this, stepName, next, there);
        byte[] result = inside(() -> work.run(step));
        record(step.entry(result), name);
        return left(result);
    }

    /**
     * Goes behind all recorded steps without asking for them one by one: for a job that finds out by itself what is done already.
     * Before its first step.
     */
    public void passRecorded() {
        Check.argument(next == 0 && !isInStep && entered == null, "recorded steps are passed before the first one");
        next = recorded;
    }

    /** A step whose work was done elsewhere and is durable there. */
    public record DoneStep(String name, Sha256 inputHash, byte[] result) {}

    /**
     * Records steps that have nothing left to run, many in one write: as {@link #step} for each, but a stop comes between writes
     * only.
     */
    public void done(List<DoneStep> steps) throws Problem {
        for (int from = 0; from < steps.size(); from += DONE_AT_ONCE) {
            List<DoneStep> some = steps.subList(from, Math.min(steps.size(), from + DONE_AT_ONCE));
            if (next < recorded) {
                for (DoneStep each : some) {
                    step(each.name(), each.inputHash(), step -> each.result());
                }
            } else {
                recordDone(some);
            }
        }
    }

    private void recordDone(List<DoneStep> steps) throws Problem {
        Check.argument(!isInStep && entered == null, "steps that are done are told inside a step, or after one that failed");
        stopIfAsked();
        List<Queue.Entry> entries = new ArrayList<>();
        for (DoneStep each : steps) {
            checkResult(each.result(), "step " + each.name());
            StepName name = new StepName(each.name(), each.inputHash());
            entries.add(new StepContext(this, name, next + entries.size(), Optional.empty()).entry(each.result()));
        }
        Signal signal = written(() -> queue.record(entries));
        next += entries.size();
        recorded = next;
        heed(signal);
    }

    /** The recorded step in this place, if it is the one that is asked for. */
    private Optional<Step> enter(StepName name) throws Problem {
        Check.argument(!isInStep, "step %s is asked for inside another step", name.name());
        stopIfAsked();
        if (entered != null && !entered.equals(name)) {
            throw new JobFailed(Problem.Kind.UNSUPPORTED, "job %s went on to step %s after step %s failed; ".formatted(id(),
                    name.name(), entered.name()) + "a failure to go on after is caught inside the step and recorded as its result");
        }
        entered = name;
        Optional<Step> there = queue.step(id(), next);
        if (there.isPresent()) {
            name.mustBe(there.get());
        }
        return there;
    }

    private byte[] inside(Write<byte[]> work) throws Problem {
        isInStep = true;
        try {
            return work.run();
        } finally {
            isInStep = false;
        }
    }

    private byte[] left(byte[] result) {
        entered = null;
        next++;
        return result;
    }

    private void record(Queue.Entry entry, String name) throws Problem {
        checkResult(entry.bytes(), "step " + name);
        heed(written(() -> queue.record(entry)));
        recorded = entry.number() + 1;
    }

    void checkResult(byte[] result, String of) throws JobFailed {
        if (result == null || result.length > jobs.limits().resultBytesMax()) {
            throw new JobFailed(Problem.Kind.LIMIT,
                    "%s of job %s has %s; at most %d bytes are recorded: write it to a file and record "
                    .formatted(of, id(), result == null ? "no result" : "a result of " + result.length + " bytes",
                    jobs.limits().resultBytesMax()) + "where");
        }
    }

    /**
     * Does something outside of the database at most once per {@code key}: the intent is recorded before, the result after. Where
     * an earlier attempt recorded the intent and no result, nobody knows whether it happened, and the job is parked until somebody
     * says so, see {@link Jobs#resolve}.
     *
     * @param key of the effect, the same in every attempt; in all jobs
     */
    public byte[] effect(String name, Sha256 inputHash, String key, EffectWork work) throws Problem {
        return effect(name, inputHash, key, work, Optional.empty());
    }

    /**
     * As above, for a receiver that knows which keys it has seen: it is asked what became of an intent without a result. It must
     * refuse a key that it has seen, because a runner that was thought dead may come back.
     */
    public byte[] effect(String name, Sha256 inputHash, String key, EffectWork work, EffectLookup lookup) throws Problem {
        return effect(name, inputHash, key, work, Optional.of(lookup));
    }

    private byte[] effect(String name, Sha256 inputHash, String key, EffectWork work, Optional<EffectLookup> lookup)
            throws Problem {
        Check.argument(!key.isBlank() && key.equals(Words.plain(key, Limits.NAME_MAX)),
                "an effect's key has 1 to %d printable characters, not \"%s\"", Limits.NAME_MAX, key);
        StepName stepName = new StepName(name, inputHash);
        Optional<Step> there = enter(stepName);
        if (there.isPresent() && there.get().isDone()) {
            return left(there.get().result().orElseThrow());
        }
        StepContext step = new StepContext(this, stepName, next, there);
        Queue.Intention intention = written(() -> queue.intend(step.entry(null), key));
        byte[] result = switch (intention) {
            case Queue.Intention.Known known -> known.result();
            case Queue.Intention.Elsewhere other -> throw new Problem(Problem.Kind.BUSY,
                    "effect %s under key %s is about to be done by job %s"
                    .formatted(name, key, other.job()));
            case Queue.Intention.Fresh _ -> done(step, key, work);
            case Queue.Intention.Open _ -> {
                Optional<byte[]> found = lookup.orElseThrow(() -> new JobFailed(Problem.Kind.UNAVAILABLE,
                        "effect %s under key %s was begun, and whether it happened is not known; find out and say so"
                        .formatted(name, key))).find(key);
                yield found.isPresent() ? found.get() : done(step, key, work);
            }
        };
        record(step.entry(result), name);
        return left(result);
    }

    private byte[] done(StepContext step, String key, EffectWork work) throws Problem {
        try {
            return inside(() -> work.run(step, key));
        } catch (NotDone e) {
            written(() -> {
                queue.takeBack(lease, key);
                return null;
            });
            throw e;
        }
    }

    /**
     * Submits a child once; its id is this job's, a slash and {@code name}. It has this job's priority, and its budget, if any, is
     * carved from this job's account. Not a recorded step: asked for again it returns the same child.
     *
     * @param amount in this job's unit; 0 for a child without a budget of its own
     */
    public Job spawn(String name, String kind, byte[] input, long amount) throws Problem {
        Check.argument(!isInStep, "child %s is asked for inside a step", name);
        stopIfAsked();
        JobSpec spec = JobSpec.of(kind, input).withId(id() + "/" + name).withParent(id()).withPriority(claim.job().priority());
        if (amount == 0) {
            return written(() -> jobs.submit(spec, Optional.of(lease)));
        }
        Funding own = claim.job().funding().orElseThrow(() -> new IllegalArgumentException("job " + id()
                + " has no budget to carve " + amount + " for child " + name + " from"));
        JobSpec funded = spec.withFunding(new Funding(Funds.account(id()), own.unit(), amount));
        return written(() -> jobs.submit(funded, Optional.of(lease)));
    }

    /**
     * Goes on when all children have ended. Until then the job waits without a thread or a lease, and is then run again from its
     * start. A recorded step.
     *
     * @return all children in the order in which they were submitted
     */
    public List<Child> awaitChildren(String name) throws Problem {
        byte[] ended = step(name, NO_INPUT, step -> {
            if (queue.hasOpenChild(id())) {
                request(Stop.CHILDREN);
                stop(Stop.CHILDREN);
            }
            StringBuilder lines = new StringBuilder();
            for (Job each : queue.children(id())) {
                lines.append(each.id()).append(' ').append(each.state()).append('\n');
            }
            return lines.toString().getBytes(StandardCharsets.UTF_8);
        });
        List<Child> children = new ArrayList<>();
        for (String line : new String(ended, StandardCharsets.UTF_8).lines().toList()) {
            String[] parts = line.split(" ");
            children.add(new Child(parts[0], State.valueOf(parts[1])));
        }
        return children;
    }

    /** The result of a child that is done. */
    public byte[] resultOf(Child child) throws Problem {
        Check.argument(child.state() == State.DONE, "child %s is %s and has no result", child.id(), child.state());
        return jobs.result(child.id()).orElseThrow();
    }

    void charge(long step, String name, Funds.Charge charge) throws Problem {
        jobs.funds().charge(claim.job(), step, name, charge);
    }

    Signal checkpoint(Queue.Entry entry) throws Problem {
        if (entry.bytes().length > jobs.limits().checkpointBytesMax()) {
            throw new JobFailed(Problem.Kind.LIMIT, "a checkpoint of job %s has %d bytes; at most %d".formatted(id(),
                    entry.bytes().length,
                    jobs.limits().checkpointBytesMax()));
        }
        return written(() -> queue.checkpoint(entry));
    }

    /** After the handler returned: it must have asked for every step that is recorded. */
    void checkAllAsked() throws JobFailed {
        if (next < recorded) {
            throw Queue.changed(id(), next, "a step", "not asked for");
        }
    }
}
