package dev.longhand.text;

import dev.longhand.base.Problem;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the subset of ECMA regular expressions that an automaton can follow: characters, classes, groups, choices, repetitions, and
 * {@code ^} and {@code $} at the ends. The result is the content of a JSON string, escapes included. Where dialects differ (what
 * {@code .}, {@code \s} and {@code \S} match) it takes what all of them take. Used once, by one thread.
 */
final class RegexParser {
    private static final int END = -1;
    private static final CodePoints WORD = CodePoints.of('0', '9', 'A', 'Z', 'a', 'z', '_', '_');
    private static final CodePoints SPACE = CodePoints.of('\t', '\r', ' ', ' ');
    private static final CodePoints ANY_SPACE = CodePoints.of(0, 0x20, 0x85, 0x85, 0xA0, 0xA0, 0x1680, 0x1680, 0x180E, 0x180E,
            0x2000, 0x200F, 0x2028, 0x202F, 0x205F, 0x2060, 0x3000, 0x3000, 0xFEFF, 0xFEFF);
    private static final CodePoints LINE_ENDS = CodePoints.of('\n', '\n', '\r', '\r', 0x85, 0x85, 0x2028, 0x2029);

    /** An expression and how many characters its texts have. */
    record Piece(Expr expr, long min, long max) {
        static final Piece EMPTY = new Piece(Expr.EMPTY, 0, 0);
        static final Piece ANYTHING = new Piece(Expr.repeat(JsonText.CHARACTER, 0, Expr.UNBOUNDED), 0, Integer.MAX_VALUE);

        Piece then(Piece next) {
            return new Piece(Expr.seq(expr, next.expr), cap(min + next.min), cap(max + next.max));
        }

        Piece or(Piece other) {
            return new Piece(Expr.alt(expr, other.expr), Math.min(min, other.min), Math.max(max, other.max));
        }

        Piece times(int from, int to) {
            return new Piece(Expr.repeat(expr, from, to), cap(min * from),
                    max == 0 ? 0 : to == Expr.UNBOUNDED ? to : cap(max * to));
        }

        private static long cap(long length) {
            return Math.min(length, Integer.MAX_VALUE);
        }
    }

    private final String source;
    private final int[] text;
    private final GrammarLimits limits;
    private int at;

    RegexParser(String source, GrammarLimits limits) {
        this.source = source;
        this.text = source.codePoints().toArray();
        this.limits = limits;
    }

    /** All strings in which the expression is found. */
    Piece parse() throws Problem {
        Piece all = anchored();
        while (peek() == '|') {
            at++;
            all = all.or(anchored());
        }
        if (peek() != END) {
            throw wrong("an unexpected character");
        }
        return all;
    }

    private Piece anchored() throws Problem {
        boolean isFromStart = peek() == '^';
        at += isFromStart ? 1 : 0;
        Piece body = sequence(0);
        boolean isToEnd = peek() == '$';
        at += isToEnd ? 1 : 0;
        Piece begun = isFromStart ? body : Piece.ANYTHING.then(body);
        return isToEnd ? begun : begun.then(Piece.ANYTHING);
    }

    private Piece choices(int depth) throws Problem {
        if (depth > limits.nestingMax()) {
            throw wrong("groups deeper than %d".formatted(limits.nestingMax()));
        }
        Piece all = sequence(depth);
        while (peek() == '|') {
            at++;
            all = all.or(sequence(depth));
        }
        return all;
    }

    private Piece sequence(int depth) throws Problem {
        Piece all = Piece.EMPTY;
        while (peek() != END && peek() != '|' && peek() != ')' && !(depth == 0 && peek() == '$' && isLast())) {
            all = all.then(quantified(atom(depth)));
        }
        return all;
    }

    private boolean isLast() {
        return at + 1 == text.length || text[at + 1] == '|';
    }

    private Piece atom(int depth) throws Problem {
        int c = peek();
        at++;
        return switch (c) {
            case '(' -> group(depth);
            case '[' -> one(charClass());
            case '.' -> one(LINE_ENDS.complement());
            case '\\' -> one(escape());
            case '^', '$' -> throw wrong("an anchor that is not at an end");
            case '*', '+', '?', '{', '}', ']' ->
                    throw wrong("a %c that stands for nothing; write \\%c for the character".formatted(c, c));
            default -> one(CodePoints.of(c, c));
        };
    }

    private static Piece one(CodePoints set) {
        return new Piece(JsonText.characters(set), 1, 1);
    }

    private Piece group(int depth) throws Problem {
        if (peek() == '?') {
            at++;
            if (peek() == '<' && at + 1 < text.length && Character.isLetter(text[at + 1])) {
                while (peek() != '>' && peek() != END) {
                    at++;
                }
            } else if (peek() != ':') {
                throw wrong("a group that looks around, or sets options");
            }
            at++;
        }
        Piece inner = choices(depth + 1);
        if (peek() != ')') {
            throw wrong("a group without its )");
        }
        at++;
        return inner;
    }

    private Piece quantified(Piece piece) throws Problem {
        int min;
        int max;
        switch (peek()) {
            case '*' -> {
                min = 0;
                max = Expr.UNBOUNDED;
                at++;
            }
            case '+' -> {
                min = 1;
                max = Expr.UNBOUNDED;
                at++;
            }
            case '?' -> {
                min = 0;
                max = 1;
                at++;
            }
            case '{' -> {
                at++;
                min = count();
                max = min;
                if (peek() == ',') {
                    at++;
                    max = peek() == '}' ? Expr.UNBOUNDED : count();
                }
                if (peek() != '}' || max < min) {
                    throw wrong("a repetition that cannot be read");
                }
                at++;
            }
            default -> {
                return piece;
            }
        }
        at += peek() == '?' ? 1 : 0; // lazy: the same texts
        if (peek() == '+' || peek() == '*' || peek() == '?') {
            throw wrong("a repetition of a repetition");
        }
        return piece.times(min, max);
    }

    private int count() throws Problem {
        int start = at;
        long value = 0;
        while (peek() >= '0' && peek() <= '9') {
            value = Math.min(10 * value + peek() - '0', Integer.MAX_VALUE);
            at++;
        }
        if (at == start || value > limits.repeatMax()) {
            throw wrong("a repetition without a count, or over %,d".formatted(limits.repeatMax()));
        }
        return (int) value;
    }

    private CodePoints charClass() throws Problem {
        boolean isNegated = peek() == '^';
        at += isNegated ? 1 : 0;
        CodePoints all = CodePoints.of();
        while (peek() != ']') {
            CodePoints from = classAtom();
            if (peek() == '-' && at + 1 < text.length && text[at + 1] != ']') {
                at++;
                CodePoints to = classAtom();
                if (single(from) < 0 || single(to) < single(from)) {
                    throw wrong("a range that cannot be read");
                }
                from = CodePoints.of(single(from), single(to));
            }
            all = all.union(from);
        }
        at++;
        return isNegated ? negated(all) : all;
    }

    /** In a negated class a space stands for all that any dialect calls one. */
    private static CodePoints negated(CodePoints all) {
        boolean hasSpace = all.minus(SPACE.complement()).ranges().length == SPACE.ranges().length && all.contains('\f')
                && all.contains(' ');
        return (hasSpace ? all.union(ANY_SPACE) : all).complement();
    }

    private static int single(CodePoints set) {
        int[] ranges = set.ranges();
        return ranges.length == 2 && ranges[0] == ranges[1] ? ranges[0] : -1;
    }

    private CodePoints classAtom() throws Problem {
        int c = peek();
        if (c == END) {
            throw wrong("a character class without its ]");
        }
        at++;
        if (c == '[' || c == '&' && peek() == '&') {
            throw wrong("a %c within a character class; write \\%c".formatted(c, c));
        }
        return c == '\\' ? escape() : CodePoints.of(c, c);
    }

    private CodePoints escape() throws Problem {
        int c = peek();
        at++;
        return switch (c) {
            case 'd' -> CodePoints.DIGITS;
            case 'D' -> CodePoints.DIGITS.complement();
            case 'w' -> WORD;
            case 'W' -> WORD.complement();
            case 's' -> SPACE;
            case 'S' -> ANY_SPACE.complement();
            case 't' -> CodePoints.of('\t', '\t');
            case 'n' -> CodePoints.of('\n', '\n');
            case 'r' -> CodePoints.of('\r', '\r');
            case 'f' -> CodePoints.of('\f', '\f');
            case 'x' -> hex(2);
            case 'u' -> hex(4);
            default -> {
                boolean isPunctuation = c > ' ' && c < 0x7F && !Character.isLetterOrDigit(c);
                if (!isPunctuation) {
                    throw wrong("the escape \\%s".formatted(c == END ? "" : Character.toString(c)));
                }
                yield CodePoints.of(c, c);
            }
        };
    }

    private CodePoints hex(int digits) throws Problem {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(peek(), 16);
            if (digit < 0) {
                throw wrong("an escape without its %d hexadecimal digits".formatted(digits));
            }
            value = value * 16 + digit;
            at++;
        }
        if (value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE) {
            throw wrong("half of a surrogate pair");
        }
        return CodePoints.of(value, value);
    }

    private int peek() {
        return at < text.length ? text[at] : END;
    }

    private Problem wrong(String what) {
        return new Problem(Problem.Kind.UNSUPPORTED, "the regular expression \"%s\" has, near character %d, %s"
                .formatted(source.length() > 200 ? source.substring(0, 200) + "..." : source, at, what));
    }
}
