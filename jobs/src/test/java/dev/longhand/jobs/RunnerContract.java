package dev.longhand.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.ledger.Account;
import dev.longhand.ledger.Budget;
import dev.longhand.ledger.Ledger;
import dev.longhand.ledger.Meters;
import dev.longhand.ledger.Unit;
import dev.longhand.store.DatabasePlace;
import dev.longhand.store.Store;
import dev.longhand.testkit.Gen;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What runners promise on any database: threads and processes beside each other, and ends at any moment. */
abstract class RunnerContract {
    private static final long SEED = Long.getLong("jobs.seed", 20_261_128L);
    private static final Sha256 HASH = Sha256.of("input");
    private static final int LOOKS_MAX = 30_000;

    private DatabasePlace place;
    private Store store;
    private Jobs jobs;

    abstract DatabasePlace place();

    /** Every how many calls a death is tried. */
    abstract int deathStride();

    @BeforeEach
    void open() throws Problem {
        place = place();
        store = place.open();
        jobs = jobs(store, Clock.SYSTEM, Limits.DEFAULT);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static Jobs jobs(Store store, Clock clock, Limits limits) throws Problem {
        return new Jobs(store, Ledger.open(store, clock, dev.longhand.ledger.Limits.DEFAULT), clock, limits);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Runner runner(Jobs jobs, JobHandler handler, int workers) {
        return new Runner(jobs, Map.of("read", handler), RunnerSetting.of("r" + workers, workers, SEED), Clock.SYSTEM);
    }

    interface Condition {
        boolean holds() throws Problem;
    }

    private static void await(String what, Condition condition) throws Exception {
        for (int looks = 0; !condition.holds(); looks++) {
            assertTrue(looks < LOOKS_MAX, what);
            Clock.SYSTEM.sleep(1_000_000);
        }
    }

    /** Goal: a queue is shared, each job done once. Method: two stores as two nodes, two threads on each, jobs with children. */
    @Test
    void sharesAQueueAmongRunners() throws Exception {
        Map<String, AtomicInteger> runs = new ConcurrentHashMap<>();
        CountDownLatch areBothAtWork = new CountDownLatch(2);
        JobHandler oneAtWork = atWork(areBothAtWork, runs);
        JobHandler twoAtWork = atWork(areBothAtWork, runs);
        int parents = 10;
        try (Store other = place.open()) {
            Jobs otherJobs = jobs(other, Clock.SYSTEM, Limits.DEFAULT);
            long start = Clock.SYSTEM.nanos();
            try (Runner one = runner(jobs, oneAtWork, 2); Runner two = runner(otherJobs, twoAtWork, 2)) {
                one.start();
                two.start();
                for (int i = 0; i < parents; i++) {
                    jobs.submit(JobSpec.of("read", bytes("parent")).withId("p" + i));
                    jobs.submit(JobSpec.of("read", bytes("leaf")).withId("l" + i));
                }
                await("jobs are left: " + jobs.counts(), () -> jobs.counts().get(State.DONE) == 5L * parents);
                assertEquals(List.of(), one.trouble().stream().toList());
                assertEquals(List.of(), two.trouble().stream().toList());
                System.out.printf("%d jobs by two runners in %.2f s; %d and %d attempts%n", 5 * parents,
                        Clock.SYSTEM.secondsSince(start), one.attempts(), two.attempts());
            }
        }
        assertEquals(4 * parents, runs.size());
        runs.forEach((id, times) -> assertEquals(1, times.get(), id));
        assertEquals(List.of(), jobs.check());
    }

    /** A runner's handler: at its first job it waits until the other runner has one too. */
    private static JobHandler atWork(CountDownLatch areBothAtWork, Map<String, AtomicInteger> runs) {
        AtomicInteger calls = new AtomicInteger();
        return (context, input) -> {
            if (calls.getAndIncrement() == 0) {
                areBothAtWork.countDown();
            }
            try {
                areBothAtWork.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            if (text(input).equals("parent")) {
                for (int i = 0; i < 3; i++) {
                    context.spawn("c" + i, "read", bytes("leaf"), 0);
                }
                return bytes("all " + context.awaitChildren("wait").size());
            }
            return context.step("work", HASH, s -> {
                runs.computeIfAbsent(context.id(), id -> new AtomicInteger()).incrementAndGet();
                return bytes("leaf");
            });
        };
    }

    /** Goal: a runner that is closed loses nothing. Method: close it inside a step; the next one goes on at the checkpoint. */
    @Test
    void goesOnAtTheCheckpointOfARunnerThatWasClosed() throws Exception {
        CountDownLatch isInStep = new CountDownLatch(1);
        List<String> from = new ArrayList<>();
        JobHandler handler = (context, input) -> context.step("answer", HASH, s -> {
            int tokens = s.checkpoint().map(c -> Integer.parseInt(text(c))).orElse(0);
            from.add("from " + tokens);
            while (tokens < 640) {
                tokens += 64;
                if (tokens == 128) {
                    isInStep.countDown();
                    while (!s.shouldStop()) {
                        Thread.onSpinWait();
                    }
                }
                s.checkpoint(bytes(String.valueOf(tokens)));
            }
            return bytes(tokens + " tokens");
        });
        jobs.submit(JobSpec.of("read", bytes("")).withId("one"));
        try (Runner first = runner(jobs, handler, 1)) {
            first.start();
            isInStep.await();
            assertEquals(List.of("one"), first.running());
        }
        assertEquals(State.QUEUED, jobs.job("one").state());
        assertEquals(0, jobs.job("one").status().attempts());
        try (Runner second = runner(jobs, handler, 1)) {
            second.runReady();
        }
        assertEquals("640 tokens", text(jobs.result("one").orElseThrow()));
        assertEquals(List.of("from 0", "from 128"), from);
        assertEquals(List.of(), jobs.check());
    }

    /** Goal: closing does not wait for ever, and a thread that comes back late harms nothing. Method: a step that hangs. */
    @Test
    void leavesAHangingJobItsLeaseAndRefusesItLater() throws Exception {
        JumpyClock clock = new JumpyClock();
        Jobs manual = jobs(store, clock, Limits.DEFAULT);
        CountDownLatch hangs = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch refused = new CountDownLatch(1);
        JobHandler hanging = (context, input) -> {
            try {
                return context.step("a", HASH, s -> {
                    hangs.countDown();
                    try {
                        goOn.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    return bytes("late");
                });
            } finally {
                refused.countDown();
            }
        };
        manual.submit(JobSpec.of("read", bytes("")).withId("one"));
        RunnerSetting setting = new RunnerSetting("hanging", 1, SEED, Duration.ofMillis(50));
        Runner first = new Runner(manual, Map.of("read", hanging), setting, Clock.SYSTEM);
        first.start();
        hangs.await();
        first.close();
        assertEquals(State.RUNNING, manual.job("one").state());
        clock.advance(Limits.DEFAULT.lease().plusMillis(1));
        try (Runner second = runner(manual, (context, input) -> context.step("a", HASH, s -> bytes("second")), 1)) {
            assertEquals(1, second.runReady());
        }
        goOn.countDown();
        refused.await();
        await("the late thread runs", () -> first.running().isEmpty());
        assertEquals("second", text(manual.result("one").orElseThrow()));
        assertEquals(1, manual.job("one").steps());
        assertEquals(List.of(), manual.check());
    }

    /** Goal: a step may last longer than a lease. Method: a short lease, a step that ends when it was renewed three times. */
    @Test
    void renewsLeasesOfLongSteps() throws Exception {
        Jobs brief = jobs(store, Clock.SYSTEM, Limits.DEFAULT.withLease(Duration.ofMillis(300)));
        JobHandler handler = (context, input) -> context.step("long", HASH, s -> {
            Set<Long> leases = ConcurrentHashMap.newKeySet();
            context.progress(1, 2, "halves", "at it");
            try {
                await("the lease is not renewed", () -> {
                    leases.add(brief.job("one").status().leaseUntilMicros());
                    return leases.size() > 3;
                });
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            return bytes(brief.job("one").progress().note());
        });
        brief.submit(JobSpec.of("read", bytes("")).withId("one"));
        try (Runner runner = runner(brief, handler, 1)) {
            runner.runReady();
        }
        assertEquals("at it", text(brief.result("one").orElseThrow()));
    }

    /**
     * Goal: kill -9 loses no acknowledged step and runs none twice. Method: a process of its own acknowledges each step on its
     * output and is killed after a random number; the next one goes on; the last goes to the end in this process.
     */
    @Test
    void keepsEveryAcknowledgedStepOfAKilledProcess() throws Exception {
        Gen gen = new Gen(SEED);
        JumpyClock clock = new JumpyClock();
        Jobs manual = jobs(store, clock, Limits.DEFAULT);
        for (int round = 0; round < 3; round++) {
            String id = "round-" + round;
            manual.submit(JobSpec.of("read", bytes("")).withId(id));
            int killAfter = gen.between(1, WorkerProcess.STEPS / 2);
            Process process = WorkerProcess.start(place.setting(), killAfter + 20);
            int acknowledged = 0;
            try (BufferedReader out = process.inputReader()) {
                while (acknowledged < killAfter && out.readLine() != null) {
                    acknowledged++;
                }
                process.toHandle().destroyForcibly();
                while (out.readLine() != null) {
                    acknowledged++;
                }
            }
            process.waitFor();
            String words = "again by: mvn -pl jobs -am test -Dtest=*RunnerTest "
                    + "-Dsurefire.failIfNoSpecifiedTests=false -Djobs.seed=" + SEED + "; round " + round + ", killed after "
                    + killAfter + ", acknowledged " + acknowledged;
            long recorded = manual.job(id).steps();
            assertThat(recorded).as(words).isBetween((long) acknowledged, acknowledged + 1L);
            assertThat(acknowledged).as(words).isBetween(killAfter, killAfter + 20);
            assertTrue(manual.queue().claim("early", Set.of("read")).isEmpty(), words);
            clock.advance(Limits.DEFAULT.lease().plusMillis(1));
            try (Runner runner = runner(manual, (context, input) -> WorkerProcess.handle(context, "parent", () -> { }), 1)) {
                assertEquals(1, runner.runReady(), words);
            }
            String expected = "child ".repeat((int) recorded) + "parent ".repeat(WorkerProcess.STEPS - (int) recorded);
            assertEquals(expected, text(manual.result(id).orElseThrow()), words);
            assertEquals(List.of(), manual.check(), words);
        }
    }

    /** A process that dies at the n-th look at the clock: inside a write, which is undone, or between two of them. */
    private static final class DyingClock implements Clock {
        private final Clock clock;
        private int left;

        DyingClock(Clock clock, int left) {
            this.clock = clock;
            this.left = left;
        }

        @Override
        public long nanos() {
            return clock.nanos();
        }

        @Override
        public Instant now() {
            if (--left < 0) {
                throw new IllegalStateException("the process died");
            }
            return clock.now();
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
            clock.sleep(nanos);
        }
    }

    /**
     * Goal: a crash between any two calls of the books and the jobs repeats harmlessly. Method: submit a parent with a budget and a
     * child of it, run and settle them, dying at the n-th call for every n; then do the same again to the end, and
     * look at the money.
     */
    @Test
    void booksEveryCostOnceWhereverItDies() throws Exception {
        JumpyClock clock = new JumpyClock();
        Ledger books = Ledger.open(store, clock, dev.longhand.ledger.Limits.DEFAULT);
        books.open(new Account("machine:cpu", Unit.EUR, Account.Kind.MACHINE));
        int n = 0;
        for (boolean hasDied = true; hasDied; n += deathStride()) {
            assertTrue(n < 500, "it always dies");
            String person = "person:p" + n;
            books.open(new Account(person, Unit.EUR, Account.Kind.PERSON));
            books.put(Budget.of(person, Budget.Period.EVER, 100));
            hasDied = dies(new DyingClock(clock, n), "j" + n, person);
            clock.advance(Duration.ofSeconds(100));
            Jobs after = jobs(store, clock, Limits.DEFAULT);
            after.submit(funded("j" + n, person));
            for (int rounds = 0; rounds < 4; rounds++) {
                runFunded(after, clock);
                clock.advance(Duration.ofSeconds(100));
            }
            assertEquals(State.DONE, after.job("j" + n).state(), "died at call " + n);
            long spent = books.balance(person).spent();
            assertEquals(0, books.balance(person).debitsPending(), "died at call " + n);
            // An attempt that died after its cost was booked did cost that, and the next one again.
            assertThat(spent).as("died at call " + n).isIn(12L, 17L, 19L);
            assertEquals(spent, books.balance("job:j" + n).debitsPosted(), "died at call " + n);
        }
        System.out.printf("%d calls at which it died%n", n / deathStride());
        assertTrue(n > 25, "only " + n + " calls");
        assertEquals(List.of(), jobs.check());
        assertEquals(List.of(), books.check().findings());
    }

    private boolean dies(Clock clock, String id, String person) throws Problem {
        try {
            Jobs dying = jobs(store, clock, Limits.DEFAULT);
            dying.submit(funded(id, person));
            for (int rounds = 0; rounds < 3; rounds++) {
                for (Optional<Claim> claim; (claim = dying.queue().claim("dying", Set.of("read"))).isPresent(); ) {
                    // Without the runner, which would take the death for a failure of the handler.
                    runDying(dying, claim.get());
                }
            }
            return false;
        } catch (IllegalStateException e) {
            assertEquals("the process died", e.getMessage());
            return true;
        }
    }

    private static void runDying(Jobs jobs, Claim claim) throws Problem {
        JobContext context = new JobContext(jobs, claim);
        try {
            byte[] result = spend(context, claim.input());
            jobs.queue().complete(claim.lease(), result, Progress.NONE);
        } catch (Stop.Signalled e) {
            jobs.queue().suspend(claim.lease(), Progress.NONE);
        }
        jobs.settle(jobs.job(claim.job().id()));
        jobs.tidy();
    }

    private static JobSpec funded(String id, String person) {
        return JobSpec.of("read", bytes("7")).withId(id).withFunding(new Funding(person, Unit.EUR, 60));
    }

    /** A parent spends 7, its child 5. */
    private static byte[] spend(JobContext context, byte[] input) throws Problem {
        if (context.job().parent().isEmpty()) {
            context.spawn("c", "read", bytes("5"), 30);
            context.awaitChildren("wait");
        }
        return context.step("pay", HASH, s -> {
            s.charge("c", "machine:cpu", Long.parseLong(text(input)), Meters.NONE);
            return input;
        });
    }

    private static void runFunded(Jobs jobs, Clock clock) throws Problem {
        try (Runner runner = new Runner(jobs, Map.of("read", RunnerContract::spend), RunnerSetting.of("r", 1, SEED), clock)) {
            runner.runReady();
        }
    }
}
