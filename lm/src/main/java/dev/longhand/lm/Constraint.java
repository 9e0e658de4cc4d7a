package dev.longhand.lm;

import dev.longhand.base.Check;
import java.util.List;

/**
 * The form that an answer must have. Every token is chosen among those that can still lead there; an answer that ends by
 * {@link Answer.Stop#END} has the form.
 */
public sealed interface Constraint {
    /** JSON that a JSON Schema accepts. Keywords that are not supported are refused, all of them listed. */
    record JsonSchema(String schema) implements Constraint {
        public JsonSchema {
            Check.argument(!schema.isBlank(), "the JSON schema is empty");
        }
    }

    /** Text that a grammar in GBNF (llama.cpp's notation) derives from its rule {@code root}. */
    record Gbnf(String grammar) implements Constraint {
        public Gbnf {
            Check.argument(!grammar.isBlank(), "the grammar is empty");
        }
    }

    /** Any JSON value. */
    record AnyJson() implements Constraint {}

    /**
     * One call of one of the tools, and nothing else, as the model writes calls ({@link LanguageModel#toolFormat}), with arguments
     * that the tool's JSON Schema accepts. Names are unique.
     */
    record OneCall(List<Tool> tools) implements Constraint {
        public OneCall {
            Check.argument(!tools.isEmpty() && tools.size() <= Prompting.TOOLS_MAX, "%d tools; from 1 to %d", tools.size(),
                    Prompting.TOOLS_MAX);
            tools = List.copyOf(tools);
        }
    }
}
