package dev.longhand.server;

import dev.longhand.lm.Message;
import dev.longhand.lm.ToolCall;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The conversation of an OpenAI chat request. */
final class OpenAiMessages {
    static final int COUNT_MAX = 10_000;
    private static final int PARTS_MAX = 1_000;

    private OpenAiMessages() {}

    static List<Message> of(Fields fields) throws Refusal {
        List<Message> messages = new ArrayList<>();
        for (Fields each : fields.objects("messages", COUNT_MAX)) {
            String role = each.word("role", "system", "developer", "user", "assistant", "tool")
                    .orElseThrow(() -> Refusal.field(each.name("role"), each.name("role") + " is missing"));
            String text = content(each);
            List<ToolCall> calls = role.equals("assistant") ? calls(each) : List.of();
            String callId = role.equals("tool") ? each.text("tool_call_id").orElse("") : "";
            each.ignore("name", "turns have no names here");
            each.ignore("reasoning_content", "templates get what was answered, not what was thought");
            each.done();
            messages.add(switch (role) {
                case "user" -> Message.user(text);
                case "assistant" -> Message.assistant(text, calls);
                case "tool" -> Message.tool(callId, text);
                default -> Message.system(text);
            });
        }
        if (messages.isEmpty()) {
            throw Refusal.field(fields.name("messages"), "messages is empty; it must hold at least one turn");
        }
        return messages;
    }

    private static List<ToolCall> calls(Fields message) throws Refusal {
        List<ToolCall> calls = new ArrayList<>();
        for (Fields each : message.objects("tool_calls", PARTS_MAX)) {
            each.word("type", "function");
            Fields function = each.object("function").orElseThrow(() ->
                    Refusal.field(each.name("function"), each.name("function") + " is missing"));
            String name = function.neededText("name");
            if (name.isEmpty()) {
                throw Refusal.field(function.name("name"), function.name("name") + " is empty");
            }
            calls.add(new ToolCall(each.text("id").orElse(""), name, function.text("arguments").orElse("{}")));
            function.done();
            each.done();
        }
        return calls;
    }

    /** The text of {@code content}: a string, or parts that are texts. */
    static String content(Fields message) throws Refusal {
        JsonNode content = message.any("content").orElse(null);
        if (content == null || content.isString()) {
            return content == null ? "" : content.stringValue();
        }
        StringBuilder text = new StringBuilder();
        for (Fields part : message.objects("content", PARTS_MAX)) {
            String type = part.neededText("type");
            if (!type.equals("text") && !type.equals("input_text") && !type.equals("output_text")) {
                throw Refusal.field(part.name("type"), "%s is %s; models here read text only".formatted(part.name("type"),
                        type.substring(0, Math.min(type.length(), 40))));
            }
            text.append(part.neededText("text"));
            part.ignore("annotations", "they are not read");
            part.ignore("cache_control", "what was read is always kept, as long as there is room");
            part.done();
        }
        return text.toString();
    }
}
