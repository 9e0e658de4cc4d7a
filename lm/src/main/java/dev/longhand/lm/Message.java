package dev.longhand.lm;

import dev.longhand.base.Check;
import java.util.List;

/**
 * One turn of a conversation.
 *
 * @param text   what was said; of a tool, what it gave
 * @param calls  tools that the assistant wanted called; of others none
 * @param callId of a tool's turn, the {@link ToolCall#id} that it answers; else empty
 */
public record Message(Role role, String text, List<ToolCall> calls, String callId) {
    public enum Role {
        SYSTEM,
        USER,
        ASSISTANT,
        /** What a tool gave. */
        TOOL;

        /** The name chat templates use. */
        public String templateName() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    public Message {
        Check.argument(calls.isEmpty() || role == Role.ASSISTANT, "a turn of %s calls tools; only the assistant does", role);
        Check.argument(callId.isEmpty() || role == Role.TOOL, "a turn of %s answers a call; only a tool does", role);
        calls = List.copyOf(calls);
    }

    public Message(Role role, String text) {
        this(role, text, List.of(), "");
    }

    public static Message system(String text) {
        return new Message(Role.SYSTEM, text);
    }

    public static Message user(String text) {
        return new Message(Role.USER, text);
    }

    public static Message assistant(String text) {
        return new Message(Role.ASSISTANT, text);
    }

    public static Message assistant(String text, List<ToolCall> calls) {
        return new Message(Role.ASSISTANT, text, calls, "");
    }

    public static Message tool(String callId, String text) {
        return new Message(Role.TOOL, text, List.of(), callId);
    }
}
