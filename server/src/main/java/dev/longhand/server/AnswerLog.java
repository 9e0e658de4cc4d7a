package dev.longhand.server;

import dev.longhand.base.Problem;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.State;
import dev.longhand.jobs.Step;
import dev.longhand.ledger.Times;
import dev.longhand.lm.Usage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Reads what is durable of kept answers. Thread-safe. */
final class AnswerLog {
    private static final int PAGE_ROWS = 200;

    private final Jobs jobs;

    AnswerLog(Jobs jobs) {
        this.jobs = jobs;
    }

    /** An event with its number. */
    record Numbered(long id, AnswerEvent event) {}

    /** Where an answer's job stands, in the words of clients. */
    static String word(Job job, Optional<String> lastKind) {
        if (job.state() == State.DONE || lastKind.equals(Optional.of(AnswerEvent.DONE))) {
            return "done";
        }
        if (job.state() == State.FAILED || lastKind.equals(Optional.of(AnswerEvent.ERROR))) {
            return "failed";
        }
        return job.state() == State.CANCELLED || job.status().isCancelling() ? "cancelled" : "running";
    }

    /** Events after the one with that number, a page of them; none if nothing more is there yet. */
    List<Numbered> after(String id, long event) throws Problem {
        Job job = jobs.job(id); // before the steps: what ended by then has all of them
        List<Numbered> found = new ArrayList<>();
        if (event < 1) {
            found.add(new Numbered(1, first(job, AnswerOrder.of(jobs.input(id)))));
        }
        for (Step each : jobs.steps(id, Math.max(event, 1) - AnswerEvent.BEFORE_STEPS, PAGE_ROWS)) {
            found.add(new Numbered(each.number() + AnswerEvent.BEFORE_STEPS, AnswerEvent.of(each)));
        }
        long last = job.steps() + AnswerEvent.BEFORE_STEPS - 1;
        boolean isAll = found.isEmpty() ? event >= last : found.getLast().id() == last;
        if (isAll && event <= last && job.state().isEnd() && !endsItself(job)) {
            found.add(new Numbered(last + 1, AnswerEvent.of(AnswerEvent.ERROR, error(job))));
        }
        return found;
    }

    /** Whether its last step is the last event; a job that was cancelled, or given up, ends without. */
    private boolean endsItself(Job job) throws Problem {
        return lastKind(job).filter(AnswerEvent::isEnd).isPresent();
    }

    /** The kind of its last recorded event. */
    Optional<String> lastKind(Job job) throws Problem {
        return job.steps() == 0 ? Optional.empty() : jobs.steps(job.id(), job.steps() - 2, 1).stream().map(Step::name).findFirst();
    }

    /** The number of the last event; of one that runs, so far. */
    long last(Job job) throws Problem {
        long steps = job.steps() + AnswerEvent.BEFORE_STEPS - 1;
        return job.state().isEnd() && !endsItself(job) ? steps + 1 : steps;
    }

    private static ObjectNode error(Job job) {
        boolean isCancelled = job.state() == State.CANCELLED;
        return isCancelled ? error("the answer was cancelled", "cancelled", 499) : error(job.status().failure(), "failed", 500);
    }

    static ObjectNode error(String message, String code, int status) {
        return Json.object().put("message", message).put("code", code).put("status", status);
    }

    private static AnswerEvent first(Job job, AnswerOrder order) {
        return AnswerEvent.of("answer", head(job, order));
    }

    private static ObjectNode head(Job job, AnswerOrder order) {
        ObjectNode head = Json.object();
        head.put("id", job.id());
        head.put("model", order.model());
        head.put("desk", order.desk().orElse(null));
        head.put("question", order.question());
        head.put("created", Times.instant(job.createdMicros()).toString());
        return head;
    }

    /** As a list has it: without what was answered. */
    ObjectNode shown(Job job) throws Problem {
        ObjectNode shown = head(job, AnswerOrder.of(jobs.input(job.id())));
        shown.put("state", word(job, lastKind(job)));
        shown.put("lastEvent", last(job));
        return shown;
    }

    /** With all that is there of it. */
    ObjectNode whole(String id) throws Problem {
        Job job = jobs.job(id);
        ObjectNode whole = shown(job);
        Written written = written(id);
        whole.put("answer", written.text);
        if (!written.reasoning.isEmpty()) {
            whole.put("reasoning", written.reasoning);
        }
        whole.set("result", written.result.orElse(null));
        whole.set("error", written.error.or(() -> job.state() == State.FAILED || job.state() == State.CANCELLED
                ? Optional.of(error(job)) : Optional.empty()).orElse(null));
        return whole;
    }

    /**
     * What is there of an answer.
     *
     * @param tokens in order
     * @param used   by attempt, of the call that ran last
     * @param prompt that a desk prepared
     * @param count  events of each kind
     */
    record Written(List<Integer> tokens, String text, String reasoning, Map<Long, Usage> used, Optional<byte[]> prompt,
            Optional<ObjectNode> result, Optional<ObjectNode> error, Map<String, Integer> count) {}

    Written written(String id) throws Problem {
        List<Integer> tokens = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        StringBuilder reasoning = new StringBuilder();
        Map<Long, Usage> used = new HashMap<>();
        Map<String, Integer> count = new HashMap<>();
        Map<String, AnswerEvent> last = new HashMap<>();
        long after = -1;
        for (List<Step> page; !(page = jobs.steps(id, after, PAGE_ROWS)).isEmpty(); after = page.getLast().number()) {
            for (Step step : page) {
                AnswerEvent each = AnswerEvent.of(step);
                tokens.addAll(each.tokens());
                text.append(each.kind().equals(AnswerEvent.TEXT) ? each.data().get("text").stringValue() : "");
                reasoning.append(each.kind().equals(AnswerEvent.REASONING) ? each.data().get("text").stringValue() : "");
                each.used().ifPresent(u -> used.put(step.token(), u));
                count.merge(each.kind(), 1, Integer::sum);
                last.put(each.kind(), each);
            }
        }
        return new Written(tokens, text.toString(), reasoning.toString(), used,
                Optional.ofNullable(last.get(AnswerEvent.FOUND)).flatMap(AnswerEvent::prompt),
                Optional.ofNullable(last.get(AnswerEvent.DONE)).map(AnswerEvent::data),
                Optional.ofNullable(last.get(AnswerEvent.ERROR)).map(AnswerEvent::data), count);
    }
}
