package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.JobHandler;
import dev.longhand.jobs.JobSpec;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.Runner;
import dev.longhand.jobs.RunnerName;
import dev.longhand.jobs.State;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A job that a command runs itself while somebody waits: goes on with the open one of the same order, or begins a new one. Where a
 * server of the data directory is faster and takes the new one, it is followed to its end there.
 */
final class ForegroundJob {
    private static final long LOOK_NANOS = 200_000_000L;

    private final World world;
    private final Jobs jobs;
    private final Runner runner;
    private final Consumer<String> begins;

    /** @param begins told a line before a job runs */
    ForegroundJob(World world, Jobs jobs, Runner runner, Consumer<String> begins) {
        this.world = world;
        this.jobs = jobs;
        this.runner = runner;
        this.begins = begins;
    }

    /** @param what for whoever is told that another process does it: {@code "desk papers is being read"} */
    Job run(Optional<Job> open, JobSpec spec, String what) throws Problem {
        if (open.isPresent()) {
            Job job = open.get();
            begins.accept("going on with job " + job.id());
            if (runner.run(job.id())) {
                return job;
            }
            Job now = jobs.job(job.id());
            if (now.state() == State.RUNNING) {
                throw new Problem(Problem.Kind.BUSY, ("%s by %s; wait for it to end (longhand jobs watch %s), then run the "
                        + "command again").formatted(what, RunnerName.shown(now.status().owner()), job.id()));
            }
            jobs.cancel(job.id()); // it waits for another try after a failure; whoever asks now does not wait
        }
        Job job = jobs.submit(spec);
        begins.accept("job " + job.id());
        if (!runner.run(job.id())) {
            follow(job.id());
        }
        return job;
    }

    /** Waits while another process runs it; a Ctrl-C ends the waiting only. */
    private void follow(String id) throws Problem {
        StatusLine status = new StatusLine(world);
        world.interrupts().wakes(Thread.currentThread());
        try {
            for (Job now = jobs.job(id); now.state() == State.RUNNING; now = jobs.job(id)) {
                status.show("the server reads: " + now.progress().note());
                world.clock().sleep(LOOK_NANOS);
            }
        } catch (InterruptedException e) {
            throw new Problem(Problem.Kind.CANCELLED, "stopped waiting; job " + id + " goes on in the server", e);
        } finally {
            world.interrupts().wakes(null);
            status.clear();
        }
    }

    /** The handler, whose failure is told to {@code failed} too. */
    static JobHandler watched(JobHandler job, Consumer<Problem> failed) {
        return (context, input) -> {
            try {
                return job.run(context, input);
            } catch (Problem e) {
                failed.accept(e);
                throw e;
            }
        };
    }
}
