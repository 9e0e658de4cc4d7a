package dev.longhand.server;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Key;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;

/**
 * Finds the route of a request, asks the {@link Guard} who calls, checks what may be, and turns whatever is thrown into an answer.
 * Every request gets exactly one. Thread-safe.
 */
final class Router {
    private static final Set<String> LOOPBACK_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");
    /** In the log, of a client that left before it had an answer. */
    private static final int GONE = 499;
    private static final int NAME_CHARS_MAX = 1024;

    private final List<Route> routes;
    private final Guard guard;
    private final ServerSetting setting;
    private final RequestLog log;
    private final Metrics metrics;
    private final Requests requests;
    private final Json json;
    private final Set<String> names;
    private final Bodies bodies;

    /** @param requests is told of those that are handled */
    Router(List<Route> routes, Guard guard, ServerSetting setting, RequestLog log, Metrics metrics, Requests requests) {
        Set<String> known = new HashSet<>();
        for (Route each : routes) {
            Check.argument(known.add(each.method() + " " + each.path()), "two routes %s %s", each.method(), each.path());
        }
        this.routes = List.copyOf(routes);
        this.guard = guard;
        this.setting = setting;
        this.log = log;
        this.metrics = metrics;
        this.requests = requests;
        this.json = new Json(setting.limits());
        this.bodies = new Bodies(setting.limits().bodyBytesAllMax());
        Set<String> all = new HashSet<>(setting.names());
        all.addAll(LOOPBACK_NAMES);
        all.add(setting.host().contains(":") ? "[" + setting.host() + "]" : setting.host());
        this.names = all.stream().map(n -> n.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
    }

    /** Bytes of bodies that are in memory now. */
    long bodyBytes() {
        return bodies.bytes();
    }

    /** @throws IOException if the client is gone */
    void handle(Request request, Response response) throws IOException {
        String id = "req_" + UUID.randomUUID().toString().replace("-", "");
        secure(request, response, id);
        RequestLog.Entry entry = log.begin(id, request.getMethod(), path(request));
        Optional<Call> call = Optional.empty();
        long begun = requests.clock().nanos();
        Shape shape = shapeOf(request);
        try {
            checkHost(request);
            if (isPreflight(request)) {
                preflight(request, response);
                return;
            }
            checkOrigin(request);
            Found found = find(request, response);
            entry.at(found.route.path());
            shape = found.route.shape();
            Caller caller = admit(request, found.route);
            entry.by(caller);
            Call.Head head = new Call.Head(id, entry.method() + " " + entry.route(), begun, found.names, caller);
            call = Optional.of(new Call(request, response, setting.limits(), json, head, bodies));
            requests.begin(call.get());
            found.route.handler().handle(call.get());
        } catch (Refusal e) {
            refuse(request, response, call, shape, e, entry);
        } catch (Problem e) {
            refuse(request, response, call, shape, Refusal.of(e), entry);
        } catch (IOException e) {
            Optional<Refusal> ours = refusal(e);
            if (ours.isEmpty() || call.map(Call::isAnswered).orElse(false)) {
                entry.failed(e);
                throw e;
            }
            refuse(request, response, call, shape, ours.get(), entry);
        } catch (RuntimeException | Error e) {
            Optional<Refusal> ours = malformed(e);
            if (ours.isEmpty()) {
                entry.failed(e);
            }
            refuse(request, response, call, shape, ours.orElseGet(() -> Refusal.of(500, "internal",
                    "this request failed by a fault of the server; its log has more under " + id)), entry);
        } finally {
            call.ifPresent(c -> {
                requests.end(c);
                guard.used(c.caller(), c.tokens());
                metrics.booked(c.booked(), requests.clock());
                c.end();
            });
            int status = response.getStatus() == 0 ? GONE : response.getStatus();
            long nanos = log.end(entry, status);
            metrics.called(entry.method(), entry.route(), status, nanos);
        }
    }

    /** What Jetty finds wrong in what the client sent, when it is asked for it. */
    private static Optional<Refusal> malformed(Throwable e) {
        return e instanceof HttpException http && http.getCode() >= 400 && http.getCode() < 500
                ? Optional.of(Refusal.of(http.getCode(), "malformed", String.valueOf(http.getReason()))) : Optional.empty();
    }

    /** Of a body that did not come whole; empty if the client is gone. */
    private static Optional<Refusal> refusal(IOException e) {
        return e instanceof Body.Slow ? Optional.of(Refusal.of(408, "timeout", e.getMessage()))
                : malformed(e.getCause() == null ? e : e.getCause());
    }

    private static Shape shapeOf(Request request) {
        return request.getHeaders().contains("anthropic-version") ? Shape.ANTHROPIC : Shape.OPENAI;
    }

    private void secure(Request request, Response response, String id) {
        response.getHeaders().put("X-Request-Id", id);
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        response.getHeaders().put("Referrer-Policy", "no-referrer");
        response.getHeaders().put("Content-Security-Policy", Page.POLICY);
        String origin = request.getHeaders().get(HttpHeader.ORIGIN);
        if (origin != null && setting.origins().contains(origin)) {
            response.getHeaders().put("Access-Control-Allow-Origin", origin);
            response.getHeaders().put("Access-Control-Expose-Headers", "X-Request-Id, Retry-After, Location");
            response.getHeaders().put("Vary", "Origin");
        }
    }

    /** A page of a foreign name that resolves to this machine must not reach it (DNS rebinding). */
    private void checkHost(Request request) throws Refusal {
        String host = Optional.ofNullable(Request.getServerName(request)).orElse("");
        if (!names.contains(host.toLowerCase(Locale.ROOT))) {
            throw Refusal.of(421, "wrong_host", "this server is not called %s; start it with --name to allow that"
                    .formatted(shown(host)));
        }
    }

    /**
     * A page elsewhere must not act here: browsers send what they call simple requests without asking first, and only keep the
     * reply from the page. They say from where a request comes; programs say nothing.
     */
    private void checkOrigin(Request request) throws Refusal {
        String origin = request.getHeaders().get(HttpHeader.ORIGIN);
        String own = (setting.tls().isPresent() ? "https://" : "http://") + request.getHeaders().get(HttpHeader.HOST);
        boolean isForeign = origin != null && !origin.equalsIgnoreCase(own);
        boolean isRead = request.getMethod().equals("GET") || request.getMethod().equals("HEAD"); // a link may lead here
        if (origin == null && !isRead) {
            isForeign = "cross-site".equals(request.getHeaders().get("Sec-Fetch-Site"));
        }
        if (isForeign && (origin == null || !setting.origins().contains(origin))) {
            throw Refusal.of(403, "foreign_origin", "pages of %s may not call this server; start it with --origin to allow that"
                    .formatted(origin == null ? "another site" : shown(origin)));
        }
    }

    private static boolean isPreflight(Request request) {
        return request.getMethod().equals("OPTIONS") && request.getHeaders().contains("Access-Control-Request-Method");
    }

    private void preflight(Request request, Response response) {
        response.setStatus(204);
        if (setting.origins().contains(String.valueOf(request.getHeaders().get(HttpHeader.ORIGIN)))) {
            response.getHeaders().put("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
            response.getHeaders().put("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Api-Key, Anthropic-Version, "
                    + "Anthropic-Beta, Idempotency-Key, Last-Event-ID");
        }
    }

    private record Found(Route route, Map<String, String> names) {}

    /** Empty where a request is for no path, as {@code OPTIONS *} is. */
    private static String path(Request request) {
        return Optional.ofNullable(request.getHttpURI().getPath()).orElse("");
    }

    /** HEAD is GET without the body, which Jetty leaves away. */
    private Found find(Request request, Response response) throws Refusal {
        String method = request.getMethod().equals("HEAD") ? "GET" : request.getMethod();
        List<String> parts = parts(path(request));
        Set<String> others = new HashSet<>();
        for (Route each : routes) {
            Optional<Map<String, String>> names = each.match(parts);
            if (names.isPresent() && each.method().equals(method)) {
                return new Found(each, names.get());
            }
            names.ifPresent(n -> others.add(each.method()));
        }
        if (!others.isEmpty()) {
            String allowed = others.stream().sorted().collect(Collectors.joining(", "));
            response.getHeaders().put(HttpHeader.ALLOW, allowed);
            throw Refusal.of(405, "method_not_allowed", "%s takes %s, not %s".formatted(shown(path(request)), allowed,
                    request.getMethod()));
        }
        throw Refusal.notFound("nothing is at %s %s; docs/API.md lists what there is".formatted(request.getMethod(),
                shown(path(request))));
    }

    private static String shown(String text) {
        return text.substring(0, Math.min(text.length(), NAME_CHARS_MAX));
    }

    private static List<String> parts(String path) throws Refusal {
        try {
            return Arrays.stream(path.substring(1).split("/", -1))
                    .map(p -> URLDecoder.decode(p.replace("+", "%2B"), StandardCharsets.UTF_8)).toList();
        } catch (IllegalArgumentException | StringIndexOutOfBoundsException e) {
            throw Refusal.of(400, "malformed", "the path is not encoded as a path is");
        }
    }

    private Caller admit(Request request, Route route) throws Refusal {
        if (route.needed().isEmpty()) {
            return new Caller("", Key.Role.READ_ONLY, "", "");
        }
        Caller caller = guard.admit(secret(request));
        if (!caller.role().may(route.needed().get())) {
            throw Refusal.of(403, "forbidden", "the key %s has the role %s; this needs %s".formatted(caller.key(),
                    caller.role().word(), route.needed().get().word()));
        }
        return caller;
    }

    private static Optional<String> secret(Request request) {
        String bearer = request.getHeaders().get(HttpHeader.AUTHORIZATION);
        if (bearer != null && bearer.regionMatches(true, 0, "Bearer ", 0, 7)) {
            return Optional.of(bearer.substring(7).strip());
        }
        return Optional.ofNullable(request.getHeaders().get("x-api-key")).map(String::strip);
    }

    private void refuse(Request request, Response response, Optional<Call> call, Shape shape, Refusal refusal,
            RequestLog.Entry entry) throws IOException {
        if (call.map(Call::isAnswered).orElse(false)) {
            entry.failed(refusal);
            call.get().fail(shape.error(refusal, entry.id()));
            throw new IOException("the answer had begun", refusal); // the connection ends, so that the client sees it is not whole
        }
        refusal.retryAfter().ifPresent(time -> response.getHeaders().put(HttpHeader.RETRY_AFTER,
                Long.toString(Math.max(1, time.plusMillis(999).toSeconds()))));
        if (refusal.status() == 401) {
            response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Bearer realm=\"longhand\"");
        }
        boolean isRead = refusal.status() != 413 && refusal.status() != 408 && request.consumeAvailable();
        if (!isRead) { // what is still to come of the body would be taken for the next request
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
        }
        Call.reply(request, response, refusal.status(), json.bytes(shape.error(refusal, entry.id())));
    }
}
