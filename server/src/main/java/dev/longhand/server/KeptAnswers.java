package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.JobSpec;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.Runner;
import dev.longhand.jobs.RunnerName;
import dev.longhand.jobs.RunnerSetting;
import dev.longhand.ledger.Times;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Answers that are kept: each is a durable job of the server's own runner, which goes on when its client leaves and, after a
 * crash, when a server is started again. What is kept is bounded by {@link AnswerLimits}. Thread-safe.
 */
final class KeptAnswers implements AutoCloseable, AnswerWork.Owner {
    /** Answers that are worked on at the same time; more wait in the queue. */
    private static final int WORKERS = 16;
    private static final int PRIORITY = 50;
    private static final int PAGE_ROWS = 500;
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(10);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);
    private static final long CANCEL_NANOS_MAX = 5_000_000_000L;
    private static final long LOOK_NANOS = 5_000_000;

    private final Jobs jobs;
    private final Guard guard;
    private final Clock clock;
    private final AnswerLimits limits;
    private final Runner runner;
    private final Map<String, KeptAnswer> answers = new LinkedHashMap<>(); // the oldest first; with the lock

    /** What else answers are made with. */
    record Parts(ServedModels models, DeskAsks asks, Answering answering, dev.longhand.ledger.Books books) {}

    KeptAnswers(Jobs jobs, Parts parts, Guard guard, Clock clock, AnswerLimits limits) {
        this.jobs = jobs;
        this.guard = guard;
        this.clock = clock;
        this.limits = limits;
        AnswerWork work = new AnswerWork(parts.models, parts.asks, parts.answering, parts.books, new AnswerLog(jobs), clock, this);
        this.runner = new Runner(jobs, Map.of(AnswerOrder.KIND, work), new RunnerSetting(RunnerName.own(), WORKERS, clock.nanos(),
                CLOSE_WAIT), clock);
    }

    /** Finds what is kept, and goes on with what was cut off. */
    synchronized void start() throws Problem {
        long after = -1;
        for (List<Job> page; !(page = jobs.history().ofKind(AnswerOrder.KIND, after, PAGE_ROWS)).isEmpty(); ) {
            for (Job each : page) {
                answers.put(each.id(), new KeptAnswer(each.id(), team(each), each.createdMicros(), jobs.history().bytes(each.id()),
                        !each.state().isEnd()));
            }
            after = page.getLast().createdMicros();
        }
        forgetOld();
        jobs.letGoOfTheDead();
        runner.start();
    }

    /** One whose order cannot be read is of nobody, and goes with its age. */
    private String team(Job job) throws Problem {
        try {
            return AnswerOrder.of(jobs.input(job.id())).caller().team();
        } catch (Problem e) {
            if (e.kind() != Problem.Kind.MALFORMED && e.kind() != Problem.Kind.UNSUPPORTED) {
                throw e;
            }
            return "\0";
        }
    }

    /** Makes the order of a request. */
    @FunctionalInterface
    interface Ordering {
        AnswerOrder order() throws Refusal, Problem;
    }

    /**
     * Begins an answer, or finds the one that was begun with that key.
     *
     * @param key      of the client's choice; empty for none
     * @param digest   of what is asked
     * @param ordering called only if it is a new one
     */
    KeptAnswer ask(Caller caller, Optional<String> key, String digest, Ordering ordering) throws Refusal, Problem {
        String id = "ans-" + key.map(k -> Sha256.of(caller.team() + "\n" + k).hex().substring(0, 32))
                .orElseGet(() -> UUID.randomUUID().toString().replace("-", ""));
        Optional<KeptAnswer> known = known(caller, id, digest);
        if (known.isPresent()) {
            return known.get();
        }
        AnswerOrder order = ordering.order(); // may take long: a prompt is rendered
        synchronized (this) {
            known = known(caller, id, digest);
            return known.isPresent() ? known.get() : begin(id, order);
        }
    }

    private Optional<KeptAnswer> known(Caller caller, String id, String digest) throws Refusal, Problem {
        Optional<KeptAnswer> known = of(caller, id);
        if (known.isPresent() && !AnswerOrder.of(jobs.input(id)).digest().equals(digest)) {
            throw Refusal.of(409, "idempotency_conflict", ("this Idempotency-Key was sent before with another body, for answer %s; "
                    + "send the same body, or take a new key").formatted(id));
        }
        return known;
    }

    private KeptAnswer begin(String id, AnswerOrder order) throws Refusal, Problem {
        String team = order.caller().team();
        forgetOld();
        long open = answers.values().stream().filter(KeptAnswer::isOpen).count();
        long own = answers.values().stream().filter(a -> a.isOpen() && a.team().equals(team)).count();
        if (own >= limits.teamOpenMax() || open >= limits.allOpenMax()) {
            throw Refusal.tooOften(("%d answers are being made already, %d of them for this team; at most %d, and %d for a team; "
                    + "come again when one has ended, or DELETE one").formatted(open, own, limits.allOpenMax(),
                            limits.teamOpenMax()), RETRY_AFTER);
        }
        if (answers.containsKey(id)) { // deleted, and its model has not come to an end
            throw Refusal.tooOften("the answer of this Idempotency-Key is being forgotten; come again", RETRY_AFTER);
        }
        byte[] input = order.bytes();
        Job job = jobs.submit(JobSpec.of(AnswerOrder.KIND, input).withId(id).withPriority(PRIORITY));
        KeptAnswer answer = new KeptAnswer(id, team, job.createdMicros(), input.length, true);
        answers.put(id, answer);
        forgetOld();
        return answer;
    }

    /** Forgets ended answers that are too old, or one too many, the oldest first. */
    private void forgetOld() throws Problem {
        long oldest = Times.micros(clock.now()) - limits.ageMax().toNanos() / 1000;
        List<KeptAnswer> all = new ArrayList<>(answers.values());
        all.sort(Comparator.comparingLong(KeptAnswer::createdMicros).reversed());
        Map<String, Kept> teams = new LinkedHashMap<>();
        Kept whole = new Kept();
        for (KeptAnswer each : all) { // the newest first: what is too much then is old
            refresh(each);
            Kept team = teams.computeIfAbsent(each.team(), t -> new Kept());
            team.add(each);
            whole.add(each);
            boolean isTooMuch = each.isForgotten() || each.createdMicros() < oldest || team.count > limits.teamMax()
                    || team.bytes > limits.teamBytesMax() || whole.count > limits.allMax() || whole.bytes > limits.allBytesMax();
            if (isTooMuch && !each.isOpen() && jobs.history().forget(each.id())) {
                team.remove(each);
                whole.remove(each);
                answers.remove(each.id());
                each.forget();
            }
        }
    }

    private static final class Kept {
        private int count;
        private long bytes;

        void add(KeptAnswer each) {
            count++;
            bytes += each.bytes();
        }

        void remove(KeptAnswer each) {
            count--;
            bytes -= each.bytes();
        }
    }

    private void refresh(KeptAnswer answer) throws Problem {
        if (answer.isOpen() && jobs.job(answer.id()).state().isEnd()) {
            answer.ended();
        }
    }

    private synchronized Optional<KeptAnswer> of(Caller caller, String id) {
        return Optional.ofNullable(answers.get(id)).filter(a -> a.team().equals(caller.team()) && !a.isForgotten());
    }

    /** One that is not there and one of others get the same words: ids cannot be probed. */
    KeptAnswer find(Caller caller, String id) throws Refusal {
        return of(caller, id).orElseThrow(() -> Refusal.notFound("there is no answer " + DeskNames.cut(id)));
    }

    /** Those of the caller's team, the newest first. */
    synchronized List<KeptAnswer> newest(Caller caller, int max) {
        return answers.values().stream().filter(a -> a.team().equals(caller.team()) && !a.isForgotten())
                .sorted(Comparator.comparingLong(KeptAnswer::createdMicros).reversed()).limit(max).toList();
    }

    /** Stops it if it runs, and forgets it. The model ends within a step; what was set aside for it is free then. */
    void forget(KeptAnswer answer) throws Problem {
        jobs.cancel(answer.id());
        runner.heed(answer.id());
        long until = clock.nanos() + CANCEL_NANOS_MAX;
        while (!jobs.job(answer.id()).state().isEnd() && clock.nanos() < until) {
            pause();
        }
        answer.forget();
        synchronized (this) {
            refresh(answer);
            if (!answer.isOpen() && jobs.history().forget(answer.id())) {
                answers.remove(answer.id());
            }
        }
    }

    private void pause() throws Problem {
        try {
            clock.sleep(LOOK_NANOS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "waiting for the answer's end was stopped", e);
        }
    }

    /** A place among the readers of an answer; given back by closing it. */
    final class Reading implements AutoCloseable {
        private final KeptAnswer answer;

        private Reading(KeptAnswer answer) {
            this.answer = answer;
        }

        @Override
        public void close() {
            answer.leave();
        }
    }

    Reading read(KeptAnswer answer) throws Refusal {
        if (!answer.enter(limits.readersMax())) {
            throw Refusal.tooOften("%d clients read this answer already; come again later".formatted(limits.readersMax()),
                    RETRY_AFTER);
        }
        return new Reading(answer);
    }

    /** How many are kept. */
    synchronized long kept() {
        return answers.size();
    }

    /** How many of them have not ended; where the database does not say, as far as that is known. */
    synchronized long open() {
        try {
            for (KeptAnswer each : answers.values()) {
                refresh(each);
            }
        } catch (Problem e) {
            // It is said of requests that need the database.
        }
        return answers.values().stream().filter(KeptAnswer::isOpen).count();
    }

    /** Clients that read one just now. */
    synchronized long readers() {
        return answers.values().stream().mapToLong(KeptAnswer::readers).sum();
    }

    @Override
    public void recorded(String id, long bytes) {
        kept(id).ifPresent(a -> a.grew(bytes));
    }

    @Override
    public void ended(String id, Caller caller, long tokens) {
        guard.used(caller, tokens);
        kept(id).ifPresent(KeptAnswer::ring);
    }

    private synchronized Optional<KeptAnswer> kept(String id) {
        return Optional.ofNullable(answers.get(id));
    }

    /** Answers that run stop at their next event; the next server goes on with them. */
    @Override
    public void close() {
        runner.close();
    }
}
