package dev.longhand.server;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Key;
import dev.longhand.ledger.Keys;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/keys}: who may come in. */
final class KeyRoutes {
    private final Keys keys;

    KeyRoutes(Keys keys) {
        this.keys = keys;
    }

    List<Route> routes() {
        return List.of(
                Route.of("GET", "/v1/keys", Key.Role.ADMIN, Shape.OPENAI, this::list),
                Route.of("POST", "/v1/keys", Key.Role.ADMIN, Shape.OPENAI, this::add),
                Route.of("DELETE", "/v1/keys/{key}", Key.Role.ADMIN, Shape.OPENAI, this::revoke));
    }

    private void list(Call call) throws Problem, IOException {
        List<Key> page = keys.after(call.query("after").orElse(""));
        ObjectNode reply = Json.object();
        reply.put("object", "list");
        ArrayNode data = reply.putArray("data");
        page.forEach(k -> data.add(json(k)));
        reply.put("has_more", page.size() == Keys.KEYS_MAX);
        call.reply(200, reply);
    }

    private void add(Call call) throws Refusal, Problem, IOException {
        Fields fields = call.fields();
        String name = fields.neededText("name");
        Key.Role role = Key.Role.of(fields.word("role", "admin", "user", "read-only").orElse("user"));
        Key.Spec spec = new Key.Spec(name, role, fields.text("team").orElse(""),
                fields.text("account").orElse(Keys.account(name)),
                fields.integer("requestsPerMinute", 0, Integer.MAX_VALUE).orElse(0),
                fields.integer("tokensPerMinute", 0, Integer.MAX_VALUE).orElse(0));
        fields.done();
        Keys.Added added = keys.add(spec);
        ObjectNode reply = json(added.key());
        reply.put("secret", added.secret());
        ArrayNode warnings = reply.putArray("warnings");
        fields.warnings().forEach(warnings::add);
        call.setHeader("Cache-Control", "no-store");
        call.reply(201, reply);
    }

    private void revoke(Call call) throws Problem, IOException {
        call.reply(200, json(keys.revoke(call.name("key"))));
    }

    private static ObjectNode json(Key key) {
        ObjectNode node = Json.object();
        node.put("object", "key");
        node.put("name", key.name());
        node.put("role", key.spec().role().word());
        node.put("team", key.spec().team());
        node.put("account", key.spec().account());
        node.put("requestsPerMinute", key.spec().requestsPerMinute());
        node.put("tokensPerMinute", key.spec().tokensPerMinute());
        node.put("created", key.created().toString());
        node.put("lastUsed", text(key.used()));
        node.put("revoked", text(key.revoked()));
        return node;
    }

    private static String text(Optional<Instant> time) {
        return time.map(Instant::toString).orElse(null);
    }
}
