package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.desk.DeskMemory;
import dev.longhand.desk.Desks;
import dev.longhand.desk.PartPlan;
import dev.longhand.desk.ReadJob;
import dev.longhand.desk.ReadListener;
import dev.longhand.desk.ReadOrder;
import dev.longhand.desk.RememberJob;
import dev.longhand.desk.RememberListener;
import dev.longhand.desk.RememberOrder;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.JobContext;
import dev.longhand.jobs.JobSpec;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.Runner;
import dev.longhand.jobs.RunnerName;
import dev.longhand.jobs.RunnerSetting;
import dev.longhand.jobs.State;
import dev.longhand.ledger.Books;
import dev.longhand.lm.Capability;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.ModelInfo;
import dev.longhand.memory.SegmentFolder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads desks as jobs of the server's own runner: first the documents into the desk, then each model that can attach documents
 * reads them into its memory. The jobs are in the books' database; what a server leaves undone the next one goes on with.
 * Thread-safe.
 */
final class DeskReads implements AutoCloseable {
    /** More than work at the same time: some wait for another that reads the same desk. */
    private static final int WORKERS = 4;
    private static final int READ_PRIORITY = 10;
    private static final int REMEMBER_PRIORITY = 5;
    private static final int JOBS_LOOKED_AT = 1_000;
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(10);

    private final Desks desks;
    private final Jobs jobs;
    private final ServedModels models;
    private final Clock clock;
    private final Runner runner;
    private final Map<String, Place> places = new HashMap<>(); // guarded by itself

    DeskReads(Desks desks, Books books, Jobs jobs, ServedModels models, DeskRoom room, Clock clock) {
        this.desks = desks;
        this.jobs = jobs;
        this.models = models;
        this.clock = clock;
        ReadJob read = new ReadJob(desks, books, id -> ReadListener.SILENT);
        RememberJob remember = new RememberJob(desks, this::model, books, this::forget, id -> RememberListener.SILENT, clock,
                new OfTeam(room));
        this.runner = new Runner(jobs, Map.of(ReadJob.KIND, (context, input) -> {
            ReadOrder order = ReadOrder.of(input);
            byte[] result = alone(order.desk() + " " + ReadJob.KIND, context, () -> read.run(context, input));
            remember(order);
            return result;
        }, RememberJob.KIND, (context, input) -> {
            RememberOrder order = RememberOrder.of(input);
            return alone(order.desk() + " " + RememberJob.KIND, context, () -> remember.run(context, input));
        }), new RunnerSetting(RunnerName.own(), WORKERS, clock.nanos(), CLOSE_WAIT), clock);
    }

    /** As the team's questions do, and within what the desk and its team may take. */
    private record OfTeam(DeskRoom room) implements RememberJob.Terms {
        @Override
        public String tenant(RememberOrder order) {
            return DeskNames.team(order.desk());
        }

        @Override
        public long bytesMax(RememberOrder order) throws Problem {
            return Math.min(order.bytesMax(), room.memoryBytesMax(order.desk()));
        }
    }

    void start() throws Problem {
        jobs.letGoOfTheDead();
        runner.start();
    }

    private static final class Place {
        private final Turns turns = new Turns();
        private int users; // guarded by the map; those that wait too
    }

    @FunctionalInterface
    private interface Work {
        byte[] run() throws Problem;
    }

    /** Waits until no other job of this server does that to the desk: two that read one at once would get into each other's way. */
    private byte[] alone(String what, JobContext context, Work work) throws Problem {
        Place place;
        synchronized (places) {
            place = places.computeIfAbsent(what, w -> new Place());
            place.users++;
        }
        try (Turns.Turn turn = place.turns.take(() -> checkGoesOn(context))) {
            return work.run();
        } finally {
            synchronized (places) {
                if (--place.users == 0) {
                    places.remove(what);
                }
            }
        }
    }

    private static void checkGoesOn(JobContext context) throws Problem {
        if (context.shouldStop()) {
            throw new Problem(Problem.Kind.CANCELLED, "the job was stopped while it waited for another that reads the same desk");
        }
    }

    private LanguageModel model(String name) throws Problem {
        return models.all().stream().map(ServedModels.Served::model).filter(m -> m.info().name().equals(name)).findFirst()
                .orElseThrow(() -> new Problem(Problem.Kind.NOT_FOUND, "the model %s is not served here".formatted(name)));
    }

    private int forget(Path folder, Set<String> wanted) throws Problem {
        return SegmentFolder.keepOnly(folder, wanted, clock);
    }

    /** Has a desk read; a job of the same order that has not begun yet, or begins again, finds what is new too. */
    synchronized Job read(ReadOrder order) throws Problem {
        Optional<Job> waiting = ReadJob.waiting(jobs, order);
        return waiting.isPresent() ? waiting.get()
                : jobs.submit(JobSpec.of(ReadJob.KIND, order.bytes()).withPriority(READ_PRIORITY));
    }

    /** Nothing where the desk was removed meanwhile: who removes one cancels its jobs after it is gone. */
    private synchronized void remember(ReadOrder order) throws Problem {
        if (!desks.has(order.desk())) {
            return;
        }
        for (ServedModels.Served each : models.all()) {
            if (each.model().capabilities().contains(Capability.ATTACH)) {
                ModelInfo info = each.model().info();
                RememberOrder wanted = new RememberOrder(order.desk(), order.root(), info.name(), info.fingerprint(),
                        order.account(), order.person(), DeskMemory.BYTES_MAX, PartPlan.DEFAULT.tokensMax());
                if (RememberJob.waiting(jobs, wanted).isEmpty()) {
                    jobs.submit(JobSpec.of(RememberJob.KIND, wanted.bytes()).withPriority(REMEMBER_PRIORITY));
                }
            }
        }
    }

    /** Jobs that read a desk and have not ended. */
    List<Job> open(String desk) throws Problem {
        List<Job> found = new ArrayList<>();
        for (Job each : jobs.newest(EnumSet.of(State.QUEUED, State.RUNNING, State.WAITING), Long.MAX_VALUE, JOBS_LOOKED_AT)) {
            if (deskOf(each).filter(desk::equals).isPresent()) {
                found.add(each);
            }
        }
        return found;
    }

    /** The stored name of the desk that a job reads; empty for other jobs. */
    Optional<String> deskOf(Job job) throws Problem {
        return switch (job.kind()) {
            case ReadJob.KIND -> Optional.of(ReadOrder.of(jobs.input(job.id())).desk());
            case RememberJob.KIND -> Optional.of(RememberOrder.of(jobs.input(job.id())).desk());
            default -> Optional.empty();
        };
    }

    /** Refuses while a job reads the documents of the desk. */
    void requireIdle(String desk) throws Problem {
        for (Job each : open(desk)) {
            if (each.kind().equals(ReadJob.KIND) && each.state() == State.RUNNING) {
                throw new Problem(Problem.Kind.BUSY, "the desk is being read by job " + each.id()
                        + "; nothing was removed; wait until it has ended, or cancel it");
            }
        }
    }

    /** Asks the jobs that read a desk to stop. */
    synchronized void cancel(String desk) throws Problem {
        for (Job each : open(desk)) {
            jobs.cancel(each.id());
        }
    }

    @Override
    public void close() {
        runner.close();
    }
}
