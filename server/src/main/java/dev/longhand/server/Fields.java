package dev.longhand.server;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields of one JSON object of a request. Each is asked for by name and type; null is the same as not there. What nobody asked
 * for is {@linkplain #warnings warned} of, so that nothing is ignored in silence. Not thread-safe.
 */
final class Fields {
    private static final int SHOWN_CHARS_MAX = 60;
    private static final int WARNINGS_MAX = 20;

    private final ObjectNode object;
    private final String prefix; // of the names in messages, such as "messages[2]."
    private final List<String> warnings; // shared with the objects inside
    private final Set<String> known = new LinkedHashSet<>();

    Fields(ObjectNode object) {
        this(object, "", new ArrayList<>());
    }

    private Fields(ObjectNode object, String prefix, List<String> warnings) {
        this.object = object;
        this.prefix = prefix;
        this.warnings = warnings;
    }

    ObjectNode node() {
        return object;
    }

    /** The name as messages have it, such as {@code messages[2].role}. */
    String name(String field) {
        return prefix + field;
    }

    private Optional<JsonNode> find(String field) {
        known.add(field);
        JsonNode node = object.get(field);
        return node == null || node.isNull() ? Optional.empty() : Optional.of(node);
    }

    boolean has(String field) {
        return find(field).isPresent();
    }

    private Refusal wrong(String field, JsonNode node, String rule) {
        String shown = node.toString();
        return Refusal.field(name(field), "%s is %s; it must be %s".formatted(name(field),
                shown.length() > SHOWN_CHARS_MAX ? shown.substring(0, SHOWN_CHARS_MAX) + "..." : shown, rule));
    }

    private Refusal missing(String field) {
        return Refusal.field(name(field), name(field) + " is missing");
    }

    Optional<String> text(String field) throws Refusal {
        Optional<JsonNode> node = find(field);
        if (node.isPresent() && !node.get().isString()) {
            throw wrong(field, node.get(), "a string");
        }
        return node.map(JsonNode::stringValue);
    }

    String neededText(String field) throws Refusal {
        return text(field).orElseThrow(() -> missing(field));
    }

    /** One of {@code allowed}. */
    Optional<String> word(String field, String... allowed) throws Refusal {
        Optional<String> text = text(field);
        if (text.isPresent() && !List.of(allowed).contains(text.get())) {
            throw wrong(field, object.get(field), "one of " + String.join(", ", allowed));
        }
        return text;
    }

    OptionalInt integer(String field, int min, int max) throws Refusal {
        OptionalLong found = whole(field, min, max);
        return found.isPresent() ? OptionalInt.of((int) found.getAsLong()) : OptionalInt.empty();
    }

    OptionalLong whole(String field, long min, long max) throws Refusal {
        Optional<JsonNode> node = find(field);
        if (node.isEmpty()) {
            return OptionalLong.empty();
        }
        boolean isWhole = node.get().isIntegralNumber() && node.get().canConvertToLong();
        if (!isWhole || node.get().longValue() < min || node.get().longValue() > max) {
            throw wrong(field, node.get(), "a whole number from %d to %d".formatted(min, max));
        }
        return OptionalLong.of(node.get().longValue());
    }

    OptionalDouble number(String field, double min, double max) throws Refusal {
        Optional<JsonNode> node = find(field);
        if (node.isEmpty()) {
            return OptionalDouble.empty();
        }
        double value = node.get().isNumber() ? node.get().doubleValue() : Double.NaN;
        if (!(value >= min && value <= max)) {
            throw wrong(field, node.get(), "a number from %s to %s".formatted(min, max));
        }
        return OptionalDouble.of(value);
    }

    boolean flag(String field, boolean otherwise) throws Refusal {
        Optional<JsonNode> node = find(field);
        if (node.isPresent() && !node.get().isBoolean()) {
            throw wrong(field, node.get(), "true or false");
        }
        return node.map(JsonNode::booleanValue).orElse(otherwise);
    }

    /** Whatever it is. */
    Optional<JsonNode> any(String field) {
        return find(field);
    }

    Optional<Fields> object(String field) throws Refusal {
        Optional<JsonNode> node = find(field);
        if (node.isPresent() && !node.get().isObject()) {
            throw wrong(field, node.get(), "an object");
        }
        return node.map(n -> new Fields((ObjectNode) n, prefix + field + ".", warnings));
    }

    /** Its elements, which must be objects; none if the field is not there. */
    List<Fields> objects(String field, int countMax) throws Refusal {
        List<Fields> objects = new ArrayList<>();
        for (JsonNode each : elements(field, countMax)) {
            String name = "%s[%d]".formatted(field, objects.size());
            if (!each.isObject()) {
                throw wrong(name, each, "an object");
            }
            objects.add(new Fields((ObjectNode) each, prefix + name + ".", warnings));
        }
        return objects;
    }

    /** Its elements, which must be strings; a single string counts as one. */
    List<String> texts(String field, int countMax) throws Refusal {
        Optional<JsonNode> node = find(field);
        if (node.isPresent() && node.get().isString()) {
            return List.of(node.get().stringValue());
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode each : elements(field, countMax)) {
            if (!each.isString()) {
                throw wrong("%s[%d]".formatted(field, texts.size()), each, "a string");
            }
            texts.add(each.stringValue());
        }
        return texts;
    }

    /** An array, whatever it holds. */
    JsonNode neededArray(String field) throws Refusal {
        JsonNode node = find(field).orElseThrow(() -> missing(field));
        if (!node.isArray()) {
            throw wrong(field, node, "an array");
        }
        return node;
    }

    List<JsonNode> elements(String field, int countMax) throws Refusal {
        Optional<JsonNode> node = find(field);
        if (node.isEmpty()) {
            return List.of();
        }
        if (!node.get().isArray()) {
            throw wrong(field, node.get(), "an array");
        }
        if (node.get().size() > countMax) {
            throw Refusal.field(name(field), "%s has %d elements; at most %d".formatted(name(field), node.get().size(), countMax));
        }
        List<JsonNode> elements = new ArrayList<>();
        node.get().forEach(elements::add);
        return elements;
    }

    /** A field that changes nothing here, and why; if it is there, the client is told. */
    void ignore(String field, String why) {
        find(field).ifPresent(node -> warn(name(field) + " is ignored: " + why));
    }

    /** A field that would change what the client gets, in a way that is not there. */
    void refuse(String field, String why) throws Refusal {
        if (has(field)) {
            throw Refusal.field(name(field), name(field) + " is not supported: " + why);
        }
    }

    void warn(String line) {
        if (warnings.size() < WARNINGS_MAX) {
            warnings.add(line);
        } else if (warnings.size() == WARNINGS_MAX) {
            warnings.add("there are more warnings, which are left out");
        }
    }

    /** Ends the reading of this object: what was not asked for is warned of. */
    void done() {
        object.propertyNames().stream().filter(n -> !known.contains(n)).forEach(n ->
                warn(name(n.substring(0, Math.min(n.length(), SHOWN_CHARS_MAX))) + " is ignored: it is not known"));
    }

    /** Of this object and those around and inside it. */
    List<String> warnings() {
        return List.copyOf(warnings);
    }
}
