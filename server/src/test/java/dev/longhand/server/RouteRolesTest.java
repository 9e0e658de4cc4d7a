package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.ledger.Key;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: nobody does what their key does not allow. Method: every route that the server has, asked by everybody there is. The table
 * says what each route needs; a route without a row fails, and so does a row without a route.
 */
class RouteRolesTest {
    private static final String EVERYBODY = "everybody";
    private static final Map<String, String> NEEDED = new TreeMap<>(Map.ofEntries(
            Map.entry("GET /", EVERYBODY),
            Map.entry("GET /page.js", EVERYBODY),
            Map.entry("GET /page.css", EVERYBODY),
            Map.entry("GET /favicon.svg", EVERYBODY),
            Map.entry("GET /notices.txt", EVERYBODY),
            Map.entry("GET /health", EVERYBODY),
            Map.entry("GET /health/live", EVERYBODY),
            Map.entry("GET /health/ready", EVERYBODY),
            Map.entry("GET /v1/models", "read-only"),
            Map.entry("GET /v1/models/{model...}", "read-only"),
            Map.entry("GET /metrics", "read-only"),
            Map.entry("GET /v1/server", "read-only"),
            Map.entry("GET /v1/requests", "read-only"),
            Map.entry("POST /v1/chat/completions", "user"),
            Map.entry("POST /v1/completions", "user"),
            Map.entry("POST /v1/embeddings", "user"),
            Map.entry("POST /tokenize", "user"),
            Map.entry("POST /detokenize", "user"),
            Map.entry("POST /apply-template", "user"),
            Map.entry("POST /v1/messages", "user"),
            Map.entry("POST /v1/messages/count_tokens", "user"),
            Map.entry("POST /v1/responses", "user"),
            Map.entry("GET /v1/responses/{id}", "read-only"),
            Map.entry("DELETE /v1/responses/{id}", "user"),
            Map.entry("POST /v1/answers", "user"),
            Map.entry("GET /v1/answers", "read-only"),
            Map.entry("GET /v1/answers/{id}", "read-only"),
            Map.entry("DELETE /v1/answers/{id}", "user"),
            Map.entry("GET /v1/jobs", "read-only"),
            Map.entry("GET /v1/jobs/{job}", "read-only"),
            Map.entry("POST /v1/jobs/{job}/cancel", "user"),
            Map.entry("POST /v1/jobs/{job}/resume", "user"),
            Map.entry("POST /v1/desks/{desk}/ask", "user"),
            Map.entry("GET /v1/desks", "read-only"),
            Map.entry("POST /v1/desks", "user"),
            Map.entry("GET /v1/desks/{desk}", "read-only"),
            Map.entry("DELETE /v1/desks/{desk}", "user"),
            Map.entry("POST /v1/desks/{desk}/read", "user"),
            Map.entry("GET /v1/desks/{desk}/documents", "read-only"),
            Map.entry("POST /v1/desks/{desk}/documents", "user"),
            Map.entry("GET /v1/desks/{desk}/documents/{path...}", "read-only"),
            Map.entry("DELETE /v1/desks/{desk}/documents/{path...}", "user"),
            Map.entry("GET /v1/openapi.json", "read-only"),
            Map.entry("GET /v1/ledger/accounts", "read-only"),
            Map.entry("GET /v1/ledger/accounts/{account...}", "read-only"),
            Map.entry("GET /v1/ledger/budgets", "read-only"),
            Map.entry("PUT /v1/ledger/budgets/{period}/{account...}", "admin"),
            Map.entry("DELETE /v1/ledger/budgets/{period}/{account...}", "admin"),
            Map.entry("GET /v1/ledger/report", "read-only"),
            Map.entry("GET /v1/keys", "admin"),
            Map.entry("POST /v1/keys", "admin"),
            Map.entry("DELETE /v1/keys/{key}", "admin")));
    private static final List<String> ROLES = List.of("read-only", "user", "admin");

    @TempDir
    private Path folder;

    @Test
    void everyRouteHasARowAndEveryRowARoute() throws Exception {
        try (Served served = Served.keyed(folder, Limits.DEFAULT)) {
            Map<String, String> found = served.server.routes().stream().collect(Collectors.toMap(r -> r.method() + " " + r.path(),
                    r -> r.needed().map(n -> n.word()).orElse(EVERYBODY), (a, b) -> a + b, TreeMap::new));
            assertThat(found).isEqualTo(NEEDED);
        }
    }

    /** Who asks. {@code role} is empty where the key opens nothing. */
    private record Holder(String name, Optional<String> secret, String role) {}

    @Test
    void nobodyDoesWhatTheirKeyDoesNotAllow() throws Exception {
        try (Served served = Served.keyed(folder, Limits.DEFAULT)) {
            List<Holder> holders = new ArrayList<>(List.of(new Holder("no key", Optional.empty(), ""),
                    new Holder("an empty key", Optional.of(""), ""),
                    new Holder("a wrong key", Optional.of("lh_" + "A".repeat(43)), ""),
                    new Holder("a revoked key", Optional.of(served.key("gone", Key.Role.ADMIN)), "")));
            served.books.keys().revoke("gone");
            for (String each : ROLES) {
                holders.add(new Holder(each, Optional.of(served.key("of-" + each, Key.Role.of(each))), each));
            }
            for (Map.Entry<String, String> route : NEEDED.entrySet()) {
                for (Holder each : holders) {
                    for (String header : List.of("Authorization: Bearer ", "X-Api-Key: ")) {
                        try (Wire wire = served.wire()) {
                            check(wire, route.getKey(), route.getValue(), each, header);
                        }
                    }
                }
            }
        }
    }

    private static void check(Wire wire, String route, String needed, Holder holder, String header) throws Exception {
        String path = route.substring(route.indexOf(' ') + 1).replaceAll("\\{[^}]*}", "nothing-of-this-name");
        String method = route.substring(0, route.indexOf(' '));
        byte[] body = method.equals("POST") ? "{}".getBytes(StandardCharsets.UTF_8) : new byte[0];
        Wire.Reply reply = wire.request(method, path, holder.secret().map(s -> header + s + "\r\n").orElse(""), body).reply();
        String what = "%s with %s by %s: %s".formatted(route, holder.name(), header, reply);
        if (needed.equals(EVERYBODY)) {
            assertThat(reply.status()).as(what).isNotIn(401, 403);
        } else if (holder.role().isEmpty()) {
            assertThat(reply.status()).as(what).isEqualTo(401);
            assertThat(reply.header("WWW-Authenticate")).startsWith("Bearer");
        } else if (ROLES.indexOf(holder.role()) < ROLES.indexOf(needed)) {
            assertThat(reply.status()).as(what).isEqualTo(403);
            assertThat(reply.json().at("/error/message").asString()).contains(holder.role(), needed);
        } else {
            assertThat(reply.status()).as(what).isNotIn(401, 403).isLessThan(500);
        }
        assertThat(reply.body()).as(what).doesNotContain(holder.secret().filter(s -> !s.isEmpty()).orElse("lh_A"));
    }
}
