package dev.longhand.jobs;

import dev.longhand.base.Check;
import dev.longhand.base.Failpoints;
import dev.longhand.base.Problem;
import dev.longhand.store.Store;
import dev.longhand.store.Tx;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * What runners write: claims, leases, steps and ends. Each function is one durable write that carries the fencing token of its
 * claim and is refused with {@link LeaseLost} when another claim has the job. A lease whose time is over still writes as long as
 * nobody has taken the job from it: tokens decide, time only says when to take. Asked for again by the same claim, after an unknown
 * outcome, each does nothing more. Thread-safe.
 */
final class Queue {
    private final Store store;
    private final JobTime time;
    private final Limits limits;

    Queue(Store store, JobTime time, Limits limits) {
        this.store = store;
        this.time = time;
        this.limits = limits;
    }

    /** A step to be written, by a claim. {@code bytes} are its result, or its partial state. */
    record Entry(Lease lease, long number, StepName name, byte[] bytes, long cost, Progress progress) {
        Step step(boolean isDone, String effectKey) {
            return new Step(lease.job(), number, name.name(), name.inputHash(), isDone,
                    isDone ? Optional.empty() : Optional.ofNullable(bytes), isDone ? Optional.of(bytes) : Optional.empty(),
                    effectKey, cost, lease.token());
        }
    }

    /** Takes the job that comes first: the highest priority, then the oldest, among those of {@code kinds} that are ready. */
    Optional<Claim> claim(String owner, Collection<String> kinds) throws Problem {
        if (kinds.isEmpty() || !store.read(tx -> hasWork(tx, kinds))) {
            return Optional.empty();
        }
        return store.write(tx -> {
            sweep(tx);
            return taken(tx, owner, Rows.first(tx, kinds));
        });
    }

    /** Takes that job and no other; empty if it is not ready. */
    Optional<Claim> claimOnly(String owner, String id) throws Problem {
        return store.write(tx -> {
            sweep(tx);
            return taken(tx, owner, Rows.job(tx, id).filter(j -> j.state() == State.QUEUED));
        });
    }

    private Optional<Claim> taken(Tx tx, String owner, Optional<Job> ready) throws SQLException {
        if (ready.isEmpty()) {
            return Optional.empty();
        }
        long now = time.next(tx);
        Job job = ready.get().with(ready.get().status().claimed(owner, now + limits.leaseMicros())).at(now);
        Rows.put(tx, job);
        return Optional.of(new Claim(job, Rows.input(tx, job.id()).orElseThrow()));
    }

    /** Looked at before anything is written, so that idle runners write nothing. */
    private boolean hasWork(Tx tx, Collection<String> kinds) throws SQLException {
        long now = time.peek(tx);
        return Rows.first(tx, kinds).isPresent() || !Rows.ready(tx, now, 1).isEmpty() || !Rows.expired(tx, now, 1).isEmpty()
                || !Rows.overdue(tx, now, 1).isEmpty();
    }

    /** Moves jobs on that time alone moves on, a bounded number of them. */
    private void sweep(Tx tx) throws SQLException {
        long now = time.next(tx);
        for (Job each : Rows.overdue(tx, now, limits.sweepRows())) {
            end(tx, each.with(each.status().failed("its deadline passed before it ended")));
        }
        for (Job each : Rows.ready(tx, now, limits.sweepRows())) {
            Rows.put(tx, each.with(each.status().queued()).at(time.next(tx)));
        }
        for (Job each : Rows.expired(tx, now, limits.sweepRows())) {
            Status s = each.status();
            if (s.isCancelling()) {
                end(tx, each.with(s.cancelled()));
            } else if (each.isOverdue(now)) {
                end(tx, each.with(s.failed("its deadline passed, and its runner " + s.owner() + " did not come back")));
            } else if (s.attempts() >= limits.attemptsMax()) {
                end(tx, each.with(s.failed(parked(s.attempts(), "its runner " + s.owner() + " did not come back in time"))));
            } else {
                Rows.put(tx, each.with(s.queued()).at(time.next(tx)));
            }
        }
    }

    private static String parked(long attempts, String why) {
        return Words.plain("parked after " + attempts + " attempts; the last one: " + why, Limits.WORDS_MAX);
    }

    /** The job, if the lease is the newest. */
    static Job owned(Tx tx, Lease lease) throws SQLException, LeaseLost {
        Job job = Rows.job(tx, lease.job()).orElseThrow(() -> new LeaseLost(lease, "it is gone"));
        Status s = job.status();
        if (s.token() != lease.token() || s.state() != State.RUNNING) {
            throw new LeaseLost(lease, "it is %s, claimed %d times, last by %s".formatted(s.state(), s.token(), s.owner()));
        }
        return job;
    }

    /** Whether the claim has done this already, and its answer was lost. */
    private static Optional<Job> ended(Tx tx, Lease lease, State state) throws SQLException {
        return Rows.job(tx, lease.job()).filter(j -> j.status().token() == lease.token() && j.state() == state);
    }

    Signal renew(Lease lease, Progress progress) throws Problem {
        return store.write(tx -> {
            Job job = owned(tx, lease);
            long now = time.next(tx);
            long until = Math.max(job.status().leaseUntilMicros(), now + limits.leaseMicros());
            if (progress.equals(job.progress())) {
                Rows.putLease(tx, job.id(), until);
            } else {
                Rows.put(tx, job.with(job.status().renewed(until)).with(progress).at(now));
            }
            return Signal.of(job, now);
        });
    }

    /** Keeps the partial state of the step that the job is at, in place of what was kept. */
    Signal checkpoint(Entry entry) throws Problem {
        return store.write(tx -> {
            Job job = owned(tx, entry.lease());
            mustBeNext(job, entry.number());
            String key = check(tx, job, entry).map(Step::effectKey).orElse("");
            Signal signal = written(tx, job.with(entry.progress()), entry.step(false, key));
            Failpoints.reach("jobs.checkpoint");
            return signal;
        });
    }

    /** Keeps the result of the step that the job is at, and moves the job on, both or neither. */
    Signal record(Entry entry) throws Problem {
        return store.write(tx -> recorded(tx, entry));
    }

    /** All in one write, or none. */
    Signal record(List<Entry> entries) throws Problem {
        return store.write(tx -> {
            Signal last = null;
            for (Entry each : entries) {
                last = recorded(tx, each);
            }
            return last;
        });
    }

    private Signal recorded(Tx tx, Entry entry) throws SQLException, Problem {
        Job job = owned(tx, entry.lease());
        Optional<Step> there = check(tx, job, entry);
        if (there.isPresent() && there.get().isDone()) {
            return Signal.of(job, time.next(tx));
        }
        String key = there.map(Step::effectKey).orElse("");
        if (!key.isEmpty()) {
            Rows.putEffectResult(tx, key, entry.bytes());
        }
        Job moved = job.with(entry.progress()).withSteps(job.steps() + 1).with(job.status().stepped());
        Signal signal = written(tx, moved, entry.step(true, key));
        Failpoints.reach("jobs.step");
        return signal;
    }

    private Signal written(Tx tx, Job job, Step step) throws SQLException {
        long now = time.next(tx);
        Rows.put(tx, step, now);
        Rows.put(tx, job.with(job.status().renewed(Math.max(job.status().leaseUntilMicros(), now + limits.leaseMicros()))).at(now));
        return Signal.of(job, now);
    }

    /** The step that is there, if it is what the entry says; a done one only if this very entry wrote it. */
    private Optional<Step> check(Tx tx, Job job, Entry entry) throws SQLException, Problem {
        if (entry.number() >= limits.stepsMax()) {
            throw new JobFailed(Problem.Kind.LIMIT, "job %s asks for more than %d steps; split it into children".formatted(job.id(),
                    limits.stepsMax()));
        }
        Optional<Step> there = Rows.step(tx, job.id(), entry.number());
        if (there.isPresent()) {
            entry.name().mustBe(there.get());
        }
        boolean isRepeated = there.isPresent() && there.get().isDone() && there.get().token() == entry.lease().token()
                && there.get().result().filter(r -> Arrays.equals(r, entry.bytes())).isPresent();
        if (!isRepeated) {
            mustBeNext(job, entry.number());
        }
        return there;
    }

    private static void mustBeNext(Job job, long number) {
        Check.argument(number == job.steps(), "step %d of job %s is written when %d are recorded", number, job.id(), job.steps());
    }

    /** What became of the wish for an effect. */
    sealed interface Intention {
        /** The intent is recorded now: do it. */
        record Fresh() implements Intention {}

        /** An earlier attempt recorded the intent, and its outcome is not known here. */
        record Open() implements Intention {}

        /** It was done under this key by another job; the step is to be recorded with this. */
        record Known(byte[] result) implements Intention {}

        /** Another job is about to do it. */
        record Elsewhere(String job) implements Intention {}
    }

    /** Records the intent of an effect before it is done. */
    Intention intend(Entry entry, String key) throws Problem {
        return store.write(tx -> {
            Job job = owned(tx, entry.lease());
            mustBeNext(job, entry.number());
            Optional<Step> there = check(tx, job, entry);
            String known = there.map(Step::effectKey).orElse("");
            if (!known.isEmpty() && !known.equals(key)) {
                throw changed(job.id(), entry.number(), "key " + known, "key " + key);
            }
            Optional<Rows.Effect> effect = Rows.effect(tx, key);
            if (effect.isEmpty()) {
                Rows.insert(tx, new Rows.Effect(key, job.id(), entry.number(), entry.name().name(), entry.name().inputHash().hex(),
                        Optional.empty()));
                written(tx, job.with(entry.progress()), entry.step(false, key));
                return new Intention.Fresh();
            }
            Rows.Effect e = effect.get();
            if (!e.inputHash().equals(entry.name().inputHash().hex()) || !e.name().equals(entry.name().name())) {
                throw new Conflict("key %s is taken by effect %s of job %s with other content; nothing was done".formatted(key,
                        e.name(),
                        e.job()));
            }
            if (e.result().isPresent()) {
                return new Intention.Known(e.result().get());
            }
            boolean isOwn = e.job().equals(job.id()) && e.number() == entry.number();
            return isOwn ? new Intention.Open() : new Intention.Elsewhere(e.job());
        });
    }

    /** Takes an intent back whose effect certainly did not happen. */
    void takeBack(Lease lease, String key) throws Problem {
        store.write(tx -> {
            Job job = owned(tx, lease);
            removeIntent(tx, job.id(), key);
            Rows.put(tx, job.at(time.next(tx)));
            return null;
        });
    }

    static void removeIntent(Tx tx, String job, String key) throws SQLException {
        Optional<Rows.Effect> effect = Rows.effect(tx, key).filter(e -> e.job().equals(job) && e.result().isEmpty());
        if (effect.isPresent()) {
            Rows.deleteEffect(tx, key);
            Rows.deleteStep(tx, job, effect.get().number());
        }
    }

    static JobFailed changed(String job, long step, String was, String is) {
        return new JobFailed(Problem.Kind.MALFORMED,
                "the code changed under a running job: step %d of job %s was recorded as %s and is "
                .formatted(step, job, was) + "now " + is
                + "; run the version that began it, or cancel it and submit it under a new id");
    }

    /** Ends the job with its result; where children have not ended, it waits for them instead. */
    State complete(Lease lease, byte[] result, Progress progress) throws Problem {
        return store.write(tx -> {
            if (ended(tx, lease, State.DONE).isPresent()) {
                return State.DONE;
            }
            Job job = owned(tx, lease).with(progress);
            if (Rows.hasOpenChild(tx, job.id())) {
                return await(tx, job);
            }
            Rows.putResult(tx, job.id(), result);
            Failpoints.reach("jobs.done");
            end(tx, job.with(job.status().done()));
            return State.DONE;
        });
    }

    /** Lets the job wait for its children; it is queued again when the last of them ends, at once where none is open. */
    State suspend(Lease lease, Progress progress) throws Problem {
        return store.write(tx -> {
            if (ended(tx, lease, State.WAITING).isPresent()) {
                return State.WAITING;
            }
            Job job = owned(tx, lease).with(progress);
            return Rows.hasOpenChild(tx, job.id()) ? await(tx, job) : put(tx, job.with(job.status().handedBack()));
        });
    }

    private State await(Tx tx, Job job) throws SQLException {
        if (job.status().isCancelling()) {
            return end(tx, job.with(job.status().cancelled()));
        }
        return put(tx, job.with(job.status().suspended()));
    }

    /** Gives the job back to the queue, without a fault of its own. */
    State handBack(Lease lease, Progress progress) throws Problem {
        return store.write(tx -> {
            if (ended(tx, lease, State.QUEUED).isPresent()) {
                return State.QUEUED;
            }
            Job job = owned(tx, lease).with(progress);
            return job.status().isCancelling() ? end(tx, job.with(job.status().cancelled()))
                    : put(tx, job.with(job.status().handedBack()));
        });
    }

    /** The runner has let go of a job that it was asked to stop. */
    State stop(Lease lease, Progress progress) throws Problem {
        return store.write(tx -> {
            if (ended(tx, lease, State.CANCELLED).isPresent()) {
                return State.CANCELLED;
            }
            Job job = owned(tx, lease).with(progress);
            return end(tx, job.with(job.status().cancelled()));
        });
    }

    /** An attempt failed: the job waits and is tried again, or is parked. */
    State fail(Lease lease, String why, boolean isForGood, Backoff backoff, Progress progress) throws Problem {
        return store.write(tx -> {
            if (ended(tx, lease, State.WAITING).isPresent() || ended(tx, lease, State.FAILED).isPresent()) {
                return Rows.job(tx, lease.job()).orElseThrow().state();
            }
            Job job = owned(tx, lease).with(progress);
            Status s = job.status();
            if (s.isCancelling()) {
                return end(tx, job.with(s.cancelled()));
            }
            if (isForGood) {
                return end(tx, job.with(s.failed(Words.plain(why, Limits.WORDS_MAX))));
            }
            if (s.attempts() >= limits.attemptsMax()) {
                return end(tx, job.with(s.failed(parked(s.attempts(), why))));
            }
            long until = time.next(tx) + backoff.micros(job.id(), s.attempts());
            return put(tx, job.with(s.backingOff(until, Words.plain(why, Limits.WORDS_MAX))));
        });
    }

    private State put(Tx tx, Job job) throws SQLException {
        Rows.put(tx, job.at(time.next(tx)));
        return job.state();
    }

    /** Writes a job that has ended, and wakes its parent if it was the last that the parent waited for. */
    State end(Tx tx, Job job) throws SQLException {
        put(tx, job);
        wakeParent(tx, job.parent());
        return job.state();
    }

    void wakeParent(Tx tx, String id) throws SQLException {
        Optional<Job> parent = id.isEmpty() ? Optional.empty() : Rows.job(tx, id);
        if (parent.isPresent() && parent.get().status().waitFor() == Wait.CHILDREN && !Rows.hasOpenChild(tx, id)) {
            put(tx, parent.get().with(parent.get().status().queued()));
        }
    }

    /** When the first job that backs off is ready, from now, in microseconds; empty where none does. */
    Optional<Long> readyInMicros() throws Problem {
        return store.read(tx -> {
            long now = time.peek(tx);
            return Rows.nextReady(tx).map(at -> Math.max(0, at - now));
        });
    }

    /** Job time, at least. */
    long nowMicros() throws Problem {
        return store.read(time::peek);
    }

    Optional<Step> step(String job, long number) throws Problem {
        return store.read(tx -> Rows.step(tx, job, number));
    }

    boolean hasOpenChild(String parent) throws Problem {
        return store.read(tx -> Rows.hasOpenChild(tx, parent));
    }

    List<Job> children(String parent) throws Problem {
        return store.read(tx -> Rows.children(tx, parent));
    }
}
