package dev.longhand.text;

import dev.longhand.text.JinjaValues.Arguments;
import dev.longhand.text.JinjaValues.Callable;
import dev.longhand.text.JinjaValues.None;
import dev.longhand.text.JinjaValues.Tuple;
import dev.longhand.text.JinjaValues.Undefined;
import dev.longhand.text.JinjaValues.View;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/** The tests of {@code x is name}, by name. */
final class JinjaTests {
    private interface Test {
        boolean holds(JinjaRun run, Object value, Arguments arguments);
    }

    private static final Map<String, Test> TESTS = new HashMap<>();

    static {
        kinds();
        numbersAndText();
        comparisons();
        TESTS.put("filter", (run, value, args) -> value instanceof String name && JinjaFilters.has(name));
        TESTS.put("test", (run, value, args) -> value instanceof String name && has(name));
        TESTS.put("escaped", (run, value, args) -> false);
    }

    private JinjaTests() {}

    static boolean has(String name) {
        return TESTS.containsKey(name);
    }

    static boolean holds(JinjaRun run, String name, Object value, Arguments arguments) {
        Test test = TESTS.get(name);
        if (test == null) {
            throw JinjaFailure.error("no test is named '" + name + "'");
        }
        run.meter().step();
        return test.holds(run, value, arguments);
    }

    private static void plain(String name, Predicate<Object> test) {
        TESTS.put(name, (run, value, args) -> {
            args.none("the test " + name);
            return test.test(value);
        });
    }

    private static void kinds() {
        plain("defined", value -> !(value instanceof Undefined));
        plain("undefined", value -> value instanceof Undefined);
        plain("none", value -> value instanceof None);
        plain("boolean", value -> value instanceof Boolean);
        plain("true", value -> value instanceof Boolean b && b);
        plain("false", value -> value instanceof Boolean b && !b);
        plain("integer", value -> value instanceof Long || value instanceof BigInteger);
        plain("float", JinjaOps::isFraction);
        plain("number", JinjaOps::isNumber);
        plain("string", value -> value instanceof String);
        plain("mapping", value -> value instanceof JinjaDict);
        plain("callable", value -> value instanceof Callable || value instanceof Undefined);
        plain("sequence", value -> value instanceof String || value instanceof List<?> || value instanceof Tuple
                || value instanceof JinjaDict || value instanceof Undefined
                || value instanceof View view && view.kind() == View.Kind.RANGE);
        plain("iterable", value -> value instanceof String || value instanceof List<?> || value instanceof Tuple
                || value instanceof JinjaDict || value instanceof Undefined || value instanceof View);
    }

    private static void numbersAndText() {
        TESTS.put("odd", (run, value, args) -> modulo(run, value, 2) == 1);
        TESTS.put("even", (run, value, args) -> modulo(run, value, 2) == 0);
        TESTS.put("divisibleby", (run, value, args) -> modulo(run, value, args.bind("divisibleby", 1, "num")[0]) == 0);
        TESTS.put("lower", (run, value, args) -> hasCase(run, value, Character::isLowerCase, Character::isUpperCase));
        TESTS.put("upper", (run, value, args) -> hasCase(run, value, Character::isUpperCase, Character::isLowerCase));
    }

    private static double modulo(JinjaRun run, Object value, Object divisor) {
        Object by = divisor instanceof Integer i ? (Object) (long) i : divisor;
        if (value instanceof String) {
            throw JinjaOps.type("expected a number", value);
        }
        return JinjaOps.number(run.arithmetic().binary("%", value, by), "a remainder");
    }

    private static boolean hasCase(JinjaRun run, Object value, IntPredicate wanted, IntPredicate refused) {
        String text = run.printer().str(value);
        run.meter().look(text.length());
        return text.codePoints().anyMatch(wanted) && text.codePoints().noneMatch(refused);
    }

    private static void comparisons() {
        for (String name : Set.of("eq", "equalto", "==")) {
            TESTS.put(name, (run, value, args) -> run.ops().isEqual(value, other(args, name)));
        }
        for (String name : Set.of("ne", "!=")) {
            TESTS.put(name, (run, value, args) -> !run.ops().isEqual(value, other(args, name)));
        }
        for (String name : Set.of("lt", "lessthan", "<")) {
            TESTS.put(name, (run, value, args) -> run.ops().compare(value, other(args, name)) == -1);
        }
        for (String name : Set.of("gt", "greaterthan", ">")) {
            TESTS.put(name, (run, value, args) -> run.ops().compare(value, other(args, name)) == 1);
        }
        for (String name : Set.of("le", "<=")) {
            TESTS.put(name, (run, value, args) -> run.ops().compare(value, other(args, name)) <= 0);
        }
        for (String name : Set.of("ge", ">=")) {
            TESTS.put(name, (run, value, args) -> (run.ops().compare(value, other(args, name)) & ~1) == 0);
        }
        TESTS.put("in", (run, value, args) -> run.ops().contains(other(args, "in"), value));
        TESTS.put("sameas", (run, value, args) -> {
            Object other = other(args, "sameas");
            boolean isSmall = value instanceof Boolean || value instanceof Long || value instanceof String;
            return value == other || isSmall && value.equals(other);
        });
    }

    private static Object other(Arguments args, String name) {
        return args.bind("the test " + name, 1, "other")[0];
    }
}
