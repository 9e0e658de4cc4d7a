package dev.longhand.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.SchemaGen;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchemaGrammarTest {
    private static final GrammarLimits LIMITS = GrammarLimits.DEFAULT;

    private static Grammar schema(String schema) throws Problem {
        return Grammar.jsonSchema(schema, LIMITS);
    }

    /**
     * Goal: what a schema's grammar accepts, the schema accepts. Method: random texts of 600 random schemas, judged by networknt.
     */
    @Test
    void derivesOnlyWhatTheSchemaAccepts() throws Problem {
        int checked = 0;
        for (int seed = 0; seed < 600; seed++) {
            Gen gen = new Gen(seed);
            checked += checkRandom(new SchemaGen(gen, 2, gen.chance(0.5)).schema(), gen, 4);
        }
        assertThat(checked).isGreaterThan(2000);
    }

    private static int checkRandom(String schema, Gen gen, int texts) throws Problem {
        StateTable table = new StateTable(schema(schema).automaton(), LIMITS);
        int checked = 0;
        for (int i = 0; i < texts; i++) {
            String text = SchemaTexts.random(table, gen);
            if (text != null) {
                assertThat(SchemaTexts.errors(schema, text)).as("seed %d: %s\nfor %s", gen.seed(), text, schema).isEmpty();
                checked++;
            }
        }
        return checked;
    }

    /** Goal: the same for keywords that the generator does not make. Method: 200 random texts of each, judged by networknt. */
    @Test
    void derivesOnlyWhatRarerKeywordsAccept() throws Problem {
        String[] schemas = {
            "{}", "true", "{\"type\":\"object\"}", "{\"type\":\"array\"}",
            "{\"type\":\"object\",\"properties\":{\"ab\":{\"type\":\"null\"},\"abc\":{\"const\":1},\"a\\\"\":true},"
                    + "\"additionalProperties\":{\"type\":\"integer\"}}",
            "{\"type\":\"object\",\"patternProperties\":{\"^x_[a-z]{1,3}$"
                    + "\":{\"type\":\"boolean\"}},\"properties\":{\"y\":{\"type\":\"null\"}},"
                    + "\"additionalProperties\":false}",
            "{\"type\":\"array\",\"prefixItems\":[{\"type\":\"integer\"},"
                    + "{\"type\":\"string\",\"maxLength\":2}],\"items\":{\"type\":\"boolean\"},"
                    + "\"minItems\":1,\"maxItems\":4}",
            "{\"type\":\"array\",\"prefixItems\":[{\"const\":1},{\"const\":2},{\"const\":3}],\"items\":false,\"minItems\":2}",
            "{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\",\"minimum\":3}},\"required\":[\"a\"]},"
                    + "{\"properties\":{\"a\":{\"maximum\":12},\"b\":{\"type\":\"string\",\"maxLength\":3}},\"required\":"
                    + "[\"b\"]}]}",
            "{\"type\":[\"string\",\"integer\"],\"minLength\":2,\"maxLength\":4,\"minimum\":10,\"maximum\":12}",
            "{\"type\":\"number\",\"minimum\":-0.05,\"exclusiveMaximum\":0.125}",
            "{\"type\":\"number\",\"exclusiveMinimum\":99.5,\"maximum\":100}",
            "{\"type\":\"number\",\"exclusiveMinimum\":0}", "{\"type\":\"number\",\"maximum\":-7.25}",
            "{\"type\":\"number\",\"minimum\":3,\"maximum\":3}",
            "{\"type\":\"integer\",\"minimum\":-1005,\"maximum\":-98}",
            "{\"type\":\"integer\",\"exclusiveMinimum\":0.5,\"maximum\":10000000000000000000000}",
            "{\"type\":\"integer\",\"multipleOf\":7,\"minimum\":-50,\"maximum\":500}", "{\"type\":\"integer\",\"multipleOf\":100}",
            "{\"type\":\"string\",\"format\":\"uri\"}", "{\"type\":\"string\",\"format\":\"duration\"}",
            "{\"type\":\"string\",\"format\":\"hostname\"}",
            "{\"type\":\"string\",\"format\":\"date-time\"}", "{\"type\":\"string\",\"format\":\"email\"}",
            "{\"type\":\"string\",\"pattern\":\"b+[^\\\\s\\\"x]\\\\w?\"}",
            "{\"type\":\"string\",\"pattern\":\"^(?:a|\\\\\\\\d)?.$|^$\"}",
            "{\"type\":\"object\",\"minProperties\":1,\"maxProperties\":2,\"additionalProperties\":{\"enum\":[1,2]}}",
            "{\"enum\":[{\"a\":[1,{\"b\":null}]},[],{},\"\\n\\u0001\",-0.5e3]}",
            "{\"$ref\":\"#/$defs/list\",\"$defs\":{\"list\":{\"anyOf\":[{\"type\":\"null\"},"
                    + "{\"type\":\"object\",\"properties\":{\"rest\":"
                    + "{\"$ref\":\"#/$defs/list\"}},\"required\":[\"rest\"]}]}}}",
            "{\"oneOf\":[{\"type\":\"integer\",\"maximum\":4},{\"type\":\"integer\",\"minimum\":5,\"maximum\":9},"
                    + "{\"type\":\"string\",\"maxLength\":1}]}",
            "{\"$defs\":{\"a/b\":{\"type\":\"boolean\"}},\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/a~1b\"},\"maxItems\":3}",
        };
        for (String schema : schemas) {
            assertThat(checkRandom(schema, new Gen(7), 200)).as(schema).isGreaterThan(100);
        }
    }

    private static void checks(String schema, List<String> in, List<String> out) throws Problem {
        Grammar grammar = schema(schema);
        for (String text : in) {
            assertThat(grammar.accepts(text.getBytes(StandardCharsets.UTF_8))).as("%s in %s", text, schema).isTrue();
        }
        for (String text : out) {
            assertThat(grammar.accepts(text.getBytes(StandardCharsets.UTF_8))).as("%s not in %s", text, schema).isFalse();
        }
    }

    /** Goal: the grammar keeps the ways people write JSON, and bounds white space. Method: examples. */
    @Test
    void acceptsUsualFormsOfJson() throws Problem {
        checks("{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"array\",\"items\":"
                + "{\"type\":\"string\"}}}}",
                List.of("{}", "{\"a\":1}", "{\"a\": 1, \"b\": [\"x\", \"\\u00e9\\n\\\"\"]}", "{\n  \"a\": 1,\n  \"b\": []\n}",
                "{ \"b\": [] }"),
                List.of("", "{\"a\":  1}", "{\"b\":[],\"a\":1}", "{\"a\":1,}", "{\"a\":01}", "{\n\n\"a\":1}", "{\"c\":1}",
                "{\"a\":1} "));
        checks("{\"type\":\"integer\",\"minimum\":-12,\"maximum\":345}", List.of("-12", "-1", "0", "9", "99", "300", "345"),
                List.of("-13", "-0", "346", "400", "1000", "00", "1.0"));
        checks("{\"type\":\"number\",\"minimum\":0,\"maximum\":1}", List.of("0", "0.5", "1", "1.0", "0.999"), List.of("1.01",
                "-0.1", "2", "1e0", ".5"));
        checks("{\"type\":\"object\",\"properties\":{\"ab\":true},\"additionalProperties\":true}",
                List.of("{\"ab\":1}", "{\"a\":1}", "{\"abc\":1,\"b\":2}"), List.of("{\"a\":1,\"ab\":2}", "{\"\\u0061b\":1}",
                "{\"\":1}"));
        String list = "{\"type\":\"object\",\"properties\":{\"next\":{\"$ref\":\"#\"}},\"additionalProperties\":false}";
        checks(list, List.of("{}", "{\"next\":".repeat(8) + "{}" + "}".repeat(8)), List.of("{\"next\":".repeat(9) + "{}"
                + "}".repeat(9)));
        Grammar any = Grammar.anyJson(LIMITS);
        assertThat(any.accepts("[1, {\"a\": [true, null]}, \"x\"]".getBytes(StandardCharsets.UTF_8))).isTrue();
        assertThat(any.accepts(("[".repeat(17) + "]".repeat(17)).getBytes(StandardCharsets.UTF_8))).isFalse();
    }

    private static void refuses(String schema, Problem.Kind kind, String... says) {
        assertThatThrownBy(() -> schema(schema)).isInstanceOfSatisfying(Problem.class, p -> {
            assertThat(p.kind()).as(p.getMessage()).isEqualTo(kind);
            for (String each : says) {
                assertThat(p.getMessage()).contains(each);
            }
        });
    }

    /** Goal: whoever uses what is not supported learns all of it at once. Method: one schema with many faults, then one each. */
    @Test
    void listsAllThatIsNotSupported() {
        refuses("{\"type\":\"object\",\"properties\":{\"a\":{\"not\":{}},\"b\":{\"type\":\"array\",\"uniqueItems\":true,"
                + "\"contains\":{}},"
                        + "\"c\":{\"type\":\"string\",\"pattern\":\"(?=x)\",\"format\":\"iri\"},\"d/e\":{\"if\":{},\"then\":"
                        + "{}}},\"unevaluatedProperties\":false}",
                Problem.Kind.UNSUPPORTED, "/properties/a/not: ", "/properties/b/uniqueItems: ", "/properties/b/contains: ",
                "/properties/c/pattern: ",
                "/properties/c/format: the format \"iri\"", "/properties/d~1e/if: ", "/properties/d~1e/then: ",
                "/unevaluatedProperties: ");
        refuses("{\"oneOf\":[{\"type\":\"object\",\"properties\":{\"a\":{}}},{\"type\":\"object\",\"properties\":{\"b\":{}}}]}",
                Problem.Kind.UNSUPPORTED, "/oneOf: a value could fit both choice 0 and choice 1");
        refuses("{\"type\":\"string\",\"pattern\":\"^a*$\",\"maxLength\":3}", Problem.Kind.UNSUPPORTED, "other lengths");
        refuses("{\"allOf\":[{\"multipleOf\":2},{\"multipleOf\":3}]}", Problem.Kind.UNSUPPORTED, "multipleOf");
        refuses("{\"type\":\"object\",\"properties\":{\"x_a\":{}},\"patternProperties\":{\"^x_\":{}},"
                + "\"additionalProperties\":false}",
                Problem.Kind.UNSUPPORTED, "also matches the property \"x_a\"");
    }

    /** Goal: a broken or hostile schema gets a clear error. Method: one fault each. */
    @Test
    void refusesBrokenAndHostileSchemas() {
        refuses("{\"type\":\"strin\"}", Problem.Kind.MALFORMED, "/type", "\"strin\"");
        refuses("{\"type\":", Problem.Kind.MALFORMED, "not JSON", "line 1");
        refuses("{\"a\":1,\"a\":2}", Problem.Kind.MALFORMED, "not JSON");
        refuses("{\"$ref\":\"#/$defs/x\"}", Problem.Kind.MALFORMED, "there is nothing");
        refuses("{\"$ref\":\"http://example.org/x\"}", Problem.Kind.MALFORMED, "only references within");
        refuses("{\"$ref\":\"#\"}", Problem.Kind.MALFORMED, "leads to itself");
        refuses("{\"anyOf\":[{\"$ref\":\"#\"},{\"type\":\"null\"}]}", Problem.Kind.MALFORMED, "leads to itself");
        refuses("false", Problem.Kind.MALFORMED, "no finite text");
        refuses("{\"type\":\"string\",\"minLength\":3,\"maxLength\":2}", Problem.Kind.MALFORMED, "no finite text");
        refuses("{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]}", Problem.Kind.MALFORMED,
                "no finite text");
        refuses("{\"type\":\"integer\",\"minimum\":5,\"maximum\":4}", Problem.Kind.MALFORMED, "no finite text");
        refuses("{\"a\":".repeat(1000) + "1" + "}".repeat(1000), Problem.Kind.MALFORMED, "not JSON");
        refuses(" ".repeat(10_000_000), Problem.Kind.LIMIT, "10,000,000 characters");
        StringBuilder doubling = new StringBuilder("{\"$ref\":\"#/$defs/d0\",\"$defs\":{");
        for (int i = 0; i < 40; i++) {
            doubling.append("\"d%d\":{\"anyOf\":[{\"$ref\":\"#/$defs/d%d\"},{\"$ref\":\"#/$defs/d%d\"}]},".formatted(i, i + 1, i
                    + 1));
        }
        refuses(doubling + "\"d40\":{\"type\":\"null\"}}}", Problem.Kind.LIMIT, "JSON schema");
    }
}
