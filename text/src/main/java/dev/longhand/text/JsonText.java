package dev.longhand.text;

import dev.longhand.base.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Expressions for the parts of JSON text. White space is bounded: a blank behind a colon; a blank, or a line end and an
 * indentation, behind commas and inside brackets. Numbers and keys that no schema names have bounded lengths. So a model cannot go
 * on for ever between two tokens of JSON.
 *
 * <p>Makes rules in the book it is given. Not thread-safe.
 */
final class JsonText {
    static final int INDENT_MAX = 24;
    static final int INTEGER_DIGITS_MAX = 15;
    /** Characters of a key that no schema names. */
    static final int KEY_CHARS_MAX = 64;
    static final int FRACTION_DIGITS_MAX = 10;
    private static final Expr DIGIT = Expr.chars(CodePoints.DIGITS);
    private static final Expr HEX = Expr.chars('0', '9', 'a', 'f', 'A', 'F');
    /** What stands in a JSON string as itself. */
    static final CodePoints UNESCAPED = CodePoints.of(0x20, 0x21, 0x23, 0x5B, 0x5D, CodePoints.LAST);
    static final Expr CHARACTER = character();
    static final Expr COLON = Expr.seq(Expr.text(":"), Expr.optional(Expr.text(" ")));
    static final Expr INTEGER = Expr.seq(Expr.optional(Expr.text("-")), natural());
    static final Expr NUMBER = Expr.seq(INTEGER,
            Expr.optional(Expr.seq(Expr.text("."), Expr.repeat(DIGIT, 1, FRACTION_DIGITS_MAX))),
            Expr.optional(Expr.seq(
                    Expr.chars('e', 'e', 'E', 'E'), Expr.optional(Expr.chars('+', '+', '-', '-')), Expr.repeat(DIGIT, 1, 2))));
    static final Expr STRING = string(Expr.repeat(CHARACTER, 0, Expr.UNBOUNDED));
    private static final Expr KEY = string(Expr.repeat(CHARACTER, 0, KEY_CHARS_MAX));

    private final RuleBook rules;
    private final int depthMax;
    private final int gap;
    private final List<Integer> anyByDepth = new ArrayList<>(); // rules of any JSON nested at most so deep

    JsonText(RuleBook rules, GrammarLimits limits) throws Problem {
        this.rules = rules;
        this.depthMax = limits.jsonDepthMax();
        this.gap = rules.declare("gap");
        Expr indent = Expr.alt(Expr.repeat(Expr.text(" "), 0, INDENT_MAX), Expr.repeat(Expr.text("\t"), 1, INDENT_MAX / 2));
        rules.define(gap, Expr.optional(Expr.alt(Expr.text(" "), Expr.seq(Expr.text("\n"), indent))));
    }

    private static Expr natural() {
        return Expr.alt(Expr.text("0"), Expr.seq(Expr.chars('1', '9'), Expr.repeat(DIGIT, 0, INTEGER_DIGITS_MAX - 1)));
    }

    /** One character of a string: itself or any of its escapes. Half of a surrogate pair is no character. */
    private static Expr character() {
        Expr low = Expr.seq(Expr.text("\\u"), Expr.chars('d', 'd', 'D', 'D'), Expr.chars('c', 'f', 'C', 'F'), HEX, HEX);
        Expr unit = Expr.alt(
                Expr.seq(Expr.chars('0', '9', 'a', 'c', 'e', 'f', 'A', 'C', 'E', 'F'), HEX, HEX, HEX),
                Expr.seq(Expr.chars('d', 'd', 'D', 'D'), Expr.chars('0', '7'), HEX, HEX),
                Expr.seq(Expr.chars('d', 'd', 'D', 'D'), Expr.chars('8', '9', 'a', 'b', 'A', 'B'), HEX, HEX, low));
        Expr shortEscape = Expr.chars(
                CodePoints.of('"', '"', '\\', '\\', '/', '/', 'b', 'b', 'f', 'f', 'n', 'n', 'r', 'r', 't', 't'));
        return Expr.alt(Expr.chars(UNESCAPED), Expr.seq(Expr.text("\\"), Expr.alt(shortEscape, Expr.seq(Expr.text("u"), unit))));
    }

    /** A string with the content given. */
    static Expr string(Expr content) {
        return Expr.seq(Expr.text("\""), content, Expr.text("\""));
    }

    /** The characters of a set as they stand in a string, each in one way. */
    static Expr characters(CodePoints set) {
        List<Expr> ways = new ArrayList<>();
        ways.add(Expr.chars(set.minus(UNESCAPED.complement())));
        for (int c = 0; c < 0x20; c++) {
            if (set.contains(c)) {
                ways.add(Expr.text(escaped(c)));
            }
        }
        for (int c : new int[] {'"', '\\'}) {
            if (set.contains(c)) {
                ways.add(Expr.text(escaped(c)));
            }
        }
        return Expr.alt(ways);
    }

    private static String escaped(int c) {
        return switch (c) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            case '\b' -> "\\b";
            case '\f' -> "\\f";
            default -> c < 0x20 ? "\\u%04x".formatted(c) : Character.toString(c);
        };
    }

    /** A text as a JSON string. */
    static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        text.codePoints().forEach(c -> out.append(escaped(c)));
        return out.append('"').toString();
    }

    Expr gap() {
        return new Expr.Ref(gap);
    }

    Expr comma() {
        return Expr.seq(Expr.text(","), gap());
    }

    /** Any JSON value, nested to the limit. */
    Expr any() throws Problem {
        return any(depthMax);
    }

    private Expr any(int depth) throws Problem {
        for (int d = anyByDepth.size(); d <= depth; d++) {
            int rule = rules.declare("any" + d);
            anyByDepth.add(rule);
            Expr scalar = Expr.alt(STRING, NUMBER, Expr.text("true"), Expr.text("false"), Expr.text("null"));
            rules.define(rule, d == 0 ? scalar : Expr.alt(scalar, list(any(d - 1), 0, Expr.UNBOUNDED),
                    braces(members(member(KEY, any(d - 1)), 0, Expr.UNBOUNDED))));
        }
        return new Expr.Ref(anyByDepth.get(depth));
    }

    /** An element of an array or object that allows any. */
    Expr anyInside() throws Problem {
        return any(Math.max(0, depthMax - 1));
    }

    Expr list(Expr item, int min, int max) {
        return brackets(members(item, min, max));
    }

    /** {@code min} to {@code max} members with commas between. */
    Expr members(Expr member, int min, int max) {
        if (max == 0) {
            return Expr.EMPTY;
        }
        int more = max == Expr.UNBOUNDED ? max : max - 1;
        Expr some = Expr.seq(member, Expr.repeat(Expr.seq(comma(), member), Math.max(0, min - 1), more));
        return min == 0 ? Expr.optional(some) : some;
    }

    static Expr member(Expr key, Expr value) {
        return Expr.seq(key, COLON, value);
    }

    Expr brackets(Expr content) {
        return enclosed("[", content, "]");
    }

    Expr braces(Expr content) {
        return enclosed("{", content, "}");
    }

    private Expr enclosed(String open, Expr content, String close) {
        return Expr.isEmpty(content) ? Expr.text(open + close) : Expr.seq(Expr.text(open), gap(), content, gap(), Expr.text(close));
    }

    // ---- keys that are none of a list

    private static final class Letters {
        final TreeMap<Integer, Letters> next = new TreeMap<>();
        boolean isName;
    }

    /** A key of at least one character, and not many, that is none of {@code names}, however it is written. */
    static Expr keyOtherThan(Iterable<String> names) {
        Letters root = new Letters();
        root.isName = true; // the empty key
        for (String name : names) {
            Letters at = root;
            for (int c : name.codePoints().toArray()) {
                at = at.next.computeIfAbsent(c, x -> new Letters());
            }
            at.isName = true;
        }
        return Expr.seq(Expr.text("\""), otherThan(root));
    }

    /** Along a name nothing is escaped that need not be: else a name could be written in a way that looks like none. */
    private static Expr otherThan(Letters letters) {
        List<Expr> ways = new ArrayList<>();
        if (!letters.isName) {
            ways.add(Expr.text("\""));
        }
        CodePoints others = UNESCAPED;
        for (var each : letters.next.entrySet()) {
            others = others.minus(CodePoints.of(each.getKey(), each.getKey()));
            ways.add(Expr.seq(Expr.text(escaped(each.getKey())), otherThan(each.getValue())));
        }
        ways.add(Expr.seq(Expr.chars(others), Expr.repeat(CHARACTER, 0, KEY_CHARS_MAX - 1), Expr.text("\"")));
        return Expr.alt(ways);
    }
}
