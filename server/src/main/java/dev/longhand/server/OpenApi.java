package dev.longhand.server;

import dev.longhand.ledger.Key;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code GET /v1/openapi.json}: all routes of a server, after OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1). Methods, paths,
 * roles and the form of errors come from the routes themselves, words and fields from the files that {@link ApiText} reads. Made
 * once. Thread-safe.
 */
final class OpenApi {
    private static final List<String> FILES = List.of("openai", "anthropic", "responses", "desks", "answers", "ledger", "server");
    private static final String REST = "...}";

    private final List<Route> routes;
    private final boolean needsKeys;
    private byte[] document; // once it was asked for

    /** @param routes that are described, and may still grow until the document is asked for */
    OpenApi(List<Route> routes, boolean needsKeys) {
        this.routes = routes;
        this.needsKeys = needsKeys;
    }

    List<Route> routes() {
        return List.of(Route.of("GET", "/v1/openapi.json", Key.Role.READ_ONLY, Shape.OPENAI, this::show));
    }

    private void show(Call call) throws IOException {
        call.reply(200, "application/json", bytes(call.json()));
    }

    private synchronized byte[] bytes(Json json) {
        if (document == null) {
            document = json.bytes(document());
        }
        return document;
    }

    /** What the files say. */
    static ApiText texts() {
        ApiText texts = new ApiText();
        for (String each : FILES) {
            try (InputStream in = OpenApi.class.getResourceAsStream("api/" + each + ".api")) {
                if (in == null) {
                    throw new IllegalStateException("api/" + each + ".api is not there");
                }
                texts.read(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return texts;
    }

    private ObjectNode document() {
        ApiText texts = texts();
        ObjectNode root = Json.object();
        root.put("openapi", "3.1.1");
        root.putObject("info").put("title", "Longhand").put("version", "1")
                .put("description", "Language models with long memory. docs/API.md says what each field does.");
        root.putArray("servers").addObject().put("url", "/");
        ObjectNode paths = root.putObject("paths");
        for (Route each : routes) {
            String path = each.path().replace(REST, "}");
            ObjectNode of = paths.has(path) ? (ObjectNode) paths.get(path) : paths.putObject(path);
            of.set(each.method().toLowerCase(Locale.ROOT), operation(each, texts.operations()));
        }
        ObjectNode components = root.putObject("components");
        ObjectNode schemas = components.putObject("schemas");
        texts.schemas().forEach(schemas::set);
        ObjectNode schemes = components.putObject("securitySchemes");
        schemes.putObject("bearer").put("type", "http").put("scheme", "bearer");
        schemes.putObject("apiKey").put("type", "apiKey").put("in", "header").put("name", "X-Api-Key");
        return root;
    }

    private ObjectNode operation(Route route, Map<String, ObjectNode> described) {
        ObjectNode operation = Json.object();
        operation.put("operationId", id(route));
        ObjectNode own = described.get(route.method() + " " + route.path());
        if (own != null) {
            operation.setAll(own.deepCopy());
        }
        String role = route.needed().map(Key.Role::word).orElse("none");
        operation.put("description", route.needed().isEmpty() ? "Needs no key." : "Needs the role " + role + ".");
        operation.put("x-longhand-role", role);
        security(operation.putArray("security"), route);
        if (operation.has("requestBody")) {
            operation.withObject("/requestBody").put("required", true);
        }
        ObjectNode replies = operation.withObject("/responses");
        replies.propertyStream().forEach(r -> ((ObjectNode) r.getValue()).put("description",
                r.getKey().startsWith("2") ? "Done." : "Not now."));
        String error = route.shape() == Shape.ANTHROPIC ? "AnthropicError" : "Error";
        replies.putObject("default").put("description", "Refused, and why.").putObject("content").putObject("application/json")
                .putObject("schema").put("$ref", "#/components/schemas/" + error);
        return operation;
    }

    /** Either key does; where none is needed, none does too. */
    private void security(ArrayNode security, Route route) {
        if (route.needed().isEmpty() || !needsKeys) {
            security.addObject();
        }
        if (route.needed().isPresent()) {
            security.addObject().putArray("bearer");
            security.addObject().putArray("apiKey");
        }
    }

    /** Such as {@code getV1DesksDesk}. */
    private static String id(Route route) {
        StringBuilder id = new StringBuilder(route.method().toLowerCase(Locale.ROOT));
        for (String each : route.path().split("[^A-Za-z0-9]+")) {
            if (!each.isEmpty()) {
                id.append(Character.toUpperCase(each.charAt(0))).append(each.substring(1));
            }
        }
        return id.toString();
    }
}
