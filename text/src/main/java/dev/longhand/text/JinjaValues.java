package dev.longhand.text;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The kinds of value that a template sees beside Java's own Boolean, Long, Double, String and List (Python's bool, int, float,
 * str and list): none, undefined, tuple, dict ({@link JinjaDict}), views, namespaces and things to call. Numbers of the caller's
 * data that no Long or Double holds are BigInteger and BigDecimal: they are written and compared as they are; sums take the nearest
 * float, and no integer beyond 64 bits. No other Java object ever enters an expression.
 */
final class JinjaValues {
    static final Object NONE = None.NONE;

    private JinjaValues() {}

    enum None {
        NONE
    }

    /** What a missing name or member gives. Prints as nothing, is false and empty; most other uses fail with the message. */
    record Undefined(String message) {}

    record Tuple(List<Object> items) {
        static Tuple of(Object... items) {
            return new Tuple(List.of(items));
        }
    }

    /** An iterable that is no list: a range, a dict's items, or what a lazy filter gives (which can be walked once). */
    static final class View {
        enum Kind {
            RANGE,
            KEYS,
            VALUES,
            ITEMS,
            GENERATOR
        }

        private final Kind kind;
        private final List<Object> items;
        private boolean isConsumed;

        View(Kind kind, List<Object> items) {
            this.kind = kind;
            this.items = items;
        }

        static View generator(List<Object> items) {
            return new View(Kind.GENERATOR, items);
        }

        Kind kind() {
            return kind;
        }

        /** Without walking it. */
        List<Object> items() {
            return items;
        }

        List<Object> walk() {
            if (kind != Kind.GENERATOR) {
                return items;
            }
            List<Object> left = isConsumed ? List.of() : items;
            isConsumed = true;
            return left;
        }
    }

    /** The only mutable object that assignments reach: {@code namespace(...)}. */
    record Namespace(JinjaDict members) {
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /** A macro, a global function, or a method bound to its receiver. */
    record Callable(String name, Body body) {
        interface Body {
            Object call(Arguments arguments);
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /** Something with members of its own: the loop variable. */
    interface Members {
        Optional<Object> member(String name);
    }

    /** Evaluated arguments. */
    record Arguments(List<Object> positional, Map<String, Object> named) {
        static final Arguments NONE = new Arguments(List.of(), Map.of());

        /**
         * The values in the order of {@code names}; null where one is not given. The first {@code required} must be there, and
         * nothing that is not named.
         */
        Object[] bind(String function, int required, String... names) {
            if (positional.size() > names.length) {
                throw JinjaFailure.error(function + " takes at most " + names.length + " arguments, got " + positional.size());
            }
            Object[] values = new Object[names.length];
            for (int i = 0; i < positional.size(); i++) {
                values[i] = positional.get(i);
            }
            List<String> known = List.of(names);
            named.forEach((name, value) -> {
                int at = known.indexOf(name);
                if (at < 0 || values[at] != null) {
                    throw JinjaFailure.error(function + " has no argument '" + name + "' left to set");
                }
                values[at] = value;
            });
            for (int i = 0; i < required; i++) {
                if (values[i] == null) {
                    throw JinjaFailure.error(function + " needs its argument '" + names[i] + "'");
                }
            }
            return values;
        }

        void none(String function) {
            bind(function, 0);
        }
    }

    /** Python's name of the value's type, for error messages. */
    static String typeName(Object value) {
        return switch (value) {
            case None none -> "None";
            case Boolean b -> "bool";
            case Long l -> "int";
            case BigInteger i -> "int";
            case Double d -> "float";
            case BigDecimal d -> "float";
            case String s -> "str";
            case List<?> l -> "list";
            case Tuple t -> "tuple";
            case JinjaDict d -> "dict";
            case Undefined u -> "undefined";
            case View v -> v.kind() == View.Kind.RANGE ? "range" : v.kind() == View.Kind.GENERATOR ? "generator" : "dict view";
            case Namespace n -> "namespace";
            case Callable c -> "function";
            default -> "object";
        };
    }
}
