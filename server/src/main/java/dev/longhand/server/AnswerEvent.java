package dev.longhand.server;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.jobs.JobContext;
import dev.longhand.jobs.Step;
import dev.longhand.lm.Usage;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An event of a kept answer. All but the first are recorded steps of its job, so what a client was told is durable: event n is step
 * n - 2; the first follows from the order. Beside what clients get, a step keeps what the answer goes on from after a cut.
 *
 * @param kind   {@code found}, {@code reading}, {@code text}, ...: the step's name
 * @param data   what clients get
 * @param tokens of the model, all since the event before
 * @param used   what the call that runs had used then
 * @param prompt what a desk prepared, see {@link dev.longhand.desk.Ask#keep}
 */
record AnswerEvent(String kind, ObjectNode data, List<Integer> tokens, Optional<Usage> used, Optional<byte[]> prompt) {
    static final String DONE = "done";
    static final String ERROR = "error";
    static final String FOUND = "found";
    static final String TEXT = "text";
    static final String REASONING = "reasoning";
    /** Events before that of step 0, and one because they count from 1. */
    static final int BEFORE_STEPS = 2;
    private static final Sha256 NO_INPUT = Sha256.of("");

    AnswerEvent {
        tokens = List.copyOf(tokens);
    }

    static AnswerEvent of(String kind, ObjectNode data) {
        return new AnswerEvent(kind, data, List.of(), Optional.empty(), Optional.empty());
    }

    /** Whether no event follows it. */
    boolean isEnd() {
        return isEnd(kind);
    }

    static boolean isEnd(String kind) {
        return kind.equals(DONE) || kind.equals(ERROR);
    }

    JobContext.DoneStep step() {
        ObjectNode node = Json.object();
        node.set("data", data);
        if (!tokens.isEmpty()) {
            ArrayNode ids = node.putArray("tokens");
            tokens.forEach(ids::add);
        }
        if (used.isPresent()) {
            Usage u = used.get();
            node.putArray("used").add(u.readTokens()).add(u.cachedTokens()).add(u.answeredTokens()).add(u.reasoningTokens())
                    .add(u.cpuMicros()).add(u.kvByteSeconds());
        }
        prompt.ifPresent(p -> node.put("prompt", Base64.getEncoder().encodeToString(p)));
        return new JobContext.DoneStep(kind, NO_INPUT, JsonMapper.shared().writeValueAsBytes(node));
    }

    static AnswerEvent of(Step step) throws Problem {
        try {
            JsonNode node = JsonMapper.shared().readTree(step.result().orElseThrow());
            List<Integer> tokens = new ArrayList<>();
            node.path("tokens").forEach(id -> tokens.add(id.intValue()));
            JsonNode u = node.path("used");
            Optional<Usage> used = u.isEmpty() ? Optional.empty() : Optional.of(new Usage(u.get(0).intValue(), u.get(1).intValue(),
                    u.get(2).intValue(), u.get(3).intValue(), 0, 0, 0, u.get(4).longValue(), u.get(5).longValue()));
            Optional<byte[]> prompt = node.has("prompt")
                    ? Optional.of(Base64.getDecoder().decode(node.get("prompt").stringValue())) : Optional.empty();
            return new AnswerEvent(step.name(), (ObjectNode) node.get("data"), tokens, used, prompt);
        } catch (JacksonException | IllegalArgumentException | ClassCastException e) {
            throw new Problem(Problem.Kind.MALFORMED, "event %d of answer %s is damaged: %s; ask again".formatted(step.number()
                    + BEFORE_STEPS, step.job(), e.getMessage()), e);
        }
    }
}
