package dev.longhand.engine;

import dev.longhand.base.Problem;
import dev.longhand.lm.Constraint;
import dev.longhand.text.Grammar;
import dev.longhand.text.GrammarLimits;
import dev.longhand.text.TokenMasks;
import dev.longhand.text.Tokenizer;

/** Compiles the forms that answers must have, on the caller's thread, and joins them with the vocabulary. Thread-safe. */
final class Constraints {
    private final TokenMasks masks;

    Constraints(Tokenizer tokenizer) {
        this.masks = new TokenMasks(tokenizer);
    }

    /** Words of a mask. */
    int words() {
        return masks.words();
    }

    Grammar.Matcher start(Constraint constraint) throws Problem {
        return masks.start(grammar(constraint));
    }

    private static Grammar grammar(Constraint constraint) throws Problem {
        return switch (constraint) {
            case Constraint.Gbnf gbnf -> Grammar.gbnf(gbnf.grammar(), GrammarLimits.DEFAULT);
            case Constraint.JsonSchema schema -> Grammar.jsonSchema(schema.schema(), GrammarLimits.DEFAULT);
            case Constraint.AnyJson any -> Grammar.anyJson(GrammarLimits.DEFAULT);
        };
    }
}
