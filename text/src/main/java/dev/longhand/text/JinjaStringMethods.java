package dev.longhand.text;

import dev.longhand.text.JinjaValues.Arguments;
import dev.longhand.text.JinjaValues.Callable;
import dev.longhand.text.JinjaValues.Tuple;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Methods of Python's str that templates may call. The rest of Python's is refused by name, never silently undefined. */
final class JinjaStringMethods {
    private static final Set<String> PYTHON_HAS = Set.of("encode", "expandtabs", "format", "format_map", "isascii", "isdecimal",
            "isidentifier", "isnumeric", "isprintable", "istitle", "maketrans", "translate");

    private interface Method {
        Object call(String receiver, Arguments arguments);
    }

    private final JinjaRun run;
    private final JinjaMeter meter;
    private final Map<String, Method> methods = new HashMap<>();

    JinjaStringMethods(JinjaRun run) {
        this.run = run;
        this.meter = run.meter();
        caseMethods();
        questions();
        searches();
        cuts();
        splits();
        pads();
    }

    Optional<Callable> find(String receiver, String name) {
        Method method = methods.get(name);
        if (method != null) {
            return Optional.of(new Callable(name, arguments -> {
                meter.chars(receiver.length());
                return method.call(receiver, arguments);
            }));
        }
        return !PYTHON_HAS.contains(name) ? Optional.empty() : Optional.of(new Callable(name, arguments -> {
            throw JinjaFailure.unsupported("the method str." + name + " is not supported");
        }));
    }

    private void plain(String name, UnaryOperator<String> change) {
        methods.put(name, (s, args) -> {
            args.none(name);
            return change.apply(s);
        });
    }

    private void caseMethods() {
        plain("upper", JinjaText::upper);
        plain("lower", JinjaText::lower);
        plain("casefold", s -> JinjaText.lower(JinjaText.upper(s)));
        plain("capitalize", JinjaText::capitalize);
        plain("title", s -> JinjaText.title(s, before -> before < 0 || !Character.isLetter(before)));
        plain("swapcase", s -> {
            StringBuilder out = new StringBuilder(s.length());
            s.codePoints().forEach(c -> out.append(Character.isUpperCase(c) ? JinjaText.lower(Character.toString(c))
                    : JinjaText.upper(Character.toString(c))));
            return out.toString();
        });
    }

    private void question(String name, Predicate<String> holds) {
        methods.put(name, (s, args) -> {
            args.none(name);
            return holds.test(s);
        });
    }

    private static Predicate<String> all(IntPredicate each) {
        return s -> !s.isEmpty() && s.codePoints().allMatch(each);
    }

    private void questions() {
        question("isdigit", all(Character::isDigit));
        question("isalpha", all(Character::isLetter));
        question("isalnum", all(Character::isLetterOrDigit));
        question("isspace", all(JinjaText::isSpace));
        question("isupper", s -> isCased(s, Character::isUpperCase, Character::isLowerCase));
        question("islower", s -> isCased(s, Character::isLowerCase, Character::isUpperCase));
    }

    private static boolean isCased(String s, IntPredicate wanted, IntPredicate refused) {
        return s.codePoints().anyMatch(wanted) && s.codePoints().noneMatch(refused);
    }

    private void searches() {
        methods.put("startswith", (s, args) -> any(args, "startswith", s::startsWith));
        methods.put("endswith", (s, args) -> any(args, "endswith", s::endsWith));
        methods.put("find", (s, args) -> find(s, args, "find", false));
        methods.put("rfind", (s, args) -> find(s, args, "rfind", true));
        methods.put("index", (s, args) -> found(find(s, args, "index", false)));
        methods.put("rindex", (s, args) -> found(find(s, args, "rindex", true)));
        methods.put("count", (s, args) -> {
            String part = string(args.bind("count", 1, "sub")[0], "count's argument");
            return part.isEmpty() ? JinjaText.length(s) + 1L : JinjaText.split(s, part, -1).size() - 1L;
        });
    }

    private static boolean any(Arguments args, String name, Predicate<String> test) {
        Object given = args.bind(name, 1, "prefix")[0];
        List<Object> texts = given instanceof Tuple tuple ? tuple.items() : List.of(given);
        return texts.stream().anyMatch(text -> test.test(string(text, name + "'s argument")));
    }

    private static String string(Object value, String what) {
        return JinjaOps.text(value, what);
    }

    private static long find(String s, Arguments args, String name, boolean isLast) {
        String part = string(args.bind(name, 1, "sub")[0], name + "'s argument");
        int at = isLast ? s.lastIndexOf(part) : s.indexOf(part);
        return at < 0 ? -1 : s.codePointCount(0, at);
    }

    private static long found(long at) {
        if (at < 0) {
            throw JinjaFailure.error("index: the string does not hold the part");
        }
        return at;
    }

    private void cuts() {
        methods.put("strip", (s, args) -> strip(s, args, true, true));
        methods.put("lstrip", (s, args) -> strip(s, args, true, false));
        methods.put("rstrip", (s, args) -> strip(s, args, false, true));
        methods.put("removeprefix", (s, args) -> {
            String part = string(args.bind("removeprefix", 1, "prefix")[0], "removeprefix's argument");
            return s.startsWith(part) ? s.substring(part.length()) : s;
        });
        methods.put("removesuffix", (s, args) -> {
            String part = string(args.bind("removesuffix", 1, "suffix")[0], "removesuffix's argument");
            return s.endsWith(part) ? s.substring(0, s.length() - part.length()) : s;
        });
        methods.put("replace", (s, args) -> {
            Object[] given = args.bind("replace", 2, "old", "new", "count");
            long count = given[2] == null ? -1 : JinjaOps.integer(given[2], "replace's count");
            return replace(meter, s, string(given[0], "replace's old text"), string(given[1], "replace's new text"), count);
        });
    }

    private String strip(String s, Arguments args, boolean left, boolean right) {
        Object chars = args.bind("strip", 0, "chars")[0];
        return stripped(s, chars == null ? JinjaValues.NONE : chars, left, right);
    }

    static String stripped(String s, Object chars, boolean left, boolean right) {
        if (chars == JinjaValues.NONE) {
            return JinjaText.strip(s, JinjaText::isSpace, left, right);
        }
        String dropped = string(chars, "the characters to strip");
        return JinjaText.strip(s, c -> dropped.indexOf(c) >= 0, left, right);
    }

    /** Python's replace: {@code countMax < 0} replaces all; an empty old text stands between all characters. */
    static String replace(JinjaMeter meter, String s, String old, String with, long countMax) {
        StringBuilder out = new StringBuilder(s.length());
        int from = 0;
        long done = 0;
        for (int at = s.indexOf(old); at >= 0 && (countMax < 0 || done < countMax); done++) {
            meter.chars(with.length() + at - from);
            out.append(s, from, at).append(with);
            from = at + old.length();
            int next = old.isEmpty() ? at >= s.length() ? s.length() + 1 : at + Character.charCount(s.codePointAt(at)) : from;
            at = next > s.length() ? -1 : s.indexOf(old, next);
        }
        meter.chars(s.length() - from);
        return out.append(s, from, s.length()).toString();
    }

    private void splits() {
        methods.put("split", (s, args) -> split(s, args, false));
        methods.put("rsplit", (s, args) -> split(s, args, true));
        methods.put("splitlines", (s, args) -> {
            Object keep = args.bind("splitlines", 0, "keepends")[0];
            meter.elements(s.length() / 2);
            return new ArrayList<Object>(JinjaText.lines(s, keep != null && JinjaOps.truth(keep)));
        });
        methods.put("partition", (s, args) -> {
            String part = separator(args.bind("partition", 1, "sep")[0]);
            int at = s.indexOf(part);
            return at < 0 ? Tuple.of(s, "", "") : Tuple.of(s.substring(0, at), part, s.substring(at + part.length()));
        });
        methods.put("rpartition", (s, args) -> {
            String part = separator(args.bind("rpartition", 1, "sep")[0]);
            int at = s.lastIndexOf(part);
            return at < 0 ? Tuple.of("", "", s) : Tuple.of(s.substring(0, at), part, s.substring(at + part.length()));
        });
        methods.put("join", (s, args) -> {
            StringBuilder out = new StringBuilder();
            for (Object each : run.ops().iterate(args.bind("join", 1, "iterable")[0])) {
                String piece = string(each, "what join joins");
                meter.chars((long) s.length() + piece.length());
                out.append(piece).append(s);
            }
            return out.isEmpty() ? "" : out.substring(0, out.length() - s.length());
        });
    }

    private static String separator(Object value) {
        String separator = string(value, "a separator");
        if (separator.isEmpty()) {
            throw JinjaFailure.error("a separator must not be empty");
        }
        return separator;
    }

    private Object split(String s, Arguments args, boolean fromRight) {
        Object[] given = args.bind("split", 0, "sep", "maxsplit");
        long splitsMax = given[1] == null ? -1 : JinjaOps.integer(given[1], "maxsplit");
        List<Object> parts;
        if (given[0] == null || given[0] == JinjaValues.NONE) {
            meter.elements(s.length() / 2);
            parts = fromRight ? JinjaText.splitSpaceRight(s, splitsMax) : JinjaText.splitSpace(s, splitsMax);
        } else {
            String separator = separator(given[0]);
            meter.elements(s.length() / separator.length());
            parts = fromRight ? JinjaText.splitRight(s, separator, splitsMax) : JinjaText.split(s, separator, splitsMax);
        }
        return parts;
    }

    private void pads() {
        methods.put("ljust", (s, args) -> pad(s, args, "ljust", 0));
        methods.put("rjust", (s, args) -> pad(s, args, "rjust", 1));
        methods.put("center", (s, args) -> pad(s, args, "center", 2));
        methods.put("zfill", (s, args) -> {
            long missing = missing(s, args.bind("zfill", 1, "width")[0]);
            boolean hasSign = s.startsWith("-") || s.startsWith("+");
            return (hasSign ? s.substring(0, 1) : "") + "0".repeat((int) missing) + (hasSign ? s.substring(1) : s);
        });
    }

    private long missing(String s, Object width) {
        long missing = Math.max(0, JinjaOps.integer(width, "a width") - JinjaText.length(s));
        meter.chars(missing);
        return missing;
    }

    /** @param side 0: fill right of the text, 1: left, 2: both */
    private String pad(String s, Arguments args, String name, int side) {
        Object[] given = args.bind(name, 1, "width", "fillchar");
        String fill = given[1] == null ? " " : string(given[1], "the fill character");
        if (JinjaText.length(fill) != 1) {
            throw JinjaFailure.error(name + " fills with one character, not '" + fill + "'");
        }
        long width = JinjaOps.integer(given[0], "a width");
        int missing = (int) missing(s, given[0]);
        int left = side == 0 ? 0 : side == 1 ? missing : missing / 2 + (int) (missing & width & 1);
        return fill.repeat(left) + s + fill.repeat(missing - left);
    }
}
