package dev.longhand.server;

import dev.longhand.base.Problem;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.State;
import dev.longhand.ledger.Key;
import dev.longhand.ledger.Times;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code /v1/jobs}: a team sees the jobs that read its desks and make its answers;
 * who has no team sees those of desks and askers without one and all other jobs.
 */
final class JobRoutes {
    private static final int SHOWN_MAX = 500;
    private static final int PAGE_ROWS = 500;

    private final Jobs jobs;
    private final DeskReads reads;

    JobRoutes(Jobs jobs, DeskReads reads) {
        this.jobs = jobs;
        this.reads = reads;
    }

    List<Route> routes() {
        return List.of(Route.of("GET", "/v1/jobs", Key.Role.READ_ONLY, Shape.OPENAI, this::list),
                Route.of("GET", "/v1/jobs/{job}", Key.Role.READ_ONLY, Shape.OPENAI, this::show),
                Route.of("POST", "/v1/jobs/{job}/cancel", Key.Role.USER, Shape.OPENAI, this::cancel),
                Route.of("POST", "/v1/jobs/{job}/resume", Key.Role.USER, Shape.OPENAI, this::resume));
    }

    private void list(Call call) throws Problem, IOException {
        Optional<String> state = call.query("state");
        EnumSet<State> states = state.isPresent() ? EnumSet.of(State.parse(state.get())) : EnumSet.allOf(State.class);
        ObjectNode reply = Json.object();
        ArrayNode data = reply.putArray("data");
        long before = Long.MAX_VALUE;
        for (List<Job> page; data.size() < SHOWN_MAX && !(page = jobs.newest(states, before, PAGE_ROWS)).isEmpty(); ) {
            for (Job each : page) {
                if (data.size() < SHOWN_MAX && isOf(call.caller(), each)) {
                    data.add(json(each));
                }
            }
            before = page.getLast().createdMicros();
        }
        call.reply(200, reply);
    }

    private boolean isOf(Caller caller, Job job) throws Problem {
        if (job.kind().equals(AnswerOrder.KIND)) {
            return AnswerOrder.team(jobs.input(job.id())).orElse("").equals(caller.team());
        }
        Optional<String> desk = reads.deskOf(job);
        return desk.isEmpty() ? caller.team().isEmpty() : DeskNames.shown(caller, desk.get()).isPresent();
    }

    /** One that is not there and one of others get the same words: ids cannot be probed. */
    private Job find(Call call) throws Problem, Refusal {
        try {
            Job job = jobs.job(call.name("job"));
            if (isOf(call.caller(), job)) {
                return job;
            }
        } catch (Problem e) {
            if (e.kind() != Problem.Kind.NOT_FOUND) {
                throw e;
            }
        }
        throw Refusal.notFound("there is no job " + DeskNames.cut(call.name("job")));
    }

    private void show(Call call) throws Problem, Refusal, IOException {
        call.reply(200, json(find(call)));
    }

    private void cancel(Call call) throws Problem, Refusal, IOException {
        call.reply(200, json(jobs.cancel(find(call).id())));
    }

    private void resume(Call call) throws Problem, Refusal, IOException {
        Job job = find(call);
        if (AnswerJobs.isOne(job)) {
            throw Refusal.of(409, job.state().isEnd() ? "ended" : "conflict", AnswerJobs.whyNotResumed(job));
        }
        call.reply(200, json(jobs.resume(job.id(), 0)));
    }

    static ObjectNode json(Job job) {
        ObjectNode node = Json.object();
        node.put("id", job.id());
        node.put("kind", job.kind());
        node.put("state", job.state().name().toLowerCase(Locale.ROOT));
        node.put("isStopping", job.status().isCancelling());
        node.put("attempts", job.status().attempts());
        node.put("failure", job.status().failure());
        node.put("steps", job.steps());
        ObjectNode progress = node.putObject("progress");
        progress.put("done", job.progress().done());
        progress.put("total", job.progress().total());
        progress.put("unit", job.progress().unit());
        progress.put("note", job.progress().note());
        node.put("created", Times.instant(job.createdMicros()).toString());
        node.put("updated", Times.instant(job.updatedMicros()).toString());
        return node;
    }
}
