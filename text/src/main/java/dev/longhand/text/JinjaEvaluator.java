package dev.longhand.text;

import dev.longhand.text.JinjaNode.Expression;
import dev.longhand.text.JinjaValues.Arguments;
import dev.longhand.text.JinjaValues.Tuple;
import dev.longhand.text.JinjaValues.Undefined;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Computes expressions. Knows no statements; the scope is given with each call. Remembers the line it works on, for errors. */
final class JinjaEvaluator {
    private final JinjaRun run;
    private final JinjaOps ops;
    private final Map<String, Object> globals;
    private int line = 1;

    JinjaEvaluator(JinjaRun run, Map<String, Object> globals) {
        this.run = run;
        this.ops = run.ops();
        this.globals = globals;
    }

    int line() {
        return line;
    }

    void atLine(int line) {
        this.line = line;
    }

    boolean isTrue(Expression expression, JinjaScope scope) {
        return JinjaOps.truth(value(expression, scope));
    }

    Object value(Expression expression, JinjaScope scope) {
        run.meter().enter();
        run.meter().step();
        Object value = switch (expression) {
            case JinjaNode.Constant constant -> constant.value();
            case JinjaNode.Name name -> name(name, scope);
            case JinjaNode.ListOf list -> values(list.items(), scope);
            case JinjaNode.TupleOf tuple -> new Tuple(values(tuple.items(), scope));
            case JinjaNode.DictOf dict -> dict(dict, scope);
            case JinjaNode.Attribute attribute -> attribute(attribute, scope);
            case JinjaNode.Item item -> item(item, scope);
            case JinjaNode.Slice slice -> throw JinjaFailure.at(slice.line(), "a slice can only be the one index of a sequence");
            case JinjaNode.Call call -> call(call, scope, Map.of());
            case JinjaNode.Filter filter -> filter(filter, filter.input().map(i -> value(i, scope)).orElse(""), scope);
            case JinjaNode.Test test -> test(test, scope);
            case JinjaNode.Not not -> !isTrue(not.operand(), scope);
            case JinjaNode.Sign sign -> sign(sign, scope);
            case JinjaNode.Binary binary -> binary(binary, scope);
            case JinjaNode.And and -> {
                Object left = value(and.left(), scope);
                yield JinjaOps.truth(left) ? value(and.right(), scope) : left;
            }
            case JinjaNode.Or or -> {
                Object left = value(or.left(), scope);
                yield JinjaOps.truth(left) ? left : value(or.right(), scope);
            }
            case JinjaNode.Compare compare -> compare(compare, scope);
            case JinjaNode.Concatenation concatenation -> concatenation(concatenation, scope);
            case JinjaNode.Choice choice -> choice(choice, scope);
        };
        run.meter().leave();
        return value;
    }

    private Object name(JinjaNode.Name name, JinjaScope scope) {
        Object found = scope.find(name.name());
        found = found == null ? globals.get(name.name()) : found;
        return found == null ? new Undefined("'" + name.name() + "' is undefined") : found;
    }

    List<Object> values(List<Expression> expressions, JinjaScope scope) {
        run.meter().elements(expressions.size());
        List<Object> values = new ArrayList<>(expressions.size());
        for (Expression expression : expressions) {
            values.add(value(expression, scope));
        }
        return values;
    }

    private Object dict(JinjaNode.DictOf node, JinjaScope scope) {
        run.meter().elements(node.keys().size() * 2L);
        JinjaDict dict = new JinjaDict();
        for (int i = 0; i < node.keys().size(); i++) {
            Object key = value(node.keys().get(i), scope);
            Object value = value(node.values().get(i), scope);
            line = node.line();
            dict.put(ops.key(key), key, value);
        }
        return dict;
    }

    private Object attribute(JinjaNode.Attribute node, JinjaScope scope) {
        Object object = value(node.object(), scope);
        line = node.line();
        return run.attribute(object, node.name());
    }

    private Object item(JinjaNode.Item node, JinjaScope scope) {
        Object object = value(node.object(), scope);
        if (node.index() instanceof JinjaNode.Slice slice) {
            Object start = bound(slice.start(), scope);
            Object stop = bound(slice.stop(), scope);
            Object step = bound(slice.step(), scope);
            line = node.line();
            return slice(object, start, stop, step);
        }
        Object index = value(node.index(), scope);
        line = node.line();
        return run.item(object, index);
    }

    private Object slice(Object object, Object start, Object stop, Object step) {
        boolean canSlice = object instanceof String || object instanceof List<?> || object instanceof Tuple
                || object instanceof JinjaValues.View view && view.kind() == JinjaValues.View.Kind.RANGE;
        if (!canSlice) {
            throw JinjaOps.type("expected a sequence to slice", object);
        }
        return run.arithmetic().slice(object, start, stop, step);
    }

    private Object bound(Optional<Expression> bound, JinjaScope scope) {
        return bound.isPresent() ? value(bound.get(), scope) : JinjaValues.NONE;
    }

    /** @param added named arguments that the statement around the call gives: a call block's {@code caller} */
    Object call(JinjaNode.Call node, JinjaScope scope, Map<String, Object> added) {
        Object function = value(node.function(), scope);
        Arguments arguments = arguments(node.arguments(), scope, added);
        line = node.line();
        return run.call(function, arguments);
    }

    private Arguments arguments(JinjaNode.Arguments node, JinjaScope scope, Map<String, Object> added) {
        List<Object> positional = values(node.positional(), scope);
        Map<String, Object> named = new LinkedHashMap<>();
        List<Object> values = values(node.named(), scope);
        for (int i = 0; i < values.size(); i++) {
            named.put(node.names().get(i), values.get(i));
        }
        if (node.star().isPresent()) {
            positional.addAll(ops.iterate(value(node.star().get(), scope)));
        }
        if (node.doubleStar().isPresent()) {
            addNamed(value(node.doubleStar().get(), scope), named);
        }
        added.forEach(named::put);
        return new Arguments(positional, named);
    }

    private void addNamed(Object value, Map<String, Object> named) {
        if (!(value instanceof JinjaDict dict)) {
            throw JinjaOps.type("** needs a dict", value);
        }
        run.meter().elements(dict.size());
        for (JinjaDict.Entry entry : dict.entries()) {
            String name = JinjaOps.text(entry.key(), "the name of an argument");
            if (named.put(name, entry.value()) != null) {
                throw JinjaFailure.error("the argument '" + name + "' is given twice");
            }
        }
    }

    Object filter(JinjaNode.Filter node, Object input, JinjaScope scope) {
        Arguments arguments = arguments(node.arguments(), scope, Map.of());
        line = node.line();
        return JinjaFilters.apply(run, node.name(), input, arguments);
    }

    /** A chain of filters over a block's text: the innermost filter has no input of its own. */
    Object filterText(JinjaNode.Filter node, String text, JinjaScope scope) {
        run.meter().enter();
        Object input = node.input().isPresent() ? filterText((JinjaNode.Filter) node.input().get(), text, scope) : text;
        Object result = filter(node, input, scope);
        run.meter().leave();
        return result;
    }

    private Object test(JinjaNode.Test node, JinjaScope scope) {
        Object input = value(node.input(), scope);
        Arguments arguments = arguments(node.arguments(), scope, Map.of());
        line = node.line();
        return JinjaTests.holds(run, node.name(), input, arguments);
    }

    private Object sign(JinjaNode.Sign node, JinjaScope scope) {
        Object operand = value(node.operand(), scope);
        line = node.line();
        return node.isNegative() ? run.arithmetic().negate(operand) : run.arithmetic().plus(operand);
    }

    private Object binary(JinjaNode.Binary node, JinjaScope scope) {
        Object left = value(node.left(), scope);
        Object right = value(node.right(), scope);
        line = node.line();
        return run.arithmetic().binary(node.operator(), left, right);
    }

    private Object compare(JinjaNode.Compare node, JinjaScope scope) {
        Object left = value(node.first(), scope);
        for (int i = 0; i < node.operators().size(); i++) {
            Object right = value(node.others().get(i), scope);
            line = node.line();
            if (!holds(node.operators().get(i), left, right)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private boolean holds(String operator, Object left, Object right) {
        return switch (operator) {
            case "==" -> ops.isEqual(left, right);
            case "!=" -> !ops.isEqual(left, right);
            case "<" -> ops.compare(left, right) == -1;
            case ">" -> ops.compare(left, right) == 1;
            case "<=" -> ops.compare(left, right) <= 0;
            case ">=" -> (ops.compare(left, right) & ~1) == 0;
            case "in" -> ops.contains(right, left);
            default -> !ops.contains(right, left);
        };
    }

    private Object concatenation(JinjaNode.Concatenation node, JinjaScope scope) {
        StringBuilder out = new StringBuilder();
        for (Expression part : node.parts()) {
            String text = run.printer().str(value(part, scope));
            run.meter().chars(text.length());
            out.append(text);
        }
        return out.toString();
    }

    private Object choice(JinjaNode.Choice node, JinjaScope scope) {
        if (isTrue(node.test(), scope)) {
            return value(node.then(), scope);
        }
        return node.otherwise().isPresent() ? value(node.otherwise().get(), scope)
                : new Undefined("the if without else in line " + node.line() + " was false");
    }
}
