package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.text.SchemaForm.At;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Reads schemas into {@link SchemaForm}s: a schema with alternatives becomes several. Collects what is not supported instead of
 * stopping at the first. Used once, by one thread.
 */
final class SchemaReader {
    private static final int FORMS_MAX = 256;
    private static final int WORK_MAX = 50_000;
    private static final int DIGITS_MAX = 40;
    private static final Set<String> ANNOTATIONS = Set.of("title", "description", "default", "example", "examples", "deprecated",
            "readOnly", "writeOnly", "$schema", "$comment", "$id", "id", "$anchor", "contentEncoding", "contentMediaType",
            "contentSchema", "$defs", "definitions");
    private static final Set<String> SUPPORTED = Set.of("type", "enum", "const", "$ref", "allOf", "anyOf", "oneOf", "properties",
            "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties", "items", "prefixItems",
            "minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern", "format", "minimum", "maximum",
            "exclusiveMinimum", "exclusiveMaximum", "multipleOf");

    private final JsonNode root;
    private final GrammarLimits limits;
    private final Collection<String> refusals = new LinkedHashSet<>();
    private int work;
    /** While two choices are compared, oneOf deeper inside counts as anyOf: what is then disjoint is so with oneOf too. */
    private boolean isProving;

    SchemaReader(JsonNode root, GrammarLimits limits) {
        this.root = root;
        this.limits = limits;
    }

    Collection<String> refusals() {
        return refusals;
    }

    void refuse(String pointer, String why) {
        refusals.add((pointer.isEmpty() ? "/" : pointer) + ": " + why);
    }

    /** All ways to fulfil all of the schemas; none if they contradict each other. */
    List<SchemaForm> forms(List<At> schemas) throws Problem {
        List<SchemaForm> forms = List.of(new SchemaForm());
        for (At schema : schemas) {
            forms = cross(forms, forms(schema, new HashSet<>()), schema.pointer());
        }
        return forms;
    }

    private List<SchemaForm> forms(At schema, Set<String> refs) throws Problem {
        if (++work > WORK_MAX) {
            throw new Problem(Problem.Kind.LIMIT,
                    "the JSON schema has too many alternatives: more than %,d steps to read it".formatted(WORK_MAX));
        }
        JsonNode node = schema.node();
        if (node.isBoolean()) {
            return node.booleanValue() ? List.of(new SchemaForm()) : List.of();
        }
        if (!node.isObject()) {
            throw malformed(schema.pointer(), "a schema is an object or a boolean");
        }
        for (String key : node.propertyNames()) {
            if (!SUPPORTED.contains(key) && !ANNOTATIONS.contains(key) && !key.startsWith("x-")) {
                refuse(schema.child(key).pointer(), "the keyword \"" + key + "\" is not supported");
            }
        }
        if (node.has("$id") && !schema.pointer().isEmpty()) {
            refuse(schema.child("$id").pointer(), "$id inside a schema is not supported");
        }
        List<SchemaForm> forms = List.of(new SchemaKeywords(this, limits).read(schema));
        if (node.has("$ref")) {
            forms = cross(forms, referred(schema, refs), schema.pointer());
        }
        for (At part : list(schema, "allOf")) {
            forms = cross(forms, forms(part, refs), schema.pointer());
        }
        List<SchemaForm> any = new ArrayList<>();
        for (At part : list(schema, "anyOf")) {
            any.addAll(forms(part, refs));
        }
        forms = node.has("anyOf") ? cross(forms, any, schema.pointer()) : forms;
        return node.has("oneOf") ? exclusive(schema, forms, refs) : forms;
    }

    private List<SchemaForm> referred(At schema, Set<String> refs) throws Problem {
        At target = resolve(schema.child("$ref"));
        if (!refs.add(target.pointer())) {
            throw malformed(schema.pointer(), "$ref \"%s\" leads to itself".formatted(schema.node().get("$ref").asString()));
        }
        List<SchemaForm> forms = forms(target, refs);
        refs.remove(target.pointer());
        return forms;
    }

    /** Where a reference without other keywords beside it leads. */
    At chased(At schema) throws Problem {
        At at = schema;
        for (int steps = 0; steps < 64 && at.node().isObject() && at.node().has("$ref") && isOnlyRef(at.node()); steps++) {
            at = resolve(at.child("$ref"));
        }
        return at;
    }

    private static boolean isOnlyRef(JsonNode node) {
        return node.propertyNames().stream().allMatch(key -> key.equals("$ref") || ANNOTATIONS.contains(key));
    }

    private At resolve(At ref) throws Problem {
        String target = ref.node().isString() ? ref.node().stringValue() : "";
        if (!target.equals("#") && !target.startsWith("#/")) {
            throw malformed(ref.pointer(),
                    "$ref is \"%s\"; only references within the schema (#, #/$defs/...) can be followed".formatted(target));
        }
        String pointer = java.net.URLDecoder.decode(target.substring(1).replace("+", "%2B"),
                java.nio.charset.StandardCharsets.UTF_8);
        JsonNode node = root.at(pointer);
        if (node.isMissingNode()) {
            throw malformed(ref.pointer(), "$ref is \"%s\"; there is nothing in the schema".formatted(target));
        }
        return new At(node, pointer);
    }

    private List<SchemaForm> exclusive(At schema, List<SchemaForm> base, Set<String> refs) throws Problem {
        List<List<SchemaForm>> branches = new ArrayList<>();
        for (At part : list(schema, "oneOf")) {
            branches.add(cross(base, forms(part, refs), schema.pointer()));
        }
        SchemaOverlap overlap = new SchemaOverlap(this);
        List<SchemaForm> all = new ArrayList<>();
        for (int i = 0; i < branches.size(); i++) {
            for (int j = 0; j < i && !isProving; j++) {
                isProving = true;
                boolean isDisjoint = overlap.isDisjoint(branches.get(i), branches.get(j));
                isProving = false;
                if (!isDisjoint) {
                    refuse(schema.child("oneOf").pointer(),
                            "a value could fit both choice %d and choice %d; use anyOf, or a const that tells them apart"
                            .formatted(j, i));
                }
            }
            all.addAll(branches.get(i));
        }
        return all;
    }

    private List<SchemaForm> cross(List<SchemaForm> left, List<SchemaForm> right, String pointer) throws Problem {
        List<SchemaForm> all = new ArrayList<>();
        for (SchemaForm a : left) {
            for (SchemaForm b : right) {
                SchemaForm both = a.and(b);
                if (both == null) {
                    refuse(pointer, "two different multipleOf at once are not supported");
                } else if (!both.types.isEmpty()) {
                    all.add(both);
                }
            }
        }
        if (all.size() > FORMS_MAX) {
            throw new Problem(Problem.Kind.LIMIT,
                    "JSON schema, %s: more than %d combinations of its alternatives".formatted(pointer, FORMS_MAX));
        }
        return all;
    }

    // ---- values of keywords

    Problem malformed(String pointer, String what) {
        return new Problem(Problem.Kind.MALFORMED, "JSON schema, %s: %s".formatted(pointer.isEmpty() ? "/" : pointer, what));
    }

    List<At> list(At schema, String key) throws Problem {
        List<At> all = new ArrayList<>();
        if (schema.node().has(key)) {
            At list = schema.child(key);
            if (!list.node().isArray() || list.node().isEmpty()) {
                throw malformed(list.pointer(), key + " is a list of at least one element");
            }
            for (int i = 0; i < list.node().size(); i++) {
                all.add(list.child(i));
            }
        }
        return all;
    }

    Map<String, At> map(At schema, String key) throws Problem {
        Map<String, At> all = new LinkedHashMap<>();
        if (schema.node().has(key)) {
            At map = schema.child(key);
            if (!map.node().isObject()) {
                throw malformed(map.pointer(), key + " is an object");
            }
            for (String name : map.node().propertyNames()) {
                if (name.length() > 256) {
                    throw malformed(map.pointer(), "a name of %d characters; at most 256".formatted(name.length()));
                }
                all.put(name, map.child(name));
            }
        }
        return all;
    }

    long count(At schema, String key, long otherwise) throws Problem {
        if (!schema.node().has(key)) {
            return otherwise;
        }
        BigDecimal value = decimal(schema, key);
        if (value.signum() < 0 || value.remainder(BigDecimal.ONE).signum() != 0) {
            throw malformed(schema.child(key).pointer(), key + " is a whole number that is not negative");
        }
        if (value.compareTo(BigDecimal.valueOf(limits.repeatMax())) > 0) {
            if (key.startsWith("max")) {
                return Integer.MAX_VALUE;
            }
            refuse(schema.child(key).pointer(), "%s is over %,d".formatted(key, limits.repeatMax()));
        }
        return value.min(BigDecimal.valueOf(limits.repeatMax())).longValue();
    }

    BigDecimal decimal(At schema, String key) throws Problem {
        JsonNode value = schema.node().get(key);
        if (!value.isNumber()) {
            throw malformed(schema.child(key).pointer(), key + " is a number");
        }
        BigDecimal decimal = value.decimalValue();
        if (decimal.precision() > DIGITS_MAX || Math.abs(decimal.scale()) > DIGITS_MAX) {
            refuse(schema.child(key).pointer(), "%s has more than %d digits".formatted(key, DIGITS_MAX));
            return BigDecimal.ONE;
        }
        return decimal;
    }

    static Set<SchemaForm.Type> none() {
        return EnumSet.noneOf(SchemaForm.Type.class);
    }
}
