package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.desk.Desk;
import dev.longhand.desk.PartPlan;
import dev.longhand.desk.RememberJob;
import dev.longhand.desk.RememberListener;
import dev.longhand.desk.RememberOrder;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.JobHandler;
import dev.longhand.jobs.JobSpec;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.Runner;
import dev.longhand.jobs.RunnerName;
import dev.longhand.jobs.RunnerSetting;
import dev.longhand.jobs.State;
import dev.longhand.ledger.Payer;
import dev.longhand.lm.ModelInfo;
import dev.longhand.memory.SegmentFolder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Has a model read a desk's documents, as a job that goes on where it was cut off, and shows how far it is. */
final class Remembering {
    private static final int PRIORITY = 5;
    /** What a server read is looked at once more, to say what there is. */
    private static final int READINGS_MAX = 3;
    private static final long LINE_NANOS = 10_000_000_000L;

    private final World world;
    private final OpenBooks books;
    private final Loading loading;

    Remembering(World world, OpenBooks books, Loading loading) {
        this.world = world;
        this.books = books;
        this.loading = loading;
    }

    /** What it came to. */
    record Done(String job, RememberListener.Progress progress, int forgotten, List<String> notes) {}

    Done run(Desk desk, long bytesMax) throws Problem {
        for (int i = 0; i < READINGS_MAX; i++) {
            Optional<Done> done = runOnce(desk, bytesMax);
            if (done.isPresent()) {
                return done.get();
            }
        }
        throw new Problem(Problem.Kind.BUSY, "desk " + desk.name() + " is read by the server; see: longhand ps");
    }

    /** Empty where a server read it. */
    private Optional<Done> runOnce(Desk desk, long bytesMax) throws Problem {
        ModelInfo info = loading.facts().info();
        Payer payer = books.payer("read", desk.name());
        RememberOrder order = new RememberOrder(desk.name(), desk.source().text(), info.name(), info.fingerprint(),
                payer.account(),
                OpenBooks.person(), bytesMax, PartPlan.DEFAULT.tokensMax());
        Shown shown = new Shown();
        RememberJob handler = new RememberJob(DeskCommand.desks(world), loading.forJobs(), books.books(),
                (folder, wanted) -> SegmentFolder.keepOnly(folder, wanted, world.clock()), id -> shown, world.clock());
        Jobs jobs = books.jobs();
        RunnerSetting setting = RunnerSetting.of(RunnerName.own(), 1, world.clock().nanos());
        JobHandler watched = ForegroundJob.watched(handler, e -> shown.failure = Optional.of(e));
        try (Runner runner = new Runner(jobs, Map.of(RememberJob.KIND, watched), setting, world.clock())) {
            jobs.letGoOfTheDead();
            ForegroundJob reading = new ForegroundJob(world, jobs, runner, line -> world.note(world.noteStyle().dim(line)));
            Job job = reading.run(RememberJob.open(jobs, order),
                    JobSpec.of(RememberJob.KIND, order.bytes()).withPriority(PRIORITY), "desk " + order.desk() + " is being read");
            if (shown.progress.isPresent()) {
                return Optional.of(new Done(job.id(), shown.progress.get(), shown.forgotten, shown.notes));
            }
            State state = jobs.job(job.id()).state();
            if (state == State.DONE) {
                return Optional.empty();
            }
            if (state != State.FAILED) {
                jobs.cancel(job.id()); // the next desk add goes on; nobody else waits for this one
            }
            throw shown.failure.orElseThrow(() -> new Problem(Problem.Kind.BUSY, "reading desk " + desk.name()
                    + " did not begin; see: longhand jobs show " + job.id()));
        } finally {
            shown.status.clear();
        }
    }

    private final class Shown implements RememberListener {
        private final StatusLine status = new StatusLine(world);
        private final List<String> notes = new ArrayList<>();
        private Optional<Progress> progress = Optional.empty();
        private Optional<Problem> failure = Optional.empty();
        private int forgotten;
        private long lineNanos = world.clock().nanos();

        @Override
        public void progress(Progress now) {
            String line = now.line();
            status.show(line);
            if (!world.terminals().err() && world.clock().nanos() - lineNanos >= LINE_NANOS) {
                lineNanos = world.clock().nanos();
                world.note(line);
            }
        }

        @Override
        public void note(String line) {
            status.clear();
            notes.add(line);
            world.note(Style.safe(line));
        }

        @Override
        public void remembered(Progress now, int count) {
            progress = Optional.of(now);
            forgotten = count;
        }

        @Override
        public boolean isCancelled() {
            return world.interrupts().isCancelled();
        }
    }
}
