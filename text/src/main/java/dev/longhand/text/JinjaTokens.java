package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.text.JinjaToken.Kind;
import java.util.List;

/** The parser's place in the list of tokens, and how deep it nests. */
final class JinjaTokens {
    private final List<JinjaToken> tokens;
    private final int nestingMax;
    private int position;
    private int nesting;

    JinjaTokens(List<JinjaToken> tokens, int nestingMax) {
        this.tokens = tokens;
        this.nestingMax = nestingMax;
    }

    JinjaToken current() {
        return tokens.get(position);
    }

    JinjaToken following() {
        return tokens.get(Math.min(position + 1, tokens.size() - 1));
    }

    int line() {
        return current().line();
    }

    JinjaToken take() {
        JinjaToken taken = current();
        if (!taken.is(Kind.END)) {
            position++;
        }
        return taken;
    }

    boolean takeName(String name) {
        boolean found = current().isName(name);
        if (found) {
            take();
        }
        return found;
    }

    boolean takeOperator(String operator) {
        boolean found = current().isOperator(operator);
        if (found) {
            take();
        }
        return found;
    }

    JinjaToken expect(Kind kind, String what) {
        if (!current().is(kind)) {
            throw failure("expected " + what + ", found " + current().shown());
        }
        return take();
    }

    void expectOperator(String operator) {
        if (!takeOperator(operator)) {
            throw failure("expected '" + operator + "', found " + current().shown());
        }
    }

    void expectName(String name) {
        if (!takeName(name)) {
            throw failure("expected '" + name + "', found " + current().shown());
        }
    }

    JinjaFailure failure(String message) {
        return JinjaFailure.at(line(), message);
    }

    void enter() {
        if (++nesting > nestingMax) {
            throw new JinjaFailure(Problem.Kind.LIMIT,
                    "the template nests deeper than the limit of " + nestingMax, line());
        }
    }

    void leave() {
        nesting--;
    }
}
