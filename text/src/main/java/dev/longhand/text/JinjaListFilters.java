package dev.longhand.text;

import dev.longhand.text.JinjaFilters.Filter;
import dev.longhand.text.JinjaValues.Arguments;
import dev.longhand.text.JinjaValues.Tuple;
import dev.longhand.text.JinjaValues.Undefined;
import dev.longhand.text.JinjaValues.View;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Filters that take sequences and dicts. Lazy filters of Jinja are computed at once, but give what can be walked only once. */
final class JinjaListFilters {
    private JinjaListFilters() {}

    static void addTo(Map<String, Filter> filters) {
        measures(filters);
        selections(filters);
        orders(filters);
        filters.put("join", JinjaListFilters::join);
        filters.put("map", JinjaListFilters::map);
        filters.put("batch", JinjaListFilters::batch);
        filters.put("groupby", JinjaListFilters::groupBy);
        filters.put("sum", JinjaListFilters::sum);
        filters.put("list", (run, value, args) -> {
            args.none("list");
            return new ArrayList<>(run.ops().iterate(value));
        });
        filters.put("items", (run, value, args) -> {
            args.none("items");
            if (value instanceof Undefined) {
                return View.generator(List.of());
            }
            if (!(value instanceof JinjaDict dict)) {
                throw JinjaOps.type("items needs a dict", value);
            }
            return View.generator(run.ops().items(dict));
        });
    }

    private static void measures(Map<String, Filter> filters) {
        Filter length = (run, value, args) -> {
            args.none("length");
            return run.ops().length(value);
        };
        filters.put("length", length);
        filters.put("count", length);
        filters.put("first", (run, value, args) -> {
            args.none("first");
            List<Object> items = run.ops().iterate(value);
            return items.isEmpty() ? new Undefined("there is no first element, the sequence is empty") : items.get(0);
        });
        filters.put("last", (run, value, args) -> {
            args.none("last");
            List<Object> items = reversible(run, value);
            return items.isEmpty() ? new Undefined("there is no last element, the sequence is empty") : items.get(items.size() - 1);
        });
        filters.put("min", (run, value, args) -> extreme(run, value, args, -1));
        filters.put("max", (run, value, args) -> extreme(run, value, args, 1));
    }

    private static List<Object> reversible(JinjaRun run, Object value) {
        if (value instanceof View view && view.kind() == View.Kind.GENERATOR) {
            throw JinjaOps.type("expected a sequence", value);
        }
        return run.ops().iterate(value);
    }

    private static Object extreme(JinjaRun run, Object value, Arguments args, int sign) {
        Object[] given = args.bind(sign < 0 ? "min" : "max", 0, "case_sensitive", "attribute");
        List<Object> items = run.ops().iterate(value);
        Object best = null;
        Object bestKey = null;
        for (Object item : items) {
            Object key = sortKey(run, item, given[1], given[0]);
            int order = bestKey == null ? 1 : run.ops().compare(key, bestKey) * sign;
            if (order == 1) {
                best = item;
                bestKey = key;
            }
        }
        return best == null ? new Undefined("there is no smallest or largest element, the sequence is empty") : best;
    }

    /** What an element is compared by: the attribute if one is named, without case unless that counts. */
    private static Object sortKey(JinjaRun run, Object item, Object attribute, Object caseSensitive) {
        Object key = attribute == null || attribute == JinjaValues.NONE ? item : attributePath(run, item, attribute);
        return key instanceof String s && (caseSensitive == null || !JinjaOps.truth(caseSensitive)) ? JinjaText.lower(s) : key;
    }

    /** {@code a.b.0}: members and elements one after the other; an integer is an index. */
    static Object attributePath(JinjaRun run, Object item, Object path) {
        if (!(path instanceof String text)) {
            return run.item(item, path);
        }
        Object value = item;
        for (Object part : JinjaText.split(text, ".", -1)) {
            String name = (String) part;
            boolean isIndex = !name.isEmpty() && name.length() < 10 && name.chars().allMatch(c -> c >= '0' && c <= '9');
            value = run.item(value, isIndex ? (Object) Long.parseLong(name) : name);
        }
        return value;
    }

    private static void selections(Map<String, Filter> filters) {
        filters.put("select", (run, value, args) -> select(run, value, args, false, true));
        filters.put("reject", (run, value, args) -> select(run, value, args, false, false));
        filters.put("selectattr", (run, value, args) -> select(run, value, args, true, true));
        filters.put("rejectattr", (run, value, args) -> select(run, value, args, true, false));
    }

    private static Object select(JinjaRun run, Object value, Arguments args, boolean byAttribute, boolean wanted) {
        List<Object> given = args.positional();
        int used = byAttribute ? 1 : 0;
        if (given.size() < used) {
            throw JinjaFailure.error("selectattr and rejectattr need the name of an attribute");
        }
        String test = given.size() > used ? JinjaOps.text(given.get(used), "the name of a test") : null;
        Arguments testArgs = new Arguments(given.subList(Math.min(used + 1, given.size()), given.size()), args.named());
        List<Object> kept = new ArrayList<>();
        for (Object item : run.ops().iterate(value)) {
            Object tested = byAttribute ? attributePath(run, item, given.get(0)) : item;
            boolean holds = test == null ? JinjaOps.truth(tested) : JinjaTests.holds(run, test, tested, testArgs);
            if (holds == wanted) {
                kept.add(item);
            }
        }
        run.meter().elements(kept.size());
        return View.generator(kept);
    }

    private static Object map(JinjaRun run, Object value, Arguments args) {
        List<Object> results = new ArrayList<>();
        List<Object> items = run.ops().iterate(value);
        run.meter().elements(items.size());
        if (args.positional().isEmpty() && args.named().containsKey("attribute")) {
            Object[] given = args.bind("map", 0, "attribute", "default");
            for (Object item : items) {
                Object found = attributePath(run, item, given[0]);
                results.add(found instanceof Undefined && given[1] != null ? given[1] : found);
            }
            return View.generator(results);
        }
        if (args.positional().isEmpty()) {
            throw JinjaFailure.error("map needs the name of a filter or an attribute");
        }
        String name = JinjaOps.text(args.positional().get(0), "the name of a filter");
        Arguments rest = new Arguments(args.positional().subList(1, args.positional().size()), args.named());
        for (Object item : items) {
            results.add(JinjaFilters.apply(run, name, item, rest));
        }
        return View.generator(results);
    }

    private static Object join(JinjaRun run, Object value, Arguments args) {
        Object[] given = args.bind("join", 0, "d", "attribute");
        String separator = given[0] == null ? "" : run.printer().str(given[0]);
        StringBuilder out = new StringBuilder();
        boolean isFirst = true;
        for (Object item : run.ops().iterate(value)) {
            Object part = given[1] == null || given[1] == JinjaValues.NONE ? item : attributePath(run, item, given[1]);
            String text = run.printer().str(part);
            run.meter().chars((long) text.length() + separator.length());
            out.append(isFirst ? "" : separator).append(text);
            isFirst = false;
        }
        return out.toString();
    }

    private static void orders(Map<String, Filter> filters) {
        filters.put("sort", (run, value, args) -> {
            Object[] given = args.bind("sort", 0, "reverse", "case_sensitive", "attribute");
            return sorted(run, run.ops().iterate(value), isTrue(given[0]), item -> compoundKey(run, item, given[2], given[1]));
        });
        filters.put("dictsort", (run, value, args) -> {
            Object[] given = args.bind("dictsort", 0, "case_sensitive", "by", "reverse");
            String by = given[1] == null ? "key" : run.printer().str(given[1]);
            if (!(value instanceof JinjaDict dict) || !by.equals("key") && !by.equals("value")) {
                throw JinjaOps.type("dictsort needs a dict and 'key' or 'value' to sort by", value);
            }
            int part = by.equals("key") ? 0 : 1;
            return sorted(run, run.ops().items(dict), isTrue(given[2]),
                    item -> sortKey(run, ((Tuple) item).items().get(part), null, given[0]));
        });
        filters.put("reverse", (run, value, args) -> {
            args.none("reverse");
            if (value instanceof String s) {
                run.meter().chars(s.length());
                return JinjaText.reverse(s);
            }
            List<Object> items = new ArrayList<>(run.ops().iterate(value).reversed());
            boolean isLazy = !(value instanceof View view && view.kind() == View.Kind.GENERATOR);
            return isLazy ? View.generator(items) : items;
        });
        filters.put("unique", (run, value, args) -> {
            Object[] given = args.bind("unique", 0, "case_sensitive", "attribute");
            Set<Object> seen = new HashSet<>();
            List<Object> kept = new ArrayList<>();
            for (Object item : run.ops().iterate(value)) {
                if (seen.add(run.ops().key(sortKey(run, item, given[1], given[0])))) {
                    kept.add(item);
                }
            }
            run.meter().elements(kept.size());
            return View.generator(kept);
        });
    }

    private static boolean isTrue(Object given) {
        return given != null && JinjaOps.truth(given);
    }

    /** Several attributes, with commas between, make a tuple of keys. */
    private static Object compoundKey(JinjaRun run, Object item, Object attribute, Object caseSensitive) {
        if (!(attribute instanceof String path) || !path.contains(",")) {
            return sortKey(run, item, attribute, caseSensitive);
        }
        List<Object> keys = new ArrayList<>();
        for (Object part : JinjaText.split(path, ",", -1)) {
            keys.add(sortKey(run, item, part, caseSensitive));
        }
        return new Tuple(keys);
    }

    private record Keyed(Object key, Object item) {}

    private static List<Object> sorted(JinjaRun run, List<Object> items, boolean reverse,
            UnaryOperator<Object> keyOf) {
        List<Keyed> keyed = new ArrayList<>(items.size());
        items.forEach(item -> keyed.add(new Keyed(keyOf.apply(item), item)));
        Comparator<Keyed> order = (a, b) -> Integer.signum(run.ops().compare(a.key(), b.key()));
        run.ops().sort(keyed, reverse ? order.reversed() : order);
        run.meter().elements(items.size());
        List<Object> result = new ArrayList<>(items.size());
        keyed.forEach(k -> result.add(k.item()));
        return result;
    }

    private static Object batch(JinjaRun run, Object value, Arguments args) {
        Object[] given = args.bind("batch", 1, "linecount", "fill_with");
        long size = JinjaOps.integer(given[0], "batch's linecount");
        if (size < 1) {
            throw JinjaFailure.error("batch's linecount is " + size + "; it must be at least 1");
        }
        List<Object> rows = new ArrayList<>();
        List<Object> row = new ArrayList<>();
        for (Object item : run.ops().iterate(value)) {
            if (row.size() == size) {
                rows.add(row);
                row = new ArrayList<>();
            }
            run.meter().elements(1);
            row.add(item);
        }
        if (!row.isEmpty()) {
            if (given[1] != null && given[1] != JinjaValues.NONE) {
                run.meter().elements(size - row.size());
                while (row.size() < size) {
                    row.add(given[1]);
                }
            }
            rows.add(row);
        }
        return View.generator(rows);
    }

    private static Object groupBy(JinjaRun run, Object value, Arguments args) {
        Object[] given = args.bind("groupby", 1, "attribute", "default", "case_sensitive");
        Map<Object, List<Object>> groups = new LinkedHashMap<>();
        Map<Object, Object> shown = new LinkedHashMap<>();
        List<Object> items = sorted(run, run.ops().iterate(value), false, item -> groupKey(run, item, given));
        for (Object item : items) {
            Object key = run.ops().key(groupKey(run, item, given));
            Object found = attributePath(run, item, given[0]);
            shown.putIfAbsent(key, found instanceof Undefined && given[1] != null ? given[1] : found);
            groups.computeIfAbsent(key, k -> new ArrayList<>()).add(item);
        }
        run.meter().elements(items.size() * 3L);
        List<Object> result = new ArrayList<>();
        groups.forEach((key, members) -> result.add(Tuple.of(shown.get(key), members)));
        return result;
    }

    private static Object groupKey(JinjaRun run, Object item, Object[] given) {
        Object key = sortKey(run, item, given[0], given[2]);
        return key instanceof Undefined && given[1] != null ? given[1] : key;
    }

    private static Object sum(JinjaRun run, Object value, Arguments args) {
        Object[] given = args.bind("sum", 0, "attribute", "start");
        Object total = given[1] == null ? 0L : given[1];
        for (Object item : run.ops().iterate(value)) {
            Object part = given[0] == null || given[0] == JinjaValues.NONE ? item : attributePath(run, item, given[0]);
            total = run.arithmetic().binary("+", total, part);
        }
        return total;
    }
}
