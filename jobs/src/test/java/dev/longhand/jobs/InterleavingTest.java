package dev.longhand.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.jobs.NaiveJobs.N;
import dev.longhand.ledger.Account;
import dev.longhand.ledger.Balance;
import dev.longhand.ledger.Budget;
import dev.longhand.ledger.Ledger;
import dev.longhand.ledger.Meters;
import dev.longhand.ledger.Unit;
import dev.longhand.store.DatabasePlace;
import dev.longhand.store.Store;
import dev.longhand.testkit.Gen;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: whatever the order of submitting, claiming, steps, checkpoints, effects, charges, failures, dying and coming back,
 * cancelling, resuming, crashes of the process and jumps of the clock: jobs stand as the naive ones do, nobody writes without the
 * newest token, no recorded step is lost, no effect happens twice, no budget is overrun, and the books balance.
 *
 * <p>Method: seeded steps on both; each answer is compared, and now and then every job, its steps, all balances and both checks.
 * Workers that lost their lease go on trying. The seed is {@code -Djobs.seed}, else a fixed one; a failure prints it with the
 * command that repeats it.
 */
class InterleavingTest {
    private static final long SEED = Long.getLong("jobs.seed", 20_261_128L);
    private static final int CASES = Integer.getInteger("jobs.cases", 5_000);
    private static final List<String> PEOPLE = List.of("person:a", "person:b");
    private static final String CPU = "machine:cpu";
    private static final Sha256 HASH = Sha256.of("input");
    private static final long MILLI = 1000;
    private static final int LOOK_EVERY = 300;
    private static final int OPEN_MAX = 25;
    private static final Backoff BACKOFF = new Backoff(Limits.DEFAULT, SEED);

    private final JumpyClock clock = new JumpyClock();
    private final NaiveJobs naive = new NaiveJobs();
    private final Worker[] workers = new Worker[5];
    private final Map<String, Integer> effects = new HashMap<>();
    private final Map<String, Integer> answers = new HashMap<>();
    private Gen gen;
    private DatabasePlace place;
    private Store store;
    private Ledger ledger;
    private Jobs jobs;
    private int names;

    /** Somebody who believes that he holds a job. */
    private static final class Worker {
        final Claim claim;
        long steps;
        boolean isIntended;

        Worker(Claim claim) {
            this.claim = claim;
            this.steps = claim.job().steps();
        }

        String id() {
            return claim.job().id();
        }

        boolean isAtEffect() {
            return (id().hashCode() + steps) % 4 == 0;
        }

        String key() {
            return id() + "#" + steps;
        }
    }

    @Test
    void standsAsTheNaiveJobsOnSqlite(@TempDir Path folder) throws Problem {
        run(DatabasePlace.sqlite(folder, List.of(Ledger.SCHEMA, Jobs.SCHEMA)), CASES);
    }

    @Test
    void standsAsTheNaiveJobsOnPostgres() throws Problem {
        run(DatabasePlace.postgres(List.of(Ledger.SCHEMA, Jobs.SCHEMA)), CASES / 10);
    }

    private void run(DatabasePlace where, int cases) throws Problem {
        place = where;
        gen = new Gen(SEED);
        int at = 0;
        try {
            open();
            ledger.open(new Account(CPU, Unit.EUR, Account.Kind.MACHINE));
            for (String each : PEOPLE) {
                ledger.open(new Account(each, Unit.EUR, Account.Kind.PERSON));
                raise(each);
            }
            for (; at < cases; at++) {
                step();
                if (at % LOOK_EVERY == LOOK_EVERY - 1 || at == cases - 1) {
                    look();
                }
            }
            store.close();
            assertTrue(effects.size() >= cases / 200, () -> "only " + effects.size() + " effects");
            System.out.printf("%d cases, %d jobs, %d effects: %s%n", cases, naive.jobs.size(), effects.size(), answers);
        } catch (Problem | RuntimeException | AssertionError e) {
            throw new AssertionError("case " + at + ", seed " + SEED + "; again by: mvn -pl jobs -am test -Dtest=InterleavingTest "
                    + "-Dsurefire.failIfNoSpecifiedTests=false -Djobs.seed=" + SEED, e);
        }
    }

    private void open() throws Problem {
        store = place.open();
        ledger = Ledger.open(store, clock, dev.longhand.ledger.Limits.DEFAULT);
        jobs = new Jobs(store, ledger, clock, Limits.DEFAULT);
    }

    private void raise(String person) throws Problem {
        long hard = naive.used(person) + gen.between(0, 500);
        ledger.put(Budget.of(person, Budget.Period.EVER, hard));
        naive.hard.put(person, hard);
    }

    private void step() throws Problem {
        int dice = gen.between(0, 1000);
        if (dice < 150) {
            submit();
        } else if (dice < 300) {
            claim(gen.between(0, workers.length));
        } else if (dice < 760) {
            work(gen.between(0, workers.length));
        } else if (dice < 790) {
            workers[gen.between(0, workers.length)] = null;
        } else if (dice < 820) {
            pick().ifPresent(this::cancel);
        } else if (dice < 880) {
            pickFailed().ifPresent(this::resume);
        } else if (dice < 960) {
            clock.advance(Duration.ofMillis(gen.chance(0.8) ? gen.between(1, 20_000) : gen.between(1, 600_000)));
        } else if (dice < 970) {
            clock.jump(Duration.ofSeconds(gen.between(-100_000, gen.chance(0.3) ? 100_000 : 60)));
        } else if (dice < 985) {
            assertEquals(naive.tidy(), jobs.tidy());
        } else if (dice < 993) {
            raise(PEOPLE.get(gen.between(0, PEOPLE.size())));
        } else {
            restart();
        }
    }

    /** What both answered. */
    private void same(String expected, String actual, String what) {
        assertEquals(expected, actual, what);
        answers.merge(what.split(" ")[0] + " " + (naive.jobs.containsKey(actual.split(" ")[0]) ? "one" : actual), 1, Integer::sum);
    }

    private Optional<N> pick() {
        List<N> all = List.copyOf(naive.jobs.values());
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(Math.max(0, all.size() - 1 - gen.between(0, 40))));
    }

    private Optional<N> pickFailed() {
        List<N> failed = naive.jobs.values().stream().filter(j -> j.state == State.FAILED).toList();
        return failed.isEmpty() || gen.chance(0.1) ? pick() : Optional.of(failed.get(gen.between(0, failed.size())));
    }

    /** Job time; moved on if anything would end within a millisecond, so that both see it on the same side. */
    private long now() throws Problem {
        while (true) {
            long now = store.read(tx -> new JobTime(clock).peek(tx)); // a process that has just begun sees the least
            long flowing = jobs.queue().nowMicros();
            assertTrue(flowing >= now, "job time went back");
            boolean isNear = naive.jobs.values().stream().anyMatch(j -> near(j.due, flowing) || near(j.leaseUntil, flowing)
                    || near(j.notBefore, flowing));
            if (!isNear) {
                return flowing;
            }
            clock.advance(Duration.ofMillis(3));
        }
    }

    private static boolean near(long at, long now) {
        return at > now - MILLI && at < now + MILLI;
    }

    private void submit() throws Problem {
        boolean isOld = gen.chance(0.15) && !naive.jobs.isEmpty();
        if (!isOld && naive.openCount() > OPEN_MAX) {
            return;
        }
        long now = now();
        N wish;
        if (isOld) {
            N old = pick().orElseThrow();
            wish = new N(old.id, old.priority + (gen.chance(0.3) ? 1 : 0), old.parent, old.payer, old.amount, old.deadline);
        } else {
            N parent = gen.chance(0.3) ? pick().filter(p -> p.id.length() < 25).orElse(null) : null;
            boolean isChilds = parent != null && parent.isFunded() && gen.chance(0.7);
            String payer = isChilds ? "job:" + parent.id : gen.chance(0.5) ? PEOPLE.get(gen.between(0, PEOPLE.size())) : "";
            long deadline = gen.chance(0.2) ? wallMicros() + gen.between(1, 120) * 1_000_000L : 0;
            wish = new N((parent == null ? "" : parent.id + "/") + "n" + names++, gen.between(-2, 3), parent == null ? ""
                    : parent.id,
                    payer, payer.isEmpty() ? 0 : gen.between(0, isChilds ? 60 : 200), deadline);
        }
        JobSpec spec = new JobSpec(wish.id, "read", wish.id.getBytes(StandardCharsets.UTF_8), wish.priority, wish.deadline == 0
                ? Optional.empty() : Optional.of(instant(wish.deadline)), wish.parent, wish.isFunded()
                ? Optional.of(new Funding(wish.payer, Unit.EUR, wish.amount)) : Optional.empty());
        String actual;
        long due = 0;
        try {
            Job job = jobs.submit(spec);
            actual = job.state().name();
            due = job.dueMicros();
            if (!naive.jobs.containsKey(wish.id)) {
                checkDue(wish.deadline, wish.isFunded(), now, due);
            }
        } catch (NoFunds e) {
            actual = "no funds";
        } catch (Conflict e) {
            actual = "conflict";
        } catch (Problem e) {
            actual = refused(e);
        }
        same(naive.submit(wish, due), actual, "submit " + wish.id);
    }

    private static String refused(Problem e) throws Problem {
        if (e.kind() != Problem.Kind.USAGE && e.kind() != Problem.Kind.BUSY) {
            throw e;
        }
        return "refused";
    }

    private static void checkDue(long deadline, boolean isFunded, long now, long due) {
        long funded = now + Duration.ofDays(29).toMillis() * 1000;
        if (!isFunded || deadline > 0 && deadline < funded) {
            assertEquals(deadline, due);
        } else {
            assertTrue(Math.abs(due - funded) < MILLI, "due " + due + " and not " + funded);
        }
    }

    private long wallMicros() {
        return JobTime.micros(clock.now());
    }

    private static Instant instant(long micros) {
        return Instant.ofEpochSecond(micros / 1_000_000, micros % 1_000_000 * 1000);
    }

    private void claim(int who) throws Problem {
        long now = now();
        Optional<Claim> claim = jobs.queue().claim("w" + who, Set.of("read"));
        Optional<N> expected = naive.claim(now);
        same(expected.map(j -> j.id + " " + j.token + " " + j.attempts).orElse("none"), claim.map(c -> c.job().id() + " "
                + c.lease().token()
                + " " + c.job().status().attempts()).orElse("none"), "claim");
        claim.ifPresent(c -> {
            assertEquals(c.job().id(), new String(c.input(), StandardCharsets.UTF_8));
            leased(expected.get(), c.job().status().leaseUntilMicros(), now);
            workers[who] = new Worker(c);
        });
    }

    private static void leased(N job, long until, long now) {
        long expected = Math.max(job.leaseUntil, now + Limits.DEFAULT.leaseMicros());
        assertTrue(Math.abs(until - expected) < MILLI, "a lease until " + until + " and not " + expected);
        job.leaseUntil = until;
    }

    private Queue.Entry entry(Worker w, String bytes) {
        StepName name = new StepName((w.isAtEffect() ? "e" : "s") + w.steps, HASH);
        return new Queue.Entry(w.claim.lease(), w.steps, name, bytes == null ? null : bytes.getBytes(StandardCharsets.UTF_8), 0,
                Progress.NONE);
    }

    private void work(int who) throws Problem {
        Worker w = workers[who];
        if (w == null) {
            return;
        }
        now();
        N job = naive.get(w.id());
        boolean owns = naive.owns(w.id(), w.claim.lease().token());
        int dice = gen.between(0, 100);
        try {
            if (dice < 40) {
                doStep(w, job, owns);
            } else if (dice < 48 && !(w.isAtEffect() && !w.isIntended)) {
                String state = "c" + names++;
                jobs.queue().checkpoint(entry(w, state));
                job.checkpoint = state;
            } else if (dice < 54) {
                Signal signal = jobs.queue().renew(w.claim.lease(), Progress.NONE);
                assertEquals(job.isCancelling, signal.isCancelling());
            } else if (dice < 70) {
                charge(w, job);
                return;
            } else {
                finish(who, w, job, owns, dice);
                return;
            }
            assertTrue(owns, "a write of a lost lease");
            long until = jobs.job(w.id()).status().leaseUntilMicros();
            if (job.state == State.RUNNING) {
                leased(job, until, jobs.queue().nowMicros());
            } else {
                assertEquals(0, until, "a lease of a job that was parked");
            }
        } catch (LeaseLost e) {
            assertTrue(!owns, "a lease was lost that is held: " + e.getMessage());
            answers.merge("work lost", 1, Integer::sum);
            if (gen.chance(0.3)) {
                workers[who] = null;
            }
        }
    }

    /** A plain step, or an effect: intent, the effect itself, its result, with a chance to stop between any two of them. */
    private void doStep(Worker w, N job, boolean owns) throws Problem {
        if (w.isAtEffect() && !w.isIntended) {
            Queue.Intention intention = jobs.queue().intend(entry(w, null), w.key());
            assertTrue(owns, "an intent of a lost lease");
            if (intention instanceof Queue.Intention.Open) {
                assertEquals(w.key(), job.intent);
                same(naive.fail(job, true), jobs.queue().fail(w.claim.lease(), "open effect", true, BACKOFF, Progress.NONE).name(),
                        "park");
                return;
            }
            assertEquals(Queue.Intention.Fresh.class, intention.getClass());
            assertEquals(null, job.intent);
            job.intent = w.key();
            job.checkpoint = null;
            w.isIntended = true;
            if (gen.chance(0.7)) {
                effects.merge(w.key(), 1, Integer::sum);
            }
            return;
        }
        String result = "r" + names++;
        jobs.queue().record(entry(w, result));
        naive.record(job, result);
        if (gen.chance(0.2)) {
            jobs.queue().record(entry(w, result));
        }
        w.steps++;
        w.isIntended = false;
    }

    private void charge(Worker w, N job) throws Problem {
        if (!job.isFunded()) {
            return;
        }
        long amount = gen.between(0, 60);
        String name = "c" + names++;
        String actual = "charged";
        Funds.Charge charge = new Funds.Charge(CPU, amount, Meters.NONE);
        try {
            jobs.funds().charge(w.claim.job(), w.steps, name, charge);
            // The same again is booked once.
            jobs.funds().charge(w.claim.job(), w.steps, name, charge);
        } catch (NoFunds e) {
            actual = "no funds";
        }
        same(naive.charge(job, amount) ? "charged" : "no funds", actual, "charge " + w.id());
    }

    private void finish(int who, Worker w, N job, boolean owns, int dice) throws Problem {
        Queue queue = jobs.queue();
        Lease lease = w.claim.lease();
        boolean isInStep = job.checkpoint != null || job.intent != null;
        String actual;
        String expected;
        if (dice < 82 && !isInStep) {
            actual = queue.complete(lease, "done".getBytes(StandardCharsets.UTF_8), Progress.NONE).name();
            expected = owns ? naive.complete(job) : repeated(job, lease, "DONE");
        } else if (dice < 85) {
            actual = queue.suspend(lease, Progress.NONE).name();
            expected = owns ? naive.suspend(job) : repeated(job, lease, "WAITING");
        } else if (dice < 88) {
            actual = queue.handBack(lease, Progress.NONE).name();
            expected = owns ? naive.handBack(job) : repeated(job, lease, "QUEUED");
        } else if (dice < 95 && (job.isCancelling || !owns)) {
            actual = queue.stop(lease, Progress.NONE).name();
            expected = owns ? naive.stop(job) : repeated(job, lease, "CANCELLED");
        } else {
            boolean isForGood = gen.chance(0.2);
            long now = queue.nowMicros();
            actual = queue.fail(lease, "it failed", isForGood, BACKOFF, Progress.NONE).name();
            expected = owns ? naive.fail(job, isForGood) : repeated(job, lease, job.state.name());
            if (job.waitFor == Wait.TIME && owns) {
                job.notBefore = jobs.job(job.id).status().notBeforeMicros();
                assertTrue(Math.abs(job.notBefore - now - BACKOFF.micros(job.id, job.attempts)) < MILLI, "not before "
                        + job.notBefore);
            }
        }
        same(expected, actual, "finish " + w.id());
        workers[who] = null;
    }

    /** The same claim's end once more is no harm; anybody else's would be. */
    private static String repeated(N job, Lease lease, String state) {
        return job.token == lease.token() && job.state.name().equals(state) ? state : "nothing";
    }

    private void cancel(N job) {
        try {
            now();
            same(naive.cancel(job), jobs.cancel(job.id).state().name(), "cancel " + job.id);
        } catch (Problem e) {
            throw new IllegalStateException(e);
        }
    }

    private void resume(N job) {
        long more = gen.chance(0.3) ? gen.between(0, 100) : 0;
        try {
            if (job.state == State.FAILED && job.intent != null) {
                resolve(job);
            }
            long now = now();
            String actual;
            long due = job.due;
            try {
                actual = jobs.resume(job.id, more).state().name();
            } catch (NoFunds e) {
                actual = "no funds";
            } catch (Problem e) {
                actual = refused(e);
            }
            if (!actual.equals("refused")) {
                due = jobs.job(job.id).dueMicros();
                checkDue(job.deadline > now ? job.deadline : 0, job.isFunded(), now, due);
            }
            same(naive.resume(job, more, due), actual, "resume " + job.id);
        } catch (Problem e) {
            throw new IllegalStateException(e);
        }
    }

    /** Somebody looked outside, and says what he saw. */
    private void resolve(N job) throws Problem {
        if (effects.containsKey(job.intent)) {
            String result = "r" + names++;
            jobs.resolve(job.id, Optional.of(result.getBytes(StandardCharsets.UTF_8)));
            job.steps.add(result);
        } else {
            jobs.resolve(job.id, Optional.empty());
        }
        job.intent = null;
        job.checkpoint = null;
    }

    private void restart() throws Problem {
        if (gen.chance(0.5)) {
            place.crash(store);
        } else {
            store.close();
        }
        open();
    }

    private void look() throws Problem {
        Map<State, Long> counts = jobs.counts();
        List<Job> all = jobs.list(Set.of(), -1, 100_000);
        assertEquals(List.copyOf(naive.jobs.keySet()), all.stream().map(Job::id).toList());
        for (Job each : all) {
            N job = naive.get(each.id());
            Status s = each.status();
            assertEquals(List.of(job.state, job.waitFor, job.attempts, job.token, job.notBefore, job.leaseUntil, job.isCancelling,
                    job.isSettled,
                    job.amount + job.added), List.of(s.state(), s.waitFor(), s.attempts(), s.token(), s.notBeforeMicros(),
                    s.leaseUntilMicros(),
                    s.isCancelling(), each.purse().isSettled(), each.budget()), job.id);
            counts.merge(job.state, -1L, Long::sum);
            lookAtSteps(job);
            if (job.isFunded()) {
                Balance balance = ledger.balance("job:" + job.id);
                assertEquals(naive.used("job:" + job.id), balance.used(), job.id);
                assertTrue(balance.used() <= job.amount + job.added, job.id + " overran its budget");
            }
        }
        assertTrue(counts.values().stream().allMatch(c -> c == 0), "counts differ by " + counts);
        for (String each : PEOPLE) {
            assertEquals(naive.used(each), ledger.balance(each).used(), each);
        }
        assertEquals(naive.jobs.values().stream().mapToLong(j -> j.charges).sum(), ledger.balance(CPU).creditsPosted());
        effects.forEach((key, times) -> assertEquals(1, times, "effect " + key));
        assertEquals(List.of(), jobs.check());
        assertEquals(List.of(), ledger.check().findings());
    }

    private void lookAtSteps(N job) throws Problem {
        List<Step> steps = jobs.steps(job.id, -1, 100_000);
        List<String> done = new ArrayList<>();
        String checkpoint = null;
        String key = null;
        for (Step each : steps) {
            if (each.isDone()) {
                done.add(new String(each.result().orElseThrow(), StandardCharsets.UTF_8));
            } else {
                checkpoint = each.checkpoint().map(c -> new String(c, StandardCharsets.UTF_8)).orElse(null);
                key = each.effectKey().isEmpty() ? null : each.effectKey();
            }
        }
        assertEquals(job.steps, done, job.id);
        assertEquals(job.checkpoint, checkpoint, job.id);
        assertEquals(job.intent, key, job.id);
    }
}
