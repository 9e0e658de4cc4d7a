package dev.longhand.text;

import dev.longhand.text.JinjaNode.Arguments;
import dev.longhand.text.JinjaNode.Expression;
import dev.longhand.text.JinjaNode.Target;
import dev.longhand.text.JinjaToken.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Parses expressions and assignment targets by recursive descent, with Jinja's precedences: if-else, or, and, not, comparison,
 * plus and minus, {@code ~}, times and over, power, sign, postfix, filters and tests. Knows no statements.
 */
final class JinjaExpressionParser {
    private final JinjaTokens tokens;
    /** For each routine being parsed, the names its body reads. */
    private final Deque<Set<String>> readNames = new ArrayDeque<>();
    /** Inside a branch that may not be taken, an unknown filter is an error only when it is reached. */
    private int branches;

    JinjaExpressionParser(JinjaTokens tokens) {
        this.tokens = tokens;
    }

    void beginRoutine() {
        readNames.push(new HashSet<>());
    }

    Set<String> endRoutine() {
        return Set.copyOf(readNames.pop());
    }

    void beginBranch() {
        branches++;
    }

    void endBranch() {
        branches--;
    }

    Expression expression() {
        tokens.enter();
        int line = tokens.line();
        Expression value = or();
        while (tokens.takeName("if")) {
            Expression test = or();
            Optional<Expression> otherwise = tokens.takeName("else") ? Optional.of(expression()) : Optional.empty();
            value = new JinjaNode.Choice(line, test, value, otherwise);
        }
        tokens.leave();
        return value;
    }

    /** An expression, or a tuple of several with commas between; {@code withChoice} allows {@code a if b else c}. */
    Expression tuple(boolean withChoice, boolean mayBeEmpty) {
        int line = tokens.line();
        List<Expression> items = new ArrayList<>();
        boolean isTuple = false;
        while (!isTupleEnd() && !(isTuple && tokens.current().isName("recursive"))) {
            items.add(withChoice ? expression() : or());
            if (!tokens.takeOperator(",")) {
                break;
            }
            isTuple = true;
        }
        if (items.isEmpty() && !mayBeEmpty) {
            throw tokens.failure("expected an expression, found " + tokens.current().shown());
        }
        return isTuple || items.isEmpty() ? new JinjaNode.TupleOf(line, items) : items.get(0);
    }

    private boolean isTupleEnd() {
        JinjaToken token = tokens.current();
        return token.is(Kind.VARIABLE_END) || token.is(Kind.BLOCK_END) || token.isOperator(")");
    }

    Target target(boolean withNamespace) {
        int line = tokens.line();
        List<Target> targets = new ArrayList<>();
        boolean isTuple = false;
        while (!isTupleEnd() && !tokens.current().isName("in") && !tokens.current().isOperator("=")) {
            targets.add(singleTarget(withNamespace));
            if (!tokens.takeOperator(",")) {
                break;
            }
            isTuple = true;
        }
        if (targets.isEmpty()) {
            throw tokens.failure("expected a name to assign to, found " + tokens.current().shown());
        }
        return isTuple ? new JinjaNode.TupleTarget(line, targets) : targets.get(0);
    }

    private Target singleTarget(boolean withNamespace) {
        tokens.enter();
        int line = tokens.line();
        Target result;
        if (tokens.takeOperator("(")) {
            result = target(withNamespace);
            tokens.expectOperator(")");
        } else {
            String name = targetName();
            result = withNamespace && tokens.takeOperator(".")
                    ? new JinjaNode.NamespaceTarget(line, name, tokens.expect(Kind.NAME, "an attribute name").text())
                    : new JinjaNode.Name(line, name);
        }
        tokens.leave();
        return result;
    }

    String targetName() {
        JinjaToken token = tokens.expect(Kind.NAME, "a name to assign to");
        if (Set.of("true", "false", "none", "True", "False", "None").contains(token.text())) {
            throw JinjaFailure.at(token.line(), "cannot assign to '" + token.text() + "'");
        }
        return token.text();
    }

    private Expression or() {
        int line = tokens.line();
        Expression left = and();
        while (tokens.takeName("or")) {
            left = new JinjaNode.Or(line, left, and());
        }
        return left;
    }

    private Expression and() {
        int line = tokens.line();
        Expression left = not();
        while (tokens.takeName("and")) {
            left = new JinjaNode.And(line, left, not());
        }
        return left;
    }

    private Expression not() {
        int line = tokens.line();
        if (!tokens.takeName("not")) {
            return comparison();
        }
        tokens.enter();
        Expression operand = not();
        tokens.leave();
        return new JinjaNode.Not(line, operand);
    }

    private Expression comparison() {
        int line = tokens.line();
        Expression first = sum();
        List<String> operators = new ArrayList<>();
        List<Expression> others = new ArrayList<>();
        while (true) {
            Optional<String> operator = comparisonOperator();
            if (operator.isEmpty()) {
                return operators.isEmpty() ? first : new JinjaNode.Compare(line, first, operators, others);
            }
            operators.add(operator.get());
            others.add(sum());
        }
    }

    private Optional<String> comparisonOperator() {
        JinjaToken token = tokens.current();
        if (token.is(Kind.OPERATOR) && Set.of("==", "!=", "<", "<=", ">", ">=").contains(token.text()) || token.isName("in")) {
            return Optional.of(tokens.take().text());
        }
        if (token.isName("not") && tokens.following().isName("in")) {
            tokens.take();
            tokens.take();
            return Optional.of("not in");
        }
        return Optional.empty();
    }

    private Expression sum() {
        int line = tokens.line();
        Expression left = concatenation();
        while (tokens.current().isOperator("+") || tokens.current().isOperator("-")) {
            left = new JinjaNode.Binary(line, tokens.take().text(), left, concatenation());
        }
        return left;
    }

    private Expression concatenation() {
        int line = tokens.line();
        Expression first = product();
        if (!tokens.current().isOperator("~")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (tokens.takeOperator("~")) {
            parts.add(product());
        }
        return new JinjaNode.Concatenation(line, parts);
    }

    private Expression product() {
        int line = tokens.line();
        Expression left = power();
        while (tokens.current().is(Kind.OPERATOR) && Set.of("*", "/", "//", "%").contains(tokens.current().text())) {
            left = new JinjaNode.Binary(line, tokens.take().text(), left, power());
        }
        return left;
    }

    private Expression power() {
        int line = tokens.line();
        Expression left = unary(true);
        while (tokens.takeOperator("**")) {
            left = new JinjaNode.Binary(line, "**", left, unary(true));
        }
        return left;
    }

    private Expression unary(boolean withFilters) {
        tokens.enter();
        int line = tokens.line();
        Expression value;
        if (tokens.current().isOperator("-") || tokens.current().isOperator("+")) {
            boolean isNegative = tokens.take().text().equals("-");
            value = new JinjaNode.Sign(line, isNegative, unary(false));
        } else {
            value = primary();
        }
        value = postfix(value);
        value = withFilters ? filtersAndTests(value) : value;
        tokens.leave();
        return value;
    }

    private Expression primary() {
        JinjaToken token = tokens.take();
        return switch (token.kind()) {
            case NAME -> named(token);
            case STRING -> string(token);
            case NUMBER -> new JinjaNode.Constant(token.line(), token.value());
            case OPERATOR -> bracketed(token);
            default -> throw JinjaFailure.at(token.line(), "expected an expression, found " + token.shown());
        };
    }

    private Expression named(JinjaToken token) {
        return switch (token.text()) {
            case "true", "True" -> new JinjaNode.Constant(token.line(), true);
            case "false", "False" -> new JinjaNode.Constant(token.line(), false);
            case "none", "None" -> new JinjaNode.Constant(token.line(), JinjaValues.NONE);
            default -> {
                readNames.forEach(names -> names.add(token.text()));
                yield new JinjaNode.Name(token.line(), token.text());
            }
        };
    }

    /** Strings side by side are one. */
    private Expression string(JinjaToken first) {
        StringBuilder text = new StringBuilder((String) first.value());
        while (tokens.current().is(Kind.STRING)) {
            text.append((String) tokens.take().value());
        }
        return new JinjaNode.Constant(first.line(), text.toString());
    }

    private Expression bracketed(JinjaToken token) {
        switch (token.text()) {
            case "(" -> {
                Expression inside = tuple(true, true);
                tokens.expectOperator(")");
                return inside;
            }
            case "[" -> {
                List<Expression> items = new ArrayList<>();
                separated("]", () -> items.add(expression()));
                return new JinjaNode.ListOf(token.line(), items);
            }
            case "{" -> {
                List<Expression> keys = new ArrayList<>();
                List<Expression> values = new ArrayList<>();
                separated("}", () -> {
                    keys.add(expression());
                    tokens.expectOperator(":");
                    values.add(expression());
                });
                return new JinjaNode.DictOf(token.line(), keys, values);
            }
            default -> throw JinjaFailure.at(token.line(), "expected an expression, found " + token.shown());
        }
    }

    /** Parses elements up to the closing bracket, which is taken; a comma may stand before it. */
    private void separated(String close, Runnable element) {
        boolean isFirst = true;
        while (!tokens.takeOperator(close)) {
            if (!isFirst) {
                tokens.expectOperator(",");
                if (tokens.takeOperator(close)) {
                    return;
                }
            }
            element.run();
            isFirst = false;
        }
    }

    private Expression postfix(Expression start) {
        Expression value = start;
        while (true) {
            int line = tokens.line();
            if (tokens.takeOperator(".")) {
                value = member(line, value);
            } else if (tokens.takeOperator("[")) {
                value = new JinjaNode.Item(line, value, subscript());
            } else if (tokens.current().isOperator("(")) {
                value = new JinjaNode.Call(line, value, arguments());
            } else {
                return value;
            }
        }
    }

    private Expression member(int line, Expression object) {
        JinjaToken token = tokens.take();
        if (token.is(Kind.NAME)) {
            return new JinjaNode.Attribute(line, object, token.text());
        }
        if (token.is(Kind.NUMBER) && token.value() instanceof Long) {
            return new JinjaNode.Item(line, object, new JinjaNode.Constant(line, token.value()));
        }
        throw JinjaFailure.at(token.line(), "expected a name or an integer behind '.', found " + token.shown());
    }

    private Expression subscript() {
        int line = tokens.line();
        List<Expression> parts = new ArrayList<>();
        while (!tokens.takeOperator("]")) {
            if (!parts.isEmpty()) {
                tokens.expectOperator(",");
            }
            parts.add(subscriptPart());
        }
        return parts.size() == 1 ? parts.get(0) : new JinjaNode.TupleOf(line, parts);
    }

    private Expression subscriptPart() {
        int line = tokens.line();
        Optional<Expression> start = tokens.current().isOperator(":") ? Optional.empty() : Optional.of(expression());
        if (!tokens.takeOperator(":")) {
            return start.orElseThrow();
        }
        Optional<Expression> stop = sliceBound();
        Optional<Expression> step = tokens.takeOperator(":") ? sliceBound() : Optional.empty();
        return new JinjaNode.Slice(line, start, stop, step);
    }

    private Optional<Expression> sliceBound() {
        JinjaToken token = tokens.current();
        boolean isAbsent = token.isOperator(":") || token.isOperator("]") || token.isOperator(",");
        return isAbsent ? Optional.empty() : Optional.of(expression());
    }

    Arguments arguments() {
        int line = tokens.line();
        tokens.expectOperator("(");
        List<Expression> positional = new ArrayList<>();
        List<String> names = new ArrayList<>();
        List<Expression> named = new ArrayList<>();
        List<Expression> stars = new ArrayList<>();
        List<Expression> doubleStars = new ArrayList<>();
        separated(")", () -> {
            if (tokens.takeOperator("*")) {
                stars.add(expression());
            } else if (tokens.takeOperator("**")) {
                doubleStars.add(expression());
            } else if (tokens.current().is(Kind.NAME) && tokens.following().isOperator("=")) {
                if (!doubleStars.isEmpty()) {
                    throw tokens.failure("a named argument must not follow **");
                }
                names.add(tokens.take().text());
                tokens.take();
                named.add(expression());
            } else {
                if (!names.isEmpty() || !stars.isEmpty() || !doubleStars.isEmpty()) {
                    throw tokens.failure("a positional argument must not follow a named one");
                }
                positional.add(expression());
            }
        });
        if (stars.size() > 1 || doubleStars.size() > 1 || Set.copyOf(names).size() < names.size()) {
            throw JinjaFailure.at(line, "the call gives an argument twice");
        }
        return new Arguments(positional, names, named, stars.stream().findFirst(), doubleStars.stream().findFirst());
    }

    private Expression filtersAndTests(Expression start) {
        Expression value = start;
        while (true) {
            int line = tokens.line();
            if (tokens.takeOperator("|")) {
                value = filter(Optional.of(value));
            } else if (tokens.takeName("is")) {
                value = test(line, value);
            } else if (tokens.current().isOperator("(")) {
                value = new JinjaNode.Call(line, value, arguments());
            } else {
                return value;
            }
        }
    }

    JinjaNode.Filter filter(Optional<Expression> input) {
        JinjaToken token = tokens.expect(Kind.NAME, "the name of a filter");
        String name = dotted(token);
        if (branches == 0 && !JinjaFilters.has(name)) {
            throw JinjaFailure.at(token.line(), "no filter is named '" + name + "'");
        }
        Arguments arguments = tokens.current().isOperator("(") ? arguments() : Arguments.NONE;
        return new JinjaNode.Filter(token.line(), input, name, arguments);
    }

    private String dotted(JinjaToken first) {
        StringBuilder name = new StringBuilder(first.text());
        while (tokens.takeOperator(".")) {
            name.append('.').append(tokens.expect(Kind.NAME, "a name").text());
        }
        return name.toString();
    }

    private Expression test(int line, Expression input) {
        boolean isNegated = tokens.takeName("not");
        JinjaToken token = tokens.expect(Kind.NAME, "the name of a test");
        String name = dotted(token);
        if (branches == 0 && !JinjaTests.has(name)) {
            throw JinjaFailure.at(token.line(), "no test is named '" + name + "'");
        }
        Expression test = new JinjaNode.Test(line, input, name, testArguments());
        return isNegated ? new JinjaNode.Not(line, test) : test;
    }

    /** In brackets, or one value without. */
    private Arguments testArguments() {
        JinjaToken token = tokens.current();
        if (token.isOperator("(")) {
            return arguments();
        }
        boolean isName = token.is(Kind.NAME) && !Set.of("else", "or", "and").contains(token.text());
        if (isName && token.text().equals("is")) {
            throw tokens.failure("tests cannot be chained with 'is'");
        }
        if (isName || token.is(Kind.STRING) || token.is(Kind.NUMBER) || token.isOperator("[") || token.isOperator("{")) {
            Expression argument = postfix(primary());
            return new Arguments(List.of(argument), List.of(), List.of(), Optional.empty(), Optional.empty());
        }
        return Arguments.NONE;
    }
}
