package dev.longhand.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.ledger.Balance;
import dev.longhand.ledger.Meters;
import dev.longhand.ledger.Unit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What jobs promise on any database. Handlers write what they do into {@code log}. */
abstract class JobsContract extends JobsSuite {
    /** Goal: a job does what its handler says, once. Method: two steps, run to the end, run again. */
    @Test
    void runsAJobToItsEndOnce() throws Problem {
        handlers.put("read", (context, input) -> {
            byte[] a = context.step("a", HASH, s -> bytes(text(input) + "/a"));
            context.progress(1, 2, "steps", "half");
            return context.step("b", HASH, s -> bytes(text(a) + "/b"));
        });
        Job job = jobs.submit(spec("one"));
        assertEquals(State.QUEUED, job.state());
        assertEquals(1, run());
        assertEquals(0, run());
        assertEquals("in-one/a/b", text(jobs.result("one").orElseThrow()));
        Job done = jobs.job("one");
        assertEquals(State.DONE, done.state());
        assertEquals(2, done.steps());
        assertEquals(new Progress(1, 2, "steps", "half"), done.progress());
        assertEquals(List.of("a", "b"), jobs.steps("one", -1, 10).stream().map(Step::name).toList());
        assertSound();
    }

    /** Goal: the same id is one job. Method: submit again, the same and other content in each part of it. */
    @Test
    void keepsOneJobPerId() throws Problem {
        JobSpec spec = spec("one").withPriority(3).withDeadline(clock.now().plusSeconds(60));
        Job first = jobs.submit(spec);
        assertEquals(first, jobs.submit(spec));
        for (JobSpec other : List.of(spec.withPriority(4), spec.withDeadline(clock.now()), spec.withFunding(funding(1)),
                new JobSpec("one", "read", bytes("x"), 3, spec.deadline(), "", Optional.empty()),
                new JobSpec("one", "write", spec.input(), 3, spec.deadline(), "", Optional.empty()))) {
            refused(Conflict.class, "id one is taken by a job of kind read", () -> jobs.submit(other));
        }
        assertNotEquals(jobs.submit(JobSpec.of("read", new byte[0])).id(), jobs.submit(JobSpec.of("read", new byte[0])).id());
        assertEquals(3, jobs.list(Set.of(), -1, 10).size());
        assertEquals(3, jobs.counts().get(State.QUEUED));
    }

    /** Goal: bad input is named and changes nothing. Method: a table of it. */
    @Test
    void refusesBadInput() throws Problem {
        bad("an id has 1 to 72", spec("a b"));
        bad("an id has 1 to 72", spec("x".repeat(73)));
        bad("a kind is 1 to 40", JobSpec.of("Read", new byte[0]));
        bad("its input has 1048577 bytes; at most 1048576", JobSpec.of("read", new byte[(1 << 20) + 1]));
        bad("its priority is 101", spec("a").withPriority(101));
        bad("its priority is -2147483648", spec("a").withPriority(Integer.MIN_VALUE));
        refused(Problem.class, "there is no job \"nobody\"", () -> jobs.submit(spec("a").withParent("nobody")));
        refused(Problem.class, "there is no job", () -> jobs.job("nobody"));
        refused(Problem.class, "a job is never \"asleep\"", () -> State.parse("asleep"));
        refused(Problem.class, "there is no account \"person:bob\"", () ->
                jobs.submit(spec("a").withFunding(new Funding("person:bob",
                Unit.EUR, 1))));
        assertEquals(List.of(), jobs.list(Set.of(), -1, 10));
    }

    private void bad(String words, JobSpec spec) {
        assertEquals(Problem.Kind.USAGE, refused(Problem.class, words, () -> jobs.submit(spec)).kind());
    }

    /** Goal: the highest priority first, then the oldest. Method: five jobs, the order of claims. */
    @Test
    void claimsByPriorityThenAge() throws Problem {
        jobs.submit(spec("a"));
        jobs.submit(spec("b").withPriority(5));
        jobs.submit(spec("c"));
        jobs.submit(spec("d").withPriority(-1));
        jobs.submit(spec("e").withPriority(5));
        List<String> order = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            order.add(claim("r").job().id());
        }
        assertEquals(List.of("b", "e", "a", "c", "d"), order);
        assertTrue(jobs.queue().claim("r", Set.of("read")).isEmpty());
        assertTrue(jobs.queue().claim("r", Set.of("write")).isEmpty());
    }

    /** Goal: who lost the lease writes nothing. Method: let it run out, claim by another, try every write of the first. */
    @Test
    void refusesEveryWriteOfALostLease() throws Problem {
        jobs.submit(spec("one"));
        Claim first = claim("first");
        clock.advance(LEASE.plusMillis(1));
        Claim second = claim("second");
        assertEquals(first.lease().token() + 1, second.lease().token());
        Queue queue = jobs.queue();
        Lease lost = first.lease();
        Backoff backoff = new Backoff(Limits.DEFAULT, 1);
        for (Executable each : List.<Executable>of(() -> queue.renew(lost, Progress.NONE), () -> queue.record(entry(first, 0, "a",
                "x")),
                () -> queue.checkpoint(entry(first, 0, "a", "x")), () -> queue.intend(entry(first, 0, "a", "x"), "k"),
                () -> queue.complete(lost, bytes("x"), Progress.NONE), () -> queue.suspend(lost, Progress.NONE),
                () -> queue.handBack(lost, Progress.NONE), () -> queue.stop(lost, Progress.NONE),
                () -> queue.fail(lost, "x", false, backoff, Progress.NONE), () -> queue.takeBack(lost, "k"),
                () -> jobs.submit(spec("child").withParent("one"), Optional.of(lost)))) {
            refused(LeaseLost.class, "job one is no longer held by claim 1: it is RUNNING, claimed 2 times, last by second", each);
        }
        queue.record(entry(second, 0, "a", "y"));
        assertEquals("y", text(jobs.steps("one", -1, 9).getFirst().result().orElseThrow()));
        assertSound();
    }

    /** Goal: a slow runner that nobody replaced may go on. Method: let the lease run out, then write; it holds again. */
    @Test
    void letsASlowRunnerGoOnWhereNobodyTookOver() throws Problem {
        jobs.submit(spec("one"));
        Claim claim = claim("slow");
        clock.advance(LEASE.multipliedBy(3));
        jobs.queue().record(entry(claim, 0, "a", "x"));
        assertTrue(jobs.queue().claim("other", Set.of("read")).isEmpty());
        jobs.queue().complete(claim.lease(), bytes("r"), Progress.NONE);
        assertEquals(State.DONE, state("one"));
    }

    /** Goal: an answer that was lost is no harm. Method: every write of a claim twice. */
    @Test
    void doesTheSameWriteOnce() throws Problem {
        jobs.submit(spec("one"));
        Claim claim = claim("r");
        Queue queue = jobs.queue();
        for (int i = 0; i < 2; i++) {
            queue.record(entry(claim, 0, "a", "x"));
        }
        assertThrows(IllegalArgumentException.class, () -> queue.record(entry(claim, 0, "a", "other")));
        for (int i = 0; i < 2; i++) {
            assertEquals(State.DONE, queue.complete(claim.lease(), bytes("r"), Progress.NONE));
        }
        assertEquals(1, jobs.job("one").steps());
        assertSound();
    }

    /**
     * Goal: steps that are done elsewhere are recorded whole or not, and are not asked for again. Method: 600 of them, the lease
     * lost behind the first write; the next attempt finds what was written, in order, and goes on behind it.
     */
    @Test
    void recordsStepsThatAreDoneTogether() throws Problem {
        List<JobContext.DoneStep> all = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            all.add(new JobContext.DoneStep("document " + i, HASH, bytes("r" + i)));
        }
        List<Long> found = new ArrayList<>();
        handlers.put("read", (context, input) -> {
            found.add(context.job().steps());
            if (found.size() == 1) {
                context.done(all.subList(0, 256));
                throw new IllegalStateException("killed");
            }
            context.done(all);
            return context.step("last", HASH, step -> bytes("end"));
        });
        jobs.submit(spec("one"));
        run();
        clock.advance(Duration.ofMinutes(10));
        run();
        assertEquals(State.DONE, state("one"));
        assertEquals(List.of(0L, 256L), found);
        assertEquals(601, jobs.job("one").steps());
        assertEquals("r599", text(jobs.steps("one", 598, 1).getFirst().result().orElseThrow()));
        refused(LeaseLost.class, "job one is no longer held", () -> jobs.queue().record(List.of(
                new Queue.Entry(new Lease("one", 1), 601, new StepName("late", HASH), bytes("x"), 0, Progress.NONE))));
        assertSound();
    }

    /** Goal: a killed job goes on at its checkpoint. Method: fail in a step after a checkpoint; the next attempt finds it. */
    @Test
    void goesOnAtTheCheckpoint() throws Problem {
        handlers.put("read", (context, input) -> {
            context.step("a", HASH, s -> logged("a"));
            return context.step("b", HASH, s -> {
                int from = s.checkpoint().map(c -> Integer.parseInt(text(c))).orElse(0);
                logged("b from " + from);
                for (int i = from; i < 10; i++) {
                    if (i == 6 && from == 0) {
                        throw new IllegalStateException("killed");
                    }
                    if (i % 2 == 0) {
                        s.checkpoint(bytes(String.valueOf(i)));
                    }
                }
                return bytes("tokens");
            });
        });
        jobs.submit(spec("one"));
        run();
        assertEquals(State.WAITING, state("one"));
        assertThat(jobs.job("one").status().failure()).contains("killed");
        assertSound();
        clock.advance(Duration.ofSeconds(1));
        run();
        assertEquals(State.DONE, state("one"));
        assertEquals(List.of("a", "b from 0", "b from 4"), log);
        assertEquals(Optional.empty(), jobs.steps("one", 0, 1).getFirst().checkpoint());
        assertSound();
    }

    /** Goal: what was acknowledged is there after a kill. Method: crash the store in the middle, go on in a new one. */
    @Test
    void goesOnAfterACrashOfTheProcess() throws Problem {
        jobs.submit(spec("one").withFunding(funding(50)));
        Claim claim = claim("dead");
        jobs.queue().record(entry(claim, 0, "a", "x"));
        jobs.queue().checkpoint(entry(claim, 1, "b", "half"));
        place.crash(store);
        open();
        assertTrue(jobs.queue().claim("early", Set.of("read")).isEmpty());
        clock.advance(LEASE.plusMillis(1));
        handlers.put("read", (context, input) -> {
            context.step("a", HASH, s -> logged("a again"));
            return context.step("b", HASH, s -> logged("b from " + text(s.checkpoint().orElseThrow())));
        });
        run();
        assertEquals(List.of("b from half"), log);
        assertSound();
    }

    /** Goal: a poison job stops. Method: one that always fails after a cost; five attempts, then it is parked, its cost booked. */
    @Test
    void parksAPoisonJobWithItsCostBooked() throws Problem {
        handlers.put("read", (context, input) -> context.step("a", HASH, s -> {
            s.charge("tokens", CPU, 7, Meters.tokens(1, 0, 0));
            throw new StackOverflowError("poison");
        }));
        jobs.submit(spec("one").withFunding(funding(100)));
        assertEquals(100, ledger.balance(ANNA).debitsPending());
        long attempts;
        try (Runner runner = runner("r")) {
            attempts = runner.runUntilIdle();
        }
        assertEquals(5, attempts);
        Job job = jobs.job("one");
        assertEquals(State.FAILED, job.state());
        assertThat(job.status().failure()).startsWith("parked after 5 attempts; the last one: ").contains("poison");
        assertEquals(new Balance(0, 35, 0, 0, 35), ledger.balance(ANNA));
        assertEquals(35, ledger.balance(CPU).creditsPosted());
        assertTrue(job.purse().isSettled());
        assertSound();
    }

    /** Goal: a runner that dies each time is no endless loop. Method: five leases that run out. */
    @Test
    void parksAJobWhoseRunnersNeverComeBack() throws Problem {
        jobs.submit(spec("one"));
        for (int i = 1; i <= 5; i++) {
            assertEquals(i, claim("r" + i).job().status().attempts());
            clock.advance(LEASE.plusMillis(1));
        }
        assertTrue(jobs.queue().claim("r", Set.of("read")).isEmpty());
        assertEquals(State.FAILED, state("one"));
        assertThat(jobs.job("one").status().failure()).isEqualTo("parked after 5 attempts; the last one: its runner r5 did not "
                + "come back in time");
        assertSound();
    }

    /** Goal: attempts are counted per step. Method: fail four times before each of three steps. */
    @Test
    void countsAttemptsSinceTheLastRecordedStep() throws Problem {
        Map<String, Integer> failures = new HashMap<>();
        handlers.put("read", (context, input) -> {
            for (String each : List.of("a", "b", "c")) {
                context.step(each, HASH, s -> {
                    if (failures.merge(each, 1, Integer::sum) <= 4) {
                        throw new Problem(Problem.Kind.UNAVAILABLE, "not yet");
                    }
                    return bytes(each);
                });
            }
            return bytes("r");
        });
        jobs.submit(spec("one"));
        try (Runner runner = runner("r")) {
            assertEquals(13, runner.runUntilIdle());
        }
        assertEquals(State.DONE, state("one"));
    }

    /** Goal: waits grow, and are the same for the same seed. Method: compare two runs of one seed with one of another. */
    @Test
    void backsOffWithJitterFromASeed() {
        Backoff one = new Backoff(Limits.DEFAULT, 1);
        Backoff other = new Backoff(Limits.DEFAULT, 2);
        boolean differs = false;
        for (int attempt = 1; attempt < 80; attempt++) {
            long full = Math.min(300_000_000L, attempt > 20 ? Long.MAX_VALUE : 1_000_000L << attempt - 1);
            long micros = one.micros("job", attempt);
            assertThat(micros).isBetween(full / 2, full);
            assertEquals(micros, new Backoff(Limits.DEFAULT, 1).micros("job", attempt));
            differs |= micros != other.micros("job", attempt);
        }
        assertTrue(differs);
    }

    /** Goal: code that changed under a job is noticed. Method: another name, another input, a step less, after one is recorded. */
    @Test
    void stopsAJobWhoseCodeChanged() throws Problem {
        changed("name", (context, input) -> context.step("z", HASH, s -> bytes("x")), "was recorded as \"a\" and is now \"z\"");
        changed("input", (context, input) -> context.step("a", Sha256.of("z"), s -> bytes("x")), "and is now of input");
        changed("fewer", (context, input) -> bytes("x"), "was recorded as a step and is now not asked for");
        handlers.put("read", (context, input) -> context.step("a", HASH, s -> bytes("y")));
        jobs.resume("name", 0);
        run();
        assertEquals("x", text(jobs.result("name").orElseThrow()));
    }

    private void changed(String id, JobHandler after, String words) throws Problem {
        jobs.submit(spec(id));
        Claim claim = claim("old");
        jobs.queue().record(entry(claim, 0, "a", "x"));
        jobs.queue().handBack(claim.lease(), Progress.NONE);
        handlers.put("read", after);
        run();
        assertEquals(State.FAILED, state(id));
        assertThat(jobs.job(id).status().failure()).contains("the code changed under a running job: step 0 of job " + id, words);
        assertSound();
    }

    /** Goal: a step that failed is not passed over, or the next run would find another in its place. Method: go on after one. */
    @Test
    void refusesToGoOnAfterAFailedStep() throws Problem {
        handlers.put("read", (context, input) -> {
            try {
                context.step("a", HASH, s -> {
                    throw new Problem(Problem.Kind.UNAVAILABLE, "no");
                });
            } catch (Problem e) {
                logged("caught");
            }
            return context.step("b", HASH, s -> logged("b"));
        });
        jobs.submit(spec("one"));
        assertEquals(1, run());
        assertThat(jobs.job("one").status().failure()).contains("went on to step b after step a failed");
        assertEquals(List.of("caught"), log);
        assertSound();
    }

    /** Goal: who meters a model in a step books it to the job. Method: the step's cause and account, and its cost. */
    @Test
    void saysWhatBookingsOfAStepAreFor() throws Problem {
        handlers.put("read", (context, input) -> context.step("a", HASH, s -> {
            assertEquals(Optional.of("job:one"), context.account());
            assertEquals(dev.longhand.ledger.Cause.of("read").withJob("one", 0, context.fencingToken()), s.cause());
            s.booked(12);
            return bytes("x");
        }));
        jobs.submit(spec("one").withFunding(funding(50)));
        run();
        assertEquals(State.DONE, state("one"));
        assertEquals(12, jobs.steps("one", -1, 1).getFirst().cost());
    }

    /** Goal: a handler may say that trying again is in vain. Method: throw it; one attempt. */
    @Test
    void parksAtOnceWhatCannotSucceed() throws Problem {
        handlers.put("read", (context, input) -> {
            throw new JobFailed(Problem.Kind.MALFORMED, "the file is no text");
        });
        jobs.submit(spec("one"));
        assertEquals(1, run());
        assertEquals("the file is no text", jobs.job("one").status().failure());
        jobs.resume("one", 0);
        assertEquals(State.QUEUED, state("one"));
        refused(Problem.class, "only a failed job is resumed", () -> jobs.resume("one", 0));
    }

    /** Goal: cancelling ends a queued job at once and a running one within a step. Method: cancel inside a step of a checkpoint. */
    @Test
    void cancelsWithinOneStep() throws Problem {
        jobs.submit(spec("queued"));
        assertEquals(State.CANCELLED, jobs.cancel("queued").state());
        handlers.put("read", (context, input) -> {
            context.step("a", HASH, s -> {
                assertEquals(State.RUNNING, jobs.cancel("one").state());
                assertTrue(jobs.job("one").status().isCancelling());
                return logged("a");
            });
            return context.step("b", HASH, s -> logged("b"));
        });
        jobs.submit(spec("one"));
        run();
        assertEquals(State.CANCELLED, state("one"));
        assertEquals(1, jobs.job("one").steps());
        assertEquals(List.of("a"), log);
        handlers.put("read", (context, input) -> context.step("a", HASH, s -> {
            jobs.cancel("two");
            s.checkpoint(bytes("half"));
            return logged("never");
        }));
        jobs.submit(spec("two"));
        run();
        assertEquals(State.CANCELLED, state("two"));
        assertEquals(List.of("a"), log);
        assertEquals(State.CANCELLED, jobs.cancel("two").state());
        assertSound();
    }

    /** Goal: a job whose runner died is cancelled all the same. Method: cancel, let the lease run out. */
    @Test
    void cancelsAJobWhoseRunnerIsGone() throws Problem {
        jobs.submit(spec("one"));
        claim("dead");
        assertEquals(State.RUNNING, jobs.cancel("one").state());
        clock.advance(LEASE.plusMillis(1));
        assertTrue(jobs.queue().claim("r", Set.of("read")).isEmpty());
        assertEquals(State.CANCELLED, state("one"));
        assertSound();
    }

    /** Goal: a deadline ends a job wherever it is. Method: one queued, one running, one whose runner is gone; then resume. */
    @Test
    void failsAtItsDeadline() throws Problem {
        JobSpec soon = spec("queued").withDeadline(clock.now().plusSeconds(10));
        jobs.submit(soon);
        clock.advance(Duration.ofSeconds(11));
        handlers.put("read", (context, input) -> {
            context.step("a", HASH, s -> {
                clock.advance(Duration.ofSeconds(11));
                return logged("a");
            });
            return context.step("b", HASH, s -> logged("b"));
        });
        assertEquals(0, run());
        assertEquals("its deadline passed before it ended", jobs.job("queued").status().failure());
        jobs.submit(spec("running").withDeadline(clock.now().plusSeconds(10)));
        run();
        assertEquals(State.FAILED, state("running"));
        assertEquals(List.of("a"), log);
        jobs.submit(spec("gone").withDeadline(clock.now().plusSeconds(10)));
        claim("dead");
        clock.advance(LEASE.plusMillis(1));
        run();
        assertThat(jobs.job("gone").status().failure()).contains("its runner dead did not come back");
        jobs.resume("running", 0);
        run();
        assertEquals(State.DONE, state("running"));
        assertEquals(State.FAILED, jobs.submit(soon).state());
        assertSound();
    }

    /** Goal: a wall clock that jumps makes no second owner and stops no time. Method: back a year, then forward a day. */
    @Test
    void keepsLeasesWhenTheWallClockJumps() throws Problem {
        jobs.submit(spec("one"));
        Claim first = claim("first");
        clock.jump(Duration.ofDays(-365));
        assertTrue(jobs.queue().claim("second", Set.of("read")).isEmpty());
        clock.advance(LEASE.plusMillis(1));
        Claim second = claim("second");
        clock.jump(Duration.ofDays(400));
        Claim third = claim("third");
        clock.jump(Duration.ofDays(-400));
        refused(LeaseLost.class, "claimed 3 times", () -> jobs.queue().record(entry(first, 0, "a", "x")));
        refused(LeaseLost.class, "claimed 3 times", () -> jobs.queue().record(entry(second, 0, "a", "x")));
        jobs.queue().record(entry(third, 0, "a", "x"));
        clock.advance(LEASE.plusMillis(1));
        assertEquals(4, claim("fourth").lease().token());
        assertSound();
    }

    /** Goal: watching misses no change. Method: read on from the last change after each of several. */
    @Test
    void showsEveryChangeToWhoWatches() throws Problem {
        List<String> seen = new ArrayList<>();
        long at = -1;
        handlers.put("read", (context, input) -> context.step("a", HASH, s -> bytes("x")));
        for (Executable each : List.<Executable>of(() -> jobs.submit(spec("a")), () -> jobs.submit(spec("b")), () ->
                jobs.cancel("b"), this::run,
                () -> jobs.counts())) {
            try {
                each.execute();
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
            for (List<Job> page; !(page = jobs.changesAfter(at, 1)).isEmpty(); ) {
                seen.add(page.getFirst().id() + " " + page.getFirst().state());
                at = page.getFirst().updatedMicros();
            }
        }
        assertEquals(List.of("a QUEUED", "b QUEUED", "b CANCELLED", "a DONE"), seen);
        assertEquals(List.of("a"), jobs.list(Set.of(State.DONE, State.FAILED), -1, 10).stream().map(Job::id).toList());
        assertEquals(List.of("b"), jobs.list(Set.of(), jobs.job("a").createdMicros(), 10).stream().map(Job::id).toList());
        assertEquals(List.of("b", "a"), jobs.newest(Set.of(), Long.MAX_VALUE, 10).stream().map(Job::id).toList());
        assertEquals(List.of("a"), jobs.newest(Set.of(), jobs.job("b").createdMicros(), 10).stream().map(Job::id).toList());
    }

    /** Goal: results are bounded. Method: a step's and the job's result too large, a checkpoint too large, no result. */
    @Test
    void boundsWhatAJobKeeps() throws Problem {
        bound("step", (context, input) -> context.step("a", HASH, s -> new byte[(1 << 20) + 1]),
                "step a of job step has a result of 1048577");
        bound("end", (context, input) -> new byte[(1 << 20) + 1],
                "the end of job end has a result of 1048577 bytes; at most 1048576");
        bound("none", (context, input) -> null, "the end of job none has no result");
        bound("mark", (context, input) -> context.step("a", HASH, s -> {
            s.checkpoint(new byte[(4 << 20) + 1]);
            return bytes("");
        }), "a checkpoint of job mark has 4194305 bytes");
        assertSound();
    }

    private void bound(String id, JobHandler handler, String words) throws Problem {
        handlers.put("read", handler);
        jobs.submit(spec(id));
        run();
        assertThat(jobs.job(id).status().failure()).contains(words);
    }

    /** Goal: damage is said. Method: one change behind the program's back at a time. */
    @Test
    void findsWhatDoesNotFit() throws Exception {
        handlers.put("read", (context, input) -> context.step("a", HASH, s -> bytes("x")));
        jobs.submit(spec("done").withFunding(funding(10)));
        run();
        jobs.submit(spec("open"));
        jobs.submit(spec("child").withParent("open"));
        assertSound();
        finds("UPDATE job SET state = 'RUNNING' WHERE id = 'open'", "UPDATE job SET state = 'QUEUED' WHERE id = 'open'",
                "job open is RUNNING with a lease until 0");
        finds("UPDATE job SET steps = 2 WHERE id = 'done'", "UPDATE job SET steps = 1 WHERE id = 'done'",
                "job done counts 2 steps; 1 are recorded, the last is number 0");
        finds("UPDATE step SET fencing_token = 9", "UPDATE step SET fencing_token = 1", "has a step of claim 9");
        finds("UPDATE job SET parent = 'done' WHERE id = 'child'", "UPDATE job SET parent = 'open' WHERE id = 'child'",
                "job done is DONE, and a child of it is not");
        finds("UPDATE job SET attempts = 6 WHERE id = 'open'", "UPDATE job SET attempts = 0 WHERE id = 'open'", "after 6 attempts");
        finds("UPDATE job SET result = NULL WHERE id = 'done'", "UPDATE job SET result = input WHERE id = 'done'",
                "DONE and has no result");
        finds("UPDATE job SET state = 'FAILED' WHERE id = 'open'", "UPDATE job SET state = 'QUEUED' WHERE id = 'open'",
                "FAILED without a reason");
        finds("UPDATE job SET wait_for = 'TIME' WHERE id = 'open'", "UPDATE job SET wait_for = 'NOTHING' WHERE id = 'open'",
                "is QUEUED and waits for TIME");
        finds("INSERT INTO effect (effect_key, job, number, name, input_hash) VALUES ('k', 'open', 0, 'n', 'h')",
                "DELETE FROM effect", "job open has 1 effects that do not fit their steps");
        finds("UPDATE job SET updated_micros = updated_micros + 999999999 WHERE id = 'open'",
                "UPDATE job SET updated_micros = updated_micros - 999999999 WHERE id = 'open'", "and job time is");
        finds("UPDATE job SET amount = 5 WHERE id = 'done'", "UPDATE job SET amount = 10 WHERE id = 'done'", "");
        finds("UPDATE job SET funding_round = 2 WHERE id = 'done'", "UPDATE job SET funding_round = 1 WHERE id = 'done'",
                "no budget was carved for it (job:done:fund:2)");
    }

    private void finds(String change, String back, String words) throws Exception {
        place.tamper(change);
        List<String> findings = jobs.check();
        assertEquals(words.isEmpty(), findings.isEmpty(), change + ": " + findings);
        assertThat(String.join("\n", findings)).contains(words);
        place.tamper(back);
        assertSound();
    }
}
