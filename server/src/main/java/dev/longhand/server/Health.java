package dev.longhand.server;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code GET /health}: 200 when requests are served, else 503 and why. Needs no key: reasons are of the server's state, not of what
 * it holds.
 */
final class Health {
    /** Something that must hold for requests to be served. */
    @FunctionalInterface
    interface Check {
        /** Nothing, or why not. */
        Optional<String> trouble() throws Problem;
    }

    private final List<Check> checks;

    Health(List<Check> checks) {
        this.checks = List.copyOf(checks);
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/health", Optional.empty(), Shape.OPENAI, this::ready),
                new Route("GET", "/health/live", Optional.empty(), Shape.OPENAI, call -> reply(call, List.of())),
                new Route("GET", "/health/ready", Optional.empty(), Shape.OPENAI, this::ready));
    }

    private void ready(Call call) throws IOException {
        List<String> troubles = new ArrayList<>();
        for (Check each : checks) {
            try {
                each.trouble().ifPresent(troubles::add);
            } catch (Problem | RuntimeException e) {
                troubles.add(String.valueOf(e.getMessage()));
            }
        }
        reply(call, troubles);
    }

    private static void reply(Call call, List<String> troubles) throws IOException {
        ObjectNode reply = Json.object();
        reply.put("status", troubles.isEmpty() ? "ok" : "unavailable");
        ArrayNode reasons = reply.putArray("reasons");
        troubles.forEach(reasons::add);
        call.reply(troubles.isEmpty() ? 200 : 503, reply);
    }
}
