package dev.longhand.text;

import dev.longhand.text.JinjaValues.Namespace;
import dev.longhand.text.JinjaValues.None;
import dev.longhand.text.JinjaValues.Tuple;
import dev.longhand.text.JinjaValues.Undefined;
import dev.longhand.text.JinjaValues.View;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Python's truth, equality, order, iteration, membership and dict keys over {@link JinjaValues}. Arithmetic is elsewhere. */
final class JinjaOps {
    private final JinjaMeter meter;
    private final JinjaPrinter printer;

    JinjaOps(JinjaMeter meter, JinjaPrinter printer) {
        this.meter = meter;
        this.printer = printer;
    }

    static boolean truth(Object value) {
        return switch (value) {
            case Boolean b -> b;
            case None none -> false;
            case Undefined u -> false;
            case String s -> !s.isEmpty();
            case Long l -> l != 0;
            case Double d -> d != 0;
            case List<?> list -> !list.isEmpty();
            case Tuple tuple -> !tuple.items().isEmpty();
            case JinjaDict dict -> dict.size() > 0;
            case View view -> view.kind() == View.Kind.GENERATOR || !view.items().isEmpty();
            default -> true;
        };
    }

    static JinjaFailure undefined(Undefined value) {
        return JinjaFailure.error(value.message());
    }

    static JinjaFailure type(String what, Object value) {
        return value instanceof Undefined u ? undefined(u)
                : JinjaFailure.error(what + ", found a value of type " + JinjaValues.typeName(value));
    }

    /** int and bool: Python's bool is an int. */
    static boolean isInteger(Object value) {
        return value instanceof Long || value instanceof Boolean;
    }

    static boolean isNumber(Object value) {
        return isInteger(value) || value instanceof BigInteger || isFraction(value);
    }

    static boolean isFraction(Object value) {
        return value instanceof Double || value instanceof BigDecimal;
    }

    static long integer(Object value, String what) {
        return switch (value) {
            case Long l -> l;
            case Boolean b -> b ? 1 : 0;
            case BigInteger i -> throw JinjaFailure.error(what + ": integers have 64 bits here; " + i + " leaves them");
            default -> throw type(what + " must be an integer", value);
        };
    }

    static double number(Object value, String what) {
        return switch (value) {
            case Double d -> d;
            case BigDecimal d -> d.doubleValue();
            case BigInteger i -> i.doubleValue();
            default -> integer(value, what);
        };
    }

    static String text(Object value, String what) {
        if (value instanceof String s) {
            return s;
        }
        throw type(what + " must be a string", value);
    }

    /** The elements to walk over; a copy where the value can change meanwhile. */
    List<Object> iterate(Object value) {
        return switch (value) {
            case List<?> list -> copy(list);
            case Tuple tuple -> tuple.items();
            case JinjaDict dict -> keys(dict);
            case View view -> view.walk();
            case Undefined u -> List.of();
            case String s -> {
                meter.elements(s.length());
                yield JinjaText.characters(s);
            }
            default -> throw type("expected something to iterate over", value);
        };
    }

    List<Object> copy(List<?> list) {
        meter.elements(list.size());
        return new ArrayList<>(list);
    }

    List<Object> keys(JinjaDict dict) {
        meter.elements(dict.size());
        List<Object> keys = new ArrayList<>(dict.size());
        dict.entries().forEach(e -> keys.add(e.key()));
        return keys;
    }

    List<Object> values(JinjaDict dict) {
        meter.elements(dict.size());
        List<Object> values = new ArrayList<>(dict.size());
        dict.entries().forEach(e -> values.add(e.value()));
        return values;
    }

    List<Object> items(JinjaDict dict) {
        meter.elements(dict.size() * 3L);
        List<Object> items = new ArrayList<>(dict.size());
        dict.entries().forEach(e -> items.add(Tuple.of(e.key(), e.value())));
        return items;
    }

    /** Python's len. */
    long length(Object value) {
        return switch (value) {
            case String s -> {
                meter.look(s.length());
                yield JinjaText.length(s);
            }
            case List<?> list -> list.size();
            case Tuple tuple -> tuple.items().size();
            case JinjaDict dict -> dict.size();
            case Undefined u -> 0;
            case View view when view.kind() != View.Kind.GENERATOR -> view.items().size();
            default -> throw type("expected something with a length", value);
        };
    }

    boolean isEqual(Object a, Object b) {
        meter.enter();
        meter.step();
        boolean result = isNumber(a) && isNumber(b) ? compareNumbers(a, b) == 0 : switch (a) {
            case String s -> b instanceof String t && sameText(s, t);
            case List<?> list -> b instanceof List<?> other && sameItems(list, other);
            case Tuple tuple -> b instanceof Tuple other && sameItems(tuple.items(), other.items());
            case JinjaDict dict -> b instanceof JinjaDict other && sameEntries(dict, other);
            case View view -> a == b || view.kind() == View.Kind.RANGE && b instanceof View other
                    && other.kind() == View.Kind.RANGE && sameItems(view.items(), other.items());
            case Undefined u -> b instanceof Undefined;
            default -> a == b;
        };
        meter.leave();
        return result;
    }

    private boolean sameText(String a, String b) {
        meter.look(Math.min(a.length(), b.length()));
        return a.equals(b);
    }

    private boolean sameItems(List<?> a, List<?> b) {
        if (a == b) {
            return true;
        }
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            if (a.get(i) != b.get(i) && !isEqual(a.get(i), b.get(i))) {
                return false;
            }
        }
        return true;
    }

    private boolean sameEntries(JinjaDict a, JinjaDict b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (Map.Entry<Object, JinjaDict.Entry> entry : a.byNormalKey().entrySet()) {
            Object other = b.get(entry.getKey()).orElse(null);
            if (other == null || entry.getValue().value() != other && !isEqual(entry.getValue().value(), other)) {
                return false;
            }
        }
        return true;
    }

    /** NaN is unequal to and not ordered with everything: 2. */
    private static int compareNumbers(Object a, Object b) {
        double x = number(a, "a number");
        double y = number(b, "a number");
        if (Double.isNaN(x) || Double.isNaN(y)) {
            return 2;
        }
        if (isInteger(a) && isInteger(b)) {
            return Long.compare(integer(a, "a number"), integer(b, "a number"));
        }
        if (a instanceof Double && Double.isInfinite(x) || b instanceof Double && Double.isInfinite(y)) {
            return Double.compare(x, y);
        }
        return decimal(a).compareTo(decimal(b));
    }

    private static BigDecimal decimal(Object value) {
        return switch (value) {
            case Double d -> new BigDecimal(d);
            case BigDecimal d -> d;
            case BigInteger i -> new BigDecimal(i);
            default -> BigDecimal.valueOf(integer(value, "a number"));
        };
    }

    /** Less, equal, greater: -1, 0, 1; 2 if a NaN makes them incomparable. Fails where Python knows no order. */
    int compare(Object a, Object b) {
        meter.step();
        if (isNumber(a) && isNumber(b)) {
            return Integer.signum(compareNumbers(a, b)) * (compareNumbers(a, b) == 2 ? 2 : 1);
        }
        if (a instanceof String s && b instanceof String t) {
            meter.look(Math.min(s.length(), t.length()));
            return Integer.signum(JinjaText.compare(s, t));
        }
        if (a instanceof List<?> list && b instanceof List<?> other) {
            return compareItems(list, other);
        }
        if (a instanceof Tuple tuple && b instanceof Tuple other) {
            return compareItems(tuple.items(), other.items());
        }
        if (a instanceof Undefined u) {
            throw undefined(u);
        }
        if (b instanceof Undefined u) {
            throw undefined(u);
        }
        throw JinjaFailure.error("values of the types " + JinjaValues.typeName(a) + " and " + JinjaValues.typeName(b)
                + " have no order");
    }

    private int compareItems(List<?> a, List<?> b) {
        meter.enter();
        for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
            if (a.get(i) != b.get(i) && !isEqual(a.get(i), b.get(i))) {
                int order = compare(a.get(i), b.get(i));
                meter.leave();
                return order;
            }
        }
        meter.leave();
        return Integer.compare(a.size(), b.size());
    }

    /** Sorts in place, stable. An order that contradicts itself (NaN) fails. */
    <T> void sort(List<T> items, Comparator<T> order) {
        try {
            items.sort(order);
        } catch (IllegalArgumentException e) {
            throw JinjaFailure.error("the values to sort have no consistent order");
        }
    }

    boolean contains(Object container, Object item) {
        return switch (container) {
            case String s -> {
                meter.look(s.length());
                yield s.contains(text(item, "what is looked for in a string"));
            }
            case JinjaDict dict -> dict.has(key(item));
            case List<?> list -> containsItem(list, item);
            case Tuple tuple -> containsItem(tuple.items(), item);
            case View view -> containsItem(view.walk(), item);
            case Undefined u -> false;
            default -> throw type("expected something that can contain", container);
        };
    }

    private boolean containsItem(List<?> items, Object item) {
        for (Iterator<?> each = items.iterator(); each.hasNext();) {
            Object candidate = each.next();
            if (candidate == item || isEqual(candidate, item)) {
                return true;
            }
        }
        return false;
    }

    /** The normal form of a dict key: equal Python values give equal Java objects. Fails for what cannot be a key. */
    Object key(Object value) {
        meter.step();
        return switch (value) {
            case String s -> s;
            case Boolean b -> b ? 1L : 0L;
            case Double d when d == Math.rint(d) && Math.abs(d) < 0x1p63 -> (long) (double) d;
            case Tuple tuple -> {
                meter.enter();
                List<Object> keys = new ArrayList<>(tuple.items().size());
                meter.elements(tuple.items().size());
                tuple.items().forEach(item -> keys.add(key(item)));
                meter.leave();
                yield new Tuple(keys);
            }
            case List<?> list -> throw type("a dict key must not change", value);
            case JinjaDict dict -> throw type("a dict key must not change", value);
            case Namespace namespace -> namespace;
            default -> value;
        };
    }

    JinjaMeter meter() {
        return meter;
    }

    JinjaPrinter printer() {
        return printer;
    }
}
