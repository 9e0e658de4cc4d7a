package dev.longhand.lm;

import dev.longhand.base.Check;

/**
 * A tool that the assistant wants called.
 *
 * @param id            names the call, so that a result can tell which one it belongs to; any text
 * @param name          of the tool
 * @param argumentsJson a JSON object
 */
public record ToolCall(String id, String name, String argumentsJson) {
    public ToolCall {
        Check.argument(!name.isEmpty(), "a tool call without a name");
    }
}
