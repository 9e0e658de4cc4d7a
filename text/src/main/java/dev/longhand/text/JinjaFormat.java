package dev.longhand.text;

import dev.longhand.text.JinjaValues.Tuple;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Python's {@code "..." % values} and strftime, as far as chat templates use them; what is missing is refused by name. */
final class JinjaFormat {
    private static final int WIDTH_MAX = 1000;

    private final JinjaOps ops;

    JinjaFormat(JinjaOps ops) {
        this.ops = ops;
    }

    /** One conversion: flags, width and precision (-1: none) and the letter. */
    private record Spec(String flags, int width, int precision, char letter) {}

    private static final class Cursor {
        private final String pattern;
        private int at;

        Cursor(String pattern) {
            this.pattern = pattern;
        }

        char peek() {
            if (at >= pattern.length()) {
                throw JinjaFailure.error("the format '" + pattern + "' ends within a conversion");
            }
            return pattern.charAt(at);
        }

        String flags() {
            int from = at;
            while ("-+ 0#".indexOf(peek()) >= 0) {
                at++;
            }
            return pattern.substring(from, at);
        }

        int number() {
            int value = 0;
            while (Character.digit(peek(), 10) >= 0 && peek() < 128) {
                value = value * 10 + peek() - '0';
                if (value > WIDTH_MAX) {
                    throw JinjaFailure.limit("a format is wider", WIDTH_MAX);
                }
                at++;
            }
            return value;
        }
    }

    String percent(String pattern, Object values) {
        List<Object> positional = values instanceof Tuple tuple ? tuple.items() : List.of(values);
        StringBuilder out = new StringBuilder();
        Cursor cursor = new Cursor(pattern);
        int used = 0;
        boolean isNamed = false;
        while (cursor.at < pattern.length()) {
            char c = pattern.charAt(cursor.at++);
            if (c != '%') {
                out.append(c);
                continue;
            }
            Optional<Object> named = named(cursor, values);
            isNamed |= named.isPresent();
            Spec spec = spec(cursor);
            if (spec.letter() == '%') {
                out.append('%');
                continue;
            }
            if (named.isEmpty() && used >= positional.size()) {
                throw JinjaFailure.error("the format '" + pattern + "' has more conversions than values");
            }
            String converted = convert(spec, named.isPresent() ? named.get() : positional.get(used++));
            ops.meter().chars(converted.length());
            out.append(converted);
        }
        if (!isNamed && used < positional.size() && !(values instanceof JinjaDict) && !(values instanceof List<?>)) {
            throw JinjaFailure.error("the format '" + pattern + "' does not use all its values");
        }
        ops.meter().chars(out.length());
        return out.toString();
    }

    private Optional<Object> named(Cursor cursor, Object values) {
        if (cursor.peek() != '(') {
            return Optional.empty();
        }
        int end = cursor.pattern.indexOf(')', cursor.at);
        if (end < 0 || !(values instanceof JinjaDict dict)) {
            throw JinjaFailure.error("the format '" + cursor.pattern + "' names values, so it needs a dict");
        }
        String name = cursor.pattern.substring(cursor.at + 1, end);
        cursor.at = end + 1;
        return Optional.of(dict.get(name).orElseThrow(
                () -> JinjaFailure.error("the format names '" + name + "', which is missing")));
    }

    private static Spec spec(Cursor cursor) {
        String flags = cursor.flags();
        int width = cursor.number();
        int precision = -1;
        if (cursor.peek() == '.') {
            cursor.at++;
            precision = cursor.number();
        }
        char letter = cursor.peek();
        cursor.at++;
        return new Spec(flags, width, precision, letter);
    }

    private String convert(Spec spec, Object value) {
        return switch (spec.letter()) {
            case 's' -> pad(cut(ops.printer().str(value), spec), spec);
            case 'r' -> pad(cut(ops.printer().repr(value), spec), spec);
            case 'd', 'i', 'u' -> number(Long.toString(whole(value)), spec);
            case 'x' -> number(Long.toString(JinjaOps.integer(value, "%x"), 16), spec);
            case 'X' -> number(Long.toString(JinjaOps.integer(value, "%X"), 16).toUpperCase(Locale.ROOT), spec);
            case 'o' -> number(Long.toString(JinjaOps.integer(value, "%o"), 8), spec);
            case 'f', 'F' -> number(fixed(JinjaOps.number(value, "%f"), spec.precision() < 0 ? 6 : spec.precision()), spec);
            default -> throw JinjaFailure.unsupported("the conversion %" + spec.letter() + " is not supported");
        };
    }

    private static long whole(Object value) {
        return value instanceof Double d ? (long) (double) d : JinjaOps.integer(value, "%d");
    }

    private static String fixed(double value, int precision) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return JinjaText.repr(value);
        }
        String digits = new BigDecimal(value).setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
        return (value < 0 || 1 / value < 0) && !digits.startsWith("-") ? "-" + digits : digits;
    }

    private static String cut(String text, Spec spec) {
        return spec.precision() < 0 || JinjaText.length(text) <= spec.precision() ? text
                : text.substring(0, text.offsetByCodePoints(0, spec.precision()));
    }

    private static String number(String digits, Spec spec) {
        boolean isNegative = digits.startsWith("-");
        String sign = isNegative ? "-" : spec.flags().contains("+") ? "+" : spec.flags().contains(" ") ? " " : "";
        String body = isNegative ? digits.substring(1) : digits;
        if (spec.flags().contains("0") && !spec.flags().contains("-")) {
            body = "0".repeat(Math.max(0, spec.width() - sign.length() - body.length())) + body;
        }
        return pad(sign + body, spec);
    }

    private static String pad(String text, Spec spec) {
        String space = " ".repeat(Math.max(0, spec.width() - JinjaText.length(text)));
        return spec.flags().contains("-") ? text + space : space + text;
    }

    /** Python's strftime in the C locale. */
    static String time(ZonedDateTime now, String pattern) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            if (pattern.charAt(i) != '%' || i + 1 == pattern.length()) {
                out.append(pattern.charAt(i));
                continue;
            }
            boolean isBare = pattern.charAt(i + 1) == '-' && i + 2 < pattern.length();
            i += isBare ? 2 : 1;
            String field = field(now, pattern.charAt(i));
            out.append(isBare ? field.replaceFirst("^0+(?=.)", "") : field);
        }
        return out.toString();
    }

    private static String field(ZonedDateTime now, char letter) {
        return switch (letter) {
            case 'Y' -> Integer.toString(now.getYear());
            case 'y' -> two(now.getYear() % 100);
            case 'm' -> two(now.getMonthValue());
            case 'd' -> two(now.getDayOfMonth());
            case 'e' -> "%2d".formatted(now.getDayOfMonth());
            case 'j' -> "%03d".formatted(now.getDayOfYear());
            case 'H' -> two(now.getHour());
            case 'I' -> two((now.getHour() + 11) % 12 + 1);
            case 'M' -> two(now.getMinute());
            case 'S' -> two(now.getSecond());
            case 'p' -> now.getHour() < 12 ? "AM" : "PM";
            case 'b', 'h' -> now.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            case 'B' -> now.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'a' -> now.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            case 'A' -> now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'F' -> time(now, "%Y-%m-%d");
            case 'T' -> time(now, "%H:%M:%S");
            case 'Z', 'z' -> "";
            case '%' -> "%";
            default -> throw JinjaFailure.unsupported("strftime's %" + letter + " is not supported");
        };
    }

    private static String two(int value) {
        return "%02d".formatted(value);
    }
}
