package dev.longhand.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GrammarTest {
    private static final GrammarLimits LIMITS = GrammarLimits.DEFAULT;

    private static Grammar gbnf(String source) throws Problem {
        return Grammar.gbnf(source, LIMITS);
    }

    private static void checks(String source, List<String> in, List<String> out) throws Problem {
        Grammar grammar = gbnf(source);
        for (String text : in) {
            assertThat(grammar.accepts(text.getBytes(StandardCharsets.UTF_8))).as("\"%s\" in %s", text, source).isTrue();
        }
        for (String text : out) {
            assertThat(grammar.accepts(text.getBytes(StandardCharsets.UTF_8))).as("\"%s\" not in %s", text, source).isFalse();
        }
    }

    private static List<String> texts(String alphabet, int lengthMax) {
        List<String> all = new ArrayList<>(List.of(""));
        for (int from = 0, length = 0; length < lengthMax; length++) {
            int to = all.size();
            for (int i = from; i < to; i++) {
                String text = all.get(i);
                alphabet.codePoints().forEach(c -> all.add(text + Character.toString(c)));
            }
            from = to;
        }
        return all;
    }

    /**
     * Goal: the automaton accepts exactly what a grammar derives. Method: 1,500 random grammars, ambiguous and recursive ones
     * among them; every text of up to 5 characters, one of them of three bytes, against a recogniser written from the definition.
     */
    @Test
    void acceptsExactlyWhatTheDefinitionDoes() throws Problem {
        List<String> texts = texts("ab\u65e5", 5);
        int compared = 0;
        int refused = 0;
        int accepted = 0;
        for (int seed = 0; seed < 1500; seed++) {
            GrammarReference reference = GrammarReference.random(new Gen(seed), "ab\u65e5");
            Grammar grammar;
            try {
                grammar = gbnf(reference.gbnf());
            } catch (Problem p) {
                assertThat(p.getMessage()).containsAnyOf("left-recursive", "no finite text");
                refused++;
                continue;
            }
            StateTable table = new StateTable(grammar.automaton(), LIMITS);
            compared++;
            for (String text : texts) {
                boolean expected = reference.accepts(text);
                accepted += expected ? 1 : 0;
                State at = table.start();
                for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
                    at = at == null ? null : table.next(at, b & 0xFF);
                }
                assertThat(at != null && at.isComplete).as("seed %d, \"%s\" in\n%s", seed, text,
                        reference.gbnf()).isEqualTo(expected);
            }
        }
        assertThat(compared).isGreaterThan(900);
        assertThat(accepted).isGreaterThan(4_000);
        assertThat(refused).isGreaterThan(50);
    }

    /** Goal: the notation is llama.cpp's. Method: one small grammar for each of its features. */
    @Test
    void readsTheNotation() throws Problem {
        checks("root ::= \"a\" | \"bc\"", List.of("a", "bc"), List.of("", "b", "abc"));
        checks("# comment\nroot ::= (\n  \"a\" # one\n  | \"b\"\n)+\n", List.of("a", "abba"), List.of("", "c"));
        checks("root ::= item{2,3} tail?\nitem ::= [0-9a-f]\ntail ::= \".\" .", List.of("1a", "abc", "ab.x", "ab.\u65e5"),
                List.of("a", "abcd", "ab."));
        checks("root ::= [^a-c\\n]{2}", List.of("xy", "\ud83d\ude00d"), List.of("ax", "x\n", "xyz"));
        checks("root ::= \"\\x41\\u00e9\\U0001F600\\\"\\\\\\t\"", List.of("A\u00e9\ud83d\ude00\"\\\t"), List.of("A"));
        checks("root ::= \"a\"{3} \"b\"{2,} \"c\"{,1}", List.of("aaabb", "aaabbbbc"), List.of("aabb", "aaab", "aaabbcc"));
        checks("root ::= a\n   | b\na ::= \"x\"\nb ::= \"y\"", List.of("x", "y"), List.of("xy"));
        checks("root ::= [\\]a\\-\\[-]+", List.of("]a-["), List.of("b"));
        checks("root ::= \"(\" root \")\" | \"\"", List.of("", "()", "(((())))"), List.of("(", "())"));
        checks("root ::= expr\nexpr ::= term (\"+\" term)*\nterm ::= [0-9]+ | \"(\" expr \")\"", List.of("1+(2+33)", "((1))"),
                List.of("1+", "(1"));
    }

    private static void refuses(String source, Problem.Kind kind, String... says) {
        assertThatThrownBy(() -> gbnf(source)).isInstanceOfSatisfying(Problem.class, p -> {
            assertThat(p.kind()).isEqualTo(kind);
            for (String each : says) {
                assertThat(p.getMessage()).contains(each);
            }
        });
    }

    /** Goal: what is wrong is said with its place. Method: one fault each. */
    @Test
    void refusesWhatItCannotReadWithThePlace() {
        refuses("other ::= \"a\"", Problem.Kind.MALFORMED, "no rule \"root\"");
        refuses("root ::= a b\nb ::= c", Problem.Kind.MALFORMED, "does not define: a, c");
        refuses("root ::= \"a", Problem.Kind.MALFORMED, "line 1, column 12", "ends within a literal");
        refuses("root ::= [a", Problem.Kind.MALFORMED, "ends within a character class");
        refuses("root ::= [z-a]", Problem.Kind.MALFORMED, "U+007A-U+0061");
        refuses("root ::= \"a\"\nroot ::= \"b\"", Problem.Kind.MALFORMED, "line 2, column 1", "defined twice");
        refuses("root ::= \"\\q\"", Problem.Kind.MALFORMED, "an escape");
        refuses("root ::= \"\\uD800\"", Problem.Kind.MALFORMED, "U+D800 is no character");
        refuses("root ::= (\"a\"", Problem.Kind.MALFORMED, "expected )");
        refuses("root ::= \"a\"{3,2}", Problem.Kind.MALFORMED, "{3,2}");
        refuses("root ::= \"a\"{x}", Problem.Kind.MALFORMED, "expected a number");
        refuses("root := \"a\"", Problem.Kind.MALFORMED, "expected ::=");
        refuses("root ::= <think> \"a\"", Problem.Kind.UNSUPPORTED, "tokens");
        refuses("root ::= \"a\" )", Problem.Kind.MALFORMED, "expected the end of the rule");
    }

    /**
     * Goal: a hostile grammar gets a clear error and costs little. Method: the known ways to blow up, each within its limit of
     * time.
     */
    @Test
    void refusesHostileGrammars() throws Problem {
        refuses("root ::= root \"a\" | \"b\"", Problem.Kind.UNSUPPORTED, "left-recursive: root -> root");
        refuses("root ::= \"\"? a\na ::= b* root \"x\" | \"y\"\nb ::= \"b\"", Problem.Kind.UNSUPPORTED, "left-recursive",
                "a -> root -> a");
        refuses("root ::= \"a\" root", Problem.Kind.MALFORMED, "no finite text");
        refuses("root ::= []", Problem.Kind.MALFORMED, "no finite text");
        refuses("root ::= \"a\"{1000000}", Problem.Kind.LIMIT, "100,000");
        refuses("root ::= " + "(".repeat(100_000), Problem.Kind.LIMIT, "nested deeper than 64");
        refuses("root ::= \"" + "a".repeat(10_000_000) + "\"", Problem.Kind.LIMIT, "10,000,011 characters", "1,048,576");
        refuses("root ::= \"" + "a".repeat(1_000_000) + "\"", Problem.Kind.LIMIT, "nodes");
        StringBuilder many = new StringBuilder("root ::= r0\n");
        for (int i = 0; i < 20_000; i++) {
            many.append("r").append(i).append(" ::= \"a\" r").append(i + 1).append("\n");
        }
        refuses(many + "r20000 ::= \"b\"", Problem.Kind.LIMIT, "16,384 rules");
        // nested counts, doubling rules: small automata, whatever they derive
        checks("root ::= ((([a-z]{1000}){1000}){1000}){1000}", List.of(), List.of("a", "abc"));
        StringBuilder doubling = new StringBuilder("root ::= r0\n");
        for (int i = 0; i < 60; i++) {
            doubling.append("r").append(i).append(" ::= r").append(i + 1).append(" r").append(i + 1).append("\n");
        }
        checks(doubling + "r60 ::= \"a\"?", List.of("", "a".repeat(50)), List.of("b"));
        // all derivations of an ambiguous grammar share their frames
        checks("root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"x\"", List.of("a".repeat(300) + "x" + "bc".repeat(150)),
                List.of("ax"));
        checks("root ::= (\"a\"* \"a\"*)*", List.of("a".repeat(300)), List.of("b"));
        GrammarLimits tight = new GrammarLimits(1 << 16, 64, 1 << 10, 1 << 12, 1000, 256, 1 << 10, 1 << 20, 8, 8);
        Grammar ambiguous = Grammar.gbnf("root ::= ((\"a\"{1,99}){1,99}){1,99}", tight);
        byte[] text = "a".repeat(400).getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> ambiguous.accepts(text)).isInstanceOf(Problem.class).hasMessageContaining("too ambiguous");
    }

    /** Goal: forgetting states changes nothing but time. Method: a table that holds four states beside one that holds all. */
    @Test
    void worksWhileItForgets() throws Problem {
        GrammarLimits tight = new GrammarLimits(1 << 16, 64, 1 << 10, 1 << 12, 1000, 2048, 4, 64, 8, 8);
        String source = "root ::= \"[\" ([a-z]{1,9} (\",\" root)?)* \"]\"";
        byte[] text = "[abc,[de,[f]gh]i,[jkl,[mn]]]".getBytes(StandardCharsets.UTF_8);
        assertThat(Grammar.gbnf(source, tight).accepts(text)).isTrue();
        assertThat(gbnf(source).accepts(text)).isTrue();
    }
}
