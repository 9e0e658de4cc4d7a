package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.engine.LookupOptions;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Key;
import dev.longhand.lm.LanguageModel;
import dev.longhand.store.StoreSetting;
import dev.longhand.testkit.RealModels;
import dev.longhand.upkeep.Site;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;

/** A real server on a free port of this machine, with SmolLM2 and books of its own; and a plain client of it. */
final class Served implements AutoCloseable {
    static final String MODEL = "smollm2";
    private static LocalModel uncached;

    final LocalModel model;
    final Books books;
    final LonghandServer server;
    final BlockingQueue<String> log = new LinkedBlockingQueue<>();
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Json json = new Json(Limits.DEFAULT);

    private final boolean ownsModel;

    private Served(Path folder, ServerSetting setting, LocalModel model, boolean ownsModel) throws Problem {
        this(folder, setting, model, ownsModel, m -> m);
    }

    private Served(Path folder, ServerSetting setting, LocalModel model, boolean ownsModel, UnaryOperator<LanguageModel> around)
            throws Problem {
        this.model = model;
        this.ownsModel = ownsModel;
        this.books = books(folder);
        try {
            this.server = LonghandServer.start(setting, new LonghandServer.Parts(
                    List.of(new LonghandServer.Model(List.of(MODEL, "small"), around.apply(model))), books, Clock.SYSTEM,
                    "person:anna", log::add)
                    .withHome(new Home(folder.toAbsolutePath())));
        } catch (Problem | RuntimeException e) {
            books.close();
            throw e;
        }
    }

    static Books books(Path folder) throws Problem {
        return Books.open(new StoreSetting.Sqlite(folder.resolve("longhand.db").toAbsolutePath()), Clock.SYSTEM, Disk.REAL,
                Site.SCHEMAS);
    }

    /** @param port 0 for any that is free */
    static Served smolLm2(Path folder, int port) throws Problem {
        return new Served(folder, ServerSetting.loopback(port), open(EngineOptions.DEFAULT), true);
    }

    static LocalModel open(EngineOptions options) throws Problem {
        return LocalModel.open(RealModels.smolLm2(), MODEL, "", options, Clock.SYSTEM);
    }

    /** @param folder for the books and desks */
    static Served smolLm2(Path folder) throws Problem {
        return smolLm2(folder, EngineOptions.DEFAULT);
    }

    /** With keys, lookups, and the model as {@code around} lets it be seen. */
    static Served watched(Path folder, UnaryOperator<LanguageModel> around) throws Problem {
        first(folder);
        return new Served(folder, ServerSetting.loopback(0).withKeys(), open(EngineOptions.DEFAULT.withLookup(
                LookupOptions.DEFAULT)), true, around);
    }

    static Served smolLm2(Path folder, EngineOptions options) throws Problem {
        return new Served(folder, ServerSetting.loopback(0), open(options), true);
    }

    /** One for all tests of a process; it keeps no prompts, so that what is lent is what requests hold. */
    static synchronized LocalModel uncached() throws Problem {
        if (uncached == null) {
            uncached = open(EngineOptions.DEFAULT.withPrefixBytesMax(0));
        }
        return uncached;
    }

    /** With that model. */
    static Served uncached(Path folder, ServerSetting setting) throws Problem {
        return new Served(folder, setting, uncached(), false);
    }

    /** With a model that stays the caller's. */
    static Served with(Path folder, LocalModel model) throws Problem {
        return new Served(folder, ServerSetting.loopback(0), model, false);
    }

    /** With keys on this machine too; the key {@code first} of an admin is there before it starts. */
    static Served keyed(Path folder, Limits limits) throws Problem {
        return keyed(folder, limits, DiskQuota.DEFAULT);
    }

    static Served keyed(Path folder, Limits limits, DiskQuota quota) throws Problem {
        first(folder);
        return uncached(folder, ServerSetting.loopback(0).withLimits(limits).withQuota(quota).withKeys());
    }

    private static void first(Path folder) throws Problem {
        try (Books books = books(folder)) {
            books.keys().add(new Key.Spec("first", Key.Role.ADMIN, "", "person:first", 0, 0));
        }
    }

    String key(String name, Key.Role role) throws Problem {
        return key(name, role, "");
    }

    String key(String name, Key.Role role, String team) throws Problem {
        return books.keys().add(new Key.Spec(name, role, team, "person:" + name, 0, 0)).secret();
    }

    /** A request of who has that key; with {@code ""} of nobody. Single quotes in {@code body} stand for double ones. */
    Reply call(String key, String method, String path, String body) throws Refusal, IOException, InterruptedException {
        HttpRequest.Builder request = request(path);
        if (!key.isEmpty()) {
            request.header("Authorization", "Bearer " + key);
        }
        HttpResponse<String> response = client.send(request.method(method, body.isEmpty() ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(body.replace('\'', '"'))).build(), HttpResponse.BodyHandlers.ofString());
        return new Reply(response.statusCode(), read(response.body()), response);
    }

    /** What was logged of the next request that ended. */
    JsonNode ended() throws InterruptedException, Refusal {
        String line = log.poll(120, TimeUnit.SECONDS);
        if (line == null) {
            throw new AssertionError("no request ended in 120 s");
        }
        return read(line);
    }

    /** Requests that ended and were not asked about. */
    int endedCount() {
        return log.size();
    }

    /** For requests that need more than {@link #call}. */
    HttpClient client() {
        return client;
    }

    Wire wire() {
        return Wire.to(server.port());
    }

    /** What came back. */
    record Reply(int status, JsonNode body, HttpResponse<String> http) {}

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server.address() + path));
    }

    /** Single quotes in {@code body} stand for double ones. */
    Reply post(String path, String body) throws Refusal, IOException, InterruptedException {
        HttpResponse<String> response = send(path, body);
        return new Reply(response.statusCode(), json.read(response.body().getBytes(StandardCharsets.UTF_8)), response);
    }

    /** The data of each event of a stream. */
    List<String> events(String path, String body) throws IOException, InterruptedException {
        return send(path, body).body().lines().filter(l -> l.startsWith("data: ")).map(l -> l.substring(6)).toList();
    }

    JsonNode read(String text) throws Refusal {
        return json.read(text.getBytes(StandardCharsets.UTF_8));
    }

    String text(JsonNode node) {
        return json.text(node);
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Sends a request and closes the connection. */
    void sendAndLeave(String path, String body) throws IOException {
        sendAndLeave(path, body, () -> true);
    }

    /** As above, once {@code isTime}. */
    void sendAndLeave(String path, String body, BooleanSupplier isTime) throws IOException {
        byte[] bytes = body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        String head = "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                .formatted(path, bytes.length);
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(bytes);
            while (!isTime.getAsBoolean()) {
                Thread.onSpinWait();
            }
        }
    }

    private HttpResponse<String> send(String path, String body) throws IOException, InterruptedException {
        return client.send(request(path).header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"'))).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public void close() {
        server.close();
        if (ownsModel) {
            model.close();
        }
        books.close();
        client.close();
    }
}
