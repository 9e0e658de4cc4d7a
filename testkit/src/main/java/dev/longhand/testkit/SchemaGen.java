package dev.longhand.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Random JSON Schemas as people write them: nested objects and arrays, enumerations, alternatives, references, bounds. Every schema
 * has a value that fulfils it. The same generator gives the same schema anywhere.
 */
public final class SchemaGen {
    private static final List<String> NAMES = List.of("name", "city", "age", "tags", "status", "email", "price", "count",
            "address", "items",
            "title", "author", "year", "rating", "active", "note", "children", "color", "size", "unit");

    private final Gen gen;
    private final int depthMax;
    private final boolean isBounded;
    private boolean hasRefs;

    /** {@code isBounded}: every string and array has a greatest length. */
    public SchemaGen(Gen gen, int depthMax, boolean isBounded) {
        this.gen = gen;
        this.depthMax = depthMax;
        this.isBounded = isBounded;
    }

    /** A schema of an object. */
    public String schema() {
        hasRefs = false;
        String root = object(depthMax, 2);
        if (!hasRefs) {
            return root;
        }
        String point = "{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"integer\",\"minimum\":-9,\"maximum\":99},"
                + "\"y\":{\"type\":\"integer\"}},\"required\":[\"x\",\"y\"],\"additionalProperties\":false}";
        String tree = "{\"type\":\"object\",\"properties\":{\"label\":{\"type\":\"string\",\"maxLength\":12},\"next\":"
                + "{\"anyOf\":[{\"type\":\"null\"},"
                + "{\"$ref\":\"#/$defs/tree\"}]}},\"required\":[\"label\",\"next\"],\"additionalProperties\":false}";
        return root.substring(0, root.length() - 1) + ",\"$defs\":{\"point\":" + point + ",\"tree\":" + tree + "}}";
    }

    private String any(int depth) {
        int kind = gen.between(0, depth > 0 ? 14 : 9);
        return switch (kind) {
            case 0, 1 -> string();
            case 2 -> integer();
            case 3 -> number();
            case 4 -> "{\"type\":\"boolean\"}";
            case 5 -> enumeration();
            case 6 -> gen.chance(0.5) ? "{\"const\":\"v1\"}" : "{\"type\":[\"integer\",\"null\"],\"description\":\"or nothing\"}";
            case 7 -> reference("point");
            case 8 -> gen.chance(0.5) ? reference("tree") : string();
            case 9, 10 -> array(depth);
            case 11, 12 -> object(depth - 1, 1);
            default -> alternatives(depth);
        };
    }

    private String reference(String name) {
        hasRefs = true;
        return "{\"$ref\":\"#/$defs/" + name + "\"}";
    }

    private String string() {
        return switch (gen.between(0, 6)) {
            case 0 -> "{\"type\":\"string\",\"format\":\"%s\"}".formatted(gen.oneOf("date", "time", "date-time", "uuid", "email",
                    "ipv4"));
            case 1 -> "{\"type\":\"string\",\"pattern\":\"%s\"}".formatted(
                    gen.oneOf("^[A-Z]{2}-[0-9]{4}$", "^(red|green|blue)( dark| light)?$", "^[a-z]{1,8}(_[a-z]{1,8}){0,2}$"));
            case 2, 3 -> isBounded ? bounded() : "{\"type\":\"string\"}";
            default -> bounded();
        };
    }

    private String bounded() {
        int min = gen.between(0, 4);
        return "{\"type\":\"string\",\"minLength\":%d,\"maxLength\":%d}".formatted(min, min + gen.between(4, 40));
    }

    private String integer() {
        return switch (gen.between(0, 3)) {
            case 0 -> "{\"type\":\"integer\"}";
            case 1 -> "{\"type\":\"integer\",\"minimum\":%d}".formatted(gen.between(-50, 2000));
            default -> "{\"type\":\"integer\",\"minimum\":%d,\"exclusiveMaximum\":%d}".formatted(gen.between(-300, 10),
                    gen.between(12, 5000));
        };
    }

    private String number() {
        return switch (gen.between(0, 4)) {
            case 0 -> "{\"type\":\"number\"}";
            case 1 -> "{\"type\":\"number\",\"minimum\":0,\"maximum\":1}";
            case 2 -> "{\"type\":\"number\",\"exclusiveMinimum\":-2.75,\"maximum\":14.125}";
            default -> "{\"type\":\"number\",\"multipleOf\":0.01}";
        };
    }

    private String enumeration() {
        return gen.chance(0.7) ? "{\"enum\":[\"low\",\"medium\",\"high\",\"lowest\"]}"
                : "{\"enum\":[1,2.5,null,true,\"a \\\"quote\\\"\"]}";
    }

    private String array(int depth) {
        int min = gen.between(0, 3);
        String max = isBounded || gen.chance(0.6) ? ",\"maxItems\":" + (min + gen.between(1, 4)) : "";
        return "{\"type\":\"array\",\"items\":%s,\"minItems\":%d%s}".formatted(any(depth - 1), min, max);
    }

    private String alternatives(int depth) {
        if (gen.chance(0.5)) {
            return "{\"anyOf\":[%s,%s]}".formatted(any(depth - 1), any(depth - 1));
        }
        String a = "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"a\"},\"v\":%s},\"required\":[\"kind\",\"v\"]}"
                .formatted(any(depth - 1));
        String b = "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"b\"},\"w\":%s},\"required\":[\"kind\",\"w\"]}"
                .formatted(any(depth - 1));
        return "{\"oneOf\":[" + a + "," + b + ",{\"type\":\"null\"}]}";
    }

    private String object(int depth, int propertiesMin) {
        int count = gen.between(propertiesMin, propertiesMin + 4);
        int offset = gen.between(0, NAMES.size());
        List<String> names = IntStream.range(0, count).mapToObj(i -> NAMES.get((offset + 7 * i) % NAMES.size())).toList();
        List<String> properties = new ArrayList<>();
        for (String name : names) {
            properties.add("\"" + name + "\":" + any(depth));
        }
        String required = names.stream().filter(n -> gen.chance(0.8)).map(n -> "\"" + n + "\"").collect(Collectors.joining(","));
        String additional = switch (gen.between(0, 6)) {
            case 0 -> isBounded ? ",\"additionalProperties\":false" : ",\"additionalProperties\":{\"type\":\"integer\"}";
            case 1 -> "";
            default -> ",\"additionalProperties\":false";
        };
        return "{\"type\":\"object\",\"properties\":{%s},\"required\":[%s]%s}".formatted(String.join(",", properties), required,
                additional);
    }
}
