package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.Jobs;
import dev.longhand.ledger.Key;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code /v1/answers}: answers that go on without their clients, and are read as often as wanted. A reader is told what is
 * durable, from the database and at its own pace: a slow one holds neither the model nor others.
 */
final class AnswerRoutes {
    private static final int LISTED_MAX = 100;
    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_-]{1,64}");
    /** How often a reader that waits looks by itself: at its client, and for ends that nobody told it. */
    private static final long LOOK_MILLIS = 100;

    private final KeptAnswers answers;
    private final AnswerRequest requests;
    private final Jobs jobs;
    private final AnswerLog log;
    private final Clock clock;
    private final Limits limits;

    AnswerRoutes(KeptAnswers answers, AnswerRequest requests, Jobs jobs, Clock clock, Limits limits) {
        this.answers = answers;
        this.requests = requests;
        this.jobs = jobs;
        this.log = new AnswerLog(jobs);
        this.clock = clock;
        this.limits = limits;
    }

    List<Route> routes() {
        return List.of(Route.of("POST", "/v1/answers", Key.Role.USER, Shape.OPENAI, this::ask),
                Route.of("GET", "/v1/answers", Key.Role.READ_ONLY, Shape.OPENAI, this::list),
                Route.of("GET", "/v1/answers/{id}", Key.Role.READ_ONLY, Shape.OPENAI, this::show),
                Route.of("DELETE", "/v1/answers/{id}", Key.Role.USER, Shape.OPENAI, this::delete));
    }

    private void ask(Call call) throws Refusal, Problem, IOException {
        Fields fields = call.fields();
        Optional<String> key = call.header("Idempotency-Key");
        if (key.isPresent() && !KEY.matcher(key.get()).matches()) {
            throw Refusal.of(400, "invalid_value", "Idempotency-Key has 1 to 64 letters, digits, hyphens and underscores");
        }
        boolean isStream = fields.flag("stream", false);
        String digest = AnswerRequest.digest(fields.node());
        KeptAnswer answer = answers.ask(call.caller(), key, digest, () -> requests.read(call.caller(), fields, digest));
        call.setHeader("Location", "/v1/answers/" + answer.id());
        if (isStream) {
            stream(call, answer, 0);
            return;
        }
        ObjectNode whole = log.whole(answer.id());
        call.reply(whole.get("state").stringValue().equals("running") ? 202 : 200, whole);
    }

    private void list(Call call) throws Problem, IOException {
        ObjectNode reply = Json.object();
        ArrayNode data = reply.putArray("data");
        for (KeptAnswer each : answers.newest(call.caller(), LISTED_MAX)) {
            try {
                data.add(log.shown(jobs.job(each.id())));
            } catch (Problem e) {
                if (e.kind() != Problem.Kind.NOT_FOUND) { // else it was forgotten meanwhile
                    throw e;
                }
            }
        }
        call.reply(200, reply);
    }

    private void show(Call call) throws Refusal, Problem, IOException {
        KeptAnswer answer = answers.find(call.caller(), call.name("id"));
        if (!call.header("Accept").orElse("").contains("text/event-stream")) {
            call.reply(200, log.whole(answer.id()));
            return;
        }
        long after = after(call);
        Job job = jobs.job(answer.id());
        long last = log.last(job);
        if (after > last) {
            throw Refusal.of(400, "invalid_value", "the answer has no event %d; its last one is %d".formatted(after, last));
        }
        if (after == last && !AnswerLog.word(job, log.lastKind(job)).equals("running")) {
            call.reply(204, "text/event-stream", ""); // has an EventSource come no more
            return;
        }
        stream(call, answer, after);
    }

    private static long after(Call call) throws Refusal {
        String after = call.header("Last-Event-ID").or(() -> call.query("after")).orElse("0");
        if (!after.matches("[0-9]{1,9}")) {
            throw Refusal.of(400, "invalid_value", "Last-Event-ID, or after, is the number of an event, not \"%s\"".formatted(
                    DeskNames.cut(after)));
        }
        return Long.parseLong(after);
    }

    /** Tells the events after that one, and those that come, to the last. */
    private void stream(Call call, KeptAnswer answer, long after) throws Refusal, Problem, IOException {
        try (KeptAnswers.Reading place = answers.read(answer)) {
            EventStream out = call.stream();
            long told = after;
            long toldAt = clock.nanos();
            boolean isEnd = false;
            while (!isEnd) {
                long seen = answer.rings();
                List<AnswerLog.Numbered> events = events(answer, told);
                for (AnswerLog.Numbered each : events) {
                    out.event(each.id(), each.event().kind(), each.event().data());
                    told = each.id();
                    isEnd = each.event().isEnd();
                    toldAt = clock.nanos();
                }
                if (events.isEmpty()) {
                    toldAt = idle(call, out, toldAt);
                    if (answer.await(seen, LOOK_MILLIS)) {
                        throw new IOException("interrupted while a client read an answer");
                    }
                }
            }
            out.end();
        }
    }

    /** Of one that is forgotten, the end. */
    private List<AnswerLog.Numbered> events(KeptAnswer answer, long after) throws Problem {
        AnswerLog.Numbered end = new AnswerLog.Numbered(after + 1, AnswerEvent.of(AnswerEvent.ERROR,
                AnswerLog.error("the answer was cancelled and is forgotten", "cancelled", 499)));
        if (answer.isForgotten()) {
            return List.of(end);
        }
        try {
            return log.after(answer.id(), after);
        } catch (Problem e) {
            if (e.kind() != Problem.Kind.NOT_FOUND) {
                throw e;
            }
            return List.of(end);
        }
    }

    private long idle(Call call, EventStream out, long toldAt) throws IOException {
        if (call.isGone()) {
            throw new IOException("the client left");
        }
        if (clock.nanos() - toldAt < limits.pingEvery().toNanos()) {
            return toldAt;
        }
        out.ping();
        return clock.nanos();
    }

    private void delete(Call call) throws Refusal, Problem, IOException {
        KeptAnswer answer = answers.find(call.caller(), call.name("id"));
        answers.forget(answer);
        call.reply(200, Json.object().put("id", answer.id()).put("deleted", true));
    }
}
