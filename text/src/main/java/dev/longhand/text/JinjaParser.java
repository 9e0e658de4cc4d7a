package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.text.JinjaNode.Expression;
import dev.longhand.text.JinjaNode.Routine;
import dev.longhand.text.JinjaNode.Statement;
import dev.longhand.text.JinjaNode.Target;
import dev.longhand.text.JinjaToken.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Parses a template's tokens into statements: recursive descent, one token of look-ahead, nesting limited by the tokens. */
final class JinjaParser {
    private static final Set<String> NOT_SUPPORTED =
            Set.of("extends", "block", "include", "import", "from", "autoescape", "do", "trans", "debug");

    private final JinjaTokens tokens;
    private final JinjaExpressionParser expressions;
    private int loops;

    private JinjaParser(JinjaTokens tokens) {
        this.tokens = tokens;
        this.expressions = new JinjaExpressionParser(tokens);
    }

    static List<Statement> parse(String source, JinjaLimits limits) {
        if (source.length() > limits.sourceCharsMax()) {
            throw JinjaFailure.limit("the template has " + source.length() + " characters", limits.sourceCharsMax());
        }
        JinjaParser parser = new JinjaParser(new JinjaTokens(JinjaLexer.tokens(source), limits.nestingMax()));
        return parser.statements(Set.of());
    }

    /** Statements up to a tag that begins with one of {@code ends}: the tag's begin is taken, its name is current. */
    private List<Statement> statements(Set<String> ends) {
        tokens.enter();
        int line = tokens.line();
        List<Statement> body = new ArrayList<>();
        while (true) {
            JinjaToken token = tokens.take();
            switch (token.kind()) {
                case DATA -> body.add(new JinjaNode.Output(token.line(), new JinjaNode.Constant(token.line(), token.text())));
                case VARIABLE_BEGIN -> {
                    body.add(new JinjaNode.Output(token.line(), expressions.tuple(true, false)));
                    tokens.expect(Kind.VARIABLE_END, "'}}'");
                }
                case BLOCK_BEGIN -> {
                    if (tokens.current().is(Kind.NAME) && ends.contains(tokens.current().text())) {
                        tokens.leave();
                        return body;
                    }
                    statement(body);
                    tokens.expect(Kind.BLOCK_END, "'%}'");
                }
                default -> {
                    if (!ends.isEmpty()) {
                        throw JinjaFailure.at(line, "the block that begins here needs one of " + ends + " before the end");
                    }
                    tokens.leave();
                    return body;
                }
            }
        }
    }

    /** The body of a block, up to and with its one end name. */
    private List<Statement> body(String end) {
        List<Statement> body = body(Set.of(end));
        tokens.take();
        return body;
    }

    private List<Statement> body(Set<String> ends) {
        tokens.takeOperator(":");
        tokens.expect(Kind.BLOCK_END, "'%}'");
        return statements(ends);
    }

    private void statement(List<Statement> body) {
        JinjaToken token = tokens.expect(Kind.NAME, "the name of a tag");
        int line = token.line();
        switch (token.text()) {
            case "for" -> body.add(forLoop(line));
            case "if" -> body.add(ifElse(line));
            case "set" -> body.add(set(line));
            case "macro" -> body.add(new JinjaNode.Macro(line, macro()));
            case "call" -> body.add(callBlock(line));
            case "filter" -> body.add(filterBlock(line));
            case "with" -> body.add(with(line));
            case "print" -> print(body);
            case "generation" -> body.add(new JinjaNode.With(line, List.of(), List.of(), body("endgeneration")));
            case "break" -> body.add(new JinjaNode.Break(inLoop(token)));
            case "continue" -> body.add(new JinjaNode.Continue(inLoop(token)));
            default -> throw unknown(token);
        }
    }

    private static JinjaFailure unknown(JinjaToken token) {
        if (NOT_SUPPORTED.contains(token.text())) {
            return new JinjaFailure(Problem.Kind.UNSUPPORTED,
                    "the tag '" + token.text() + "' is not supported in chat templates", token.line());
        }
        return JinjaFailure.at(token.line(), "unknown tag '" + token.text() + "'");
    }

    private int inLoop(JinjaToken token) {
        if (loops == 0) {
            throw JinjaFailure.at(token.line(), "'" + token.text() + "' stands outside a loop");
        }
        return token.line();
    }

    private void print(List<Statement> body) {
        while (!tokens.current().is(Kind.BLOCK_END)) {
            int line = tokens.line();
            body.add(new JinjaNode.Output(line, expressions.expression()));
            if (!tokens.current().is(Kind.BLOCK_END)) {
                tokens.expectOperator(",");
            }
        }
    }

    private Statement forLoop(int line) {
        Target target = expressions.target(false);
        tokens.expectName("in");
        Expression items = expressions.tuple(false, false);
        Optional<Expression> test = tokens.takeName("if") ? Optional.of(expressions.expression()) : Optional.empty();
        boolean isRecursive = tokens.takeName("recursive");
        loops++;
        List<Statement> body = body(Set.of("endfor", "else"));
        loops--;
        List<Statement> otherwise = tokens.take().text().equals("else") ? body("endfor") : List.of();
        return new JinjaNode.For(line, target, items, test, body, otherwise, isRecursive);
    }

    private Statement ifElse(int line) {
        List<Expression> tests = new ArrayList<>();
        List<List<Statement>> bodies = new ArrayList<>();
        expressions.beginBranch();
        String end;
        do {
            tests.add(expressions.tuple(false, false));
            bodies.add(body(Set.of("elif", "else", "endif")));
            end = tokens.take().text();
        } while (end.equals("elif"));
        if (end.equals("else")) {
            bodies.add(body("endif"));
        }
        expressions.endBranch();
        return new JinjaNode.If(line, tests, bodies);
    }

    private Statement set(int line) {
        Target target = expressions.target(true);
        if (tokens.takeOperator("=")) {
            return new JinjaNode.SetValue(line, target, expressions.tuple(true, false));
        }
        Optional<JinjaNode.Filter> filter = filterChain(Optional.empty());
        return new JinjaNode.SetBlock(line, target, filter, body("endset"));
    }

    /** More filters behind {@code first}, each the input of the next. */
    private Optional<JinjaNode.Filter> filterChain(Optional<JinjaNode.Filter> first) {
        Optional<JinjaNode.Filter> filter = first;
        while (tokens.takeOperator("|")) {
            filter = Optional.of(expressions.filter(filter.map(f -> f)));
        }
        return filter;
    }

    private Statement filterBlock(int line) {
        JinjaNode.Filter filter = filterChain(Optional.of(expressions.filter(Optional.empty()))).orElseThrow();
        return new JinjaNode.FilterBlock(line, filter, body("endfilter"));
    }

    private Statement with(int line) {
        List<Target> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!tokens.current().is(Kind.BLOCK_END)) {
            if (!targets.isEmpty()) {
                tokens.expectOperator(",");
            }
            targets.add(expressions.target(false));
            tokens.expectOperator("=");
            values.add(expressions.expression());
        }
        return new JinjaNode.With(line, targets, values, body("endwith"));
    }

    private Routine macro() {
        String name = expressions.targetName();
        return routine(name, "endmacro");
    }

    private Statement callBlock(int line) {
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        if (tokens.current().isOperator("(")) {
            signature(parameters, defaults);
        }
        Expression call = expressions.expression();
        if (!(call instanceof JinjaNode.Call found)) {
            throw JinjaFailure.at(line, "expected a call of a macro behind 'call'");
        }
        return new JinjaNode.CallBlock(line, routine("caller", parameters, defaults, "endcall"), found);
    }

    private Routine routine(String name, String end) {
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        signature(parameters, defaults);
        return routine(name, parameters, defaults, end);
    }

    private Routine routine(String name, List<String> parameters, List<Expression> defaults, String end) {
        int loopsOutside = loops;
        loops = 0;
        expressions.beginRoutine();
        List<Statement> body = body(end);
        loops = loopsOutside;
        return new Routine(name, parameters, defaults, body, expressions.endRoutine());
    }

    private void signature(List<String> parameters, List<Expression> defaults) {
        tokens.expectOperator("(");
        while (!tokens.takeOperator(")")) {
            if (!parameters.isEmpty()) {
                tokens.expectOperator(",");
            }
            String name = expressions.targetName();
            if (parameters.contains(name)) {
                throw tokens.failure("the parameter '" + name + "' is named twice");
            }
            parameters.add(name);
            if (tokens.takeOperator("=")) {
                defaults.add(expressions.expression());
            } else if (!defaults.isEmpty()) {
                throw tokens.failure("the parameter '" + name + "' without a default follows one that has a default");
            }
        }
    }
}
