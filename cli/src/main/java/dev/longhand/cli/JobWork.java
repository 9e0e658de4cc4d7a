package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.desk.ReadJob;
import dev.longhand.desk.ReadListener;
import dev.longhand.desk.RememberJob;
import dev.longhand.desk.RememberListener;
import dev.longhand.jobs.GenerateJob;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.Runner;
import dev.longhand.jobs.RunnerName;
import dev.longhand.jobs.RunnerSetting;
import dev.longhand.ledger.Books;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Sink;
import dev.longhand.memory.SegmentFolder;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Jobs of every kind, worked on in this process. Models are loaded when a job first needs them and kept to the end. A Ctrl-C asks
 * what runs to stop at its next checkpoint; it goes back to the queue.
 */
final class JobWork implements AutoCloseable {
    private final World world;
    private final Jobs jobs;
    private final Config config;
    private final ModelFlags flags;
    private final Map<String, Loading> loaded = new HashMap<>(); // with the lock
    private final Runner runner;
    private String troubleShown = "";

    /** @param workers threads for {@link #start}; empty where jobs run in the caller's thread */
    JobWork(World world, Books books, Jobs jobs, ModelFlags flags, Optional<Integer> workers) throws Problem {
        this.world = world;
        this.jobs = jobs;
        this.config = Config.read(world);
        this.flags = flags;
        ReadJob read = new ReadJob(DeskCommand.desks(world), books, id -> noting(id));
        GenerateJob generate = new GenerateJob(name -> model(name, false), books, id -> Sink.SILENT);
        RememberJob remember = new RememberJob(DeskCommand.desks(world), name -> model(name, true), books,
                (folder, wanted) -> SegmentFolder.keepOnly(folder, wanted, world.clock()), id -> remembering(id), world.clock());
        RunnerSetting setting = RunnerSetting.of(RunnerName.own(), workers.orElse(1), world.clock().nanos());
        this.runner = new Runner(jobs, Map.of(ReadJob.KIND, read, GenerateJob.KIND, generate, RememberJob.KIND, remember), setting,
                world.clock());
        world.interrupts().onInterrupt(() -> Thread.ofPlatform().name("longhand-stop").start(this::stop));
    }

    private void stop() {
        world.interrupts().onInterrupt(null);
        world.interrupts().interrupt();
        runner.close();
    }

    private ReadListener noting(String id) {
        return new ReadListener() {
            @Override
            public void note(String line) {
                world.note(Style.safe(id + ": " + line));
            }
        };
    }

    private RememberListener remembering(String id) {
        return new RememberListener() {
            @Override
            public void note(String line) {
                world.note(Style.safe(id + ": " + line));
            }
        };
    }

    /** An answer goes on with keys and values as they were begun with; documents are kept in their own way. */
    private synchronized LanguageModel model(String name, boolean isForDesk) throws Problem {
        String key = (isForDesk ? "desk " : "") + name;
        Loading known = loaded.get(key);
        if (known == null) {
            ModelFlags named = flags.naming(name);
            known = isForDesk ? Loading.startForDesk(world, named, config) : Loading.start(world, named, config);
            loaded.put(key, known);
        }
        return known.forJobs().model(name);
    }

    /** Runs one job here; as it stands then. */
    Job run(String id) throws Problem {
        if (!runner.run(id)) {
            Job now = jobs.job(id);
            throw new Problem(Problem.Kind.BUSY, "job %s is %s%s; nothing was done".formatted(id, JobView.state(now),
                    now.status().owner().isEmpty() ? "" : " in " + RunnerName.shown(now.status().owner())));
        }
        return jobs.job(id);
    }

    long untilIdle() throws Problem {
        return runner.runUntilIdle();
    }

    void start() {
        runner.start();
    }

    long attempts() {
        return runner.attempts();
    }

    /** Says once what the database refuses. */
    void showTrouble() {
        String now = runner.trouble().map(Problem::getMessage).orElse("");
        if (!now.equals(troubleShown) && !now.isEmpty()) {
            world.note(Style.safe(now));
        }
        troubleShown = now;
    }

    @Override
    public void close() {
        world.interrupts().onInterrupt(null);
        runner.close();
        loaded.values().forEach(Loading::close);
    }
}
