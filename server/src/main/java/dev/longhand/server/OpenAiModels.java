package dev.longhand.server;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Key;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code GET /v1/models}: https://platform.openai.com/docs/api-reference/models. */
final class OpenAiModels {
    private final ServedModels models;

    OpenAiModels(ServedModels models) {
        this.models = models;
    }

    List<Route> routes() {
        return List.of(
                Route.of("GET", "/v1/models", Key.Role.READ_ONLY, Shape.OPENAI, this::list),
                Route.of("GET", "/v1/models/{model...}", Key.Role.READ_ONLY, Shape.OPENAI, this::show));
    }

    private void list(Call call) throws IOException {
        ObjectNode reply = Json.object();
        reply.put("object", "list");
        ArrayNode data = reply.putArray("data");
        models.all().forEach(m -> data.add(model(m)));
        call.reply(200, reply);
    }

    private void show(Call call) throws Refusal, Problem, IOException {
        call.reply(200, model(models.find(Optional.of(call.name("model"))).served()));
    }

    private static ObjectNode model(ServedModels.Served served) {
        ObjectNode node = Json.object();
        node.put("id", served.name());
        node.put("object", "model");
        node.put("created", served.loadedSeconds());
        node.put("owned_by", "longhand");
        node.set("longhand", facts(served));
        return node;
    }

    /** What is ours to say of a model. */
    static ObjectNode facts(ServedModels.Served served) {
        ObjectNode longhand = Json.object();
        longhand.put("architecture", served.model().info().architecture());
        longhand.put("contextTokens", served.model().info().contextTokens());
        longhand.put("hasChatTemplate", served.model().info().hasChat());
        ArrayNode capabilities = longhand.putArray("capabilities");
        served.model().capabilities().stream().map(c -> c.name().toLowerCase(java.util.Locale.ROOT)).sorted()
                .forEach(capabilities::add);
        return longhand;
    }
}
