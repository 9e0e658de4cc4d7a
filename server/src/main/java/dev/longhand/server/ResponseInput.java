package dev.longhand.server;

import dev.longhand.lm.Message;
import dev.longhand.lm.ToolCall;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The {@code input} of an OpenAI responses request: a text, or items. */
final class ResponseInput {
    private ResponseInput() {}

    static List<Message> of(Fields fields) throws Refusal {
        JsonNode input = fields.any("input").orElseThrow(() -> Refusal.field("input", "input is missing"));
        if (input.isString()) {
            return List.of(Message.user(input.stringValue()));
        }
        List<Message> messages = new ArrayList<>();
        for (Fields each : fields.objects("input", OpenAiMessages.COUNT_MAX)) {
            item(each, messages);
        }
        if (messages.isEmpty()) {
            throw Refusal.field("input", "input is empty; it must hold at least one item");
        }
        return messages;
    }

    private static void item(Fields item, List<Message> messages) throws Refusal {
        String type = item.word("type", "message", "function_call", "function_call_output", "reasoning").orElse("message");
        item.ignore("id", "items are not looked up");
        item.any("status");
        switch (type) {
            case "message" -> add(messages, message(item));
            case "function_call" -> {
                String name = item.neededText("name");
                if (name.isEmpty()) {
                    throw Refusal.field(item.name("name"), item.name("name") + " is empty");
                }
                ToolCall call = new ToolCall(item.neededText("call_id"), name, item.text("arguments").orElse("{}"));
                add(messages, Message.assistant("", List.of(call)));
            }
            case "function_call_output" -> messages.add(Message.tool(item.neededText("call_id"), item.neededText("output")));
            default -> {
                item.warn(item.name("type") + " reasoning is ignored: templates get what was answered");
                return;
            }
        }
        item.done();
    }

    /** What the assistant said and called without anybody between is one turn, as it was when it was answered. */
    private static void add(List<Message> messages, Message next) {
        boolean isOneTurn = !messages.isEmpty() && next.role() == Message.Role.ASSISTANT
                && messages.getLast().role() == Message.Role.ASSISTANT;
        if (!isOneTurn) {
            messages.add(next);
            return;
        }
        Message last = messages.removeLast();
        List<ToolCall> calls = new ArrayList<>(last.calls());
        calls.addAll(next.calls());
        messages.add(Message.assistant(last.text() + next.text(), calls));
    }

    private static Message message(Fields item) throws Refusal {
        String role = item.word("role", "system", "developer", "user", "assistant")
                .orElseThrow(() -> Refusal.field(item.name("role"), item.name("role") + " is missing"));
        String text = OpenAiMessages.content(item);
        return switch (role) {
            case "user" -> Message.user(text);
            case "assistant" -> Message.assistant(text);
            default -> Message.system(text);
        };
    }
}
