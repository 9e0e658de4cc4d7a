package dev.longhand.lm;

import dev.longhand.text.ToolFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Where a call may begin in each {@link ToolFormat}, and what its JSON says. The forms are those of the models' chat templates: of
 * NousResearch and Qwen, of Meta's Llama 3, and of Mistral.
 */
final class ToolForms {
    /** Characters between a mark and the brace, where the name stands there. */
    static final int NAME_CHARS_MAX = 256;
    /** White space inside the first braces. */
    private static final int GAP_MAX = 64;
    /** What Mistral writes in front of arguments: a name, perhaps an id. */
    private static final Pattern HEAD = Pattern.compile(
            "([A-Za-z0-9_.-]{1,128})(?:\\[CALL_ID]([A-Za-z0-9]{1,64}))?(?:\\[ARGS])?\\s*");
    private static final Set<String> KEYS = Set.of("name", "type", "function", "parameters", "arguments", "id");
    private static final JsonMapper JSON = JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS,
            DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    private static final Opening TAG = new Opening("<tool_call>", "</tool_call>", false);
    private static final Opening PYTHON = new Opening("<|python_tag|>", "", false);
    private static final Opening LIST = new Opening("[TOOL_CALLS]", "", true);
    private static final Opening BARE = new Opening("", "", false);

    /**
     * A beginning of a call.
     *
     * @param mark         stands before the JSON; empty where the JSON stands bare
     * @param closing      stands behind it, perhaps
     * @param mayNameFirst whether the tool's name may stand between mark and brace
     */
    record Opening(String mark, String closing, boolean mayNameFirst) {
        boolean isBare() {
            return mark.isEmpty();
        }
    }

    /** @param isOpen more text is needed to tell */
    record Found(Optional<Opening> opening, boolean isOpen) {
        static final Found NOTHING = new Found(Optional.empty(), false);
        static final Found OPEN = new Found(Optional.empty(), true);
    }

    private final List<Opening> marks;
    private final boolean isObjectBare; // at the start, an object is a call
    private final boolean isListBare; // there, a list of objects is one

    private ToolForms(List<Opening> marks, boolean isObjectBare, boolean isListBare) {
        this.marks = marks;
        this.isObjectBare = isObjectBare;
        this.isListBare = isListBare;
    }

    static ToolForms of(ToolFormat format) {
        return switch (format) {
            case HERMES -> new ToolForms(List.of(TAG), false, false);
            case LLAMA -> new ToolForms(List.of(PYTHON), true, false);
            case MISTRAL -> new ToolForms(List.of(LIST), false, true);
            case GENERIC -> new ToolForms(List.of(TAG, PYTHON, LIST), true, true);
        };
    }

    /** Whether a call begins at {@code at}. */
    Found find(CharSequence text, int at, boolean isAtStart) {
        for (Opening each : marks) {
            int common = common(each.mark(), text, at);
            if (common == each.mark().length()) {
                return new Found(Optional.of(each), false);
            }
            if (at + common == text.length()) {
                return Found.OPEN;
            }
        }
        char c = text.charAt(at);
        if (c == '{' && isObjectBare && isAtStart) {
            return object(text, at);
        }
        if (c == '[' && isListBare && isAtStart) {
            int brace = behindBlanks(text, at + 1);
            if (brace - at > GAP_MAX) {
                return Found.NOTHING;
            }
            return brace == text.length() ? Found.OPEN : text.charAt(brace) == '{' ? object(text, brace) : Found.NOTHING;
        }
        return Found.NOTHING;
    }

    /** Where the brace is that a name at {@code from} ends at; -1 if there is none as far as a name may go. */
    static int behindName(CharSequence text, int from) {
        for (int at = from; at < text.length() && at - from <= NAME_CHARS_MAX; at++) {
            if (text.charAt(at) == '{') {
                return at;
            }
        }
        return -1;
    }

    /** So many characters of {@code mark} stand at {@code at}. */
    static int common(String mark, CharSequence text, int at) {
        int common = 0;
        while (common < mark.length() && at + common < text.length() && mark.charAt(common) == text.charAt(at + common)) {
            common++;
        }
        return common;
    }

    private static int behindBlanks(CharSequence text, int from) {
        int at = from;
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /** An object is a call if its first key is one that calls have. */
    private static Found object(CharSequence text, int brace) {
        int quote = behindBlanks(text, brace + 1);
        if (quote - brace > GAP_MAX || quote < text.length() && text.charAt(quote) != '"') {
            return Found.NOTHING;
        }
        if (quote == text.length()) {
            return Found.OPEN;
        }
        for (String key : KEYS) {
            String quoted = "\"" + key + "\"";
            int common = common(quoted, text, quote);
            if (common == quoted.length()) {
                return new Found(Optional.of(BARE), false);
            }
            if (quote + common == text.length()) {
                return Found.OPEN;
            }
        }
        return Found.NOTHING;
    }

    /**
     * The calls that a JSON object or list says; empty if it says anything else.
     *
     * @param name   what stands before the JSON where that is only the arguments: the tool's name, perhaps an id
     * @param isBare without a mark, arguments must be there
     */
    static Optional<List<ToolCall>> calls(Optional<String> name, String json, boolean isBare, Supplier<String> ids) {
        try {
            JsonNode node = JSON.readTree(json);
            if (name.isPresent()) {
                Matcher head = HEAD.matcher(name.get());
                return !head.matches() || !node.isObject() ? Optional.empty() : Optional.of(List.of(new ToolCall(
                        head.group(2) == null ? ids.get() : head.group(2), head.group(1), node.toString())));
            }
            List<ToolCall> calls = new ArrayList<>();
            for (JsonNode each : node.isArray() ? node : List.of(node)) {
                Optional<ToolCall> call = call(each, isBare, ids);
                if (call.isEmpty()) {
                    return Optional.empty();
                }
                calls.add(call.get());
            }
            return calls.isEmpty() ? Optional.empty() : Optional.of(calls);
        } catch (JacksonException damaged) {
            return Optional.empty();
        }
    }

    private static Optional<ToolCall> call(JsonNode node, boolean isBare, Supplier<String> ids) {
        JsonNode said = node.path("function").isObject() ? node.get("function") : node;
        String name = said.path("name").asString("");
        JsonNode arguments = said.has("arguments") ? said.get("arguments") : said.path("parameters");
        if (arguments.isString()) { // some models write JSON in a text
            arguments = JSON.readTree(arguments.asString());
        }
        if (arguments.isMissingNode() && !isBare) {
            arguments = JSON.createObjectNode();
        }
        if (!said.path("name").isString() || name.isEmpty() || !arguments.isObject()) {
            return Optional.empty();
        }
        String id = node.path("id").asString("");
        return Optional.of(new ToolCall(id.isEmpty() ? ids.get() : id, name, arguments.toString()));
    }
}
