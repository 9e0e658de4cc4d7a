package dev.longhand.text;

import dev.longhand.base.Problem;

/** Carries a template's error out of the nested calls of lexer, parser and interpreter; never leaves {@link Jinja}. */
final class JinjaFailure extends RuntimeException {
    private final Problem.Kind kind;
    private final int line;

    /** @param line line of the template, or 0 where only the interpreter knows it */
    JinjaFailure(Problem.Kind kind, String message, int line) {
        super(message, null, false, false);
        this.kind = kind;
        this.line = line;
    }

    static JinjaFailure at(int line, String message) {
        return new JinjaFailure(Problem.Kind.MALFORMED, message, line);
    }

    static JinjaFailure error(String message) {
        return at(0, message);
    }

    static JinjaFailure unsupported(String message) {
        return new JinjaFailure(Problem.Kind.UNSUPPORTED, message, 0);
    }

    static JinjaFailure limit(String what, long limit) {
        return new JinjaFailure(Problem.Kind.LIMIT, what + "; the limit is " + limit, 0);
    }

    JinjaException checked(int lineElse) {
        return new JinjaException(kind, getMessage(), line > 0 ? line : lineElse);
    }
}
