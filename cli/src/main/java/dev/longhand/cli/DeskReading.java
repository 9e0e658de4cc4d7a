package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.desk.Desk;
import dev.longhand.desk.ReadJob;
import dev.longhand.desk.ReadListener;
import dev.longhand.desk.ReadOrder;
import dev.longhand.desk.Refresh;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.JobHandler;
import dev.longhand.jobs.JobSpec;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.Runner;
import dev.longhand.jobs.RunnerName;
import dev.longhand.jobs.RunnerSetting;
import dev.longhand.jobs.State;
import dev.longhand.ledger.Payer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Brings a desk up to date. Where nothing differs that is a walk and no more; else the reading is a job, so that one that is cut
 * off goes on where it was: at the next question, or by {@code longhand jobs work}.
 */
final class DeskReading {
    private static final int PRIORITY = 10;
    /** Where others read it too and it changes meanwhile. */
    private static final int READINGS_MAX = 3;

    private final World world;
    private final OpenBooks books;

    DeskReading(World world, OpenBooks books) {
        this.world = world;
        this.books = books;
    }

    /** Something differs, and nothing was changed or locked for it yet. */
    private static final class Stale extends Problem {
        Stale() {
            super(Kind.UNSUPPORTED, "the desk is not up to date");
        }
    }

    Refresh refresh(Desk desk) throws Problem {
        for (int i = 0; i < READINGS_MAX; i++) {
            Optional<Refresh> unchanged = unchanged(world, desk);
            if (unchanged.isPresent()) {
                return unchanged.get();
            }
            Optional<Refresh> read = read(desk);
            desk.reload();
            if (read.isPresent()) {
                return read.get();
            }
        }
        throw new Problem(Problem.Kind.BUSY, "desk " + desk.name() + " changes while it is read; ask again when it does not");
    }

    /** What a walk finds where nothing differs; else empty, and nothing was done. */
    static Optional<Refresh> unchanged(World world, Desk desk) throws Problem {
        List<String> notes = new ArrayList<>();
        try {
            Refresh unchanged = desk.refresh(new ReadListener() {
                @Override
                public void begins() throws Stale {
                    throw new Stale();
                }

                @Override
                public void note(String line) {
                    notes.add(line);
                }

                @Override
                public boolean isCancelled() {
                    return world.interrupts().isCancelled();
                }
            });
            notes.forEach(line -> world.note(Style.safe(line)));
            return Optional.of(unchanged);
        } catch (Stale e) {
            return Optional.empty();
        }
    }

    /** Empty where a server read it. */
    private Optional<Refresh> read(Desk desk) throws Problem {
        Payer payer = books.payer(ReadJob.KIND, desk.name());
        ReadOrder order = new ReadOrder(desk.name(), desk.source().text(), payer.account(), OpenBooks.person());
        Jobs jobs = books.jobs();
        Shown shown = new Shown();
        ReadJob handler = new ReadJob(DeskCommand.desks(world), books.books(), id -> shown);
        RunnerSetting setting = RunnerSetting.of(RunnerName.own(), 1, world.clock().nanos());
        JobHandler watched = ForegroundJob.watched(handler, e -> shown.failure = Optional.of(e));
        try (Runner runner = new Runner(jobs, Map.of(ReadJob.KIND, watched), setting, world.clock())) {
            jobs.letGoOfTheDead();
            Job job = new ForegroundJob(world, jobs, runner, line -> { }).run(ReadJob.open(jobs, order),
                    JobSpec.of(ReadJob.KIND, order.bytes()).withPriority(PRIORITY), "desk " + order.desk() + " is being read");
            if (shown.report.isPresent() || jobs.job(job.id()).state() == State.DONE) {
                return shown.report;
            }
            // The one who asked is told what failed, and asks again; nobody else waits for this reading.
            jobs.cancel(job.id());
            throw shown.failure.orElseThrow(() -> new Problem(Problem.Kind.BUSY, "reading desk " + desk.name()
                    + " did not begin; see: longhand jobs show " + job.id()));
        } finally {
            shown.status.clear();
        }
    }

    /** What a person sees of the reading, and what came of it. */
    private final class Shown implements ReadListener {
        private final StatusLine status = new StatusLine(world);
        private Optional<Refresh> report = Optional.empty();
        private Optional<Problem> failure = Optional.empty();

        @Override
        public void document(String path, int count) {
            status.show("reading " + count + ": " + path);
        }

        @Override
        public void note(String line) {
            status.clear();
            world.note(Style.safe(line));
        }

        @Override
        public void refreshed(Refresh refresh) {
            report = Optional.of(refresh);
        }

        @Override
        public boolean isCancelled() {
            return world.interrupts().isCancelled();
        }
    }
}
