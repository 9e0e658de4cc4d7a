package dev.longhand.server;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What routes do in words, and the fields they take and give, as the files {@code *.api} beside the classes say it: a file is read
 * line by line into operations and schemas of OpenAPI 3.1.
 *
 * <p>A route is its method and path as the code has them, a line that says what it does, then {@code path}, {@code query},
 * {@code body [media]:} and {@code reply STATUS [media]:}. A schema is {@code schema NAME}. Fields stand below, two blanks deeper
 * each: {@code name!: type -- what it is}; {@code !} is for those that are needed. A type is {@code text}, {@code text(a|b)},
 * {@code integer}, {@code number}, {@code boolean}, {@code binary}, {@code any}, {@code object} with fields below, or a schema's
 * name; {@code []} behind it makes it an array, {@code ?} lets it be null, {@code or} stands between several. {@code #} begins a
 * comment. The files are ours: a line that is none of that is a fault of ours. Used by one thread.
 */
final class ApiText {
    private static final String JSON = "application/json";
    private static final Pattern ROUTE = Pattern.compile("(GET|POST|PUT|PATCH|DELETE) (/\\S*)");
    private static final Pattern SCHEMA = Pattern.compile("schema ([A-Z]\\w*)");
    private static final Pattern PLACE = Pattern.compile("(path|query) (\\S+): (.+)");
    private static final Pattern CONTENT = Pattern.compile("(body|reply \\d{3})( [^: ]+)?:(.*)");
    private static final Pattern FIELD = Pattern.compile("( +)(\\w+)(!?): (.+)");
    private static final Pattern TYPED = Pattern.compile("(.+?)(?: -- (.+))?");

    private final Map<String, ObjectNode> operations = new TreeMap<>();
    private final Map<String, ObjectNode> schemas = new TreeMap<>();
    private final Deque<String> lines = new ArrayDeque<>();

    /** By method and path as in {@code GET /v1/desks/{desk}}. */
    Map<String, ObjectNode> operations() {
        return operations;
    }

    /** By name. */
    Map<String, ObjectNode> schemas() {
        return schemas;
    }

    void read(String text) {
        lines.clear();
        text.lines().map(String::stripTrailing).filter(l -> !l.isEmpty() && !l.startsWith("#")).forEach(lines::add);
        while (!lines.isEmpty()) {
            String line = lines.remove();
            Matcher schema = SCHEMA.matcher(line);
            if (schema.matches()) {
                put(schemas, schema.group(1), object(""));
            } else if (ROUTE.matcher(line).matches()) {
                put(operations, line, operation());
            } else {
                throw wrong(line);
            }
        }
    }

    private static void put(Map<String, ObjectNode> all, String name, ObjectNode node) {
        if (all.put(name, node) != null) {
            throw new IllegalStateException(name + " is described twice");
        }
    }

    private static IllegalStateException wrong(String line) {
        return new IllegalStateException("a line that describes nothing: " + line);
    }

    private ObjectNode operation() {
        ObjectNode operation = Json.object();
        operation.put("summary", lines.remove());
        ArrayNode parameters = operation.putArray("parameters");
        ObjectNode replies = Json.object();
        while (!lines.isEmpty()) {
            Matcher place = PLACE.matcher(lines.peek());
            Matcher content = CONTENT.matcher(lines.peek());
            if (place.matches()) {
                lines.remove();
                parameters.add(parameter(place));
            } else if (content.matches()) {
                lines.remove();
                ObjectNode into = content.group(1).equals("body") ? operation.withObject("/requestBody")
                        : replies.withObject("/" + content.group(1).substring("reply ".length()));
                String media = content.group(2) == null ? JSON : content.group(2).strip();
                into.withObject("/content").putObject(media).set("schema", content(content.group(3).strip()));
            } else {
                break;
            }
        }
        operation.set("responses", replies);
        return operation;
    }

    private ObjectNode parameter(Matcher place) {
        ObjectNode schema = typed(place.group(3), "");
        ObjectNode parameter = Json.object();
        parameter.put("name", place.group(2));
        parameter.put("in", place.group(1));
        parameter.put("required", place.group(1).equals("path"));
        if (schema.has("description")) {
            parameter.set("description", schema.remove("description"));
        }
        parameter.set("schema", schema);
        return parameter;
    }

    private ObjectNode content(String type) {
        return type.isEmpty() ? object("") : typed(type, "");
    }

    /** The fields that stand deeper than {@code indent}. */
    private ObjectNode object(String indent) {
        ObjectNode object = Json.object().put("type", "object");
        ObjectNode properties = object.putObject("properties");
        ArrayNode needed = Json.array();
        while (!lines.isEmpty()) {
            Matcher field = FIELD.matcher(lines.peek());
            if (!field.matches() || field.group(1).length() <= indent.length()) {
                break;
            }
            if (field.group(1).length() != indent.length() + 2 || properties.has(field.group(2))) {
                throw wrong(lines.peek());
            }
            lines.remove();
            if (!field.group(3).isEmpty()) {
                needed.add(field.group(2));
            }
            properties.set(field.group(2), typed(field.group(4), field.group(1)));
        }
        if (!needed.isEmpty()) {
            object.set("required", needed);
        }
        return object;
    }

    private ObjectNode typed(String text, String indent) {
        Matcher parts = TYPED.matcher(text);
        if (!parts.matches()) {
            throw wrong(text);
        }
        List<String> types = List.of(parts.group(1).split(" or "));
        ObjectNode schema = types.size() == 1 ? type(types.getFirst(), indent) : Json.object();
        if (types.size() > 1) {
            ArrayNode any = schema.putArray("anyOf");
            types.forEach(t -> any.add(type(t, indent)));
        }
        if (parts.group(2) != null) {
            schema.put("description", parts.group(2));
        }
        return schema;
    }

    private ObjectNode type(String type, String indent) {
        String rest = type.substring(0, type.length() - (type.endsWith("[]") ? 2 : type.endsWith("?") ? 1 : 0));
        if (type.endsWith("[]")) {
            return Json.object().put("type", "array").set("items", type(rest, indent));
        }
        if (type.endsWith("?")) {
            ObjectNode schema = Json.object();
            schema.putArray("anyOf").add(type(rest, indent)).add(Json.object().put("type", "null"));
            return schema;
        }
        if (type.startsWith("text(") && type.endsWith(")")) {
            ObjectNode schema = Json.object().put("type", "string");
            ArrayNode words = schema.putArray("enum");
            List.of(type.substring("text(".length(), type.length() - 1).split("\\|")).forEach(words::add);
            return schema;
        }
        return switch (type) {
            case "text" -> Json.object().put("type", "string");
            case "integer", "number", "boolean" -> Json.object().put("type", type);
            case "binary" -> Json.object().put("type", "string").put("contentMediaType", "application/octet-stream");
            case "any" -> Json.object();
            case "object" -> object(indent);
            default -> Json.object().put("$ref", "#/components/schemas/" + type);
        };
    }
}
