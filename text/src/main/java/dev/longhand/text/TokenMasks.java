package dev.longhand.text;

import dev.longhand.base.Problem;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Matches grammars against one vocabulary. Keeps what it found out about a grammar for the next answer that uses it, for the
 * {@value #GRAMMARS_MAX} grammars used last. The vocabulary's tree is built when the first grammar comes. Thread-safe.
 */
public final class TokenMasks {
    /** Grammars that are remembered with their states and masks. */
    static final int GRAMMARS_MAX = 16;

    private final Tokenizer tokenizer;
    private final Map<String, MaskMaker> makers = new LinkedHashMap<>(16, 0.75f, true);
    private TokenSets sets;

    public TokenMasks(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** Words of a mask: one bit per token, token {@code t} at bit {@code t & 63} of word {@code t >> 6}. */
    public int words() {
        return (tokenizer.size() + 63) >> 6;
    }

    /** A matcher at the beginning of a text. */
    public Grammar.Matcher start(Grammar grammar) throws Problem {
        MaskMaker maker = maker(grammar);
        return new TokenMatcher(maker, maker.table().start(), false);
    }

    private synchronized MaskMaker maker(Grammar grammar) throws Problem {
        if (sets == null) {
            sets = new TokenSets(tokenizer);
        }
        MaskMaker maker = makers.get(grammar.fingerprint());
        if (maker == null) {
            maker = new MaskMaker(sets, new StateTable(grammar.automaton(), grammar.limits()));
            makers.put(grammar.fingerprint(), maker);
            if (makers.size() > GRAMMARS_MAX) {
                makers.remove(makers.keySet().iterator().next());
            }
        }
        return maker;
    }
}
