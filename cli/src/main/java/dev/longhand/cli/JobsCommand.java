package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.State;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Unit;
import dev.longhand.server.AnswerJobs;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand jobs}: long work that survives its process. */
@Command(name = "jobs", description = "List, show, watch, resume, cancel and work on jobs: readings of desks and long answers.",
        footer = {"  longhand jobs ls", "  longhand jobs show j4k2x", "  longhand jobs resume j4k2x", "  longhand jobs work"})
final class JobsCommand extends CliCommand {
    JobsCommand(World world) {
        super(world);
    }

    /** The parser of this verb with its own verbs. */
    static CommandLine line(World world) {
        return new CommandLine(new JobsCommand(world))
                .addSubcommand("ls", new ListJobs(world))
                .addSubcommand("show", new ShowJob(world))
                .addSubcommand("watch", new WatchJob(world))
                .addSubcommand("resume", new ResumeJob(world))
                .addSubcommand("cancel", new CancelJob(world))
                .addSubcommand("work", new WorkCommand(world));
    }

    @Override
    public Integer call() throws Problem {
        throw new Problem(Problem.Kind.USAGE,
                "jobs needs one of ls, show, watch, resume, cancel, work; see 'longhand jobs --help'");
    }

    /** A command on the jobs of the data directory, which it opens and closes. */
    abstract static class OnJobs extends ReportCommand {
        OnJobs(World world) {
            super(world);
        }

        @Override
        public final Integer call() throws Problem {
            try (Books books = OpenBooks.open(world, Config.read(world))) {
                return run(books, OpenBooks.jobs(books, world));
            }
        }

        abstract int run(Books books, Jobs jobs) throws Problem;
    }

    @Command(name = "ls", description = "List jobs: those that have not ended, and the last that have.",
            footer = {"  longhand jobs ls", "  longhand jobs ls --state failed", "  longhand jobs ls --all --json"})
    static final class ListJobs extends OnJobs {
        private static final int ENDED_SHOWN = 20;
        private static final int PAGE = 500;

        @Option(names = "--state", paramLabel = "STATE",
                description = "Only those: queued, running, waiting, done, failed or cancelled.")
        private String state;

        @Option(names = "--all", description = "All that have ended, not only the last 20.")
        private boolean wantsAll;

        ListJobs(World world) {
            super(world);
        }

        @Override
        int run(Books books, Jobs jobs) throws Problem {
            Set<State> ended = EnumSet.of(State.DONE, State.FAILED, State.CANCELLED);
            Set<State> open = EnumSet.complementOf(EnumSet.copyOf(ended));
            if (state != null) {
                ended.retainAll(Set.of(State.parse(state)));
                open.retainAll(Set.of(State.parse(state)));
            }
            List<Job> shown = newest(jobs, ended, wantsAll || state != null ? Integer.MAX_VALUE : ENDED_SHOWN);
            long hidden = state != null ? 0 : jobs.counts().entrySet().stream().filter(e -> ended.contains(e.getKey()))
                    .mapToLong(Map.Entry::getValue).sum() - shown.size();
            shown.addAll(newest(jobs, open, Integer.MAX_VALUE));
            shown.sort(Comparator.comparingLong(Job::createdMicros));
            print(shown, hidden);
            return ExitCodes.OK;
        }

        private static List<Job> newest(Jobs jobs, Set<State> states, int most) throws Problem {
            List<Job> found = new ArrayList<>();
            long before = Long.MAX_VALUE;
            while (!states.isEmpty() && found.size() < most) {
                List<Job> page = jobs.newest(states, before, Math.min(PAGE, most - found.size()));
                if (page.isEmpty()) {
                    break;
                }
                found.addAll(page);
                before = page.getLast().createdMicros();
            }
            return found;
        }

        private void print(List<Job> shown, long hidden) {
            if (isJson) {
                Json.print(world.out(), Json.object("jobs", shown.stream().map(JobView::json).toList(), "hidden", hidden));
                return;
            }
            if (shown.isEmpty()) {
                world.out().println(state == null ? "There is no job yet; reading a folder is one, and 'longhand run MODEL PROMPT "
                        + "--job'." : "There is no job in that state.");
                return;
            }
            Table table = new Table("JOB", "KIND", "STATE", "PROGRESS", "ATTEMPTS", "CREATED");
            shown.forEach(j -> table.row(j.id(), j.kind(), JobView.state(j), JobView.progress(j),
                    Units.count(j.status().attempts()), JobView.time(j.createdMicros())));
            table.print(world);
            if (hidden > 0) {
                world.out().println(Units.count(hidden) + " older ones that have ended are not shown; --all shows them");
            }
        }
    }

    @Command(name = "show", description = "Show a job: where it stands, its steps, its result.",
            footer = {"  longhand jobs show j4k2x", "  longhand jobs show j4k2x --json"})
    static final class ShowJob extends OnJobs {
        @Parameters(paramLabel = "JOB", description = "As 'longhand jobs ls' shows it.")
        private String id;

        @Option(names = "--all", description = "All recorded steps, not only the last 10.")
        private boolean wantsAll;

        ShowJob(World world) {
            super(world);
        }

        @Override
        int run(Books books, Jobs jobs) throws Problem {
            new JobView(world, jobs).show(jobs.job(id), wantsAll, isJson);
            return ExitCodes.OK;
        }
    }

    @Command(name = "watch", description = "Follow a job until it ends; the exit code tells how.",
            footer = {"  longhand jobs watch j4k2x"})
    static final class WatchJob extends OnJobs {
        private static final long LOOK_NANOS = 300_000_000L;

        @Parameters(paramLabel = "JOB", description = "As 'longhand jobs ls' shows it.")
        private String id;

        WatchJob(World world) {
            super(world);
        }

        @Override
        int run(Books books, Jobs jobs) throws Problem {
            StatusLine status = new StatusLine(world);
            Job job;
            try {
                while (!(job = jobs.job(id)).state().isEnd()) {
                    world.interrupts().check();
                    status.show(job.id() + " " + JobView.state(job) + " " + JobView.progress(job));
                    world.interrupts().wakes(Thread.currentThread());
                    world.clock().sleep(LOOK_NANOS);
                }
            } catch (InterruptedException e) {
                throw new Problem(Problem.Kind.CANCELLED, "stopped watching; the job goes on where it runs", e);
            } finally {
                world.interrupts().wakes(null);
                status.clear();
            }
            return new JobView(world, jobs).ended(job, isJson);
        }
    }

    @Command(name = "cancel", description = "Stop a job and what is below it. What it has done stays, and is booked.",
            footer = {"  longhand jobs cancel j4k2x"})
    static final class CancelJob extends OnJobs {
        @Parameters(paramLabel = "JOB", description = "As 'longhand jobs ls' shows it.")
        private String id;

        CancelJob(World world) {
            super(world);
        }

        @Override
        int run(Books books, Jobs jobs) throws Problem {
            jobs.letGoOfTheDead();
            State before = jobs.job(id).state();
            Job job = jobs.cancel(id);
            if (isJson) {
                Json.print(world.out(), JobView.json(job));
            } else if (before.isEnd()) {
                world.out().println("job " + id + " has ended already: " + JobView.state(job));
            } else {
                world.out().println("job " + id + (job.state().isEnd() ? " is cancelled" : " stops at its next checkpoint"));
            }
            return ExitCodes.OK;
        }
    }

    @Command(name = "resume", description = "Take a job up here and now: one that was cut off, failed, or waits.",
            footer = {"  longhand jobs resume j4k2x", "  longhand jobs resume j4k2x --queue"})
    static final class ResumeJob extends OnJobs {
        @Parameters(paramLabel = "JOB", description = "As 'longhand jobs ls' shows it.")
        private String id;

        @Option(names = "--queue", description = "Only put it back into the queue, for 'longhand jobs work'.")
        private boolean isQueueOnly;

        @Option(names = "--more", paramLabel = "EUR", description = "Raise the job's budget by so much.")
        private String more;

        @Mixin
        private ModelFlags modelFlags;

        ResumeJob(World world) {
            super(world);
        }

        @Override
        int run(Books books, Jobs jobs) throws Problem {
            jobs.letGoOfTheDead();
            Job job = jobs.job(id);
            if (job.state() == State.DONE || job.state() == State.CANCELLED) {
                world.note("job " + id + " has ended already: " + JobView.state(job));
                return new JobView(world, jobs).ended(job, isJson);
            }
            if (AnswerJobs.isOne(job)) {
                throw new Problem(Problem.Kind.USAGE, AnswerJobs.whyNotResumed(job));
            }
            if (job.state() == State.FAILED) {
                job = jobs.resume(id, more == null ? 0 : Unit.EUR.amount("--more", more));
            } else if (more != null) {
                throw new Problem(Problem.Kind.USAGE,
                        "job " + id + " is " + JobView.state(job) + "; --more is for one that failed");
            }
            if (isQueueOnly) {
                world.out().println("job " + id + " is " + JobView.state(job));
                return ExitCodes.OK;
            }
            try (JobWork work = new JobWork(world, books, jobs, modelFlags, Optional.empty())) {
                return new JobView(world, jobs).ended(work.run(id), isJson);
            }
        }
    }

    @Command(name = "work", description = "Work on jobs as they come, until Ctrl-C; several processes may share one database.",
            footer = {"  longhand jobs work", "  longhand jobs work --once", "  longhand jobs work --workers 2"})
    static final class WorkCommand extends OnJobs {
        private static final long LOOK_NANOS = 200_000_000L;

        @Option(names = "--once", description = "End when no job is left that could run.")
        private boolean isOnce;

        @Option(names = "--workers", paramLabel = "N", defaultValue = "1", description = "Jobs at one time (default: 1).")
        private int workers;

        @Mixin
        private ModelFlags modelFlags;

        WorkCommand(World world) {
            super(world);
        }

        @Override
        int run(Books books, Jobs jobs) throws Problem {
            if (workers < 1 || workers > dev.longhand.jobs.RunnerSetting.WORKERS_HARD_MAX) {
                throw new Problem(Problem.Kind.USAGE, "--workers is %d; it must lie in [1, %d]".formatted(workers,
                        dev.longhand.jobs.RunnerSetting.WORKERS_HARD_MAX));
            }
            jobs.letGoOfTheDead();
            try (JobWork work = new JobWork(world, books, jobs, modelFlags, Optional.of(workers))) {
                if (isOnce) {
                    long attempts = work.untilIdle();
                    report(jobs, attempts);
                    return ExitCodes.OK;
                }
                world.note("working on jobs; Ctrl-C ends, and what runs then goes back to the queue at its next checkpoint");
                work.start();
                follow(work);
                report(jobs, work.attempts());
                return ExitCodes.OK;
            }
        }

        private void follow(JobWork work) throws Problem {
            world.interrupts().wakes(Thread.currentThread());
            try {
                while (!world.interrupts().isCancelled()) {
                    work.showTrouble();
                    world.clock().sleep(LOOK_NANOS);
                }
            } catch (InterruptedException e) {
                // By the Ctrl-C.
            } finally {
                world.interrupts().wakes(null);
            }
        }

        private void report(Jobs jobs, long attempts) throws Problem {
            Map<State, Long> counts = jobs.counts();
            if (isJson) {
                Json.print(world.out(), Json.object("attempts", attempts, "states", JobView.names(counts)));
            } else {
                world.out().println(Units.count(attempts) + (attempts == 1 ? " attempt; " : " attempts; ")
                        + JobView.counts(counts));
            }
        }
    }
}
