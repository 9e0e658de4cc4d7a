package dev.longhand.text;

import dev.longhand.text.JinjaValues.Arguments;
import dev.longhand.text.JinjaValues.Callable;
import dev.longhand.text.JinjaValues.View;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Methods of Python's dict and list that templates may call; those of str are in {@link JinjaStringMethods}.
 *
 * <p>{@code append}, {@code pop} and the like change the template's own copy of a value, as llama.cpp's interpreter allows; the
 * caller's data never changes. A method that Python has and we have not is refused by name.
 */
final class JinjaMethods {
    private static final Set<String> PYTHON_HAS = Set.of("clear", "remove", "sort", "reverse", "fromkeys", "popitem");

    /** A method: takes the receiver and the arguments. */
    interface Method {
        Object call(Object receiver, Arguments arguments);
    }

    private final JinjaRun run;
    private final JinjaOps ops;
    private final Map<String, Method> ofDict = new HashMap<>();
    private final Map<String, Method> ofList = new HashMap<>();
    private final JinjaStringMethods strings;

    JinjaMethods(JinjaRun run) {
        this.run = run;
        this.ops = run.ops();
        this.strings = new JinjaStringMethods(run);
        dictMethods();
        listMethods();
    }

    Optional<Callable> find(Object receiver, String name) {
        return switch (receiver) {
            case String s -> strings.find(s, name);
            case JinjaDict dict -> bound(receiver, name, ofDict);
            case List<?> list -> bound(receiver, name, ofList);
            default -> Optional.empty();
        };
    }

    private static Optional<Callable> bound(Object receiver, String name, Map<String, Method> methods) {
        Method method = methods.get(name);
        if (method != null) {
            return Optional.of(new Callable(name, arguments -> method.call(receiver, arguments)));
        }
        boolean isRefused = PYTHON_HAS.contains(name) && !(receiver instanceof JinjaDict dict && dict.has(name));
        return !isRefused ? Optional.empty() : Optional.of(new Callable(name, arguments -> {
            throw JinjaFailure.unsupported("the method " + JinjaValues.typeName(receiver) + "." + name + " is not supported");
        }));
    }

    private void dictMethods() {
        ofDict.put("get", (dict, args) -> {
            Object[] given = args.bind("get", 1, "key", "default");
            return dict(dict).get(ops.key(given[0])).orElse(given[1] == null ? JinjaValues.NONE : given[1]);
        });
        ofDict.put("items", (dict, args) -> {
            args.none("items");
            return new View(View.Kind.ITEMS, ops.items(dict(dict)));
        });
        ofDict.put("keys", (dict, args) -> {
            args.none("keys");
            return new View(View.Kind.KEYS, ops.keys(dict(dict)));
        });
        ofDict.put("values", (dict, args) -> {
            args.none("values");
            return new View(View.Kind.VALUES, ops.values(dict(dict)));
        });
        ofDict.put("pop", (dict, args) -> {
            Object[] given = args.bind("pop", 1, "key", "default");
            Optional<Object> removed = dict(dict).remove(ops.key(given[0]));
            if (removed.isEmpty() && given[1] == null) {
                throw JinjaFailure.error("pop: the dict has no such key");
            }
            return removed.orElse(given[1]);
        });
        ofDict.put("copy", (dict, args) -> {
            args.none("copy");
            run.meter().elements(dict(dict).size() * 2L);
            JinjaDict copy = new JinjaDict();
            copy.putAll(dict(dict));
            return copy;
        });
        ofDict.put("update", (dict, args) -> {
            JinjaDict added = JinjaGlobals.dict(run, args);
            run.meter().elements(added.size() * 2L);
            dict(dict).putAll(added);
            return JinjaValues.NONE;
        });
        ofDict.put("setdefault", (dict, args) -> {
            Object[] given = args.bind("setdefault", 1, "key", "default");
            Object key = ops.key(given[0]);
            if (!dict(dict).has(key)) {
                run.meter().elements(2);
                dict(dict).put(key, given[0], given[1] == null ? JinjaValues.NONE : given[1]);
            }
            return dict(dict).get(key).orElseThrow();
        });
    }

    private static JinjaDict dict(Object value) {
        return (JinjaDict) value;
    }

    /** A list of values is only ever made here as an {@code ArrayList<Object>}. */
    @SuppressWarnings("unchecked")
    private static List<Object> list(Object value) {
        return (List<Object>) value;
    }

    private void listMethods() {
        ofList.put("append", (list, args) -> {
            Object added = args.bind("append", 1, "object")[0];
            run.meter().elements(1);
            list(list).add(added);
            return JinjaValues.NONE;
        });
        ofList.put("extend", (list, args) -> {
            List<Object> added = new ArrayList<>(ops.iterate(args.bind("extend", 1, "iterable")[0]));
            run.meter().elements(added.size());
            list(list).addAll(added);
            return JinjaValues.NONE;
        });
        ofList.put("insert", (list, args) -> {
            Object[] given = args.bind("insert", 2, "index", "object");
            long index = JinjaOps.integer(given[0], "insert's index");
            run.meter().elements(1 + list(list).size() / 16);
            int size = list(list).size();
            list(list).add((int) Math.clamp(index < 0 ? index + size : index, 0, size), given[1]);
            return JinjaValues.NONE;
        });
        ofList.put("pop", (list, args) -> {
            Object given = args.bind("pop", 0, "index")[0];
            long index = given == null ? -1 : JinjaOps.integer(given, "pop's index");
            long at = index < 0 ? index + list(list).size() : index;
            if (at < 0 || at >= list(list).size()) {
                throw JinjaFailure.error("pop: index " + index + " of a list with " + list(list).size() + " elements");
            }
            run.meter().look(list(list).size());
            return list(list).remove((int) at);
        });
        ofList.put("index", (list, args) -> {
            Object wanted = args.bind("index", 1, "value")[0];
            for (int i = 0; i < list(list).size(); i++) {
                if (ops.isEqual(list(list).get(i), wanted)) {
                    return (long) i;
                }
            }
            throw JinjaFailure.error("index: the list does not hold the value");
        });
        ofList.put("count", (list, args) -> {
            Object wanted = args.bind("count", 1, "value")[0];
            return list(list).stream().filter(each -> ops.isEqual(each, wanted)).count();
        });
        ofList.put("copy", (list, args) -> {
            args.none("copy");
            return ops.copy(list(list));
        });
    }
}
