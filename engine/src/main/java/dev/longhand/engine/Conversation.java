package dev.longhand.engine;

import dev.longhand.lm.Message;
import dev.longhand.lm.Prompting;
import dev.longhand.lm.Tool;
import dev.longhand.text.ChatFormat;
import java.util.List;

/** A conversation in the words of {@link ChatFormat}. */
final class Conversation {
    private Conversation() {}

    static ChatFormat.Prompt prompt(List<Message> messages, Prompting prompting) {
        return new ChatFormat.Prompt(turns(messages), tools(prompting.tools()), prompting.templateArguments(),
                prompting.isContinued());
    }

    static List<ChatFormat.Turn> turns(List<Message> messages) {
        return messages.stream().map(m -> new ChatFormat.Turn(m.role().templateName(), m.text(), m.calls().stream()
                .map(call -> new ChatFormat.Call(call.id(), call.name(), call.argumentsJson())).toList(), m.callId())).toList();
    }

    static List<ChatFormat.Tool> tools(List<Tool> tools) {
        return tools.stream().map(t -> new ChatFormat.Tool(t.name(), t.description(), t.parametersJson())).toList();
    }
}
