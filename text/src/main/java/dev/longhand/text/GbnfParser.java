package dev.longhand.text;

import dev.longhand.base.Problem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads GBNF, the notation of llama.cpp: {@code name ::= choices}, with literals, character classes, groups, {@code * + ?},
 * {@code {m}}, {@code {m,}}, {@code {m,n}} and comments. Errors name line and column. Used once, by one thread.
 */
final class GbnfParser {
    private static final int END = -1;

    private final int[] text; // code points
    private final GrammarLimits limits;
    private final RuleBook rules;
    private final Map<String, Integer> ruleByName = new HashMap<>();
    private int at;

    GbnfParser(String source, GrammarLimits limits) {
        this.text = source.codePoints().toArray();
        this.limits = limits;
        this.rules = new RuleBook(limits);
    }

    RuleBook parse() throws Problem {
        rule("root");
        space(true);
        while (peek() != END) {
            definition();
            space(true);
        }
        if (!rules.isDefined(0)) {
            throw wrong("the grammar has no rule \"root\"; the whole text is derived from it");
        }
        List<String> missing = new ArrayList<>();
        for (int rule = 0; rule < rules.size(); rule++) {
            if (!rules.isDefined(rule)) {
                missing.add(rules.name(rule));
            }
        }
        if (!missing.isEmpty()) {
            throw wrong("the grammar uses rules that it does not define: " + String.join(", ", missing));
        }
        return rules;
    }

    private int rule(String name) throws Problem {
        Integer known = ruleByName.get(name);
        if (known == null) {
            known = rules.declare(name);
            ruleByName.put(name, known);
        }
        return known;
    }

    private void definition() throws Problem {
        int start = at;
        String name = name();
        space(false);
        for (int c : new int[] {':', ':', '='}) {
            if (peek() != c) {
                throw wrong("expected ::= after the rule name \"" + name + "\"");
            }
            at++;
        }
        int rule = rule(name);
        if (rules.isDefined(rule)) {
            at = start;
            throw wrong("the rule \"" + name + "\" is defined twice");
        }
        space(true);
        rules.define(rule, choices(0));
        if (peek() != END && peek() != '\n' && peek() != '\r') {
            throw wrong("expected the end of the rule \"" + name + "\"");
        }
    }

    private String name() throws Problem {
        int start = at;
        while (isNamePart(peek())) {
            at++;
        }
        if (at == start) {
            throw wrong("expected a rule name");
        }
        return new String(text, start, at - start);
    }

    private static boolean isNamePart(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_';
    }

    private Expr choices(int depth) throws Problem {
        if (depth > limits.nestingMax()) {
            throw problem(Problem.Kind.LIMIT, "groups are nested deeper than %d; that is the limit".formatted(limits.nestingMax()));
        }
        List<Expr> choices = new ArrayList<>();
        choices.add(sequence(depth));
        while (barFollows(depth)) {
            at++;
            space(true);
            choices.add(sequence(depth));
        }
        return Expr.alt(choices);
    }

    /** A choice may begin on the next line with its bar. */
    private boolean barFollows(int depth) {
        int start = at;
        space(true);
        if (peek() == '|') {
            return true;
        }
        at = depth > 0 ? at : start;
        return false;
    }

    private Expr sequence(int depth) throws Problem {
        List<Expr> parts = new ArrayList<>();
        while (true) {
            Expr part = element(depth);
            if (part == null) {
                return Expr.seq(parts);
            }
            part = quantified(part);
            parts.add(part);
            space(depth > 0);
        }
    }

    /** The next element without its repetition, or null at the end of a sequence. */
    private Expr element(int depth) throws Problem {
        int c = peek();
        if (c == '"') {
            return literal();
        }
        if (c == '[') {
            return charClass();
        }
        if (c == '.') {
            at++;
            return Expr.chars(CodePoints.ALL);
        }
        if (c == '(') {
            at++;
            space(true);
            Expr group = choices(depth + 1);
            if (peek() != ')') {
                throw wrong("expected ) at the end of a group");
            }
            at++;
            return group;
        }
        if (isNamePart(c)) {
            return new Expr.Ref(rule(name()));
        }
        if (c == '<' || c == '!') {
            throw problem(Problem.Kind.UNSUPPORTED,
                    "tokens (<...>) are not supported in grammars: control tokens never come in an answer");
        }
        return null;
    }

    private Expr quantified(Expr body) throws Problem {
        Expr result = body;
        while (true) {
            space(false);
            switch (peek()) {
                case '*' -> {
                    at++;
                    result = Expr.repeat(result, 0, Expr.UNBOUNDED);
                }
                case '+' -> {
                    at++;
                    result = Expr.repeat(result, 1, Expr.UNBOUNDED);
                }
                case '?' -> {
                    at++;
                    result = Expr.repeat(result, 0, 1);
                }
                case '{' -> result = counted(result);
                default -> {
                    return result;
                }
            }
        }
    }

    private Expr counted(Expr body) throws Problem {
        at++;
        space(false);
        int min = peek() == ',' ? 0 : count();
        int max = min;
        space(false);
        if (peek() == ',') {
            at++;
            space(false);
            max = peek() == '}' ? Expr.UNBOUNDED : count();
            space(false);
        }
        if (peek() != '}') {
            throw wrong("expected } at the end of a repetition");
        }
        at++;
        if (max < min) {
            throw wrong("the repetition {%d,%d} ends before it begins".formatted(min, max));
        }
        return Expr.repeat(body, min, max);
    }

    private int count() throws Problem {
        int start = at;
        long value = 0;
        while (peek() >= '0' && peek() <= '9') {
            value = Math.min(value * 10 + peek() - '0', Integer.MAX_VALUE);
            at++;
        }
        if (at == start) {
            throw wrong("expected a number of repetitions");
        }
        if (value > limits.repeatMax()) {
            throw problem(Problem.Kind.LIMIT, "a repetition of %,d is over the limit of %,d".formatted(value, limits.repeatMax()));
        }
        return (int) value;
    }

    private Expr literal() throws Problem {
        at++;
        StringBuilder out = new StringBuilder();
        while (peek() != '"') {
            out.appendCodePoint(character("a literal"));
        }
        at++;
        return Expr.text(out.toString());
    }

    private Expr charClass() throws Problem {
        at++;
        boolean isNegated = peek() == '^';
        at += isNegated ? 1 : 0;
        IntList pairs = new IntList();
        while (peek() != ']') {
            int from = character("a character class");
            int to = from;
            if (peek() == '-' && at + 1 < text.length && text[at + 1] != ']') {
                at++;
                to = character("a character class");
            }
            if (to < from) {
                throw wrong("the range U+%04X-U+%04X ends before it begins".formatted(from, to));
            }
            pairs.add(from);
            pairs.add(to);
        }
        at++;
        CodePoints set = CodePoints.of(pairs.toArray());
        return Expr.chars(isNegated ? set.complement() : set);
    }

    private int character(String where) throws Problem {
        int c = peek();
        if (c == END) {
            throw wrong("the grammar ends within " + where);
        }
        at++;
        if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
            throw wrong("half a surrogate pair in " + where);
        }
        if (c != '\\') {
            return c;
        }
        int escape = peek();
        at++;
        return switch (escape) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case '\\', '"', '[', ']', '-', '^' -> escape;
            case 'x' -> hex(2);
            case 'u' -> hex(4);
            case 'U' -> hex(8);
            default -> {
                at--;
                throw wrong("an escape that GBNF does not have; it has \\n \\r \\t \\\\ \\\" \\[ \\] \\xHH \\uHHHH \\UHHHHHHHH");
            }
        };
    }

    private int hex(int digits) throws Problem {
        long value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(peek(), 16);
            if (digit < 0) {
                throw wrong("expected %d hexadecimal digits".formatted(digits));
            }
            value = value * 16 + digit;
            at++;
        }
        if (value > CodePoints.LAST || value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE) {
            throw wrong("U+%X is no character".formatted(value));
        }
        return (int) value;
    }

    /** Skips blanks and comments, and line ends if they may come. */
    private void space(boolean linesToo) {
        while (true) {
            int c = peek();
            if (c == '#') {
                while (peek() != END && peek() != '\n') {
                    at++;
                }
            } else if (c == ' ' || c == '\t' || linesToo && (c == '\n' || c == '\r')) {
                at++;
            } else {
                return;
            }
        }
    }

    private int peek() {
        return at < text.length ? text[at] : END;
    }

    private Problem wrong(String what) {
        return problem(Problem.Kind.MALFORMED, what);
    }

    private Problem problem(Problem.Kind kind, String what) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < Math.min(at, text.length); i++) {
            column = text[i] == '\n' ? 1 : column + 1;
            line += text[i] == '\n' ? 1 : 0;
        }
        return new Problem(kind, "grammar, line %d, column %d: %s".formatted(line, column, what));
    }
}
