package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.ledger.Key;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The requests in flight, and {@code GET /v1/requests}, which lists them: to an admin all, to others those of their team. No more
 * than there are connections. Thread-safe.
 */
final class Requests {
    private static final int SHOWN_MAX = 500;

    private final Map<String, Call> running = new ConcurrentHashMap<>();
    private final Clock clock;

    Requests(Clock clock) {
        this.clock = clock;
    }

    Clock clock() {
        return clock;
    }

    void begin(Call call) {
        running.put(call.id(), call);
    }

    void end(Call call) {
        running.remove(call.id());
    }

    List<Route> routes() {
        return List.of(Route.of("GET", "/v1/requests", Key.Role.READ_ONLY, Shape.OPENAI, this::list));
    }

    private void list(Call call) throws IOException {
        List<Call> seen = seenBy(call);
        ObjectNode reply = Json.object();
        reply.put("object", "list");
        put(reply.putArray("data"), call.caller(), seen);
        reply.put("has_more", seen.size() > SHOWN_MAX);
        call.reply(200, reply);
    }

    /** The oldest first; a call does not see itself, nor those that look as it does. */
    List<Call> seenBy(Call looking) {
        Caller caller = looking.caller();
        return running.values().stream()
                .filter(c -> !c.route().equals(looking.route()))
                .filter(c -> caller.role() == Key.Role.ADMIN || c.caller().team().equals(caller.team()))
                .sorted(Comparator.comparingLong(Call::begunNanos)).toList();
    }

    /** As JSON, at most {@value #SHOWN_MAX}. */
    void put(ArrayNode data, Caller caller, List<Call> calls) {
        calls.stream().limit(SHOWN_MAX).forEach(c -> data.add(json(caller, c)));
    }

    private ObjectNode json(Caller looking, Call call) {
        Progress progress = call.progress();
        ObjectNode node = Json.object();
        node.put("id", call.id());
        node.put("route", call.route());
        node.put("key", call.caller().key());
        node.put("team", call.caller().team());
        node.put("model", progress.model());
        node.put("desk", progress.desk().isEmpty() ? ""
                : DeskNames.shown(looking, progress.desk()).orElse(progress.desk())); // an admin sees those of other teams too
        node.put("state", progress.state());
        node.put("readTokens", progress.read());
        node.put("toReadTokens", progress.toRead());
        node.put("answeredTokens", progress.answered());
        node.put("seconds", Math.max(0, clock.secondsSince(call.begunNanos())));
        return node;
    }
}
