package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.jobs.GenerateJob;
import dev.longhand.jobs.Generated;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.Progress;
import dev.longhand.jobs.RunnerName;
import dev.longhand.jobs.State;
import dev.longhand.jobs.Step;
import dev.longhand.ledger.Times;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What people and scripts see of a job. */
final class JobView {
    private static final int STEPS_SHOWN = 10;
    private static final int PAGE = 500;

    private final World world;
    private final Jobs jobs;

    JobView(World world, Jobs jobs) {
        this.world = world;
        this.jobs = jobs;
    }

    static String state(Job job) {
        String name = job.state().name().toLowerCase(Locale.ROOT);
        return job.status().isCancelling() ? name + ", stopping" : name;
    }

    /** {@code "128 of 512 tokens"}; empty before anything is counted. */
    static String progress(Job job) {
        Progress p = job.progress();
        if (p.done() == 0 && p.total() == 0) {
            return "";
        }
        return Units.count(p.done()) + (p.total() > 0 ? " of " + Units.count(p.total()) : "") + " " + p.unit();
    }

    static String time(long micros) {
        return micros == 0 ? "" : Times.instant(micros).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    static String counts(Map<State, Long> counts) {
        return names(counts).entrySet().stream().map(e -> Units.count(e.getValue()) + " " + e.getKey())
                .collect(Collectors.joining(", "));
    }

    static Map<String, Long> names(Map<State, Long> counts) {
        Map<String, Long> names = new TreeMap<>();
        counts.forEach((state, count) -> names.put(state.name().toLowerCase(Locale.ROOT), count));
        return names;
    }

    static Map<String, Object> json(Job job) {
        return Json.object("id", job.id(), "kind", job.kind(), "state", job.state().name().toLowerCase(Locale.ROOT),
                "isStopping", job.status().isCancelling(), "priority", job.priority(), "attempts", job.status().attempts(),
                "owner", job.status().owner(), "failure", job.status().failure(), "parent", job.parent(), "steps", job.steps(),
                "progress", Json.object("done", job.progress().done(), "total", job.progress().total(), "unit",
                        job.progress().unit(), "note", job.progress().note()),
                "budget", job.budget(), "created", time(job.createdMicros()), "updated", time(job.updatedMicros()));
    }

    void show(Job job, boolean wantsAll, boolean isJson) throws Problem {
        List<Step> steps = steps(job.id());
        if (isJson) {
            Map<String, Object> report = json(job);
            report.put("recorded", steps.stream().map(s -> Json.object("number", s.number(), "name", s.name(), "isDone", s.isDone(),
                    "cost", s.cost())).toList());
            report.put("result", job.state() == State.DONE ? result(job) : null);
            Json.print(world.out(), report);
            return;
        }
        world.out().println(job.id() + ": " + job.kind() + ", " + state(job));
        line("progress", (progress(job) + " " + job.progress().note()).strip());
        line("attempts", Units.count(job.status().attempts()));
        line("runs in", job.state() == State.RUNNING ? RunnerName.shown(job.status().owner()) : "");
        line("failure", job.status().failure());
        line("part of", job.parent());
        line("budget", job.funding().map(f -> f.unit().show(job.budget()) + " of " + f.payer()).orElse(""));
        line("created", time(job.createdMicros()));
        line("changed", time(job.updatedMicros()));
        int from = wantsAll ? 0 : Math.max(0, steps.size() - STEPS_SHOWN);
        if (from > 0) {
            world.out().println("  " + Units.count(from) + " earlier steps are not shown; --all shows them");
        }
        steps.subList(from, steps.size()).forEach(s -> world.out().println(Style.safe("  step %d %s%s".formatted(s.number(),
                s.name(), s.isDone() ? "" : " (not done)"))));
        if (job.state() == State.DONE) {
            world.out().println();
            world.out().println(Style.safe(result(job)));
        }
    }

    private void line(String name, String value) {
        if (!value.isEmpty()) {
            world.out().println(Style.safe("  %-9s %s".formatted(name, value)));
        }
    }

    private List<Step> steps(String id) throws Problem {
        List<Step> steps = new ArrayList<>();
        for (List<Step> page; !(page = jobs.steps(id, steps.isEmpty() ? -1 : steps.getLast().number(), PAGE)).isEmpty(); ) {
            steps.addAll(page);
        }
        return steps;
    }

    /** The answer's text, or what the reading came to. */
    private String result(Job job) throws Problem {
        byte[] bytes = jobs.result(job.id()).orElse(new byte[0]);
        return job.kind().equals(GenerateJob.KIND) ? Generated.of(bytes).text() : new String(bytes, StandardCharsets.UTF_8);
    }

    /** Prints what became of it; its exit code. */
    int ended(Job job, boolean isJson) throws Problem {
        if (job.state() == State.DONE) {
            if (isJson) {
                show(job, true, true);
            } else {
                world.out().println(Style.safe(result(job)));
            }
            return ExitCodes.OK;
        }
        Problem.Kind kind = job.state() == State.CANCELLED ? Problem.Kind.CANCELLED : Problem.Kind.UNAVAILABLE;
        String why = job.status().failure().isEmpty() ? "" : ": " + job.status().failure();
        String what = job.state().isEnd() ? "" : "; it goes on with: longhand jobs resume " + job.id();
        throw new Problem(kind, "job " + job.id() + " is " + state(job) + why + what);
    }
}
