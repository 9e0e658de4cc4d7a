package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.text.SchemaForm.At;
import dev.longhand.text.SchemaForm.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Turns a JSON Schema into rules. Every text they derive is JSON that the schema accepts; not the other way round: members come in
 * the order of the schema, white space is bounded (see {@link JsonText}), and numbers and formats are written in one way.
 *
 * <p>A rule stands for a set of schemas that one value must fulfil, so recursion ends. Used once, by one thread.
 */
final class SchemaWriter {
    /** Values listed where a range of multiples is written out. */
    private static final int MULTIPLES_MAX = 4096;

    /** Keywords of a schema that names no members. */
    private static final Set<String> NAMES_NONE = Set.of("type", "properties", "required", "title", "description", "$schema");

    private record Work(int rule, List<At> schemas) {}

    private final GrammarLimits limits;
    private final RuleBook rules;
    private final JsonText json;
    private final SchemaReader reader;
    private final Map<List<String>, Integer> ruleOf = new HashMap<>();
    private final List<Work> work = new ArrayList<>();

    private SchemaWriter(JsonNode root, RuleBook rules, JsonText json, GrammarLimits limits) {
        this.limits = limits;
        this.rules = rules;
        this.reader = new SchemaReader(root, limits);
        this.json = json;
    }

    /** Defines {@code rule} and all that it leads to: a value that fulfils all of the schemas. */
    private void write(int rule, List<At> schemas) throws Problem {
        rules.define(rule, value(schemas));
        for (int at = 0; at < work.size(); at++) { // grows meanwhile
            Work each = work.get(at);
            rules.define(each.rule(), oneOf(each.schemas()));
        }
        if (!reader.refusals().isEmpty()) {
            throw new Problem(Problem.Kind.UNSUPPORTED,
                    "the JSON schema asks for what cannot be held while an answer is written:\n  "
                    + String.join("\n  ", reader.refusals()));
        }
    }

    /** Any JSON value. */
    static RuleBook anyJson(GrammarLimits limits) throws Problem {
        RuleBook rules = new RuleBook(limits);
        rules.declare("json");
        rules.define(0, new JsonText(rules, limits).any());
        return rules;
    }

    static RuleBook rules(String source, GrammarLimits limits) throws Problem {
        RuleBook rules = new RuleBook(limits);
        int root = rules.declare("/");
        JsonNode schema = parse(source, limits);
        new SchemaWriter(schema, rules, new JsonText(rules, limits), limits).write(root, List.of(new At(schema, "")));
        return Recursion.bounded(rules, limits);
    }

    /** One call of one of the tools as models write it: white space where their templates have it, and nowhere else. */
    static RuleBook oneCall(List<ChatFormat.Tool> tools, ToolFormat format, GrammarLimits limits) throws Problem {
        RuleBook rules = new RuleBook(limits);
        int root = rules.declare("call");
        JsonText json = new JsonText(rules, limits);
        String arguments = format == ToolFormat.LLAMA ? "parameters" : "arguments";
        List<Expr> ways = new ArrayList<>();
        for (ChatFormat.Tool tool : tools) {
            int rule = rules.declare(tool.name());
            try {
                JsonNode schema = argumentsSchema(tool, limits);
                new SchemaWriter(schema, rules, json, limits).write(rule, List.of(new At(schema, ""),
                        new At(parse("{\"type\": \"object\"}", limits), " an object")));
            } catch (Problem p) {
                throw new Problem(p.kind(), "the parameters of the tool \"" + tool.name() + "\": " + p.getMessage(), p);
            }
            ways.add(Expr.seq(Expr.text("{\"name\": " + JsonText.quoted(tool.name()) + ", \"" + arguments + "\": "),
                    new Expr.Ref(rule), Expr.text("}")));
        }
        rules.define(root, switch (format) {
            case HERMES -> Expr.seq(Expr.text("<tool_call>\n"), Expr.alt(ways), Expr.text("\n</tool_call>"));
            case MISTRAL -> Expr.seq(Expr.text("["), Expr.alt(ways), Expr.text("]")); // its mark is a control token
            case LLAMA, GENERIC -> Expr.alt(ways);
        });
        return Recursion.bounded(rules, limits);
    }

    /** A tool whose parameters are not named has none: a model would make them up. */
    private static JsonNode argumentsSchema(ChatFormat.Tool tool, GrammarLimits limits) throws Problem {
        JsonNode schema = parse(tool.parameters().isBlank() ? "{}" : tool.parameters(), limits);
        boolean isBare = schema.isObject() && schema.propertyNames().stream().allMatch(NAMES_NONE::contains)
                && schema.path("properties").isEmpty() && schema.path("required").isEmpty();
        return isBare ? parse("{\"type\": \"object\", \"additionalProperties\": false}", limits) : schema;
    }

    private static JsonNode parse(String source, GrammarLimits limits) throws Problem {
        JsonMapper mapper = JsonMapper.builder(JsonFactory.builder()
                        .streamReadConstraints(StreamReadConstraints.builder()
                                .maxNestingDepth(4 * limits.nestingMax()).maxNumberLength(100).build())
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS, DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
        try {
            return mapper.readTree(source);
        } catch (JacksonException e) {
            throw new Problem(Problem.Kind.MALFORMED, "the JSON schema is not JSON that can be read: " + e.getOriginalMessage()
                    + (e.getLocation() == null ? "" : " (line %d, column %d)"
                            .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr())), e);
        }
    }

    /** The rule of a value that fulfils all of the schemas. */
    private Expr value(List<At> schemas) throws Problem {
        Map<String, At> distinct = new HashMap<>();
        for (At schema : schemas) {
            At target = reader.chased(schema);
            distinct.put(target.pointer(), target);
        }
        List<String> key = List.copyOf(new TreeSet<>(distinct.keySet()));
        if (key.stream().allMatch(pointer -> isTrue(distinct.get(pointer).node()))) {
            return json.anyInside();
        }
        Integer rule = ruleOf.get(key);
        if (rule == null) {
            rule = rules.declare(String.join(" & ", key));
            ruleOf.put(key, rule);
            work.add(new Work(rule, key.stream().map(distinct::get).toList()));
        }
        return new Expr.Ref(rule);
    }

    private static boolean isTrue(JsonNode schema) {
        return schema.isBoolean() ? schema.booleanValue() : schema.isObject() && schema.isEmpty();
    }

    private Expr oneOf(List<At> schemas) throws Problem {
        String pointer = schemas.get(0).pointer();
        List<Expr> ways = new ArrayList<>();
        for (SchemaForm form : reader.forms(schemas)) {
            ways.add(form.values != null ? listed(form, pointer) : anyType(form, pointer));
        }
        return Expr.alt(ways);
    }

    private Expr listed(SchemaForm form, String pointer) {
        List<Expr> ways = new ArrayList<>();
        for (JsonNode value : form.values) {
            if (value.isString() && !form.patterns.isEmpty() || value.isContainer() && form.looksInside()) {
                reader.refuse(pointer, "listed values together with a pattern, a format or keywords for what is inside are not "
                        + "supported");
            } else if (form.allows(value)) {
                ways.add(Expr.text(written(value)));
            }
        }
        return Expr.alt(ways);
    }

    private static String written(JsonNode value) {
        StringBuilder out = new StringBuilder();
        if (value.isString()) {
            return JsonText.quoted(value.stringValue());
        }
        if (value.isArray()) {
            value.forEach(v -> out.append(out.isEmpty() ? "[" : ", ").append(written(v)));
            return out.isEmpty() ? "[]" : out.append("]").toString();
        }
        if (value.isObject()) {
            value.forEachEntry((k, v) -> out.append(out.isEmpty() ? "{" : ", ")
                    .append(JsonText.quoted(k)).append(": ").append(written(v)));
            return out.isEmpty() ? "{}" : out.append("}").toString();
        }
        return value.toString();
    }

    private Expr anyType(SchemaForm form, String pointer) throws Problem {
        List<Expr> ways = new ArrayList<>();
        for (Type type : form.types) {
            ways.add(switch (type) {
                case NULL -> Expr.text("null");
                case BOOLEAN -> Expr.alt(Expr.text("true"), Expr.text("false"));
                case NUMBER -> number(form, pointer);
                case STRING -> string(form, pointer);
                case ARRAY -> array(form);
                case OBJECT -> object(form, pointer);
            });
        }
        return Expr.alt(ways);
    }

    // ---- numbers and strings

    private Expr number(SchemaForm form, String pointer) {
        JsonNumbers.Range range = form.range;
        BigDecimal step = form.multipleOf;
        if (step == null || form.isInteger && step.compareTo(BigDecimal.ONE) == 0) {
            return form.isInteger ? integer(range) : JsonNumbers.decimals(range);
        }
        if (form.isInteger && step.stripTrailingZeros().scale() > 0) {
            reader.refuse(pointer, "integers that are multiples of a fraction are not supported");
            return Expr.EMPTY;
        }
        return multiples(range, step, pointer);
    }

    private static Expr integer(JsonNumbers.Range range) {
        return range.low() == null && range.high() == null ? JsonText.INTEGER : JsonNumbers.integers(range);
    }

    /** Multiples of a power of ten without bounds, or all of a range. */
    private Expr multiples(JsonNumbers.Range range, BigDecimal step, String pointer) {
        BigDecimal bare = step.stripTrailingZeros();
        if (range.low() == null && range.high() == null && bare.unscaledValue().equals(BigInteger.ONE)) {
            Expr whole = JsonText.INTEGER;
            if (bare.scale() <= 0) {
                Expr zeros = Expr.text("0".repeat(-bare.scale()));
                Expr nonzero = Expr.seq(Expr.optional(Expr.text("-")), JsonNumbers.integers(BigInteger.ONE,
                        BigInteger.TEN.pow(JsonText.INTEGER_DIGITS_MAX)));
                return Expr.alt(Expr.text("0"), Expr.seq(nonzero, zeros));
            }
            return Expr.seq(whole, Expr.optional(Expr.seq(Expr.text("."), Expr.repeat(Expr.chars(CodePoints.DIGITS), 1,
                    bare.scale()))));
        }
        if (range.low() == null || range.high() == null) {
            reader.refuse(pointer, "multipleOf %s needs a minimum and a maximum".formatted(step));
            return Expr.EMPTY;
        }
        BigInteger first = range.low().divide(step, 0, java.math.RoundingMode.CEILING).toBigInteger();
        BigInteger last = range.high().divide(step, 0, java.math.RoundingMode.FLOOR).toBigInteger();
        if (last.subtract(first).compareTo(BigInteger.valueOf(MULTIPLES_MAX)) > 0) {
            reader.refuse(pointer, "more than %,d multiples of %s lie between minimum and maximum".formatted(MULTIPLES_MAX, step));
            return Expr.EMPTY;
        }
        List<Expr> ways = new ArrayList<>();
        for (BigInteger i = first; i.compareTo(last) <= 0; i = i.add(BigInteger.ONE)) {
            BigDecimal value = step.multiply(new BigDecimal(i));
            if (range.contains(value)) {
                ways.add(Expr.text(value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString()));
            }
        }
        return Expr.alt(ways);
    }

    private Expr string(SchemaForm form, String pointer) {
        if (form.charsMin > form.charsMax) {
            return Expr.NOTHING;
        }
        if (form.patterns.isEmpty()) {
            return JsonText.string(Expr.repeat(JsonText.CHARACTER, (int) form.charsMin, (int) form.charsMax));
        }
        RegexParser.Piece pattern = form.patterns.get(0);
        if (form.patterns.size() > 1) {
            reader.refuse(pointer, "more than one pattern or format at once is not supported");
        } else if (pattern.min() < form.charsMin || pattern.max() > form.charsMax) {
            reader.refuse(pointer, "minLength or maxLength together with a pattern or format that allows other lengths is not "
                    + "supported; write the lengths into the pattern");
        }
        return JsonText.string(pattern.expr());
    }

    // ---- arrays and objects

    private Expr array(SchemaForm form) throws Problem {
        if (form.itemsMin > form.itemsMax) {
            return Expr.NOTHING;
        }
        int prefix = (int) Math.min(form.prefix(), form.itemsMax);
        int restMax = form.itemsMax == Integer.MAX_VALUE ? Expr.UNBOUNDED : (int) form.itemsMax - prefix;
        Expr item = value(form.element(Integer.MAX_VALUE));
        if (prefix == 0) {
            return Expr.alt(emptyIf(form.itemsMin == 0, "[]"),
                    restMax == 0 ? Expr.NOTHING : json.brackets(json.members(item, Math.max(1, (int) form.itemsMin), restMax)));
        }
        // from the last described element back: an array may end before each that is not asked for
        int restMin = (int) Math.max(0, form.itemsMin - prefix);
        Expr rest = Expr.repeat(Expr.seq(json.comma(), item), restMin, restMax);
        for (int i = prefix - 1; i >= 0; i--) {
            Expr element = Expr.seq(i == 0 ? Expr.EMPTY : json.comma(), value(form.element(i)), rest);
            rest = i == 0 || i < form.itemsMin ? element : Expr.optional(element);
        }
        return Expr.alt(emptyIf(form.itemsMin == 0, "[]"), json.brackets(rest));
    }

    private static Expr emptyIf(boolean mayBe, String text) {
        return mayBe ? Expr.text(text) : Expr.NOTHING;
    }

    private Expr object(SchemaForm form, String pointer) throws Problem {
        List<String> names = List.copyOf(form.names());
        Expr others = others(form, names, pointer);
        checkCounts(form, names, others, pointer);
        boolean mayBeEmpty = form.required.isEmpty() && form.membersMin == 0;
        List<Expr> firsts = firsts(form, names, others);
        if (form.required.isEmpty() && form.membersMax > 0) {
            int max = names.isEmpty() && form.membersMax < Integer.MAX_VALUE ? (int) form.membersMax : Expr.UNBOUNDED;
            firsts.add(json.members(others, 1, max));
        }
        return Expr.alt(emptyIf(mayBeEmpty, "{}"), json.braces(Expr.alt(firsts)));
    }

    /** What an object may begin with: each named member before which none is required, and all that follows. */
    private List<Expr> firsts(SchemaForm form, List<String> names, Expr others) throws Problem {
        List<Expr> firsts = new ArrayList<>();
        Expr rest = Expr.isNothing(others) ? Expr.EMPTY : Expr.repeat(Expr.seq(json.comma(), others), 0, Expr.UNBOUNDED);
        int lastFirst = 0;
        while (lastFirst < names.size() && !form.required.contains(names.get(lastFirst))) {
            lastFirst++;
        }
        for (int i = names.size() - 1; i >= 0; i--) {
            String name = names.get(i);
            Expr member = JsonText.member(Expr.text(JsonText.quoted(name)), value(form.member(name)));
            Expr from = Expr.seq(member, rest);
            if (i <= lastFirst) {
                firsts.addFirst(from);
            }
            int rule = rules.declare("members");
            Expr after = Expr.seq(json.comma(), from);
            rules.define(rule, form.required.contains(name) ? after : Expr.alt(after, rest));
            rest = new Expr.Ref(rule);
        }
        return firsts;
    }

    /** A member that is not named, or nothing. */
    private Expr others(SchemaForm form, List<String> names, String pointer) throws Problem {
        Map<String, At> patterns = form.patternMembers();
        if (patterns.isEmpty()) {
            return form.isOpen() ? JsonText.member(JsonText.keyOtherThan(names), value(form.others())) : Expr.NOTHING;
        }
        String where = pointer + "/patternProperties";
        boolean isClosed = form.others().stream().allMatch(at -> at.node().isBoolean() && !at.node().booleanValue());
        if (patterns.size() > 1 || form.members.size() > 1 || !isClosed) {
            reader.refuse(where, "supported is one pattern, without additionalProperties other than false and without allOf");
            return Expr.NOTHING;
        }
        Map.Entry<String, At> only = patterns.entrySet().iterator().next();
        Expr key;
        try {
            key = JsonText.string(new RegexParser(only.getKey(), limits).parse().expr());
        } catch (Problem p) {
            reader.refuse(where, p.getMessage());
            return Expr.NOTHING;
        }
        RuleBook book = new RuleBook(limits);
        book.define(book.declare("key"), key);
        for (String name : names) {
            if (Grammar.accepts(AutomatonBuilder.build(book, limits), limits,
                    JsonText.quoted(name).getBytes(StandardCharsets.UTF_8))) {
                reader.refuse(where, "the pattern also matches the property \"" + name + "\"");
            }
        }
        return JsonText.member(key, value(List.of(only.getValue())));
    }

    private void checkCounts(SchemaForm form, List<String> names, Expr others, String pointer) {
        boolean hasOthers = !Expr.isNothing(others);
        boolean holdsMin = form.membersMin <= Math.max(1, form.required.size());
        boolean holdsMax = form.membersMax == Integer.MAX_VALUE || !hasOthers && names.size() <= form.membersMax
                || hasOthers && names.isEmpty();
        if (!holdsMin || !holdsMax) {
            reader.refuse(pointer, "minProperties and maxProperties are supported where the names decide: a minimum up to the "
                    + "required ones, a maximum for objects without named properties");
        }
    }
}
