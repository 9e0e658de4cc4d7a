package dev.longhand.engine;

import dev.longhand.base.Problem;
import dev.longhand.lm.Constraint;
import dev.longhand.text.Grammar;
import dev.longhand.text.GrammarLimits;
import dev.longhand.text.TokenMasks;
import dev.longhand.text.Tokenizer;
import dev.longhand.text.ToolFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Compiles the forms that answers must have, on the caller's thread, and joins them with the vocabulary. Keeps the
 * {@value #COMPILED_MAX} used last. Thread-safe.
 */
final class Constraints {
    private static final int COMPILED_MAX = 32;

    private final TokenMasks masks;
    private final ToolFormat tools;
    private final Map<Constraint, Grammar> compiled = new LinkedHashMap<>(16, 0.75f, true); // least used first; guarded by itself

    /** @param tools how the model writes calls */
    Constraints(Tokenizer tokenizer, ToolFormat tools) {
        this.tools = tools;
        this.masks = new TokenMasks(tokenizer);
    }

    /** Words of a mask. */
    int words() {
        return masks.words();
    }

    Grammar.Matcher start(Constraint constraint) throws Problem {
        return masks.start(grammar(constraint));
    }

    private Grammar grammar(Constraint constraint) throws Problem {
        synchronized (compiled) {
            Grammar known = compiled.get(constraint);
            if (known != null) {
                return known;
            }
        }
        Grammar grammar = compile(constraint);
        synchronized (compiled) {
            compiled.put(constraint, grammar);
            if (compiled.size() > COMPILED_MAX) {
                compiled.remove(compiled.keySet().iterator().next());
            }
        }
        return grammar;
    }

    private Grammar compile(Constraint constraint) throws Problem {
        return switch (constraint) {
            case Constraint.Gbnf gbnf -> Grammar.gbnf(gbnf.grammar(), GrammarLimits.DEFAULT);
            case Constraint.JsonSchema schema -> Grammar.jsonSchema(schema.schema(), GrammarLimits.DEFAULT);
            case Constraint.OneCall call -> Grammar.oneCall(Conversation.tools(call.tools()), tools, GrammarLimits.DEFAULT);
            case Constraint.AnyJson any -> Grammar.anyJson(GrammarLimits.DEFAULT);
        };
    }
}
