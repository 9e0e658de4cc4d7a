package dev.longhand.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Balance;
import dev.longhand.ledger.Booking;
import dev.longhand.ledger.Budget;
import dev.longhand.ledger.Meters;
import dev.longhand.ledger.Unit;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What jobs with children and with budgets promise, on both databases. */
abstract class FamiliesContract extends JobsSuite {
    /** Goal: parents wait without a thread and see how their children ended. Method: three children, one of which fails. */
    @Test
    void waitsForChildrenWithoutALease() throws Problem {
        handlers.put("read", (context, input) -> {
            logged("parent");
            for (String each : List.of("x", "y", "z")) {
                context.spawn(each, "leaf", bytes(each), 0);
            }
            StringBuilder all = new StringBuilder();
            for (Child each : context.awaitChildren("all")) {
                all.append(each.id()).append('=').append(each.state() == State.DONE ? text(context.resultOf(each))
                        : each.state()).append(' ');
            }
            return bytes(all.toString());
        });
        handlers.put("leaf", (context, input) -> {
            if (text(input).equals("y")) {
                throw new JobFailed(Problem.Kind.MALFORMED, "bad leaf");
            }
            return bytes("ok-" + text(input));
        });
        jobs.submit(spec("one").withPriority(2));
        try (Runner runner = runner("r")) {
            assertEquals(5, runner.runReady());
        }
        assertEquals("one/x=ok-x one/y=FAILED one/z=ok-z ", text(jobs.result("one").orElseThrow()));
        assertEquals(List.of("parent", "parent"), log);
        assertEquals(2, jobs.job("one/x").priority());
        assertEquals(3, jobs.children("one").size());
        refused(Problem.class, "nothing waits for it any more", () -> jobs.resume("one/y", 0));
        refused(Problem.class, "its parent one is DONE", () -> jobs.submit(spec("late").withParent("one")));
        assertSound();
    }

    /** Goal: no job is done before its children. Method: return without waiting for them. */
    @Test
    void isNotDoneBeforeItsChildren() throws Problem {
        handlers.put("read", (context, input) -> {
            context.spawn("x", "leaf", bytes("x"), 0);
            return bytes("r");
        });
        jobs.submit(spec("one"));
        run();
        assertEquals(Wait.CHILDREN, jobs.job("one").status().waitFor());
        assertEquals(0, jobs.job("one").status().attempts());
        assertSound();
        handlers.put("leaf", (context, input) -> bytes("leaf"));
        run();
        assertEquals(State.DONE, state("one"));
    }

    /** Goal: cancelling reaches all below. Method: two generations, one queued, one running, one done. */
    @Test
    void cancelsChildrenToo() throws Problem {
        jobs.submit(spec("p"));
        jobs.submit(spec("p/a").withParent("p").withPriority(9));
        jobs.submit(spec("p/a/x").withParent("p/a"));
        Claim running = claim("r");
        assertEquals("p/a", running.job().id());
        assertEquals(State.CANCELLED, jobs.cancel("p").state());
        assertEquals(State.CANCELLED, state("p/a/x"));
        assertTrue(jobs.queue().renew(running.lease(), Progress.NONE).isCancelling());
        refused(Problem.class, "its parent p/a is being cancelled", () -> jobs.submit(spec("p/a/y").withParent("p/a")));
        assertSound();
        jobs.queue().stop(running.lease(), Progress.NONE);
        assertEquals(State.CANCELLED, state("p/a"));
        assertSound();
    }

    /** Goal: trees are bounded. Method: one generation too many. */
    @Test
    void boundsTheDepthOfFamilies() throws Problem {
        jobs.submit(spec("g0"));
        for (int i = 1; i <= 8; i++) {
            jobs.submit(spec("g" + i).withParent("g" + (i - 1)));
        }
        refused(Problem.class, "it would be 9 generations below", () -> jobs.submit(spec("g9").withParent("g8")));
    }

    /** Goal: a budget is refused with the figures, and the job is not there. Method: more than the payer has; then enough. */
    @Test
    void refusesAJobWithoutEnoughBudget() throws Problem {
        ledger.put(Budget.of(ANNA, Budget.Period.EVER, 100));
        jobs.submit(spec("a").withFunding(funding(70)));
        NoFunds refused = refused(NoFunds.class, "job b is refused for want of a budget: person:anna would need up to 0.000031 EUR "
                + "for this and has 0.00003 EUR left",
                () -> jobs.submit(spec("b").withFunding(funding(31))));
        assertEquals(30, refused.figures().left());
        refused(Problem.class, "there is no job", () -> jobs.job("b"));
        assertEquals(State.QUEUED, jobs.submit(spec("b").withFunding(funding(30))).state());
        assertEquals(State.CANCELLED, jobs.cancel("a").state());
        assertEquals(new Balance(30, 0, 0, 0, 0), ledger.balance(ANNA));
        assertSound();
    }

    /** Goal: a job spends at most its budget. Method: charge up to it and one more; it is parked; resume with more. */
    @Test
    void parksAJobThatUsedUpItsBudget() throws Problem {
        ledger.put(Budget.of(ANNA, Budget.Period.EVER, 100));
        handlers.put("read", (context, input) -> {
            for (int i = 0; i < 3; i++) {
                context.step("s" + i, HASH, s -> {
                    s.charge("c", CPU, 20, Meters.NONE);
                    return logged("s" + s.number());
                });
            }
            return bytes("r");
        });
        jobs.submit(spec("one").withFunding(funding(50)));
        run();
        assertEquals(State.FAILED, state("one"));
        assertThat(jobs.job("one").status().failure()).contains("job one has used up its budget: ",
                "job:one would need up to 0.00002 EUR for this and has 0.00001 EUR left");
        assertEquals(new Balance(0, 40, 0, 0, 40), ledger.balance(ANNA));
        assertEquals(20, jobs.steps("one", -1, 1).getFirst().cost());
        refused(NoFunds.class, "would need up to 0.00007 EUR for this and has 0.00006 EUR left", () -> jobs.resume("one", 60));
        assertEquals(State.FAILED, state("one"));
        assertSound();
        assertEquals(State.QUEUED, jobs.resume("one", 10).state());
        assertEquals(20, ledger.balance(ANNA).debitsPending());
        run();
        assertEquals(State.DONE, state("one"));
        assertEquals(new Balance(0, 60, 0, 0, 60), ledger.balance(ANNA));
        assertEquals(List.of("s0", "s1", "s2"), log);
        assertSound();
    }

    /** Goal: a child's budget comes out of its parent's, and children settle first. Method: two children, costs in each. */
    @Test
    void carvesAChildsBudgetFromItsParent() throws Problem {
        handlers.put("read", (context, input) -> {
            context.spawn("x", "leaf", bytes("10"), 40);
            context.spawn("y", "leaf", bytes("25"), 40);
            context.step("own", HASH, s -> {
                s.charge("c", CPU, 5, Meters.NONE);
                return bytes("");
            });
            context.awaitChildren("all");
            refused(NoFunds.class, "job:one would need up to 0.000061 EUR for this and has 0.00006 EUR left",
                    () -> context.spawn("z", "leaf", bytes("1"), 61));
            return bytes("r");
        });
        handlers.put("leaf", (context, input) -> context.step("s", HASH, s -> {
            s.charge("c", CPU, Long.parseLong(text(input)), Meters.NONE);
            return bytes("");
        }));
        jobs.submit(spec("one").withFunding(funding(100)));
        run();
        assertEquals(State.DONE, state("one"));
        assertEquals(new Balance(0, 40, 0, 0, 40), ledger.balance(ANNA));
        assertEquals(40, ledger.balance(CPU).creditsPosted());
        assertEquals(new Balance(0, 40, 0, 40, 40), ledger.balance("job:one"));
        assertSound();
    }

    /** Goal: money whose runner died is settled when nothing is pending. Method: a reservation on the job's account stays open. */
    @Test
    void settlesWhenNothingIsPending() throws Problem {
        jobs.submit(spec("one").withFunding(funding(100)));
        Claim claim = claim("r");
        Booking booking = new Booking("model-1", "job:one", CPU, 60, Unit.EUR,
                Funds.cause(claim.job(), 0));
        ledger.reserve(booking, Duration.ofMinutes(5));
        jobs.queue().complete(claim.lease(), bytes("r"), Progress.NONE);
        jobs.tidy();
        assertFalse(jobs.job("one").purse().isSettled());
        ledger.post("model-1-p", "model-1", 45, Meters.NONE);
        assertEquals(1, jobs.tidy());
        assertTrue(jobs.job("one").purse().isSettled());
        assertEquals(new Balance(0, 45, 0, 0, 45), ledger.balance(ANNA));
        assertSound();
    }

    /** Goal: what was spent is owed even if the reservation expired. Method: let it expire before the job is settled. */
    @Test
    void booksWhatWasSpentAfterTheReservationExpired() throws Problem {
        jobs.submit(spec("one").withFunding(funding(100)));
        Claim claim = claim("r");
        jobs.funds().charge(claim.job(), 0, "c", new Funds.Charge(CPU, 30, Meters.NONE));
        clock.advance(Duration.ofDays(31));
        assertEquals(1, ledger.expire());
        run();
        handlers.put("read", (context, input) -> bytes("never"));
        run();
        assertEquals(State.FAILED, state("one"));
        assertEquals(new Balance(0, 30, 0, 0, 30), ledger.balance(ANNA));
        assertTrue(jobs.job("one").purse().isSettled());
        assertSound();
    }

    /** Goal: a submitter that dies while it carves a budget loses nothing. Method: a job left waiting for funds, then tidy. */
    @Test
    void carvesTheBudgetOfASubmitterThatDied() throws Exception {
        jobs.submit(spec("one").withFunding(funding(10)));
        jobs.submit(spec("two").withFunding(funding(10)));
        place.tamper("UPDATE job SET state = 'WAITING', wait_for = 'FUNDS' WHERE id IN ('one', 'two')");
        assertEquals(0, jobs.tidy());
        assertEquals(State.QUEUED, jobs.submit(spec("two").withFunding(funding(10))).state());
        clock.advance(Duration.ofSeconds(61));
        assertEquals(1, jobs.tidy());
        assertEquals(State.QUEUED, state("one"));
        assertEquals(20, ledger.balance(ANNA).debitsPending());
        place.tamper("UPDATE job SET state = 'WAITING', wait_for = 'FUNDS' WHERE id = 'one'");
        assertEquals(State.WAITING, jobs.cancel("one").state());
        clock.advance(Duration.ofSeconds(61));
        jobs.tidy();
        assertEquals(State.CANCELLED, state("one"));
        assertEquals(10, ledger.balance(ANNA).debitsPending());
        assertSound();
    }
}
