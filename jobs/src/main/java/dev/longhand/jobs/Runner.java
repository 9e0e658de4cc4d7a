package dev.longhand.jobs;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs jobs: a bounded number of threads, each with one job at a time, and one thread that renews their leases and tidies up.
 * {@link #start} lets them run until {@link #close}; {@link #runReady} and {@link #runUntilIdle} run jobs in the caller's thread.
 *
 * <p>A failure of the database is kept for who asks and tried again after a pause; the jobs are never at risk from it. Threads are
 * never interrupted: an interrupt inside a write or a file would harm it. Thread-safe.
 */
public final class Runner implements AutoCloseable {
    private static final long SLEEP_NANOS_MAX = 1_000_000_000L;
    /** How often closing looks whether a thread has ended that rang before. */
    private static final long LOOK_MILLIS = 20;

    private final Jobs jobs;
    private final Map<String, JobHandler> handlers;
    private final RunnerSetting setting;
    private final Clock clock;
    private final Backoff backoff;
    private final Set<Attempt> running = ConcurrentHashMap.newKeySet();
    private final List<Thread> workers = new ArrayList<>(); // with the lock
    private final AtomicLong attempts = new AtomicLong();
    private final Bell closeBell = new Bell();
    private Thread keeper; // with the lock
    private final Bell keeperBell = new Bell();
    private volatile boolean isClosing;
    private volatile boolean isGivenUp;
    private volatile Problem trouble;

    /** @param handlers by kind; jobs of other kinds are left to other runners */
    public Runner(Jobs jobs, Map<String, JobHandler> handlers, RunnerSetting setting, Clock clock) {
        this.jobs = jobs;
        this.handlers = Map.copyOf(handlers);
        this.setting = setting;
        this.clock = clock;
        this.backoff = new Backoff(jobs.limits(), setting.seed());
    }

    /** Starts the threads. */
    public synchronized void start() {
        Check.argument(workers.isEmpty() && !isClosing, "runner %s was started before", setting.name());
        startKeeper();
        for (int i = 1; i <= setting.workers(); i++) {
            workers.add(Thread.ofPlatform().name("longhand-job-" + i).daemon(true).start(this::work));
        }
    }

    private synchronized void startKeeper() {
        if (keeper == null && !isClosing) {
            keeper = Thread.ofPlatform().name("longhand-jobs-keeper").daemon(true).start(this::keep);
        }
    }

    private void work() {
        while (!isClosing) {
            long rings = jobs.bell().rings();
            boolean isIdle;
            try {
                isIdle = !runOne();
                trouble = null;
            } catch (Problem e) {
                trouble = e;
                isIdle = true;
            } catch (RuntimeException e) {
                // A mistake of ours, or the store was closed before its runner: the thread goes on, and it is said.
                trouble = new Problem(Problem.Kind.UNSUPPORTED, "a worker of runner " + setting.name() + " failed: " + e, e);
                isIdle = true;
            }
            if (isIdle && !isClosing) {
                pause(jobs.bell(), rings, jobs.limits().pollEvery().toMillis());
            }
        }
    }

    /** True if the thread was interrupted, which stops none of ours: the flag does. */
    private static boolean pause(Bell bell, long rings, long millis) {
        try {
            bell.await(rings, millis);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    /** Runs the job that comes first; false if none is ready. */
    private boolean runOne() throws Problem {
        return run(jobs.queue().claim(setting.name(), handlers.keySet()));
    }

    private boolean run(Optional<Claim> claim) throws Problem {
        if (claim.isEmpty()) {
            return false;
        }
        Attempt attempt = new Attempt(jobs, backoff, claim.get());
        running.add(attempt);
        try {
            if (isClosing) {
                jobs.queue().handBack(claim.get().lease(), claim.get().job().progress());
                return false;
            }
            attempts.incrementAndGet();
            attempt.run(handlers.get(claim.get().job().kind()), claim.get().input());
        } finally {
            running.remove(attempt);
            closeBell.ring();
        }
        return true;
    }

    /** Renews leases three times as often as they end. */
    private void keep() {
        long millis = Math.max(1, jobs.limits().lease().toMillis() / 3);
        for (long rings; (rings = keeperBell.rings()) >= 0 && (!isClosing || !running.isEmpty() && !isGivenUp); ) {
            pause(keeperBell, rings, millis);
            renewAll();
            if (!isClosing) {
                tidy();
            }
        }
    }

    private void renewAll() {
        for (Attempt each : running) {
            JobContext context = each.context();
            try {
                context.heed(jobs.queue().renew(context.lease(), context.progress()));
            } catch (LeaseLost e) {
                // Or the attempt has just ended.
                context.request(Stop.LOST);
            } catch (Problem e) {
                trouble = e;
            }
        }
    }

    private void tidy() {
        try {
            jobs.tidy();
        } catch (Problem e) {
            trouble = e;
        }
    }

    /** Runs one attempt of that job in this thread; false if it is not ready, or another runner has it. */
    public boolean run(String id) throws Problem {
        Check.argument(handlers.containsKey(jobs.job(id).kind()), "runner %s has no handler for job %s", setting.name(), id);
        startKeeper();
        return run(jobs.queue().claimOnly(setting.name(), id));
    }

    /** Runs jobs in this thread until none is ready now; how many attempts that were. */
    public long runReady() throws Problem {
        startKeeper();
        long before = attempts.get();
        while (!isClosing && runOne()) {
            // Until none is ready.
        }
        jobs.tidy();
        return attempts.get() - before;
    }

    /** As {@link #runReady}, but waits for jobs that back off, and ends when none is ready or will be by itself. */
    public long runUntilIdle() throws Problem {
        long before = attempts.get();
        runReady();
        for (Optional<Long> ready; !isClosing && (ready = jobs.queue().readyInMicros()).isPresent(); ) {
            try {
                clock.sleep(Math.clamp(ready.get() * 1000, 1000, SLEEP_NANOS_MAX));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Problem(Problem.Kind.CANCELLED, "working on jobs was stopped; what is recorded is kept", e);
            }
            runReady();
        }
        return attempts.get() - before;
    }

    /** Has a job that it runs learn at once whether somebody asked it to stop, which it else learns with its next write. */
    public void heed(String id) throws Problem {
        for (Attempt each : running) {
            JobContext context = each.context();
            if (context.id().equals(id)) {
                try {
                    context.heed(jobs.queue().renew(context.lease(), context.progress()));
                } catch (LeaseLost e) {
                    context.request(Stop.LOST);
                }
            }
        }
    }

    /** Attempts since the runner was made. */
    public long attempts() {
        return attempts.get();
    }

    /** Ids of jobs that it runs now. */
    public List<String> running() {
        return running.stream().map(a -> a.context().id()).sorted().toList();
    }

    /** What the database last refused; empty if the last call went well. */
    public Optional<Problem> trouble() {
        return Optional.ofNullable(trouble);
    }

    /**
     * Asks running jobs to stop at their next checkpoint or step, waits for them, and gives them back to the queue. One that does
     * not come to such a place in time keeps its lease to its end and is then claimed by another runner. Close it before the store.
     */
    @Override
    public void close() {
        isClosing = true;
        running.forEach(a -> a.context().request(Stop.CLOSING));
        jobs.bell().ring();
        List<Thread> all;
        synchronized (this) {
            all = new ArrayList<>(workers);
        }
        long until = clock.nanos() + setting.closeWait().toNanos();
        boolean wasInterrupted = false;
        for (long millis; hasWork(all) && (millis = (until - clock.nanos()) / 1_000_000) > 0; ) {
            wasInterrupted |= pause(closeBell, closeBell.rings(), Math.min(millis, LOOK_MILLIS));
        }
        isGivenUp = true;
        keeperBell.ring();
        Thread last;
        synchronized (this) {
            last = keeper;
        }
        if (last != null) {
            Threads.join(last);
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean hasWork(List<Thread> all) {
        return !running.isEmpty() || all.stream().anyMatch(Thread::isAlive);
    }
}
