package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.text.SchemaForm.At;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Reads the keywords of one schema that say what a value is, references and alternatives aside. Used by one {@link SchemaReader}.
 */
final class SchemaKeywords {
    private static final String DATE = "(?:[12][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|"
            + "[12][0-9]|30)"
            + "|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[12][0-9](?:0[48]|[2468][048]|[13579][26])|(?:1[26]|2[048])00)-02-29)";
    private static final String TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?(?:Z|[+-](?:[01][0-9]|"
            + "2[0-3]):[0-5][0-9])";
    private static final String BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    private static final String HOST = "(?:[a-z0-9]{1,20}\\.){1,3}[a-z]{2,6}";
    /** Validators know the real ones. */
    private static final String TOP_DOMAIN = "(?:com|org|net|edu|gov|info|io|dev|de|fr|uk|eu|us|in|jp|br)";
    /** Formats as expressions: every text they match has the format; not every text of the format matches. */
    private static final Map<String, String> FORMATS = Map.of(
            "date", "^" + DATE + "$",
            "time", "^" + TIME + "$",
            "date-time", "^" + DATE + "T" + TIME + "$",
            "uuid", "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
            "ipv4", "^" + BYTE + "(?:\\." + BYTE + "){3}$",
            "email", "^[A-Za-z0-9]{1,20}(?:[._+-][A-Za-z0-9]{1,15}){0,2}@(?:[a-z0-9]{1,20}\\.){1,2}" + TOP_DOMAIN + "$",
            "hostname", "^" + HOST + "$",
            "uri", "^https?://" + HOST + "(?:/[A-Za-z0-9_~.-]{1,30}){0,6}/?$",
            "duration", "^P(?:[0-9]{1,4}W|[0-9]{1,4}D(?:T[0-9]{1,4}H)?|T[0-9]{1,4}[HMS])$");

    private final SchemaReader reader;
    private final GrammarLimits limits;
    private final SchemaForm form = new SchemaForm();

    SchemaKeywords(SchemaReader reader, GrammarLimits limits) {
        this.reader = reader;
        this.limits = limits;
    }

    SchemaForm read(At schema) throws Problem {
        types(schema);
        values(schema);
        strings(schema);
        numbers(schema);
        arrays(schema);
        objects(schema);
        return form;
    }

    private void types(At schema) throws Problem {
        if (!schema.node().has("type")) {
            return;
        }
        At type = schema.child("type");
        List<JsonNode> names = new ArrayList<>();
        if (type.node().isArray()) {
            type.node().forEach(names::add);
        } else {
            names.add(type.node());
        }
        Set<SchemaForm.Type> types = SchemaReader.none();
        boolean hasNumber = false;
        boolean hasInteger = false;
        for (JsonNode name : names) {
            switch (name.isString() ? name.stringValue() : "") {
                case "null" -> types.add(SchemaForm.Type.NULL);
                case "boolean" -> types.add(SchemaForm.Type.BOOLEAN);
                case "number" -> hasNumber = true;
                case "integer" -> hasInteger = true;
                case "string" -> types.add(SchemaForm.Type.STRING);
                case "array" -> types.add(SchemaForm.Type.ARRAY);
                case "object" -> types.add(SchemaForm.Type.OBJECT);
                default -> throw reader.malformed(type.pointer(),
                        "the type %s; types are null, boolean, number, integer, string, array, object"
                        .formatted(name));
            }
        }
        if (hasNumber || hasInteger) {
            types.add(SchemaForm.Type.NUMBER);
        }
        form.types.retainAll(types);
        form.isInteger = hasInteger && !hasNumber;
    }

    private void values(At schema) throws Problem {
        if (schema.node().has("enum")) {
            form.values = reader.list(schema, "enum").stream().map(At::node).toList();
        }
        if (schema.node().has("const")) {
            JsonNode value = schema.node().get("const");
            form.values = form.values == null || form.values.stream().anyMatch(v -> SchemaForm.isSame(v, value))
                    ? List.of(value) : List.of();
        }
    }

    private void strings(At schema) throws Problem {
        form.charsMin = reader.count(schema, "minLength", 0);
        form.charsMax = reader.count(schema, "maxLength", Integer.MAX_VALUE);
        if (schema.node().has("pattern")) {
            pattern(schema.child("pattern"), schema.node().get("pattern").asString(""));
        }
        if (schema.node().has("format") && form.types.contains(SchemaForm.Type.STRING)) {
            String format = schema.node().get("format").asString("");
            if (FORMATS.containsKey(format)) {
                pattern(schema.child("format"), FORMATS.get(format));
            } else {
                reader.refuse(schema.child("format").pointer(), "the format \"%s\" is not supported; supported are %s"
                        .formatted(format, String.join(", ", FORMATS.keySet().stream().sorted().toList())));
            }
        }
    }

    private void pattern(At at, String source) {
        try {
            form.patterns.add(new RegexParser(source, limits).parse());
        } catch (Problem p) {
            reader.refuse(at.pointer(), p.getMessage());
        }
    }

    private void numbers(At schema) throws Problem {
        BigDecimal[] bounds = new BigDecimal[4];
        String[] keys = {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"};
        for (int i = 0; i < keys.length; i++) {
            if (schema.node().has(keys[i])) {
                bounds[i] = reader.decimal(schema, keys[i]);
            }
        }
        form.range = new JsonNumbers.Range(bounds[0], false, bounds[2], false)
                .and(new JsonNumbers.Range(bounds[1], true, bounds[3], true));
        if (schema.node().has("multipleOf")) {
            form.multipleOf = reader.decimal(schema, "multipleOf");
            if (form.multipleOf.signum() <= 0) {
                throw reader.malformed(schema.child("multipleOf").pointer(), "multipleOf is a number above 0");
            }
        }
    }

    private void arrays(At schema) throws Problem {
        form.itemsMin = reader.count(schema, "minItems", 0);
        form.itemsMax = reader.count(schema, "maxItems", Integer.MAX_VALUE);
        if (schema.node().path("uniqueItems").asBoolean(false)) {
            reader.refuse(schema.child("uniqueItems").pointer(), "uniqueItems cannot be held while an array is written");
        }
        boolean hasItems = schema.node().has("items");
        if (hasItems && schema.node().get("items").isArray()) {
            reader.refuse(schema.child("items").pointer(), "a list of items is called prefixItems since draft 2020-12");
        } else if (hasItems || schema.node().has("prefixItems")) {
            form.elements.add(new SchemaForm.Elements(reader.list(schema, "prefixItems"), hasItems ? schema.child("items") : null));
        }
    }

    private void objects(At schema) throws Problem {
        form.membersMin = reader.count(schema, "minProperties", 0);
        form.membersMax = reader.count(schema, "maxProperties", Integer.MAX_VALUE);
        JsonNode node = schema.node();
        if (node.has("required")) {
            if (!node.get("required").isArray()) {
                throw reader.malformed(schema.child("required").pointer(), "required is a list of names");
            }
            node.get("required").forEach(name -> form.required.add(name.asString("")));
        }
        if (node.has("properties") || node.has("patternProperties") || node.has("additionalProperties")) {
            form.members.add(new SchemaForm.Members(reader.map(schema, "properties"), reader.map(schema, "patternProperties"),
                    node.has("additionalProperties") ? schema.child("additionalProperties") : null));
        }
    }
}
