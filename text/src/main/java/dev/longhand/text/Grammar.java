package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A set of texts, compiled for matching token by token: from GBNF (llama.cpp's notation) or from JSON Schema.
 *
 * <p>Knows bytes, not tokens: {@link TokenMasks} joins it with a vocabulary. {@code docs/CONSTRAINTS.md} says what is supported.
 * Immutable and thread-safe.
 */
public final class Grammar {
    private final Automaton automaton;
    private final GrammarLimits limits;
    private final String fingerprint;

    private Grammar(RuleBook rules, GrammarLimits limits, String source) throws Problem {
        this.automaton = AutomatonBuilder.build(rules, limits);
        this.limits = limits;
        this.fingerprint = Sha256.of((limits + "\n" + source).getBytes(StandardCharsets.UTF_8)).hex();
    }

    /** The texts that a grammar in GBNF derives from its rule {@code root}. */
    public static Grammar gbnf(String source, GrammarLimits limits) throws Problem {
        checkLength("grammar", source, limits);
        return new Grammar(new GbnfParser(source, limits).parse(), limits, "gbnf\n" + source);
    }

    /**
     * JSON texts that a schema accepts. What it asks for and cannot be held is refused, all of it listed with its JSON pointers
     * ({@link Problem.Kind#UNSUPPORTED}).
     */
    public static Grammar jsonSchema(String schema, GrammarLimits limits) throws Problem {
        checkLength("JSON schema", schema, limits);
        return new Grammar(SchemaWriter.rules(schema, limits), limits, "schema\n" + schema);
    }

    /** Any JSON value, nested to the limit. */
    public static Grammar anyJson(GrammarLimits limits) throws Problem {
        return new Grammar(SchemaWriter.anyJson(limits), limits, "json");
    }

    /**
     * One call of one of the tools, with arguments that its schema accepts, in the form that the model writes. A tool's schema that
     * cannot be held is refused as by {@link #jsonSchema}, with the tool's name.
     */
    public static Grammar oneCall(List<ChatFormat.Tool> tools, ToolFormat format, GrammarLimits limits) throws Problem {
        for (ChatFormat.Tool tool : tools) {
            checkLength("JSON schema of the tool \"" + tool.name() + "\"", tool.parameters(), limits);
        }
        return new Grammar(SchemaWriter.oneCall(tools, format, limits), limits, "call\n" + format + "\n" + tools);
    }

    private static void checkLength(String what, String source, GrammarLimits limits) throws Problem {
        if (source.length() > limits.sourceCharsMax()) {
            throw new Problem(Problem.Kind.LIMIT,
                    "the %s has %,d characters; the limit is %,d".formatted(what, source.length(), limits.sourceCharsMax()));
        }
    }

    Automaton automaton() {
        return automaton;
    }

    GrammarLimits limits() {
        return limits;
    }

    /** Equal for grammars from the same source under the same limits. */
    public String fingerprint() {
        return fingerprint;
    }

    /** Whether a whole text is one of the grammar's. */
    public boolean accepts(byte[] text) throws Problem {
        return accepts(automaton, limits, text);
    }

    static boolean accepts(Automaton automaton, GrammarLimits limits, byte[] text) throws Problem {
        StateTable table = new StateTable(automaton, limits);
        State at = table.start();
        for (int i = 0; at != null && i < text.length; i++) {
            at = table.next(at, text[i] & 0xFF);
        }
        return at != null && at.isComplete;
    }

    /**
     * Follows one text token by token. Not thread-safe; matchers of one grammar may be used by several threads at once.
     *
     * <p>A matcher that {@link #fork} gave goes its own way, which is also how to go back: keep a fork and return to it.
     */
    public interface Matcher {
        /** {@link #forced}: more than one token may come. */
        int NONE = -1;

        /**
         * Sets the bits of the tokens that may come next and clears all others; returns how many, at least one. End tokens may come
         * exactly where the text may end, control tokens never. A {@link Problem} if the vocabulary has no token that could go on,
         * or if the grammar is too ambiguous.
         */
        int mask(long[] bits) throws Problem;

        /** The token that must come next, or {@link #NONE} if there is a choice. */
        int forced() throws Problem;

        /** Goes on with a token. False if it may not come; the matcher then stays where it is. */
        boolean accept(int token) throws Problem;

        /** Whether the text may end here. */
        boolean isComplete();

        /** Whether the text may go on. */
        boolean canContinue();

        /** Another matcher at the same place. Costs a few bytes. */
        Matcher fork();
    }
}
