package dev.longhand.text;

import dev.longhand.base.Problem;

/**
 * A chat template that cannot be compiled or rendered: the only exception that {@link Jinja} throws.
 *
 * <p>The kind says which: {@code MALFORMED} for a mistake in the template, {@code UNSUPPORTED} for what this subset does not
 * do or what the template itself refuses by {@code raise_exception}, {@code LIMIT} for a limit of {@link JinjaLimits}.
 */
public final class JinjaException extends Problem {
    private final int line;

    JinjaException(Kind kind, String message, int line) {
        super(kind, "chat template, line " + line + ": " + message);
        this.line = line;
    }

    /** Line of the template, from 1. */
    public int line() {
        return line;
    }
}
