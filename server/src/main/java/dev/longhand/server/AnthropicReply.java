package dev.longhand.server;

import dev.longhand.lm.Answer;
import dev.longhand.lm.ToolCall;
import dev.longhand.lm.ToolCalls;
import dev.longhand.lm.Usage;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The parts of an answer in Anthropic's form.
 *
 * @param id of the message
 */
record AnthropicReply(String id, String model, int promptTokens) {
    private static final JsonMapper CALLS = new JsonMapper();

    /** A message in which nothing stands yet. */
    ObjectNode message() {
        ObjectNode message = Json.object();
        message.put("id", id);
        message.put("type", "message");
        message.put("role", "assistant");
        message.put("model", model);
        message.putArray("content");
        message.putNull("stop_reason");
        message.putNull("stop_sequence");
        message.set("usage", usage(Usage.NONE));
        return message;
    }

    /** Tokens that were there already are told apart from those that were read. */
    ObjectNode usage(Usage usage) {
        int cached = Math.min(promptTokens, usage.cachedTokens());
        ObjectNode node = Json.object();
        node.put("input_tokens", promptTokens - cached);
        node.put("cache_creation_input_tokens", 0);
        node.put("cache_read_input_tokens", cached);
        node.put("output_tokens", usage.answeredTokens());
        return node;
    }

    static void content(ArrayNode content, ToolCalls.Split split, String reasoning) {
        if (!reasoning.isEmpty()) {
            content.add(thinking(reasoning));
        }
        if (!split.text().isEmpty()) {
            content.add(text(split.text()));
        }
        for (ToolCall each : split.calls()) {
            ObjectNode block = toolUse(each);
            block.set("input", arguments(each));
            content.add(block);
        }
    }

    /** What the model wrote, which may be larger than what clients may send. */
    private static JsonNode arguments(ToolCall call) {
        return CALLS.readTree(call.argumentsJson());
    }

    static ObjectNode text(String text) {
        return block("text").put("text", text);
    }

    /** Thoughts are not signed here; clients expect the field. */
    static ObjectNode thinking(String text) {
        return block("thinking").put("thinking", text).put("signature", "");
    }

    /** Without its input. */
    static ObjectNode toolUse(ToolCall call) {
        ObjectNode block = block("tool_use").put("id", call.id()).put("name", call.name());
        block.putObject("input");
        return block;
    }

    private static ObjectNode block(String type) {
        return Json.object().put("type", type);
    }

    /** Puts {@code stop_reason} and {@code stop_sequence}. An answer that was cut may have had more calls in mind. */
    static void putStop(ObjectNode node, Answer answer, boolean hasCalls) {
        boolean isStopped = answer.stop() == Answer.Stop.END && !hasCalls && !answer.stopText().isEmpty();
        node.put("stop_reason", switch (answer.stop()) {
            case LENGTH, DEADLINE -> "max_tokens";
            case END, CANCELLED -> hasCalls ? "tool_use" : isStopped ? "stop_sequence" : "end_turn";
        });
        node.put("stop_sequence", isStopped ? answer.stopText() : null);
    }
}
