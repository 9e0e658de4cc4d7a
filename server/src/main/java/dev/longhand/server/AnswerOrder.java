package dev.longhand.server;

import dev.longhand.base.Problem;
import dev.longhand.desk.AskSpec;
import dev.longhand.desk.Recall;
import dev.longhand.jobs.Generation;
import dev.longhand.ledger.Key;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.SequenceSpec;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The input of a job that makes a kept answer: all that the answer depends on, and for whom it is. As JSON, see
 * docs/formats/answers.md. Immutable.
 *
 * @param caller      who asked, and pays
 * @param digest      of the request's body, which tells two requests under one idempotency key apart
 * @param model       as clients call it
 * @param fingerprint of the model: its tokens mean nothing to another one
 * @param desk        that is asked, as its team calls it; empty for a chat
 * @param question    of a chat the last turn
 * @param priority    of the model's work
 * @param warnings    of fields that were not honoured
 * @param ask         how a desk is asked; empty for a chat
 * @param chat        prompt and spec of a chat; empty for a desk
 */
record AnswerOrder(Caller caller, String digest, String model, String fingerprint, Optional<String> desk, String question,
        SequenceSpec.Priority priority, List<String> warnings, Optional<AskSpec> ask, Optional<Generation> chat) {
    static final String KIND = "answer";
    private static final int VERSION = 1;

    AnswerOrder {
        warnings = List.copyOf(warnings);
    }

    /** Of the answer. */
    int tokensMax() {
        return ask.isPresent() ? ask.get().answerTokensMax() : chat.orElseThrow().spec().tokensMax();
    }

    byte[] bytes() {
        ObjectNode node = Json.object();
        node.put("version", VERSION);
        node.put("key", caller.key());
        node.put("role", caller.role().word());
        node.put("team", caller.team());
        node.put("account", caller.account());
        node.put("digest", digest);
        node.put("model", model);
        node.put("fingerprint", fingerprint);
        desk.ifPresent(d -> node.put("desk", d));
        node.put("question", question);
        node.put("priority", priority.name());
        ArrayNode lines = node.putArray("warnings");
        warnings.forEach(lines::add);
        ask.ifPresent(a -> node.set("ask", json(a)));
        chat.ifPresent(c -> node.put("chat", Base64.getEncoder().encodeToString(c.bytes())));
        return JsonMapper.shared().writeValueAsBytes(node);
    }

    private static ObjectNode json(AskSpec spec) {
        ObjectNode node = Json.object();
        node.put("promptTokensMax", spec.promptTokensMax());
        node.put("answerTokensMax", spec.answerTokensMax());
        node.put("passagesMax", spec.passagesMax());
        node.put("citationsMax", spec.citationsMax());
        node.put("quoteLinesMax", spec.quoteLinesMax());
        Sampling s = spec.sampling();
        node.putObject("sampling").put("temperature", s.temperature()).put("topK", s.topK()).put("topP", s.topP())
                .put("minP", s.minP()).put("repeatPenalty", s.repeatPenalty()).put("repeatWindow", s.repeatWindow())
                .put("seed", s.seed());
        Recall r = spec.recall();
        node.putObject("recall").put("partsMax", r.partsMax()).put("scoreShareMin", r.scoreShareMin())
                .put("passagesAgain", r.passagesAgain());
        return node;
    }

    private static AskSpec spec(JsonNode node) {
        JsonNode s = node.get("sampling");
        Sampling sampling = new Sampling(s.get("temperature").floatValue(), s.get("topK").intValue(), s.get("topP").floatValue(),
                s.get("minP").floatValue(), s.get("repeatPenalty").floatValue(), s.get("repeatWindow").intValue(),
                s.get("seed").longValue());
        JsonNode r = node.get("recall");
        Recall recall = new Recall(r.get("partsMax").intValue(), r.get("scoreShareMin").doubleValue(),
                r.get("passagesAgain").intValue());
        return new AskSpec(node.get("promptTokensMax").intValue(), node.get("answerTokensMax").intValue(), sampling,
                node.get("passagesMax").intValue(), node.get("citationsMax").intValue(), node.get("quoteLinesMax").intValue(),
                recall);
    }

    static AnswerOrder of(byte[] bytes) throws Problem {
        try {
            JsonNode node = JsonMapper.shared().readTree(bytes);
            int version = node.path("version").asInt(0);
            if (version != VERSION) {
                throw new Problem(Problem.Kind.UNSUPPORTED, "the answer's order has version " + version + "; this Longhand knows "
                        + VERSION + "; ask again");
            }
            Caller caller = new Caller(text(node, "key"), Key.Role.of(text(node, "role")), text(node, "team"),
                    text(node, "account"));
            Optional<Generation> chat = node.has("chat")
                    ? Optional.of(Generation.of(Base64.getDecoder().decode(text(node, "chat")))) : Optional.empty();
            return new AnswerOrder(caller, text(node, "digest"), text(node, "model"), text(node, "fingerprint"),
                    node.has("desk") ? Optional.of(text(node, "desk")) : Optional.empty(), text(node, "question"),
                    SequenceSpec.Priority.valueOf(text(node, "priority")),
                    node.get("warnings").valueStream().map(JsonNode::stringValue).toList(),
                    node.has("ask") ? Optional.of(spec(node.get("ask"))) : Optional.empty(), chat);
        } catch (JacksonException | IllegalArgumentException | NullPointerException e) {
            throw new Problem(Problem.Kind.MALFORMED, "the answer's order is damaged: " + e.getMessage() + "; ask again", e);
        }
    }

    private static String text(JsonNode node, String name) {
        return node.get(name).stringValue();
    }
}
