package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Charges;
import dev.longhand.ledger.Meters;
import dev.longhand.ledger.Unit;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.ModelInfo;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * With a model of the server: each turn is a request with all that was said, of which the server has what it read before. Used by
 * one thread.
 */
final class ServedTalk implements Talk {
    private final ServerFlags.Use use;
    private final Set<String> warnings = new LinkedHashSet<>();
    private Charges charges = new Charges(0, Unit.EUR, Meters.tokens(0, 0, 0), 0);

    ServedTalk(ServerFlags.Use use) {
        this.use = use;
    }

    @Override
    public ModelInfo info() {
        return use.served().info();
    }

    @Override
    public Prompt prompt(List<Message> conversation) throws Problem {
        List<Map<String, Object>> turns = new ArrayList<>();
        for (Message each : conversation) {
            if (each.role() != Message.Role.SYSTEM) {
                turns.add(turn(each));
            }
        }
        Map<String, Object> count = Json.object("model", use.served().id(), "messages", turns);
        conversation.stream().filter(m -> m.role() == Message.Role.SYSTEM).findFirst()
                .ifPresent(m -> count.put("system", m.text()));
        int tokens = use.server().post("/v1/messages/count_tokens", count, () -> false).path("input_tokens").asInt();
        return new Request("/v1/chat/completions", tokens,
                Json.object("messages", conversation.stream().map(ServedTalk::turn).toList()));
    }

    private static Map<String, Object> turn(Message message) {
        return Json.object("role", message.role().templateName(), "content", message.text());
    }

    @Override
    public Prompt prompt(String text) throws Problem {
        Map<String, Object> wanted = Json.object("model", use.served().id(), "content", text, "add_special", true);
        JsonNode tokens = use.server().post("/tokenize", wanted, () -> false).path("tokens");
        return new Request("/v1/completions", tokens.size(), Json.object("prompt", tokens));
    }

    /** @param body what is answered */
    private final class Request implements Prompt {
        private final String path;
        private final int tokens;
        private final Map<String, Object> body;
        private final StringBuilder text = new StringBuilder();
        private Answer.Stop stop = Answer.Stop.CANCELLED;
        private Usage usage = Usage.NONE;

        Request(String path, int tokens, Map<String, Object> body) {
            this.path = path;
            this.tokens = tokens;
            this.body = body;
        }

        @Override
        public int tokens() {
            return tokens;
        }

        @Override
        public Answer answer(GenerationSpec spec, Sink sink) throws Problem {
            body.putAll(Json.object("model", use.served().id(), "max_tokens", spec.tokensMax(), "stream", true,
                    "stream_options", Json.object("include_usage", true)));
            body.putAll(ServedAsk.sampling(spec.sampling()));
            spec.constraint().flatMap(ServedTalk::form).ifPresent(body::putAll);
            if (spec.reasoningTokensMax() != Integer.MAX_VALUE) {
                body.put("thinking_token_budget", spec.reasoningTokensMax());
            }
            try {
                use.server().stream(path, body, sink::isCancelled, (kind, data) -> take(data, sink));
            } catch (Problem e) {
                if (e.kind() != Problem.Kind.CANCELLED) {
                    throw e;
                }
            }
            return new Answer(text.toString(), new int[0], stop, usage);
        }

        private boolean take(JsonNode data, Sink sink) {
            JsonNode choice = data.path("choices").path(0);
            JsonNode delta = choice.has("delta") ? choice.path("delta") : choice;
            String thought = delta.path("reasoning_content").asString("");
            String piece = delta.path("content").asString(delta.path("text").asString(""));
            if (!thought.isEmpty()) {
                sink.reasoning(thought);
            }
            if (!piece.isEmpty()) {
                text.append(piece);
                sink.text(piece);
            }
            String finish = choice.path("finish_reason").asString("");
            stop = finish.isEmpty() ? stop : finish.equals("length") ? Answer.Stop.LENGTH : Answer.Stop.END;
            boolean isLast = data.has("timings");
            if (isLast) {
                usage = ServedAsk.usage(data.path("timings"));
                booked(data.path("longhand"));
            }
            return isLast;
        }
    }

    /** Whether a server can be asked so: it takes less than a command does. */
    static boolean isPossible(Sampling sampling, Optional<Constraint> form) {
        return sampling.temperature() <= ServedAsk.TEMPERATURE_MAX && sampling.repeatPenalty() >= ServedAsk.REPEAT_PENALTY_MIN
                && (form.isEmpty() || form(form.get()).isPresent());
    }

    /** The fields that ask for it; empty where there are none. */
    private static Optional<Map<String, Object>> form(Constraint constraint) {
        if (constraint instanceof Constraint.Gbnf gbnf) {
            return Optional.of(Json.object("grammar", gbnf.grammar()));
        }
        try {
            JsonNode schema = constraint instanceof Constraint.JsonSchema json
                    ? Json.read(json.schema().getBytes(StandardCharsets.UTF_8)) : Json.missing();
            return schema.isObject() ? Optional.of(Json.object("response_format", Json.object("type", "json_schema", "json_schema",
                    Json.object("name", "form", "schema", schema)))) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty(); // what is wrong with it is said where it is used
        }
    }

    private void booked(JsonNode longhand) {
        Charges call = ServedAsk.charges(longhand.path("cost"));
        charges = new Charges(charges.amount() + call.amount(), call.unit(), charges.meters().plus(call.meters()),
                charges.calls() + 1);
        longhand.path("warnings").valueStream().map(JsonNode::asString).forEach(warnings::add);
    }

    @Override
    public Charges charges() {
        return charges;
    }

    @Override
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    @Override
    public void wake(Thread answering) {
        answering.interrupt();
    }

    @Override
    public void close() {
        use.close();
    }
}
