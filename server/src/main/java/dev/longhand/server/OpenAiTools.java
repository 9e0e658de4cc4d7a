package dev.longhand.server;

import dev.longhand.lm.Constraint;
import dev.longhand.lm.Prompting;
import dev.longhand.lm.Tool;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * The tools of an OpenAI request.
 *
 * @param tools      that the model is told of; none if it must not call any
 * @param constraint on an answer that must be a call
 */
record OpenAiTools(List<Tool> tools, Optional<Constraint> constraint) {
    private static final OpenAiTools NONE = new OpenAiTools(List.of(), Optional.empty());

    static OpenAiTools of(Fields fields) throws Refusal {
        return of(fields, false);
    }

    /** As responses have them: without a {@code function} object around name and parameters. */
    static OpenAiTools ofResponses(Fields fields) throws Refusal {
        return of(fields, true);
    }

    private static OpenAiTools of(Fields fields, boolean isFlat) throws Refusal {
        List<Tool> tools = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Fields each : fields.objects("tools", Prompting.TOOLS_MAX)) {
            Tool tool = tool(each, isFlat);
            if (!names.add(tool.name())) {
                throw Refusal.field(fields.name("tools"), "two tools are called " + tool.name());
            }
            tools.add(tool);
        }
        boolean isParallel = fields.flag("parallel_tool_calls", true);
        Optional<JsonNode> choice = fields.any("tool_choice");
        String word = choice.map(c -> c.isString() ? c.stringValue() : "function").orElse("auto");
        if (tools.isEmpty()) {
            if (!word.equals("auto") && !word.equals("none")) {
                throw Refusal.field(fields.name("tool_choice"), "tool_choice asks for a tool, and tools is empty");
            }
            return NONE;
        }
        if (!isParallel && word.equals("auto")) {
            fields.warn("parallel_tool_calls is ignored: with tool_choice auto a model may write several calls");
        }
        return switch (word) {
            case "none" -> NONE;
            case "auto" -> new OpenAiTools(tools, Optional.empty());
            case "required" -> new OpenAiTools(tools, Optional.of(new Constraint.OneCall(tools)));
            case "function" -> new OpenAiTools(tools, Optional.of(new Constraint.OneCall(List.of(named(fields, tools)))));
            default -> throw Refusal.field(fields.name("tool_choice"),
                    "tool_choice is \"%s\"; it must be none, auto, required or a function".formatted(
                            word.substring(0, Math.min(word.length(), 40))));
        };
    }

    private static Tool named(Fields fields, List<Tool> tools) throws Refusal {
        Fields choice = fields.object("tool_choice").orElseThrow();
        choice.word("type", "function");
        Fields function = choice.object("function").orElse(choice);
        String name = function.neededText("name");
        function.done();
        choice.done();
        return tools.stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow(() ->
                Refusal.field(function.name("name"), function.name("name") + " is none of tools"));
    }

    private static Tool tool(Fields fields, boolean isFlat) throws Refusal {
        fields.word("type", "function").orElseThrow(() -> Refusal.field(fields.name("type"), fields.name("type") + " is missing"));
        Fields function = isFlat ? fields : fields.object("function").orElseThrow(() ->
                Refusal.field(fields.name("function"), fields.name("function") + " is missing"));
        function.flag("strict", true); // kept to wherever a call is demanded
        Optional<Fields> parameters = function.object("parameters");
        try {
            return new Tool(function.neededText("name"), function.text("description").orElse(""),
                    parameters.map(p -> p.node().toString()).orElse(""));
        } catch (IllegalArgumentException e) {
            throw Refusal.field(function.name("name"), e.getMessage());
        } finally {
            function.done();
            fields.done();
        }
    }
}
