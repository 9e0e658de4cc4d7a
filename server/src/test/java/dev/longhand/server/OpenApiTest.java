package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Goal: the OpenAPI document is the server, and docs/API.md says the same. Method: both are held against the routes, each in both
 * directions; the document's own rules are checked node by node.
 */
class OpenApiTest {
    private static final Path DOCS = Path.of("..", "docs", "API.md");
    private static final String REQUEST = "requestBody";
    private static final Pattern NAME = Pattern.compile("`([^`]+)`");
    private static final Set<String> OPERATION = Set.of("operationId", "summary", "description", "parameters", "requestBody",
            "responses", "security", "x-longhand-role");
    private static final Set<String> SCHEMA = Set.of("type", "properties", "required", "items", "anyOf", "enum", "description",
            "contentMediaType", "$ref");
    /** Which schema the table of fields behind a heading is of. */
    private static final Map<String, String> TABLES = Map.ofEntries(
            Map.entry("OpenAI chat completions: `POST /v1/chat/completions`", "POST /v1/chat/completions"),
            Map.entry("OpenAI completions: `POST /v1/completions`", "POST /v1/completions"),
            Map.entry("OpenAI embeddings: `POST /v1/embeddings`", "POST /v1/embeddings"),
            Map.entry("Anthropic messages: `POST /v1/messages`, `POST /v1/messages/count_tokens`", "POST /v1/messages"),
            Map.entry("OpenAI responses: `POST /v1/responses`, `GET` and `DELETE /v1/responses/{id}`", "POST /v1/responses"),
            Map.entry("Kept answers: `/v1/answers`", "POST /v1/answers"),
            Map.entry("Questions: `POST /v1/desks/{desk}/ask`", "POST /v1/desks/{desk}/ask"),
            Map.entry("An account", "Account"), Map.entry("A budget", "Budget"), Map.entry("The report", "LedgerReport"),
            Map.entry("`/v1/keys`", "POST /v1/keys"));

    @TempDir
    private static Path folder;
    private static Served served;
    private static JsonNode document;

    @BeforeAll
    static void ask() throws Exception {
        served = Served.uncached(folder, ServerSetting.loopback(0));
        HttpResponse<String> reply = served.get("/v1/openapi.json");
        assertThat(reply.statusCode()).isEqualTo(200);
        document = served.read(reply.body());
    }

    @AfterAll
    static void end() {
        served.close();
    }

    private static Map<String, JsonNode> operations() {
        Map<String, JsonNode> all = new TreeMap<>();
        document.get("paths").propertyStream().forEach(p -> p.getValue().propertyStream().forEach(o ->
                all.put(o.getKey().toUpperCase(Locale.ROOT) + " " + p.getKey(), o.getValue())));
        return all;
    }

    @Test
    void everyRouteIsDescribedAndWhatIsDescribedIsARoute() {
        Map<String, String> routes = served.server.routes().stream().collect(Collectors.toMap(r -> r.method() + " " + r.path()
                .replace("...}", "}"), r -> r.needed().map(n -> n.word()).orElse("none")));
        Map<String, String> found = new TreeMap<>();
        operations().forEach((name, o) -> found.put(name, o.get("x-longhand-role").stringValue()));
        assertThat(found).isEqualTo(new TreeMap<>(routes));
        assertThat(OpenApi.texts().operations().keySet()).isEqualTo(served.server.routes().stream()
                .map(r -> r.method() + " " + r.path()).collect(Collectors.toCollection(TreeSet::new)));
        operations().forEach((name, o) -> assertThat(o.get("summary").stringValue()).as(name).endsWith("."));
    }

    @Test
    void isADocumentOfOpenApi() {
        assertThat(document.get("openapi").stringValue()).matches("3\\.1\\.\\d+");
        assertThat(document.at("/info/title").isString() && document.at("/info/version").isString()).isTrue();
        Set<String> ids = new HashSet<>();
        Set<String> schemes = names(document.at("/components/securitySchemes"));
        operations().forEach((name, o) -> {
            assertThat(OPERATION).as(name).containsAll(names(o));
            assertThat(ids.add(o.get("operationId").stringValue())).as(name).isTrue();
            assertThat(o.get("security")).as(name).isNotEmpty();
            o.get("security").forEach(s -> assertThat(schemes).as(name).containsAll(names(s)));
            Set<String> inPath = new TreeSet<>();
            for (Matcher m = Pattern.compile("\\{([^}]+)}").matcher(name); m.find(); ) {
                inPath.add(m.group(1));
            }
            Set<String> declared = new TreeSet<>();
            Set<String> all = new HashSet<>();
            for (JsonNode each : o.get("parameters")) {
                assertThat(names(each)).as(name).isSubsetOf("name", "in", "required", "description", "schema");
                assertThat(all.add(each.get("in") + " " + each.get("name"))).as(name).isTrue();
                checkSchema(name, each.get("schema"));
                if (each.get("in").stringValue().equals("path")) {
                    assertThat(each.get("required").booleanValue()).as(name).isTrue();
                    declared.add(each.get("name").stringValue());
                } else {
                    assertThat(each.get("in").stringValue()).as(name).isEqualTo("query");
                }
            }
            assertThat(declared).as(name).isEqualTo(inPath);
            if (o.has(REQUEST)) {
                checkContent(name, o.get(REQUEST));
            }
            assertThat(names(o.get("responses"))).as(name).contains("default").anyMatch(s -> s.matches("2\\d\\d"));
            o.get("responses").forEach(r -> {
                assertThat(r.get("description").isString()).as(name).isTrue();
                checkContent(name, r);
            });
        });
        document.at("/components/schemas").propertyStream().forEach(s -> checkSchema(s.getKey(), s.getValue()));
    }

    private static void checkContent(String where, JsonNode of) {
        assertThat(of.get("content")).as(where).isNotEmpty();
        of.get("content").propertyStream().forEach(c -> {
            assertThat(c.getKey()).as(where).matches("[a-z*]+/[a-z0-9.*+-]+");
            checkSchema(where, c.getValue().get("schema"));
        });
    }

    private static void checkSchema(String where, JsonNode schema) {
        assertThat(SCHEMA).as(where + ": " + schema).containsAll(names(schema));
        if (schema.has("$ref")) {
            assertThat(document.at(schema.get("$ref").stringValue().substring(1)).isObject()).as(where + ": " + schema).isTrue();
        }
        if (schema.has("type")) {
            assertThat(schema.get("type").stringValue()).as(where).isIn("string", "integer", "number", "boolean", "object", "array",
                    "null");
        }
        if (schema.has("required")) {
            schema.get("required").forEach(r -> assertThat(names(schema.get("properties"))).as(where).contains(r.stringValue()));
        }
        if (schema.has("properties")) {
            schema.get("properties").propertyStream().forEach(p -> checkSchema(where + "." + p.getKey(), p.getValue()));
        }
        if (schema.has("items")) {
            checkSchema(where + "[]", schema.get("items"));
        }
        if (schema.has("anyOf")) {
            schema.get("anyOf").forEach(s -> checkSchema(where, s));
        }
    }

    private static Set<String> names(JsonNode object) {
        return object.propertyNames().stream().collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everySchemaIsUsed() {
        String text = served.text(document);
        document.at("/components/schemas").propertyNames().forEach(name ->
                assertThat(text).contains("\"#/components/schemas/" + name + "\""));
    }

    /** Goal: what is described is what comes. Method: real replies; each field of theirs stands in the schema with its type. */
    @Test
    void repliesAreAsDescribed() throws Exception {
        String chat = "{'messages': [{'role': 'user', 'content': 'Hi'}], 'model': 'smollm2', 'max_tokens': 2}";
        TreeMap<String, String> bodies = new TreeMap<>(Map.ofEntries(
                Map.entry("POST /v1/chat/completions", chat), Map.entry("POST /v1/messages", chat),
                Map.entry("POST /v1/messages/count_tokens", chat.replace(", 'max_tokens': 2", "")),
                Map.entry("POST /v1/embeddings", "{'input': 'Hi'}"),
                Map.entry("POST /v1/completions", "{'prompt': 'Hi', 'max_tokens': 2, 'logprobs': 1}"),
                Map.entry("POST /v1/desks", "{'name': 'seen'}"),
                Map.entry("POST /v1/responses", "{'input': 'Hi', 'max_output_tokens': 2}"),
                Map.entry("POST /tokenize", "{'content': 'Hi'}"), Map.entry("POST /v1/keys", "{'name': 'seen'}"),
                Map.entry("PUT /v1/ledger/budgets/{period}/{account}", "{'soft': '1'}")));
        for (String each : List.of("GET /v1/models", "GET /v1/models/{model}", "GET /health", "GET /v1/keys", "GET /v1/jobs",
                "GET /v1/desks", "GET /v1/desks/{desk}", "GET /v1/desks/{desk}/documents", "GET /v1/ledger/accounts",
                "GET /v1/ledger/budgets", "GET /v1/ledger/accounts/{account}", "GET /v1/ledger/report")) {
            bodies.put(each, "");
        }
        for (String each : bodies.descendingKeySet()) { // those that make something come first
            check(each, bodies.get(each));
        }
    }

    private static void check(String name, String body) throws Exception {
        String path = name.substring(name.indexOf(' ') + 1).replace("{model}", "smollm2").replace("{desk}", "seen")
                .replace("{period}", "month").replace("{account}", "person:anna");
        Served.Reply reply = served.call("", name.substring(0, name.indexOf(' ')), path, body);
        assertThat(reply.status()).as(name + ": " + reply.http().body()).isBetween(200, 299);
        JsonNode schema = operations().get(name).at("/responses/" + reply.status() + "/content/application~1json/schema");
        assertThat(misfits(reply.body(), schema, "")).as(name + ": " + reply.http().body()).isEmpty();
    }

    /** Where a node is not what a schema says. */
    private static List<String> misfits(JsonNode node, JsonNode schema, String at) {
        if (schema.has("$ref")) {
            return misfits(node, document.at(schema.get("$ref").stringValue().substring(1)), at);
        }
        if (schema.has("anyOf")) {
            boolean fits = schema.get("anyOf").valueStream().anyMatch(s -> misfits(node, s, at).isEmpty());
            return fits ? List.of() : List.of(at + " fits none: " + node);
        }
        String type = schema.has("type") ? schema.get("type").stringValue() : "any";
        boolean fits = switch (type) {
            case "string" -> node.isString() && (!schema.has("enum") || schema.get("enum").valueStream().anyMatch(node::equals));
            case "integer" -> node.isIntegralNumber();
            case "number" -> node.isNumber();
            case "boolean" -> node.isBoolean();
            case "null" -> node.isNull();
            case "array" -> node.isArray();
            case "object" -> node.isObject();
            default -> true;
        };
        List<String> misfits = new ArrayList<>(fits ? List.of() : List.of(at + " is no " + type + ": " + node));
        if (fits && type.equals("array")) {
            node.forEach(n -> misfits.addAll(misfits(n, schema.get("items"), at + "[]")));
        } else if (fits && type.equals("object")) {
            node.propertyStream().forEach(p -> misfits.addAll(schema.get("properties").has(p.getKey())
                    ? misfits(p.getValue(), schema.get("properties").get(p.getKey()), at + "." + p.getKey())
                    : List.of(at + "." + p.getKey() + " is not described")));
        }
        return misfits;
    }

    @Test
    void theFieldsOfTheDocsAreThoseOfTheSchemas() throws Exception {
        Map<String, Set<String>> tables = tables();
        assertThat(tables.keySet()).isEqualTo(TABLES.keySet());
        tables.forEach((heading, documented) -> {
            Set<String> fields = new TreeSet<>();
            String of = TABLES.get(heading);
            JsonNode schema = of.contains(" ") ? operations().get(of).at("/requestBody/content/application~1json/schema")
                    : document.at("/components/schemas/" + of);
            fields(schema, "", fields, 0);
            assertThat(fields).as(heading).containsAll(documented);
            Set<String> undocumented = fields.stream().filter(f -> !f.matches(".*(\\.|\\[]).*") && documented.stream()
                    .noneMatch(d -> d.equals(f) || d.startsWith(f + ".") || d.startsWith(f + "[]")))
                    .collect(Collectors.toCollection(TreeSet::new));
            undocumented.remove("object"); // says what it is, in each of OpenAI's objects
            assertThat(undocumented).as(heading).isEmpty();
        });
        Set<String> queries = new TreeSet<>();
        operations().get("GET /v1/ledger/report").get("parameters").forEach(p -> queries.add(p.get("name").stringValue()));
        assertThat(queries).isEqualTo(table("| query | |"));
    }

    private static void fields(JsonNode schema, String front, Set<String> found, int depth) {
        if (schema.has("$ref") && depth < 5) {
            fields(document.at(schema.get("$ref").stringValue().substring(1)), front, found, depth + 1);
        }
        if (schema.has("properties")) {
            schema.get("properties").propertyStream().forEach(p -> {
                boolean isArray = p.getValue().has("items");
                String name = front + p.getKey() + (isArray ? "[]" : "");
                found.add(front + p.getKey());
                found.add(name);
                fields(isArray ? p.getValue().get("items") : p.getValue(), name + ".", found, depth + 1);
            });
        }
        if (schema.has("anyOf")) {
            schema.get("anyOf").forEach(s -> fields(s, front, found, depth));
        }
    }

    /** The fields of each table of docs/API.md that begins with {@code | field}, by the heading before it. */
    private static Map<String, Set<String>> tables() throws Exception {
        Map<String, Set<String>> tables = new LinkedHashMap<>();
        String heading = "";
        boolean isTable = false;
        for (String each : Files.readAllLines(DOCS)) {
            heading = each.startsWith("#") ? each.replaceFirst("#+ ", "") : heading;
            isTable = each.startsWith("| field") || isTable && each.startsWith("|");
            if (isTable && each.startsWith("| `")) {
                tables.computeIfAbsent(heading, h -> new TreeSet<>()).addAll(names(each));
            }
        }
        return tables;
    }

    private static Set<String> table(String head) throws Exception {
        Set<String> found = new TreeSet<>();
        List<String> lines = new ArrayList<>(Files.readAllLines(DOCS));
        for (int i = lines.indexOf(head) + 2; lines.get(i).startsWith("|"); i++) {
            found.addAll(names(lines.get(i)));
        }
        return found;
    }

    /** What stands between backticks in the first cell of a row. */
    private static List<String> names(String row) {
        List<String> names = new ArrayList<>();
        for (Matcher m = NAME.matcher(row.substring(0, row.indexOf('|', 1))); m.find(); ) {
            names.add(m.group(1));
        }
        return names;
    }
}
