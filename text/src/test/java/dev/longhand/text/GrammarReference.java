package dev.longhand.text;

import dev.longhand.testkit.Gen;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Random grammars in GBNF together with a recogniser that shares nothing with the automaton: it asks each expression for all places
 * where it can end, from the definition.
 */
final class GrammarReference {
    sealed interface Node {}

    record Text(String text) implements Node {}

    record OneOf(String characters, boolean isNegated) implements Node {}

    record Sequence(List<Node> parts) implements Node {}

    record Choice(List<Node> choices) implements Node {}

    record Times(Node body, int min, int max) implements Node {}

    record Rule(int rule) implements Node {}

    final List<Node> rules;
    private final Set<Long> active = new TreeSet<>(); // rule << 32 | place

    private GrammarReference(List<Node> rules) {
        this.rules = rules;
    }

    static GrammarReference random(Gen gen, String alphabet) {
        int count = gen.between(1, 5);
        List<Node> rules = new ArrayList<>();
        for (int rule = 0; rule < count; rule++) {
            rules.add(node(gen, alphabet, count, 3));
        }
        return new GrammarReference(rules);
    }

    private static Node node(Gen gen, String alphabet, int rules, int depth) {
        int kind = gen.between(0, depth > 0 ? 9 : 4);
        return switch (kind) {
            case 0, 1 -> new Text(random(gen, alphabet, gen.between(0, 3)));
            case 2 -> new OneOf(random(gen, alphabet, gen.between(1, 3)), gen.chance(0.3));
            case 3 -> new Rule(gen.between(0, rules));
            case 4, 5 -> new Sequence(list(gen, alphabet, rules, depth));
            case 6, 7 -> new Choice(list(gen, alphabet, rules, depth));
            default -> times(gen, node(gen, alphabet, rules, depth - 1));
        };
    }

    private static Node times(Gen gen, Node body) {
        int min = gen.between(0, 4);
        return new Times(body, min, gen.chance(0.4) ? Integer.MAX_VALUE : min + gen.between(0, 4));
    }

    private static List<Node> list(Gen gen, String alphabet, int rules, int depth) {
        List<Node> parts = new ArrayList<>();
        int count = gen.between(1, 4);
        for (int i = 0; i < count; i++) {
            parts.add(node(gen, alphabet, rules, depth - 1));
        }
        return parts;
    }

    private static String random(Gen gen, String alphabet, int length) {
        StringBuilder out = new StringBuilder();
        int[] characters = alphabet.codePoints().toArray();
        for (int i = 0; i < length; i++) {
            out.appendCodePoint(characters[gen.between(0, characters.length)]);
        }
        return out.toString();
    }

    String gbnf() {
        StringBuilder out = new StringBuilder();
        for (int rule = 0; rule < rules.size(); rule++) {
            out.append(name(rule)).append(" ::= ").append(gbnf(rules.get(rule))).append(" # rule\n");
        }
        return out.toString();
    }

    private static String name(int rule) {
        return rule == 0 ? "root" : "r-" + rule;
    }

    private static String gbnf(Node node) {
        return switch (node) {
            case Text t -> "\"" + t.text() + "\"";
            case OneOf o -> "[" + (o.isNegated() ? "^" : "") + o.characters() + "]";
            case Rule r -> name(r.rule());
            case Sequence s -> s.parts().stream().map(p -> "(" + gbnf(p) + ")").collect(Collectors.joining(" "));
            case Choice c -> "(" + c.choices().stream().map(GrammarReference::gbnf).collect(Collectors.joining(" | ")) + ")";
            case Times t -> "(" + gbnf(t.body()) + "){" + t.min() + "," + (t.max() == Integer.MAX_VALUE ? "" : t.max()) + "}";
        };
    }

    boolean accepts(String text) {
        return ends(new Rule(0), text, 0).contains(text.length());
    }

    private Set<Integer> ends(Node node, String text, int from) {
        return switch (node) {
            case Text t -> text.startsWith(t.text(), from) ? Set.of(from + t.text().length()) : Set.of();
            case OneOf o -> {
                boolean fits = from < text.length() && o.characters().indexOf(text.codePointAt(from)) >= 0 != o.isNegated();
                yield fits ? Set.of(from + Character.charCount(text.codePointAt(from))) : Set.of();
            }
            case Rule r -> {
                // a rule that is met again before a character leads nowhere: accepted grammars have such rules only in dead choices
                long key = (long) r.rule() << 32 | from;
                if (!active.add(key)) {
                    yield Set.of();
                }
                Set<Integer> all = ends(rules.get(r.rule()), text, from);
                active.remove(key);
                yield all;
            }
            case Choice c -> {
                Set<Integer> all = new TreeSet<>();
                c.choices().forEach(choice -> all.addAll(ends(choice, text, from)));
                yield all;
            }
            case Sequence s -> {
                Set<Integer> at = Set.of(from);
                for (Node part : s.parts()) {
                    at = step(part, text, at);
                }
                yield at;
            }
            case Times t -> times(t, text, from);
        };
    }

    private Set<Integer> step(Node node, String text, Set<Integer> from) {
        Set<Integer> to = new TreeSet<>();
        from.forEach(place -> to.addAll(ends(node, text, place)));
        return to;
    }

    private Set<Integer> times(Times times, String text, int from) {
        Set<Integer> all = new TreeSet<>();
        Set<Integer> at = Set.of(from);
        // after min + length turns more turns add nothing: those beyond the minimum that count have text
        for (int turn = 0; turn <= Math.min(times.max(), times.min() + text.length() + 1) && !at.isEmpty(); turn++) {
            if (turn >= times.min()) {
                all.addAll(at);
            }
            at = step(times.body(), text, at);
        }
        return all;
    }
}
