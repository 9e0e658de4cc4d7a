package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.lm.Overload;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.PrefixCache;
import dev.longhand.model.Model;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The scheduler: one thread that runs all requests of one model together, step by step.
 *
 * <p>A step is one forward pass. Before it requests join and leave; in it every answering request has a row and those that are read
 * share what {@link StepBudget} allows; after it tokens are chosen and handed to the callers. Knows rows and memory, never texts.
 * Invariants: a request is in the inbox, waits, is active, or is over; only active ones take memory. What fails in one request ends
 * that request. Limits: {@link Limits}. Callers' methods are thread-safe; the rest runs on the engine thread.
 */
final class Engine implements AutoCloseable {
    /** Sleep while all requests wait for their callers to take what is there. */
    private static final long PAUSE_NANOS = 5_000_000;
    private static final long CLOSE_WAIT_NANOS = 10_000_000_000L;

    private final Model model;
    private final Clock clock;
    private final Limits limits;
    private final TokenTexts texts;
    private final Optional<ReasoningMarks> reasoning;
    private final Constraints constraints;
    private final Thread thread;

    // Shared with callers.
    private final ConcurrentLinkedQueue<Request> inbox = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<FutureTask<?>> errands = new ConcurrentLinkedQueue<>();
    private final Set<LocalSequence> open = ConcurrentHashMap.newKeySet();
    private final AtomicLong orders = new AtomicLong();
    private final AtomicLong uses = new AtomicLong();
    private final EngineMeter meter = new EngineMeter();
    private final Backlog backlog;
    private volatile boolean isClosing;
    private volatile boolean isEnded;
    private volatile Throwable broken;

    // The engine thread's.
    private final List<Request> active = new ArrayList<>();
    private final FairQueue queue;
    private final StepBudget budget;
    private final StepPlan<Request> plan;
    private final KvRoom room;
    private final Step step;
    private final int threads;
    private final boolean isGuessing;
    private final DraftDepth depth = new DraftDepth();
    private final Metering metering;
    private long steps;
    private final Step.Listener onStepped = this::stepped;
    private final Consumer<Request> onPreempt = this::preempt;
    private boolean isChecked = true;

    /** What the engine works on, and the threads that work beside its own; it closes none of it. */
    record Parts(Model model, KvPool pool, PrefixCache prefixes, TokenTexts texts, Optional<ReasoningMarks> reasoning,
            Constraints constraints, List<Thread> workers) {}

    Engine(Parts parts, Step step, EngineOptions options, Clock clock) {
        this.model = parts.model;
        this.texts = parts.texts;
        this.reasoning = parts.reasoning;
        this.constraints = parts.constraints;
        this.clock = clock;
        this.limits = options.limits();
        this.backlog = new Backlog(limits, meter);
        this.queue = new FairQueue(limits.batchPatience().toNanos());
        this.budget = new StepBudget(options.stallMax(), options.chunkRows(), limits.decodeRowsMax());
        this.plan = new StepPlan<>(limits.decodeRowsMax(), step.partsMax());
        this.room = new KvRoom(parts.pool, parts.prefixes, open);
        this.step = step;
        this.threads = parts.workers.size() + 1;
        this.isGuessing = options.isGuessing();
        this.thread = Thread.ofPlatform().name("longhand-engine").daemon().unstarted(this::loop);
        List<Thread> working = new ArrayList<>(parts.workers);
        working.add(thread);
        this.metering = new Metering(meter, ProcessorTime.of(working, clock), parts.pool);
    }

    void start() {
        thread.start();
    }

    TokenTexts texts() {
        return texts;
    }

    Optional<ReasoningMarks> reasoning() {
        return reasoning;
    }

    Constraints constraints() {
        return constraints;
    }

    /** Whether answers are guessed ahead and the guesses checked. */
    boolean isGuessing() {
        return isGuessing;
    }

    int dim() {
        return model.config().dim();
    }

    EngineMeter meter() {
        return meter;
    }

    /** Requests that were submitted and did not begin. */
    int waitingRequests() {
        return backlog.waiting();
    }

    long deadline(Duration time) {
        long nanos = time.compareTo(Duration.ofDays(3650)) > 0 ? Long.MAX_VALUE / 2 : time.toNanos();
        return clock.nanos() + nanos;
    }

    long nextUse() {
        return uses.incrementAndGet();
    }

    void opened(LocalSequence sequence) {
        Check.argument(!isClosing, "the model is closed");
        open.add(sequence);
    }

    void closed(LocalSequence sequence) {
        metering.closed(sequence, open);
    }

    /** Queues {@code request}. {@link Overload} if too many wait, LIMIT if its memory could never be had. */
    void submit(Request request) throws Problem {
        if (broken != null) {
            throw new IllegalStateException("the engine stopped: " + broken.getMessage(), broken);
        }
        Check.argument(!isClosing, "the model is closed");
        room.checkPossible(request);
        try {
            backlog.enter(request);
        } catch (Overload e) {
            meter.refused();
            throw e;
        }
        request.order = orders.incrementAndGet();
        request.submitted(clock.nanos());
        inbox.add(request);
        wake();
        if (isEnded && inbox.remove(request)) {
            throw closed();
        }
    }

    void wake() {
        LockSupport.unpark(thread);
    }

    /** Runs {@code errand} on the engine thread between two steps and waits for it. */
    void between(Runnable errand) {
        try {
            call(() -> {
                errand.run();
                return null;
            });
        } catch (Problem e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** Work for the engine thread that has a result or a problem. */
    @FunctionalInterface
    interface Errand<T> {
        T run() throws Problem;
    }

    /** The result of {@code errand}, run on the engine thread between two steps. */
    <T> T call(Errand<T> errand) throws Problem {
        FutureTask<T> task = new FutureTask<>(errand::run);
        errands.add(task);
        wake();
        try {
            while (!task.isDone()) {
                LockSupport.parkNanos(this, PAUSE_NANOS);
                Check.argument(thread.isAlive() || task.isDone(), "the model is closed");
            }
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Problem problem) {
                throw problem;
            }
            throw new IllegalStateException(e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException("a finished task is never waited for", e);
        }
    }

    void checkIntegrity() {
        between(this::checkBooks);
    }

    // The engine thread.

    private void loop() {
        try {
            metering.idled();
            while (!isClosing) {
                runErrands();
                long now = clock.nanos();
                takeInbox();
                sweep(now);
                admit(now);
                if (!runStep(now)) {
                    idle();
                }
            }
        } catch (Throwable t) {
            broken = t;
        } finally {
            isClosing = true;
            endAll();
        }
    }

    private void runErrands() {
        for (FutureTask<?> errand = errands.poll(); errand != null; errand = errands.poll()) {
            errand.run();
        }
    }

    private void takeInbox() {
        for (Request next = inbox.poll(); next != null; next = inbox.poll()) {
            queue.enter(next);
            isChecked = false;
        }
    }

    /** Lets those go who want no more or whose time is over. */
    private void sweep(long now) {
        for (int i = active.size() - 1; i >= 0; i--) {
            sweep(active.get(i), now);
        }
        for (int i = queue.waiting() - 1; i >= 0; i--) {
            sweep((Request) queue.waiting(i), now);
        }
    }

    private void sweep(Request request, long now) {
        if (request.isCancelled()) {
            meter.cancelled();
            finish(request, null);
        } else if (now >= request.deadlineNanos) {
            request.onDeadline();
            finish(request, null);
        }
    }

    private void admit(long now) {
        while (active.size() < limits.activeMax()) {
            Request next = (Request) queue.first(now);
            if (next == null || !room.isFor(next, active, queue.isUrgent(next, now), onPreempt)) {
                return;
            }
            queue.admit(next);
            active.add(next);
            backlog.began(next);
            next.sequence.setActive(true);
            room.attach(next);
            next.began(now);
            metering.began(next, now);
            next.progress(now);
            if (next.isComplete()) {
                finish(next, null);
            }
        }
    }

    /** Takes the memory of {@code victim} away; it waits again and is read again. */
    private void preempt(Request victim) {
        Check.invariant(active.remove(victim), "a request loses memory that it has not");
        for (int i = 0; i < plan.size(); i++) {
            if (plan.part(i) == victim) {
                plan.drop(i);
            }
        }
        metering.held(victim, clock.nanos());
        room.drop(victim);
        victim.sequence.setActive(false);
        victim.wasPreempted = true;
        queue.again(victim);
        meter.preempted();
    }

    /** One step; false if nobody has anything for it. */
    private boolean runStep(long now) {
        guess();
        plan.make(active, queue, budget, ++steps, now);
        if (plan.size() == 0) {
            return false;
        }
        for (int i = 0; i < plan.size(); i++) {
            if (plan.rows(i) > 0) {
                reserve(i);
            }
        }
        CoreTurns.OF_PROCESS.take(threads);
        long start = clock.nanos();
        try {
            step.run(plan);
        } finally {
            CoreTurns.OF_PROCESS.give(threads);
        }
        long end = clock.nanos();
        if (step.rows() > 0) {
            budget.record(step.decodeRows(), step.promptRows(), end - start);
            if (step.promptRows() == 0) {
                depth.record(step.decodeRows(), end - start);
            }
            metering.step(step, active, end - start, end); // before callers learn of the end: then all is counted
        }
        step.tell(onStepped);
        plan.clear();
        return true;
    }

    /** Rows of guesses beside those of answers; none while a prompt waits to be read, whose rows are surer. */
    private void guess() {
        int answering = 0;
        boolean isReading = false;
        for (int i = 0; i < active.size(); i++) {
            Request each = active.get(i);
            answering += each.isDecoding() ? 1 : 0;
            isReading |= !each.isDecoding() && each.rowsWanted() > 0;
        }
        int left = isReading || answering > limits.decodeRowsMax() ? 0 : DraftDepth.ROWS_MAX;
        int guessed = 0;
        for (int i = 0; i < active.size(); i++) {
            guessed += active.get(i).guess(depth, answering, left - guessed);
        }
    }

    private void reserve(int i) {
        Request request = plan.part(i);
        try {
            while (plan.rows(i) > 0 && !room.reserve(request, plan.rows(i))) {
                Request victim = room.victim(request, active);
                if (victim == null) {
                    throw room.full(request);
                }
                preempt(victim);
            }
        } catch (Problem | RuntimeException | Error e) {
            plan.drop(i);
            finish(request, e);
        }
    }

    /** A request had its rows: {@code failure} is null if it can go on. */
    private void stepped(Request request, Throwable failure) {
        if (failure != null) {
            finish(request, failure);
            return;
        }
        boolean wasReading = !request.isRead;
        request.progress(clock.nanos());
        if (wasReading && request.isRead) {
            backlog.read(request);
            room.keep(request);
        }
        if (request.isComplete()) {
            finish(request, null);
        }
    }

    private void finish(Request request, Throwable failure) {
        long now = clock.nanos();
        if (active.remove(request)) {
            metering.held(request, now);
        }
        backlog.read(request);
        queue.leave(request);
        if (failure == null) {
            room.keep(request);
        } else {
            room.drop(request);
            meter.failed();
        }
        request.sequence.setActive(false);
        request.end(failure, now);
    }

    private void idle() {
        if (active.isEmpty() && queue.isEmpty()) {
            awaitWork();
        } else {
            LockSupport.parkNanos(this, PAUSE_NANOS);
        }
        metering.idled();
    }

    private void awaitWork() {
        if (!isChecked) {
            checkBooks();
            isChecked = true;
        }
        while (inbox.isEmpty() && errands.isEmpty() && !isClosing) {
            LockSupport.park(this);
        }
    }

    private void checkBooks() {
        queue.checkIntegrity(active);
        room.checkIntegrity();
        metering.checkIntegrity(open);
        for (Request request : active) {
            Check.invariant(request.kv().tokens() <= request.length && request.length <= request.lengthMax(),
                    "a request holds %d of %d tokens, at most %d", request.kv().tokens(), request.length, request.lengthMax());
        }
        int waiting = 0;
        for (int i = 0; i < queue.waiting(); i++) {
            waiting += ((Request) queue.waiting(i)).wasPreempted ? 0 : 1;
        }
        backlog.checkIntegrity(waiting);
    }

    private void endAll() {
        isEnded = true;
        takeInbox();
        Throwable why = broken == null ? closed() : broken;
        while (!active.isEmpty()) {
            end(active.removeLast(), why);
        }
        for (int i = 0; i < queue.waiting(); i++) {
            end((Request) queue.waiting(i), why);
        }
        runErrands();
    }

    /** Without books: they may be what is broken. */
    private void end(Request request, Throwable why) {
        request.end(why, clock.nanos());
    }

    private static Problem closed() {
        return new Problem(Problem.Kind.CANCELLED, "the model was closed");
    }

    /** Ends all requests and sequences; waits until no caller is inside. */
    @Override
    public void close() {
        isClosing = true;
        wake();
        boolean wasInterrupted = false;
        long until = clock.nanos() + CLOSE_WAIT_NANOS;
        while (thread.isAlive() || !open.isEmpty()) {
            open.forEach(LocalSequence::close);
            Check.invariant(clock.nanos() < until, "the model closes while %d sequences are in use", open.size());
            LockSupport.parkNanos(this, PAUSE_NANOS / 5);
            wasInterrupted |= Thread.interrupted();
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
        step.close();
    }
}
