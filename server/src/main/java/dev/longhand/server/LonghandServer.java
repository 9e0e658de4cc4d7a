package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.desk.Desks;
import dev.longhand.engine.LocalModel;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Key;
import dev.longhand.lm.LanguageModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Longhand as a server: puts the pieces together, listens until it is closed. Models, books and desks are the caller's, who closes
 * them after this. Thread-safe.
 */
public final class LonghandServer implements AutoCloseable {
    private final HttpServer http;
    private final ServerSetting setting;
    private final List<Route> routes;
    private final Optional<ServedDesks> desks;

    private LonghandServer(HttpServer http, ServerSetting setting, List<Route> routes, Optional<ServedDesks> desks) {
        this.http = http;
        this.setting = setting;
        this.routes = List.copyOf(routes);
        this.desks = desks;
    }

    /**
     * A model to serve.
     *
     * @param names what clients may call it, the first is its own
     */
    public record Model(List<String> names, LanguageModel model) {}

    /**
     * What a server works with.
     *
     * @param account that pays where no key says otherwise
     * @param log     takes a line of JSON for each request
     * @param home    where desks lie; empty: none are served
     */
    public record Parts(List<Model> models, Books books, Clock clock, String account, Consumer<String> log, Optional<Home> home) {
        public Parts {
            models = List.copyOf(models);
        }

        /** Without desks. */
        public Parts(List<Model> models, Books books, Clock clock, String account, Consumer<String> log) {
            this(models, books, clock, account, log, Optional.empty());
        }

        public Parts withHome(Home home) {
            return new Parts(models, books, clock, account, log, Optional.of(home));
        }
    }

    /** Begins to listen. */
    public static LonghandServer start(ServerSetting setting, Parts parts) throws Problem {
        Guard guard = guard(setting, parts);
        Clock clock = parts.clock();
        long now = clock.now().getEpochSecond();
        ServedModels models = new ServedModels(parts.models().stream()
                .map(m -> new ServedModels.Served(m.names(), m.model(), now)).toList());
        Metrics metrics = new Metrics();
        Answering answering = new Answering(parts.books(), clock, setting.limits(), metrics);
        List<Route> routes = new ArrayList<>();
        Optional<ServedDesks> desks = parts.home().isPresent()
                ? Optional.of(ServedDesks.open(parts, parts.home().get(), models, answering, setting, guard)) : Optional.empty();
        desks.ifPresent(d -> routes.addAll(d.routes()));
        routes.addAll(new OpenAiChat(models, answering, clock, desks.map(ServedDesks::chat)).routes());
        routes.addAll(new AnthropicMessages(models, answering, clock).routes());
        routes.addAll(new OpenAiResponses(models, answering, clock).routes());
        routes.addAll(new OpenAiModels(models).routes());
        routes.addAll(new OpenAiCompletions(models, answering, clock).routes());
        routes.addAll(new OpenAiEmbeddings(models, answering).routes());
        routes.addAll(new TokenRoutes(models).routes());
        routes.addAll(metrics.routes());
        routes.addAll(new Health(List.of(() -> integrity(models))).routes());
        routes.addAll(new LedgerRoutes(parts.books()).routes());
        routes.addAll(new LedgerReportRoute(parts.books(), clock).routes());
        routes.addAll(new KeyRoutes(parts.books().keys()).routes());
        Requests requests = new Requests(clock);
        routes.addAll(requests.routes());
        Optional<Desks> onDisk = parts.home().map(h -> new Desks(h, Disk.REAL, clock));
        routes.addAll(new ServerRoute(models, metrics, clock, onDisk).routes());
        routes.addAll(Page.load().routes());
        routes.addAll(new OpenApi(routes, setting.needsKeys()).routes());
        RequestLog log = new RequestLog(clock, new Json(setting.limits()), parts.log());
        Router router = new Router(routes, guard, setting, log, metrics, requests);
        HttpServer http = listen(setting, router, clock, desks);
        metrics.watch(parts.books());
        metrics.gauge("longhand.http.connections", "open connections", http::connections);
        metrics.gauge("longhand.http.body.bytes", "bytes of bodies in memory", router::bodyBytes);
        desks.map(ServedDesks::answers).ifPresent(answers -> {
            metrics.gauge("longhand.answers.kept", "answers that are kept", answers::kept);
            metrics.gauge("longhand.answers.readers", "clients that read one", answers::readers);
            metrics.gauge("longhand.answers.open", "of these, those that have not ended", answers::open);
        });
        for (ServedModels.Served each : models.all()) {
            if (each.model() instanceof LocalModel local) {
                metrics.watch(each.name(), local);
            }
        }
        return new LonghandServer(http, setting, routes, desks);
    }

    /** Begins to listen, then to read desks; where one of them fails, nothing goes on. */
    private static HttpServer listen(ServerSetting setting, Router router, Clock clock, Optional<ServedDesks> desks)
            throws Problem {
        Optional<HttpServer> http = Optional.empty();
        try {
            http = Optional.of(HttpServer.start(setting, router, clock));
            if (desks.isPresent()) {
                desks.get().start();
            }
            return http.get();
        } catch (Problem | RuntimeException e) {
            http.ifPresent(HttpServer::close);
            desks.ifPresent(ServedDesks::close);
            throw e;
        }
    }

    /** Whoever can reach a server from elsewhere must show a key. */
    private static Guard guard(ServerSetting setting, Parts parts) throws Problem {
        if (!setting.needsKeys()) {
            return Guard.open(new Caller("local", Key.Role.ADMIN, "", parts.account()));
        }
        if (!parts.books().keys().isAny()) {
            throw new Problem(Problem.Kind.USAGE, ("a server on %s needs keys, and there is none; make one with 'longhand keys add "
                    + "NAME --role admin', or listen on 127.0.0.1 only").formatted(setting.host()));
        }
        return new KeyGuard(parts.books().keys(), parts.clock());
    }

    /** What the person who starts it should know, a line each. */
    public List<String> warnings() {
        return setting.isLoopback() || setting.tls().isPresent() ? List.of()
                : List.of(("who listens on the network between %s and its clients reads their keys, questions and documents; give "
                        + "--tls-cert and --tls-key").formatted(setting.host()));
    }

    /** What it works on desks with. */
    Optional<ServedDesks> desks() {
        return desks;
    }

    /** All that it does. */
    List<Route> routes() {
        return routes;
    }

    private static Optional<String> integrity(ServedModels models) {
        models.all().forEach(m -> m.model().checkIntegrity());
        return Optional.empty();
    }

    public int port() {
        return http.port();
    }

    /** Where clients find it. */
    public String address() {
        String host = setting.host();
        return (setting.tls().isPresent() ? "https://" : "http://") + (host.contains(":") ? "[" + host + "]" : host) + ":" + port();
    }

    /** Connections that are open. */
    public int connections() {
        return http.connections();
    }

    @Override
    public void close() {
        http.close();
        desks.ifPresent(ServedDesks::close);
    }
}
