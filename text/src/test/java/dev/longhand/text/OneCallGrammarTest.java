package dev.longhand.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.SchemaGen;
import dev.longhand.text.ChatFormat.Tool;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Goal: the grammar of a call derives calls of the tools with arguments that fit, in the model's form, and nothing else. */
class OneCallGrammarTest {
    private static final GrammarLimits LIMITS = GrammarLimits.DEFAULT;
    private static final Tool ADD = new Tool("add", "", "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/n\"},"
            + "\"b\":{\"$ref\":\"#/$defs/n\"}},\"required\":[\"a\",\"b\"],\"$defs\":{\"n\":{\"type\":\"integer\",\"maximum\":9}}}");
    private static final Tool NOW = new Tool("now", "the time", "");

    private static boolean accepts(ToolFormat format, String text) throws Problem {
        return Grammar.oneCall(List.of(ADD, NOW), format, LIMITS).accepts(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void derivesACallInTheModelsForm() throws Problem {
        String call = "{\"name\": \"add\", \"arguments\": {\"a\": 1, \"b\": -2}}";
        assertThat(accepts(ToolFormat.HERMES, "<tool_call>\n" + call + "\n</tool_call>")).isTrue();
        assertThat(accepts(ToolFormat.HERMES, call)).isFalse();
        assertThat(accepts(ToolFormat.MISTRAL, "[" + call + "]")).isTrue();
        assertThat(accepts(ToolFormat.LLAMA, call.replace("arguments", "parameters"))).isTrue();
        assertThat(accepts(ToolFormat.LLAMA, call)).isFalse();
        assertThat(accepts(ToolFormat.GENERIC, call)).isTrue();
        assertThat(accepts(ToolFormat.GENERIC, "{\"name\": \"now\", \"arguments\": {}}")).isTrue();
    }

    @Test
    void derivesNothingElse() throws Problem {
        for (String arguments : List.of("{\"a\": 1}", "{\"a\": 1, \"b\": 10}", "{}", "[]", "{\"a\": 1, \"b\": 2, \"c\": 3}")) {
            assertThat(accepts(ToolFormat.GENERIC, "{\"name\": \"add\", \"arguments\": " + arguments + "}")).as(arguments)
                    .isFalse();
        }
        for (String text : List.of("{\"name\": \"sub\", \"arguments\": {}}", "{\"name\": \"now\", \"arguments\": {\"a\": 1}}", "",
                "{\"name\": \"now\", \"arguments\": {}}{\"name\": \"now\", \"arguments\": {}}",
                " {\"name\": \"now\", \"arguments\": {}}")) {
            assertThat(accepts(ToolFormat.GENERIC, text)).as(text).isFalse();
        }
    }

    /** Method: random texts for two random schemas at once, judged by networknt. */
    @Test
    void argumentsFitTheSchemaOfTheirTool() throws Problem {
        int checked = 0;
        for (int seed = 0; seed < 200; seed++) {
            Gen gen = new Gen(seed);
            String[] schemas = new String[2];
            for (int i = 0; i < 2; i++) {
                schemas[i] = new SchemaGen(gen, 2, gen.chance(0.5)).schema();
            }
            Grammar grammar = Grammar.oneCall(List.of(new Tool("t0", "", schemas[0]), new Tool("t1", "", schemas[1])),
                    ToolFormat.GENERIC, LIMITS);
            StateTable table = new StateTable(grammar.automaton(), LIMITS);
            for (int i = 0; i < 4; i++) {
                String text = SchemaTexts.random(table, gen);
                if (text != null) {
                    JsonNode call = new ObjectMapper().readTree(text);
                    String schema = schemas[call.get("name").asString().charAt(1) - '0'];
                    String arguments = text.substring(text.indexOf("\"arguments\": ") + 13, text.length() - 1);
                    assertThat(SchemaTexts.errors(schema, arguments)).as("seed %d: %s\nfor %s", seed, text, schema).isEmpty();
                    checked++;
                }
            }
        }
        assertThat(checked).isGreaterThan(400);
    }

    @Test
    void namesTheToolWhoseSchemaCannotBeHeld() {
        for (String bad : List.of("{\"type\":\"object\",\"not\":{}}", "{", "5")) {
            assertThatThrownBy(() -> Grammar.oneCall(List.of(NOW, new Tool("odd", "", bad)), ToolFormat.HERMES, LIMITS))
                    .isInstanceOf(Problem.class).hasMessageContaining("the tool \"odd\"");
        }
    }
}
