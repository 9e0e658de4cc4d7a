package dev.longhand.text;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * What a value must be, without alternatives: the conjunction of the keywords of one or more schemas. Mutable while it is read;
 * then only {@link #and} makes new ones.
 */
final class SchemaForm {
    /** A type of JSON value. */
    enum Type {
        NULL, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT
    }

    /** A schema and where it stands. */
    record At(JsonNode node, String pointer) {
        At child(String key) {
            return new At(node.get(key), pointer + "/" + key.replace("~", "~0").replace("/", "~1"));
        }

        At child(int index) {
            return new At(node.get(index), pointer + "/" + index);
        }
    }

    /** What one schema says of elements; {@code items} may be null. */
    record Elements(List<At> prefix, At items) {
        /** The schema of an element, or null. */
        At element(int index) {
            return index < prefix.size() ? prefix.get(index) : items;
        }
    }

    /** What one schema says of members; {@code additional} may be null. */
    record Members(Map<String, At> properties, Map<String, At> patterns, At additional) {}

    final Set<Type> types = EnumSet.allOf(Type.class);
    boolean isInteger;
    List<JsonNode> values; // null: any
    long charsMin;
    long charsMax = Integer.MAX_VALUE;
    final List<RegexParser.Piece> patterns = new ArrayList<>();
    JsonNumbers.Range range = JsonNumbers.Range.ALL;
    BigDecimal multipleOf; // null: any
    long itemsMin;
    long itemsMax = Integer.MAX_VALUE;
    final List<Elements> elements = new ArrayList<>();
    long membersMin;
    long membersMax = Integer.MAX_VALUE;
    final List<Members> members = new ArrayList<>();
    final Set<String> required = new LinkedHashSet<>();

    /** What fulfils both; null if they have multiples that do not combine. */
    SchemaForm and(SchemaForm other) {
        SchemaForm both = new SchemaForm();
        both.types.retainAll(types);
        both.types.retainAll(other.types);
        both.isInteger = isInteger || other.isInteger;
        both.values = values == null ? other.values : other.values == null ? values
                : values.stream().filter(v -> other.values.stream().anyMatch(w -> isSame(v, w))).toList();
        both.charsMin = Math.max(charsMin, other.charsMin);
        both.charsMax = Math.min(charsMax, other.charsMax);
        both.patterns.addAll(patterns);
        both.patterns.addAll(other.patterns);
        both.range = range.and(other.range);
        both.multipleOf = multipleOf == null ? other.multipleOf : multipleOf;
        if (multipleOf != null && other.multipleOf != null && multipleOf.compareTo(other.multipleOf) != 0) {
            return null;
        }
        both.itemsMin = Math.max(itemsMin, other.itemsMin);
        both.itemsMax = Math.min(itemsMax, other.itemsMax);
        both.elements.addAll(elements);
        both.elements.addAll(other.elements);
        both.membersMin = Math.max(membersMin, other.membersMin);
        both.membersMax = Math.min(membersMax, other.membersMax);
        both.members.addAll(members);
        both.members.addAll(other.members);
        both.required.addAll(required);
        both.required.addAll(other.required);
        return both;
    }

    static boolean isSame(JsonNode a, JsonNode b) {
        return a.isNumber() && b.isNumber() ? a.decimalValue().compareTo(b.decimalValue()) == 0 : a.equals(b);
    }

    static Type typeOf(JsonNode value) {
        return switch (value.getNodeType()) {
            case NULL, MISSING -> Type.NULL;
            case BOOLEAN -> Type.BOOLEAN;
            case NUMBER -> Type.NUMBER;
            case ARRAY -> Type.ARRAY;
            case OBJECT, POJO -> Type.OBJECT;
            case STRING, BINARY -> Type.STRING;
        };
    }

    /** Whether a listed value fulfils the rest of the form, patterns and what is inside arrays and objects aside. */
    boolean allows(JsonNode value) {
        if (!types.contains(typeOf(value))) {
            return false;
        }
        if (value.isString()) {
            int chars = value.stringValue().codePointCount(0, value.stringValue().length());
            return chars >= charsMin && chars <= charsMax;
        }
        if (value.isNumber()) {
            BigDecimal number = value.decimalValue();
            return range.contains(number) && isMultiple(number, multipleOf)
                    && isMultiple(number, isInteger ? BigDecimal.ONE : null);
        }
        return true;
    }

    private static boolean isMultiple(BigDecimal number, BigDecimal of) {
        return of == null || number.remainder(of).signum() == 0;
    }

    /** Whether arrays or objects are described further than by their type. */
    boolean looksInside() {
        return !elements.isEmpty() || !members.isEmpty() || !required.isEmpty() || itemsMin > 0 || itemsMax < Integer.MAX_VALUE
                || membersMin > 0 || membersMax < Integer.MAX_VALUE;
    }

    /** Schemas that the element at an index must fulfil, all of them. */
    List<At> element(int index) {
        List<At> all = new ArrayList<>();
        elements.forEach(e -> addIfAny(e.element(index), all));
        return all;
    }

    /** Elements that are described one by one. */
    int prefix() {
        return elements.stream().mapToInt(e -> e.prefix().size()).max().orElse(0);
    }

    /** Named members in the order of their schemas, then those that are only required. */
    Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        members.forEach(m -> names.addAll(m.properties().keySet()));
        names.addAll(required);
        return names;
    }

    /** Schemas that the member of a name must fulfil, all of them. */
    List<At> member(String name) {
        List<At> all = new ArrayList<>();
        for (Members m : members) {
            addIfAny(m.properties().getOrDefault(name, m.additional()), all);
        }
        return all;
    }

    /** Schemas that members without a name of their own must fulfil, all of them. */
    List<At> others() {
        List<At> all = new ArrayList<>();
        members.forEach(m -> addIfAny(m.additional(), all));
        return all;
    }

    private static void addIfAny(At schema, List<At> all) {
        if (schema != null) {
            all.add(schema);
        }
    }

    /**
     * Whether members may come that are not named. JSON Schema says yes where nothing is said; here an object whose members are
     * named has no others unless {@code additionalProperties} asks for them.
     */
    boolean isOpen() {
        boolean isAsked = members.stream().anyMatch(m -> m.additional() != null);
        boolean hasNames = members.stream().anyMatch(m -> !m.properties().isEmpty()) || !required.isEmpty();
        return isAsked || !hasNames && patternMembers().isEmpty();
    }

    Map<String, At> patternMembers() {
        Map<String, At> all = new LinkedHashMap<>();
        members.forEach(m -> all.putAll(m.patterns()));
        return all;
    }
}
