package dev.longhand.server;

import dev.longhand.lm.Constraint;
import dev.longhand.lm.Prompting;
import dev.longhand.lm.Tool;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The tools of an Anthropic messages request: https://docs.anthropic.com/en/api/messages.
 *
 * @param tools      that the model is told of; none if it must not call any
 * @param constraint on an answer that must be a call
 */
record AnthropicTools(List<Tool> tools, Optional<Constraint> constraint) {
    private static final AnthropicTools NONE = new AnthropicTools(List.of(), Optional.empty());

    static AnthropicTools of(Fields fields) throws Refusal {
        List<Tool> tools = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Fields each : fields.objects("tools", Prompting.TOOLS_MAX)) {
            Tool tool = tool(each);
            if (!names.add(tool.name())) {
                throw Refusal.field(fields.name("tools"), "two tools are called " + tool.name());
            }
            tools.add(tool);
        }
        Optional<Fields> choice = fields.object("tool_choice");
        if (choice.isEmpty()) {
            return new AnthropicTools(tools, Optional.empty());
        }
        return chosen(choice.get(), tools);
    }

    private static AnthropicTools chosen(Fields choice, List<Tool> tools) throws Refusal {
        String type = choice.word("type", "auto", "any", "tool", "none")
                .orElseThrow(() -> Refusal.field(choice.name("type"), choice.name("type") + " is missing"));
        boolean isSingle = choice.flag("disable_parallel_tool_use", false);
        if (tools.isEmpty() && (type.equals("any") || type.equals("tool"))) {
            throw Refusal.field(choice.name("type"), "tool_choice asks for a tool, and tools is empty");
        }
        if (isSingle && type.equals("auto")) {
            choice.warn("disable_parallel_tool_use is ignored: with tool_choice auto a model may write several calls");
        }
        AnthropicTools chosen = switch (type) {
            case "none" -> NONE;
            case "any" -> new AnthropicTools(tools, Optional.of(new Constraint.OneCall(tools)));
            case "tool" -> new AnthropicTools(tools, Optional.of(new Constraint.OneCall(List.of(named(choice, tools)))));
            default -> new AnthropicTools(tools, Optional.empty());
        };
        choice.done();
        return chosen;
    }

    private static Tool named(Fields choice, List<Tool> tools) throws Refusal {
        String name = choice.neededText("name");
        return tools.stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow(() ->
                Refusal.field(choice.name("name"), choice.name("name") + " is none of tools"));
    }

    private static Tool tool(Fields fields) throws Refusal {
        String type = fields.text("type").orElse("custom");
        if (!type.equals("custom")) {
            throw Refusal.field(fields.name("type"), fields.name("type") + " must be custom; the vendor's own tools are not here");
        }
        Fields schema = fields.object("input_schema").orElseThrow(() ->
                Refusal.field(fields.name("input_schema"), fields.name("input_schema") + " is missing"));
        fields.any("cache_control"); // what was read is kept anyway
        fields.flag("strict", true); // kept to wherever a call is demanded
        try {
            return new Tool(fields.neededText("name"), fields.text("description").orElse(""), schema.node().toString());
        } catch (IllegalArgumentException e) {
            throw Refusal.field(fields.name("name"), e.getMessage());
        } finally {
            fields.done();
        }
    }
}
