package dev.longhand.server;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Reads JSON of clients within limits, and writes ours. Thread-safe. */
final class Json {
    private static final int NUMBER_CHARS_MAX = 100;
    private static final int NAME_CHARS_MAX = 10_000;
    private static final int SHOWN_CHARS_MAX = 200;

    private final JsonMapper mapper;

    Json(Limits limits) {
        StreamReadConstraints constraints = StreamReadConstraints.builder().maxNestingDepth(limits.jsonDepthMax())
                .maxStringLength(limits.textCharsMax()).maxNumberLength(NUMBER_CHARS_MAX).maxNameLength(NAME_CHARS_MAX)
                .maxDocumentLength(limits.bodyBytesMax()).build();
        this.mapper = JsonMapper.builder(JsonFactory.builder().streamReadConstraints(constraints)
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
    }

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static ArrayNode array() {
        return JsonNodeFactory.instance.arrayNode();
    }

    /** The object that a request's body is. */
    ObjectNode readObject(byte[] body) throws Refusal {
        if (body.length == 0) {
            throw Refusal.of(400, "malformed", "the body is empty; it must be a JSON object");
        }
        JsonNode node = read(body);
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw Refusal.of(400, "malformed", "the body is not a JSON object");
    }

    JsonNode read(byte[] body) throws Refusal {
        try {
            return mapper.readTree(body);
        } catch (JacksonException e) {
            String said = String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
            String where = e.getLocation() == null ? "" : " at line %d, column %d".formatted(e.getLocation().getLineNr(),
                    e.getLocation().getColumnNr());
            throw Refusal.of(400, "malformed", "the body is no JSON%s: %s".formatted(where,
                    said.substring(0, Math.min(said.length(), SHOWN_CHARS_MAX))));
        }
    }

    /** As lists, maps, texts, numbers, booleans and null. */
    static Object plain(JsonNode node) {
        return switch (node) {
            case ObjectNode object -> {
                Map<String, Object> map = new LinkedHashMap<>();
                object.propertyStream().forEach(p -> map.put(p.getKey(), plain(p.getValue())));
                yield map;
            }
            case ArrayNode array -> array.valueStream().map(Json::plain).collect(Collectors.toCollection(ArrayList::new));
            case JsonNode n when n.isString() -> n.stringValue();
            case JsonNode n when n.isBoolean() -> n.booleanValue();
            case JsonNode n when n.isIntegralNumber() && n.canConvertToLong() -> n.longValue();
            case JsonNode n when n.isIntegralNumber() -> n.bigIntegerValue();
            case JsonNode n when n.isNumber() -> n.decimalValue().doubleValue();
            default -> null;
        };
    }

    byte[] bytes(JsonNode node) {
        return mapper.writeValueAsBytes(node);
    }

    String text(JsonNode node) {
        return new String(bytes(node), StandardCharsets.UTF_8);
    }
}
