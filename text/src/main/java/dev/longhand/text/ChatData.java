package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.text.ChatFormat.Call;
import dev.longhand.text.ChatFormat.Prompt;
import dev.longhand.text.ChatFormat.Tool;
import dev.longhand.text.ChatFormat.Turn;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Makes a conversation the variables that templates count on, as the Python package transformers names them. All text that comes
 * from outside goes through {@code marking}, names and keys included.
 *
 * @param marking         keeps text from looking like control tokens
 * @param hasShortIds     whether ids of calls must be nine letters or digits, as Mistral's templates want them
 * @param areArgumentsText whether templates get arguments as JSON text; most want the object itself
 */
record ChatData(UnaryOperator<String> marking, boolean hasShortIds, boolean areArgumentsText) {
    private static final JsonMapper JSON = JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS,
            DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
    private static final Set<String> OWN = Set.of("messages", "tools", "documents", "add_generation_prompt",
            "bos_token", "eos_token");
    private static final int ID_CHARS = 9;

    /** @param ending stands behind the text of the last turn */
    Map<String, Object> variables(Prompt prompt, String ending) throws Problem {
        Map<String, Object> data = new HashMap<>();
        for (Map.Entry<String, Object> each : prompt.variables().entrySet()) {
            if (OWN.contains(each.getKey())) {
                throw new Problem(Problem.Kind.USAGE, "\"" + each.getKey() + "\" is no template argument: "
                        + "the conversation decides it");
            }
            data.put(each.getKey(), marked(each.getValue()));
        }
        List<Map<String, Object>> messages = new ArrayList<>();
        Map<String, String> called = new HashMap<>();
        for (Turn turn : prompt.turns()) {
            messages.add(message(turn, called));
        }
        messages.getLast().merge("content", ending, (text, end) -> text + (String) end);
        data.put("messages", messages);
        data.put("add_generation_prompt", !prompt.isContinued());
        data.put("tools", prompt.tools().isEmpty() ? null : tools(prompt.tools()));
        data.put("documents", null);
        return data;
    }

    /** @param called names of tools by the ids of their calls, so far */
    private Map<String, Object> message(Turn turn, Map<String, String> called) throws Problem {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("role", marking.apply(turn.role()));
        message.put("content", marking.apply(turn.text()));
        if (!turn.calls().isEmpty()) {
            List<Object> calls = new ArrayList<>();
            for (Call call : turn.calls()) {
                called.put(call.id(), call.name());
                JsonNode arguments = arguments(call);
                Map<String, Object> function = new LinkedHashMap<>();
                function.put("name", marking.apply(call.name()));
                function.put("arguments", areArgumentsText ? marking.apply(arguments.toString()) : marked(arguments));
                Map<String, Object> entry = new LinkedHashMap<>();
                entry.put("id", marking.apply(id(call.id())));
                entry.put("type", "function");
                entry.put("function", function);
                calls.add(entry);
            }
            message.put("tool_calls", calls);
        }
        if (!turn.callId().isEmpty()) {
            message.put("tool_call_id", marking.apply(id(turn.callId())));
            if (called.containsKey(turn.callId())) {
                message.put("name", marking.apply(called.get(turn.callId())));
            }
        }
        return message;
    }

    private String id(String given) {
        boolean fits = !hasShortIds || given.length() == ID_CHARS
                && given.chars().allMatch(c -> c < 128 && Character.isLetterOrDigit(c));
        return fits ? given : Sha256.of(given.getBytes(StandardCharsets.UTF_8)).hex().substring(0, ID_CHARS);
    }

    private List<Object> tools(List<Tool> tools) throws Problem {
        List<Object> list = new ArrayList<>();
        for (Tool tool : tools) {
            list.add(marked(json(tool)));
        }
        return list;
    }

    /** Turns with several calls as several turns, each with the result of its call behind it. */
    static List<Turn> oneCallEach(List<Turn> turns) {
        List<Turn> rest = new ArrayList<>(turns);
        List<Turn> result = new ArrayList<>();
        while (!rest.isEmpty()) {
            Turn turn = rest.removeFirst();
            if (turn.calls().size() < 2) {
                result.add(turn);
                continue;
            }
            String text = turn.text();
            for (Call call : turn.calls()) {
                result.add(new Turn(turn.role(), text, List.of(call), ""));
                rest.stream().filter(t -> !call.id().isEmpty() && t.callId().equals(call.id())).findFirst().ifPresent(found -> {
                    rest.remove(found);
                    result.add(found);
                });
                text = "";
            }
        }
        return result;
    }

    /** A tool as the interfaces of OpenAI and transformers write it. */
    static JsonNode json(Tool tool) throws Problem {
        var function = JSON.createObjectNode().put("name", tool.name()).put("description", tool.description());
        function.set("parameters", tool.parameters().isBlank()
                ? JSON.createObjectNode().put("type", "object").set("properties", JSON.createObjectNode())
                : object(tool.parameters(), "the parameters of the tool \"" + tool.name() + "\""));
        return JSON.createObjectNode().put("type", "function").set("function", function);
    }

    static JsonNode arguments(Call call) throws Problem {
        return call.arguments().isBlank() ? JSON.createObjectNode()
                : object(call.arguments(), "the arguments of the call of \"" + call.name() + "\"");
    }

    static JsonNode call(Call call) throws Problem {
        return JSON.createObjectNode().put("name", call.name()).set("arguments", arguments(call));
    }

    private static JsonNode object(String text, String what) throws Problem {
        try {
            JsonNode node = JSON.readTree(text);
            if (node.isObject()) {
                return node;
            }
        } catch (JacksonException e) {
            throw new Problem(Problem.Kind.MALFORMED, what + " are no JSON that can be read: " + e.getOriginalMessage(), e);
        }
        throw new Problem(Problem.Kind.MALFORMED, what + " are no JSON object");
    }

    private Object marked(JsonNode node) {
        if (node.isObject()) {
            Map<String, Object> map = new LinkedHashMap<>();
            node.properties().forEach(each -> map.put(marking.apply(each.getKey()), marked(each.getValue())));
            return map;
        }
        if (node.isArray()) {
            List<Object> list = new ArrayList<>();
            node.forEach(each -> list.add(marked(each)));
            return list;
        }
        if (node.isString()) {
            return marking.apply(node.asString());
        }
        if (node.isBoolean()) {
            return node.booleanValue();
        }
        if (node.isNull()) {
            return null;
        }
        return number(node);
    }

    /** The number that was written: no digit of it is lost. */
    private static Object number(JsonNode node) {
        if (node.isIntegralNumber()) {
            return node.canConvertToLong() ? (Object) node.longValue() : node.bigIntegerValue();
        }
        if (!node.isBigDecimal()) {
            return node.doubleValue();
        }
        BigDecimal written = node.decimalValue();
        double nearest = written.doubleValue();
        boolean isExact = Double.isFinite(nearest) && BigDecimal.valueOf(nearest).compareTo(written) == 0;
        return isExact ? (Object) nearest : written;
    }

    private Object marked(Object value) {
        return switch (value) {
            case JsonNode node -> marked(node);
            case CharSequence text -> marking.apply(text.toString());
            case Map<?, ?> map -> {
                Map<String, Object> copy = new LinkedHashMap<>();
                map.forEach((key, each) -> copy.put(marking.apply(String.valueOf(key)), marked(each)));
                yield copy;
            }
            case Iterable<?> items -> {
                List<Object> copy = new ArrayList<>();
                items.forEach(each -> copy.add(marked(each)));
                yield copy;
            }
            case null, default -> value;
        };
    }
}
