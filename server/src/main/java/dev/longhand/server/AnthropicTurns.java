package dev.longhand.server;

import dev.longhand.lm.Message;
import dev.longhand.lm.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The conversation of an Anthropic messages request.
 *
 * @param isContinued whether the last turn is the assistant's: the answer goes on behind it
 */
record AnthropicTurns(List<Message> messages, boolean isContinued) {
    private static final int BLOCKS_MAX = 1_000;

    static AnthropicTurns of(Fields fields) throws Refusal {
        List<Message> messages = new ArrayList<>();
        String system = text(fields, "system");
        if (!system.isEmpty()) {
            messages.add(Message.system(system));
        }
        int given = messages.size();
        for (Fields each : fields.objects("messages", OpenAiMessages.COUNT_MAX)) {
            String role = each.word("role", "user", "assistant")
                    .orElseThrow(() -> Refusal.field(each.name("role"), each.name("role") + " is missing"));
            if (!each.has("content")) {
                throw Refusal.field(each.name("content"), each.name("content") + " is missing");
            }
            if (role.equals("user")) {
                user(each, messages);
            } else {
                messages.add(assistant(each));
            }
            each.done();
        }
        if (messages.size() == given) {
            throw Refusal.field(fields.name("messages"), "messages is empty; it must hold at least one turn");
        }
        Message last = messages.getLast();
        if (!last.calls().isEmpty()) {
            throw Refusal.field(fields.name("messages"), "messages ends with tool_use; a tool_result must follow it");
        }
        return new AnthropicTurns(messages, last.role() == Message.Role.ASSISTANT);
    }

    /** Its text: a string, or blocks that are texts. */
    private static String text(Fields fields, String field) throws Refusal {
        Optional<JsonNode> node = fields.any(field);
        if (node.isEmpty() || node.get().isString()) {
            return node.map(JsonNode::stringValue).orElse("");
        }
        StringBuilder text = new StringBuilder();
        for (Fields block : fields.objects(field, BLOCKS_MAX)) {
            text.append(text.isEmpty() ? "" : "\n\n").append(textBlock(block, type(block, "text")));
        }
        return text.toString();
    }

    private static String type(Fields block, String... allowed) throws Refusal {
        String type = block.neededText("type");
        if (!List.of(allowed).contains(type)) {
            throw Refusal.field(block.name("type"), "%s is %s; here it may be %s, as models here read text only".formatted(
                    block.name("type"), type.substring(0, Math.min(type.length(), 40)), String.join(", ", allowed)));
        }
        return type;
    }

    private static String textBlock(Fields block, String type) throws Refusal {
        String text = block.neededText(type);
        block.any("cache_control"); // what was read is kept anyway
        block.ignore("citations", "they are not read");
        block.done();
        return text;
    }

    private static void user(Fields turn, List<Message> messages) throws Refusal {
        if (turn.any("content").orElseThrow().isString()) {
            messages.add(Message.user(turn.neededText("content")));
            return;
        }
        StringBuilder text = new StringBuilder();
        for (Fields block : turn.objects("content", BLOCKS_MAX)) {
            if (type(block, "text", "tool_result").equals("text")) {
                text.append(text.isEmpty() ? "" : "\n\n").append(textBlock(block, "text"));
                continue;
            }
            if (!text.isEmpty()) {
                messages.add(Message.user(text.toString()));
                text.setLength(0);
            }
            String id = block.neededText("tool_use_id");
            String gave = text(block, "content");
            messages.add(Message.tool(id, block.flag("is_error", false) ? "Error: " + gave : gave));
            block.any("cache_control");
            block.done();
        }
        if (!text.isEmpty()) {
            messages.add(Message.user(text.toString()));
        }
    }

    private static Message assistant(Fields turn) throws Refusal {
        if (turn.any("content").orElseThrow().isString()) {
            return Message.assistant(turn.neededText("content"));
        }
        StringBuilder text = new StringBuilder();
        List<ToolCall> calls = new ArrayList<>();
        for (Fields block : turn.objects("content", BLOCKS_MAX)) {
            switch (type(block, "text", "tool_use", "thinking", "redacted_thinking")) {
                case "text" -> text.append(textBlock(block, "text"));
                case "tool_use" -> calls.add(toolUse(block));
                default -> block.warn(block.name("type") + " thinking is ignored: templates get what was answered");
            }
        }
        return Message.assistant(text.toString(), calls);
    }

    private static ToolCall toolUse(Fields block) throws Refusal {
        String name = block.neededText("name");
        if (name.isEmpty()) {
            throw Refusal.field(block.name("name"), block.name("name") + " is empty");
        }
        ToolCall call = new ToolCall(block.neededText("id"), name, block.object("input").map(i -> i.node().toString())
                .orElse("{}"));
        block.any("cache_control");
        block.done();
        return call;
    }
}
