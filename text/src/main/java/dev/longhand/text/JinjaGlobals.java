package dev.longhand.text;

import dev.longhand.text.JinjaValues.Arguments;
import dev.longhand.text.JinjaValues.Callable;
import dev.longhand.text.JinjaValues.Namespace;
import dev.longhand.text.JinjaValues.View;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The functions that every template can call, and the way from the caller's data to a template's values. */
final class JinjaGlobals {
    private static final int DATA_DEPTH_MAX = 100;

    private JinjaGlobals() {}

    static Map<String, Object> functions(JinjaRun run) {
        return Map.of(
                "range", new Callable("range", args -> range(run, args)),
                "dict", new Callable("dict", args -> dict(run, args)),
                "namespace", new Callable("namespace", args -> new Namespace(dict(run, args))),
                "joiner", new Callable("joiner", args -> joiner(args)),
                "raise_exception", new Callable("raise_exception", args -> {
                    String message = run.printer().str(args.bind("raise_exception", 1, "message")[0]);
                    throw JinjaFailure.unsupported("the template refuses this conversation: " + message);
                }),
                "strftime_now", new Callable("strftime_now", args -> JinjaFormat.time(run.now(),
                        JinjaOps.text(args.bind("strftime_now", 1, "format")[0], "strftime_now's format"))));
    }

    private static Object range(JinjaRun run, Arguments args) {
        Object[] given = args.bind("range", 1, "start", "stop", "step");
        long first = JinjaOps.integer(given[0], "range's bound");
        long start = given[1] == null ? 0 : first;
        long stop = given[1] == null ? first : JinjaOps.integer(given[1], "range's bound");
        long step = given[2] == null ? 1 : JinjaOps.integer(given[2], "range's step");
        if (step == 0 || step == Long.MIN_VALUE) {
            throw JinjaFailure.error("range's step must not be " + step);
        }
        long count = rangeCount(start, stop, step);
        if (count > run.meter().limits().rangeItemsMax()) {
            throw JinjaFailure.limit("a range has " + count + " elements", run.meter().limits().rangeItemsMax());
        }
        run.meter().elements(count);
        List<Object> items = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            items.add(start + i * step);
        }
        return new View(View.Kind.RANGE, items);
    }

    private static long rangeCount(long start, long stop, long step) {
        try {
            long span = step > 0 ? Math.subtractExact(stop, start) : Math.subtractExact(start, stop);
            return span <= 0 ? 0 : Math.ceilDiv(span, Math.abs(step));
        } catch (ArithmeticException e) {
            throw JinjaFailure.error("range: integers have 64 bits here, and the distance of its bounds leaves them");
        }
    }

    /** Python's dict(mapping or pairs, **named). */
    static JinjaDict dict(JinjaRun run, Arguments args) {
        if (args.positional().size() > 1) {
            throw JinjaFailure.error("dict takes at most one mapping, got " + args.positional().size());
        }
        JinjaDict dict = new JinjaDict();
        for (Object source : args.positional()) {
            if (source instanceof JinjaValues.Undefined u) {
                throw JinjaOps.undefined(u);
            }
            if (source instanceof JinjaDict other) {
                run.meter().elements(other.size() * 2L);
                dict.putAll(other);
            } else {
                pairs(run, source, dict);
            }
        }
        run.meter().elements(args.named().size() * 2L);
        args.named().forEach(dict::put);
        return dict;
    }

    private static void pairs(JinjaRun run, Object source, JinjaDict dict) {
        for (Object each : run.ops().iterate(source)) {
            List<Object> pair = run.ops().iterate(each);
            if (pair.size() != 2) {
                throw JinjaFailure.error("dict needs pairs, found " + pair.size() + " elements");
            }
            run.meter().elements(2);
            dict.put(run.ops().key(pair.get(0)), pair.get(0), pair.get(1));
        }
    }

    /** Gives nothing the first time, the separator after that. */
    private static Object joiner(Arguments args) {
        Object separator = args.bind("joiner", 0, "sep")[0];
        boolean[] isUsed = {false};
        return new Callable("joiner", none -> {
            none.none("joiner");
            Object result = !isUsed[0] ? "" : separator == null ? ", " : separator;
            isUsed[0] = true;
            return result;
        });
    }

    /** A copy of the caller's data: maps, lists, text, numbers, booleans and null; anything else is the caller's mistake. */
    static Object value(JinjaMeter meter, Object data, int depth) {
        if (depth > DATA_DEPTH_MAX) {
            throw JinjaFailure.limit("the data given to the template nest deeper", DATA_DEPTH_MAX);
        }
        return switch (data) {
            case null -> JinjaValues.NONE;
            case Boolean b -> b;
            case CharSequence s -> s.toString();
            case Long l -> l;
            case Integer i -> (long) i;
            case Short s -> (long) s;
            case Byte b -> (long) b;
            case Double d -> d;
            case BigInteger i -> i;
            case BigDecimal d -> d;
            case Float f -> (double) f;
            case Map<?, ?> map -> {
                meter.elements(map.size() * 2L);
                JinjaDict dict = new JinjaDict();
                map.forEach((key, each) -> dict.put(String.valueOf(key), value(meter, each, depth + 1)));
                yield dict;
            }
            case Iterable<?> items -> {
                List<Object> list = new ArrayList<>();
                for (Object item : items) {
                    meter.elements(1);
                    list.add(value(meter, item, depth + 1));
                }
                yield list;
            }
            default -> throw new IllegalArgumentException("a template takes maps, lists, text, numbers, booleans and null, not "
                    + data.getClass().getName());
        };
    }
}
