package dev.longhand.lm;

import dev.longhand.base.Check;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a conversation is made a prompt.
 *
 * @param tools             that the model may ask for, names unique; at most {@value #TOOLS_MAX}
 * @param templateArguments further variables of the chat template, for example {@code enable_thinking}: text, numbers, booleans,
 *                          null, and lists and maps of them. They cannot replace the conversation itself
 * @param isContinued       whether the last message, the assistant's, is the beginning of the answer and stays open
 */
public record Prompting(List<Tool> tools, Map<String, Object> templateArguments, boolean isContinued) {
    public static final Prompting PLAIN = new Prompting(List.of(), Map.of(), false);
    public static final int TOOLS_MAX = 128;

    public Prompting {
        Check.argument(tools.size() <= TOOLS_MAX, "%d tools; at most %d", tools.size(), TOOLS_MAX);
        Check.argument(tools.stream().map(Tool::name).distinct().count() == tools.size(), "two tools have one name");
        tools = List.copyOf(tools);
        templateArguments = Collections.unmodifiableMap(new LinkedHashMap<>(templateArguments)); // null is a value
    }

    public Prompting withTools(List<Tool> tools) {
        return new Prompting(tools, templateArguments, isContinued);
    }

    public Prompting withTemplateArguments(Map<String, Object> arguments) {
        return new Prompting(tools, arguments, isContinued);
    }

    public Prompting continued() {
        return new Prompting(tools, templateArguments, true);
    }
}
