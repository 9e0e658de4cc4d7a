package dev.longhand.server;

import dev.longhand.lm.ToolCall;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What all parts of an answer in OpenAI's form begin with.
 *
 * @param seconds when it began, since 1970
 */
record OpenAiHead(String id, long seconds, String model) {
    ObjectNode object(String kind) {
        ObjectNode object = Json.object();
        object.put("id", id);
        object.put("object", kind);
        object.put("created", seconds);
        object.put("model", model);
        object.put("system_fingerprint", "longhand");
        return object;
    }

    /** A piece of a streamed chat answer; null for no {@code finish} yet. */
    ObjectNode chunk(int index, ObjectNode delta, String finish, JsonNode logprobs) {
        ObjectNode chunk = object("chat.completion.chunk");
        ObjectNode choice = chunk.putArray("choices").addObject();
        choice.put("index", index);
        choice.set("delta", delta);
        choice.set("logprobs", logprobs);
        choice.put("finish_reason", finish);
        return chunk;
    }

    static ObjectNode call(ToolCall call) {
        ObjectNode node = Json.object();
        node.put("id", call.id());
        node.put("type", "function");
        ObjectNode function = node.putObject("function");
        function.put("name", call.name());
        function.put("arguments", call.argumentsJson());
        return node;
    }
}
