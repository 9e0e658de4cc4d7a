package dev.longhand.server;

import dev.longhand.lm.Answer;
import dev.longhand.lm.ToolCall;
import dev.longhand.lm.ToolCalls;
import dev.longhand.lm.Usage;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The parts of a response in OpenAI's form: https://platform.openai.com/docs/api-reference/responses/object.
 *
 * @param suffix of the ids of its items
 * @param base   the response with all that is known before it is answered
 */
record ResponseReply(String suffix, ObjectNode base) {
    ObjectNode begun() {
        return base.deepCopy().put("status", "in_progress");
    }

    ObjectNode reasoningItem(String text) {
        ObjectNode item = Json.object().put("id", "rs_" + suffix).put("type", "reasoning");
        item.putArray("summary");
        item.putArray("content").addObject().put("type", "reasoning_text").put("text", text);
        return item;
    }

    ObjectNode messageItem(int index, String status) {
        ObjectNode item = Json.object().put("id", "msg_" + suffix + "_" + index).put("type", "message").put("status", status)
                .put("role", "assistant");
        item.putArray("content");
        return item;
    }

    static ObjectNode textPart(String text) {
        ObjectNode part = Json.object().put("type", "output_text").put("text", text);
        part.putArray("annotations");
        part.putArray("logprobs");
        return part;
    }

    ObjectNode callItem(int index, ToolCall call, String arguments, String status) {
        return Json.object().put("id", "fc_" + suffix + "_" + index).put("type", "function_call").put("status", status)
                .put("call_id", call.id()).put("name", call.name()).put("arguments", arguments);
    }

    /** All items of a whole answer. */
    ArrayNode output(ToolCalls.Split split, Answer answer) {
        ArrayNode output = Json.array();
        if (!answer.reasoning().isEmpty()) {
            output.add(reasoningItem(answer.reasoning()));
        }
        if (!split.text().isEmpty() || split.calls().isEmpty()) {
            ObjectNode item = messageItem(output.size(), isCut(answer) ? "incomplete" : "completed");
            ((ArrayNode) item.get("content")).add(textPart(split.text()));
            output.add(item);
        }
        split.calls().forEach(c -> output.add(callItem(output.size(), c, c.argumentsJson(), "completed")));
        return output;
    }

    static boolean isCut(Answer answer) {
        return answer.stop() == Answer.Stop.LENGTH || answer.stop() == Answer.Stop.DEADLINE;
    }

    /** The response when it is answered. */
    ObjectNode ended(Answer answer, ArrayNode output, int promptTokens, ObjectNode longhand) {
        ObjectNode reply = base.deepCopy().put("status", isCut(answer) ? "incomplete" : "completed");
        if (isCut(answer)) {
            reply.putObject("incomplete_details").put("reason", "max_output_tokens");
        }
        reply.set("output", output);
        Usage usage = answer.usage();
        ObjectNode node = reply.putObject("usage");
        node.put("input_tokens", promptTokens);
        node.putObject("input_tokens_details").put("cached_tokens", Math.min(promptTokens, usage.cachedTokens()));
        node.put("output_tokens", usage.answeredTokens());
        node.putObject("output_tokens_details").put("reasoning_tokens", usage.reasoningTokens());
        node.put("total_tokens", promptTokens + usage.answeredTokens());
        reply.set("timings", ApiReply.timings(usage));
        reply.set("longhand", longhand);
        return reply;
    }
}
