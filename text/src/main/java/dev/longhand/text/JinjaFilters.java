package dev.longhand.text;

import dev.longhand.text.JinjaValues.Arguments;
import dev.longhand.text.JinjaValues.Undefined;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** The filters by name, and those that take text and numbers; {@link JinjaListFilters} has those that take sequences. */
final class JinjaFilters {
    interface Filter {
        Object apply(JinjaRun run, Object value, Arguments arguments);
    }

    private static final Map<String, Filter> FILTERS = new HashMap<>();

    static {
        textFilters();
        textLayoutFilters();
        numberFilters();
        FILTERS.put("tojson", JinjaFilters::tojson);
        FILTERS.put("default", JinjaFilters::orDefault);
        FILTERS.put("d", JinjaFilters::orDefault);
        FILTERS.put("attr", (run, value, args) -> {
            String name = run.printer().str(args.bind("attr", 1, "name")[0]);
            if (value instanceof Undefined u) {
                throw JinjaOps.undefined(u);
            }
            return run.member(value, name).orElseGet(() -> new Undefined("no attribute '" + name + "'"));
        });
        JinjaListFilters.addTo(FILTERS);
    }

    private JinjaFilters() {}

    static boolean has(String name) {
        return FILTERS.containsKey(name);
    }

    static Object apply(JinjaRun run, String name, Object value, Arguments arguments) {
        Filter filter = FILTERS.get(name);
        if (filter == null) {
            throw JinjaFailure.error("no filter is named '" + name + "'");
        }
        run.meter().enter();
        run.meter().step();
        Object result = filter.apply(run, value, arguments);
        run.meter().leave();
        return result;
    }

    /** A filter that takes any value as text and has no arguments. */
    private static void text(String name, UnaryOperator<String> change) {
        FILTERS.put(name, (run, value, args) -> {
            args.none(name);
            String text = run.printer().str(value);
            run.meter().chars(text.length());
            return change.apply(text);
        });
    }

    private static void textFilters() {
        text("string", s -> s);
        text("safe", s -> s);
        text("upper", JinjaText::upper);
        text("lower", JinjaText::lower);
        text("capitalize", JinjaText::capitalize);
        text("title", s -> JinjaText.title(s, before -> before < 0 || JinjaText.isSpace(before) || "-({[<".indexOf(before) >= 0));
        text("escape", JinjaFilters::escape);
        text("e", JinjaFilters::escape);
        text("urlencode", s -> URLEncoder.encode(s, StandardCharsets.UTF_8).replace("+", "%20").replace("%2F", "/")
                .replace("%7E", "~").replace("*", "%2A"));
        FILTERS.put("wordcount", (run, value, args) -> {
            args.none("wordcount");
            long words = 0;
            boolean inWord = false;
            for (int c : run.printer().str(value).codePoints().toArray()) {
                boolean isWord = c == '_' || Character.isLetterOrDigit(c);
                words += isWord && !inWord ? 1 : 0;
                inWord = isWord;
            }
            return words;
        });
        FILTERS.put("trim", (run, value, args) -> {
            Object chars = args.bind("trim", 0, "chars")[0];
            String text = run.printer().str(value);
            run.meter().chars(text.length());
            return JinjaStringMethods.stripped(text, chars == null ? JinjaValues.NONE : chars, true, true);
        });
        FILTERS.put("replace", (run, value, args) -> {
            Object[] given = args.bind("replace", 2, "old", "new", "count");
            long count = given[2] == null || given[2] == JinjaValues.NONE ? -1 : JinjaOps.integer(given[2], "replace's count");
            JinjaPrinter printer = run.printer();
            return JinjaStringMethods.replace(run.meter(), printer.str(value), printer.str(given[0]), printer.str(given[1]), count);
        });
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace(">", "&gt;").replace("<", "&lt;").replace("'", "&#39;").replace("\"", "&#34;");
    }

    private static void textLayoutFilters() {
        FILTERS.put("indent", JinjaFilters::indent);
        FILTERS.put("center", (run, value, args) -> {
            Object width = args.bind("center", 0, "width")[0];
            Arguments given = new Arguments(List.of(width == null ? (Object) 80L : width), Map.of());
            return run.call(run.member(run.printer().str(value), "center").orElseThrow(), given);
        });
        FILTERS.put("truncate", JinjaFilters::truncate);
        FILTERS.put("format", (run, value, args) -> {
            if (!args.positional().isEmpty() && !args.named().isEmpty()) {
                throw JinjaFailure.error("format takes positional or named values, not both");
            }
            Object values = args.named().isEmpty() ? new JinjaValues.Tuple(args.positional()) : JinjaGlobals.dict(run, args);
            return run.arithmetic().binary("%", run.printer().str(value), values);
        });
    }

    private static Object indent(JinjaRun run, Object value, Arguments args) {
        Object[] given = args.bind("indent", 0, "width", "first", "blank");
        String text = JinjaOps.text(value, "what is indented");
        boolean first = given[1] != null && JinjaOps.truth(given[1]);
        boolean blank = given[2] != null && JinjaOps.truth(given[2]);
        Object width = given[0] == null ? (Object) 4L : given[0];
        String indent = width instanceof String s ? s : (String) run.arithmetic().binary("*", " ", width);
        StringBuilder out = new StringBuilder(first ? indent : "");
        run.meter().elements(text.length() / 4);
        boolean isFirst = true;
        for (String line : JinjaText.lines(text + "\n", false)) {
            run.meter().chars((long) indent.length() + line.length());
            if (!isFirst) {
                out.append('\n').append(line.isEmpty() && !blank ? "" : indent);
            }
            out.append(line);
            isFirst = false;
        }
        return out.toString();
    }

    private static Object truncate(JinjaRun run, Object value, Arguments args) {
        Object[] given = args.bind("truncate", 0, "length", "killwords", "end", "leeway");
        String text = JinjaOps.text(value, "what is truncated");
        long length = given[0] == null ? 255 : JinjaOps.integer(given[0], "truncate's length");
        String end = given[2] == null ? "..." : JinjaOps.text(given[2], "truncate's end");
        long leeway = given[3] == null || given[3] == JinjaValues.NONE ? 5 : JinjaOps.integer(given[3], "truncate's leeway");
        if (length < JinjaText.length(end) || leeway < 0) {
            throw JinjaFailure.error("truncate's length is " + length + "; it must be at least that of its end, leeway at least 0");
        }
        run.meter().chars(text.length() + end.length());
        if (JinjaText.length(text) <= length + leeway) {
            return text;
        }
        String cut = text.substring(0, text.offsetByCodePoints(0, (int) length - JinjaText.length(end)));
        boolean killsWords = given[1] != null && JinjaOps.truth(given[1]);
        int space = killsWords ? -1 : cut.lastIndexOf(' ');
        return (space < 0 ? cut : cut.substring(0, space)) + end;
    }

    private static void numberFilters() {
        FILTERS.put("int", JinjaFilters::toInt);
        FILTERS.put("float", (run, value, args) -> {
            Object orElse = args.bind("float", 0, "default")[0];
            if (value instanceof Undefined u) {
                throw JinjaOps.undefined(u);
            }
            boolean isNumber = JinjaOps.isNumber(value);
            Double parsed = value instanceof String s ? parse(s) : isNumber ? JinjaOps.number(value, "a number") : null;
            return parsed != null ? parsed : orElse == null ? (Object) 0.0 : orElse;
        });
        FILTERS.put("abs", (run, value, args) -> {
            args.none("abs");
            boolean isNegative = JinjaOps.isNumber(value) && JinjaOps.number(value, "a number") < 0;
            return isNegative ? run.arithmetic().negate(value) : run.arithmetic().plus(value);
        });
        FILTERS.put("round", JinjaFilters::round);
    }

    private static Object toInt(JinjaRun run, Object value, Arguments args) {
        Object[] given = args.bind("int", 0, "default", "base");
        Object orElse = given[0] == null ? (Object) 0L : given[0];
        long base = given[1] == null ? 10 : JinjaOps.integer(given[1], "int's base");
        if (value instanceof Undefined u) {
            throw JinjaOps.undefined(u);
        }
        if (JinjaOps.isInteger(value)) {
            return JinjaOps.integer(value, "an integer");
        }
        if (value instanceof BigInteger) {
            return value;
        }
        if (value instanceof String s) {
            Long parsed = parse(s, base);
            return parsed != null ? parsed : whole(parse(s), orElse);
        }
        return whole(JinjaOps.isFraction(value) ? JinjaOps.number(value, "a number") : null, orElse);
    }

    private static Object whole(Double value, Object orElse) {
        if (value == null || value.isNaN() || value.isInfinite()) {
            return orElse;
        }
        if (Math.abs(value) >= 0x1p63) {
            throw JinjaFailure.error("int: integers have 64 bits here; " + value + " leaves them");
        }
        return (long) (double) value;
    }

    /** null if it is none. */
    private static Long parse(String text, long base) {
        String digits = JinjaText.strip(text, JinjaText::isSpace, true, true);
        boolean hasSign = digits.startsWith("-") || digits.startsWith("+");
        String body = hasSign ? digits.substring(1) : digits;
        String prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : null;
        if (prefix != null && body.regionMatches(true, 0, prefix, 0, 2)) {
            body = body.substring(2);
        }
        if (base < 2 || base > 36 || body.startsWith("_") || body.endsWith("_") || body.contains("__") || body.startsWith("-")
                || body.startsWith("+")) {
            return null;
        }
        try {
            return Long.parseLong((digits.startsWith("-") ? "-" : "") + body.replace("_", ""), (int) base);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** null if it is none. Java's hexadecimal floats and type letters are none. */
    private static Double parse(String text) {
        String digits = JinjaText.strip(text, JinjaText::isSpace, true, true);
        String lower = JinjaText.lower(digits.startsWith("-") || digits.startsWith("+") ? digits.substring(1) : digits);
        double sign = digits.startsWith("-") ? -1 : 1;
        if (lower.equals("inf") || lower.equals("infinity")) {
            return sign * Double.POSITIVE_INFINITY;
        }
        if (lower.equals("nan")) {
            return Double.NaN;
        }
        if (lower.isEmpty() || lower.length() > 1000 || !lower.chars().allMatch(c -> "0123456789.e+-".indexOf(c) >= 0)) {
            return null;
        }
        try {
            return Double.valueOf(digits);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static Object round(JinjaRun run, Object value, Arguments args) {
        Object[] given = args.bind("round", 0, "precision", "method");
        int precision = (int) Math.clamp(given[0] == null ? 0 : JinjaOps.integer(given[0], "round's precision"), -400, 400);
        String method = given[1] == null ? "common" : JinjaOps.text(given[1], "round's method");
        double number = JinjaOps.number(value, "what is rounded");
        if (!method.equals("common") && !method.equals("ceil") && !method.equals("floor")) {
            throw JinjaFailure.error("round's method is '" + method + "'; it must be common, ceil or floor");
        }
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            throw JinjaFailure.error("round: not a finite number");
        }
        if (method.equals("common")) {
            double rounded = new BigDecimal(number).setScale(precision, RoundingMode.HALF_EVEN).doubleValue();
            return JinjaOps.isInteger(value) ? (Object) (long) rounded : rounded;
        }
        double scale = Math.pow(10, precision);
        return (method.equals("ceil") ? Math.ceil(number * scale) : Math.floor(number * scale)) / scale;
    }

    private static Object orDefault(JinjaRun run, Object value, Arguments args) {
        Object[] given = args.bind("default", 0, "default_value", "boolean");
        boolean isReplaced = value instanceof Undefined || given[1] != null && JinjaOps.truth(given[1]) && !JinjaOps.truth(value);
        return !isReplaced ? value : given[0] == null ? "" : given[0];
    }

    private static Object tojson(JinjaRun run, Object value, Arguments args) {
        Object[] given = args.bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
        boolean isIndented = given[1] != null && given[1] != JinjaValues.NONE;
        String indent = !isIndented ? "" : given[1] instanceof String s ? s
                : (String) run.arithmetic().binary("*", " ", JinjaOps.integer(given[1], "tojson's indent"));
        String[] separators = {isIndented ? "," : ", ", ": "};
        if (given[2] != null && given[2] != JinjaValues.NONE) {
            var pair = run.ops().iterate(given[2]);
            if (pair.size() != 2) {
                throw JinjaFailure.error("tojson's separators must be two strings");
            }
            separators[0] = JinjaOps.text(pair.get(0), "a separator");
            separators[1] = JinjaOps.text(pair.get(1), "a separator");
        }
        boolean asciiOnly = given[0] != null && JinjaOps.truth(given[0]);
        boolean sorted = given[3] != null && JinjaOps.truth(given[3]);
        return run.printer().json(value,
                new JinjaPrinter.JsonStyle(asciiOnly, indent, isIndented, separators[0], separators[1], sorted));
    }
}
