package dev.longhand.text;

import dev.longhand.text.JinjaValues.Callable;
import dev.longhand.text.JinjaValues.Namespace;
import dev.longhand.text.JinjaValues.None;
import dev.longhand.text.JinjaValues.Tuple;
import dev.longhand.text.JinjaValues.Undefined;
import dev.longhand.text.JinjaValues.View;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** Writes values as Python's str, repr and json.dumps do. Every character is charged; nesting is limited. */
final class JinjaPrinter {
    private final JinjaMeter meter;

    JinjaPrinter(JinjaMeter meter) {
        this.meter = meter;
    }

    String str(Object value) {
        return switch (value) {
            case String s -> s;
            case Undefined u -> "";
            default -> repr(value);
        };
    }

    String repr(Object value) {
        StringBuilder out = new StringBuilder();
        repr(value, out);
        return out.toString();
    }

    private void append(StringBuilder out, String text) {
        meter.chars(text.length());
        out.append(text);
    }

    private void repr(Object value, StringBuilder out) {
        meter.enter();
        switch (value) {
            case String s -> {
                meter.chars(s.length() * 4L);
                append(out, JinjaText.repr(s));
            }
            case None none -> append(out, "None");
            case Boolean b -> append(out, b ? "True" : "False");
            case Long l -> append(out, l.toString());
            case Double d -> append(out, JinjaText.repr(d));
            case BigInteger i -> append(out, i.toString());
            case BigDecimal d -> append(out, d.toString());
            case List<?> list -> sequence("[", list, "]", out);
            case Tuple tuple -> sequence("(", tuple.items(), tuple.items().size() == 1 ? ",)" : ")", out);
            case JinjaDict dict -> dict(dict, out);
            case View view -> view(view, out);
            case Namespace namespace -> {
                append(out, "<Namespace ");
                dict(namespace.members(), out);
                append(out, ">");
            }
            case Undefined u -> append(out, "Undefined");
            case Callable callable -> append(out, "<function " + callable.name() + ">");
            default -> append(out, "<" + JinjaValues.typeName(value) + ">");
        }
        meter.leave();
    }

    private void sequence(String open, Collection<?> items, String close, StringBuilder out) {
        append(out, open);
        boolean isFirst = true;
        for (Object item : items) {
            if (!isFirst) {
                append(out, ", ");
            }
            repr(item, out);
            isFirst = false;
        }
        append(out, close);
    }

    private void dict(JinjaDict dict, StringBuilder out) {
        append(out, "{");
        boolean isFirst = true;
        for (JinjaDict.Entry entry : dict.entries()) {
            if (!isFirst) {
                append(out, ", ");
            }
            repr(entry.key(), out);
            append(out, ": ");
            repr(entry.value(), out);
            isFirst = false;
        }
        append(out, "}");
    }

    private void view(View view, StringBuilder out) {
        switch (view.kind()) {
            case GENERATOR -> append(out, "<generator object>");
            case RANGE -> range(view.items(), out);
            case KEYS, VALUES, ITEMS -> {
                append(out, "dict_" + view.kind().name().toLowerCase(Locale.ROOT) + "(");
                sequence("[", view.items(), "])", out);
            }
        }
    }

    /** The bounds as far as the elements tell them. */
    private void range(List<Object> items, StringBuilder out) {
        long first = items.isEmpty() ? 0 : (Long) items.get(0);
        long step = items.size() < 2 ? 1 : (Long) items.get(1) - first;
        long stop = first + step * items.size();
        append(out, "range(" + first + ", " + stop + (step == 1 ? ")" : ", " + step + ")"));
    }

    /** How {@code tojson} lays its text out. An empty indent: all on one line. */
    record JsonStyle(boolean asciiOnly, String indent, boolean isIndented, String itemSeparator, String keySeparator,
            boolean sortKeys) {}

    String json(Object value, JsonStyle style) {
        StringBuilder out = new StringBuilder();
        json(value, style, 0, out);
        return out.toString();
    }

    private void json(Object value, JsonStyle style, int level, StringBuilder out) {
        meter.enter();
        switch (value) {
            case String s -> {
                meter.chars(s.length() * 2L);
                append(out, JinjaText.json(s, style.asciiOnly()));
            }
            case None none -> append(out, "null");
            case Boolean b -> append(out, b ? "true" : "false");
            case Long l -> append(out, l.toString());
            case Double d -> append(out, jsonNumber(d));
            case BigInteger i -> append(out, i.toString());
            case BigDecimal d -> append(out, d.toString());
            case List<?> list -> jsonList(list, style, level, out);
            case Tuple tuple -> jsonList(tuple.items(), style, level, out);
            case JinjaDict dict -> jsonDict(dict, style, level, out);
            default -> throw JinjaFailure.error("a value of type " + JinjaValues.typeName(value) + " cannot be written as JSON"
                    + (value instanceof Undefined u ? ": " + u.message() : ""));
        }
        meter.leave();
    }

    private static String jsonNumber(double value) {
        if (Double.isInfinite(value)) {
            return value > 0 ? "Infinity" : "-Infinity";
        }
        return Double.isNaN(value) ? "NaN" : JinjaText.repr(value);
    }

    private void jsonList(List<?> items, JsonStyle style, int level, StringBuilder out) {
        if (items.isEmpty()) {
            append(out, "[]");
            return;
        }
        append(out, "[");
        for (int i = 0; i < items.size(); i++) {
            append(out, i == 0 ? "" : style.itemSeparator());
            newLine(style, level + 1, out);
            json(items.get(i), style, level + 1, out);
        }
        newLine(style, level, out);
        append(out, "]");
    }

    private void newLine(JsonStyle style, int level, StringBuilder out) {
        if (style.isIndented()) {
            meter.chars((long) style.indent().length() * level);
            out.append('\n').repeat(style.indent(), level);
        }
    }

    private void jsonDict(JinjaDict dict, JsonStyle style, int level, StringBuilder out) {
        if (dict.size() == 0) {
            append(out, "{}");
            return;
        }
        append(out, "{");
        boolean isFirst = true;
        for (JinjaDict.Entry entry : sorted(dict, style)) {
            append(out, isFirst ? "" : style.itemSeparator());
            isFirst = false;
            newLine(style, level + 1, out);
            json(jsonKey(entry.key()), style, level + 1, out);
            append(out, style.keySeparator());
            json(entry.value(), style, level + 1, out);
        }
        newLine(style, level, out);
        append(out, "}");
    }

    private Collection<JinjaDict.Entry> sorted(JinjaDict dict, JsonStyle style) {
        if (!style.sortKeys()) {
            return dict.entries();
        }
        meter.elements(dict.size());
        List<JinjaDict.Entry> entries = new ArrayList<>(dict.entries());
        JinjaOps ops = new JinjaOps(meter, this);
        ops.sort(entries, (a, b) -> ops.compare(a.key(), b.key()));
        return entries;
    }

    private static Object jsonKey(Object key) {
        return switch (key) {
            case String s -> s;
            case Long l -> l.toString();
            case Double d -> jsonNumber(d);
            case BigInteger i -> i.toString();
            case BigDecimal d -> d.toString();
            case Boolean b -> b ? "true" : "false";
            case None none -> "null";
            default -> throw JinjaFailure.error("a dict key of type " + JinjaValues.typeName(key) + " cannot be written as JSON");
        };
    }
}
