package dev.longhand.server;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Key;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One thing that a server does.
 *
 * @param method of HTTP
 * @param path   such as {@code /v1/desks/{desk}}; what stands in braces is one part of a path, and a last part
 *               {@code {name...}} all the rest
 * @param needed role of who may; empty for everybody, also without a key
 * @param shape  in which errors are written
 */
record Route(String method, String path, Optional<Key.Role> needed, Shape shape, Handler handler) {
    /** Answers a call, or throws why not. */
    @FunctionalInterface
    interface Handler {
        /** @throws IOException if the client is gone */
        void handle(Call call) throws Problem, Refusal, IOException;
    }

    Route {
        Check.argument(path.startsWith("/"), "the path %s of a route does not begin with /", path);
    }

    static Route of(String method, String path, Key.Role needed, Shape shape, Handler handler) {
        return new Route(method, path, Optional.of(needed), shape, handler);
    }

    /** What stands in the braces, by name; empty if {@code parts} are of another path. */
    Optional<Map<String, String>> match(List<String> parts) {
        List<String> own = Arrays.asList(path.substring(1).split("/", -1));
        Map<String, String> found = new HashMap<>();
        for (int i = 0; i < own.size(); i++) {
            String each = own.get(i);
            boolean isName = each.startsWith("{");
            if (isName && each.endsWith("...}") && i < parts.size()) {
                found.put(each.substring(1, each.length() - 4), String.join("/", parts.subList(i, parts.size())));
                return Optional.of(found);
            }
            if (i >= parts.size() || !isName && !each.equals(parts.get(i)) || isName && parts.get(i).isEmpty()) {
                return Optional.empty();
            }
            if (isName) {
                found.put(each.substring(1, each.length() - 1), parts.get(i));
            }
        }
        return own.size() == parts.size() ? Optional.of(found) : Optional.empty();
    }
}
