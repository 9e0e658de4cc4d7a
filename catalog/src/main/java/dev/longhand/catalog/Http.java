package dev.longhand.catalog;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * GET with redirects followed by hand, so that the token goes to the endpoint's own origin and nowhere else.
 *
 * <p>Knows no files and no retries. The client is made at the first request: a warm start makes none. One thread at a time.
 */
final class Http implements AutoCloseable {
    /** The other side did not begin to answer: unreachable, refused or silent. */
    static final class NoAnswer extends IOException {
        private static final long serialVersionUID = 1;

        NoAnswer(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * An answer whose body is still to be read.
     *
     * @param endpoint headers of the endpoint's own last response in a chain of redirects
     * @param last headers of the response that has the body
     * @param host who sent the body, for messages
     */
    record Reply(int status, HttpHeaders endpoint, HttpHeaders last, String host, BodyFlow body) implements AutoCloseable {
        Optional<String> header(String name) {
            return last.firstValue(name);
        }

        @Override
        public void close() {
            body.close();
        }
    }

    private final Settings settings;
    private HttpClient client;

    Http(Settings settings) {
        this.settings = settings;
    }

    /** The answer to a GET, whatever its status; throws where none begins within {@code wait}. */
    Reply get(URI uri, Map<String, String> headers, Duration wait) throws IOException, InterruptedException {
        URI at = uri;
        HttpHeaders own = HttpHeaders.of(Map.of(), (name, value) -> true);
        for (int hop = 0; hop <= Limits.REDIRECTS_MAX; hop++) {
            HttpResponse<BodyFlow> response = send(request(at, headers), wait);
            own = isEndpoint(at) ? response.headers() : own;
            Optional<String> location = response.headers().firstValue("Location");
            if (response.statusCode() / 100 != 3 || response.statusCode() == 304 || location.isEmpty()) {
                return new Reply(response.statusCode(), own, response.headers(), at.getAuthority(), response.body());
            }
            response.body().close();
            at = redirect(at, location.get());
        }
        throw new IOException(uri.getAuthority() + " redirects more than " + Limits.REDIRECTS_MAX + " times");
    }

    private HttpRequest request(URI at, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(at).GET()
                .header("User-Agent", "longhand").header("Accept-Encoding", "identity");
        headers.forEach(request::header);
        if (settings.token().isPresent() && isEndpoint(at)) {
            request.header("Authorization", "Bearer " + settings.token().get());
        }
        return request.build();
    }

    private boolean isEndpoint(URI at) {
        URI own = settings.endpoint();
        return own.getScheme().equalsIgnoreCase(at.getScheme()) && own.getHost().equalsIgnoreCase(at.getHost())
                && port(own) == port(at);
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }

    private static URI redirect(URI from, String location) throws IOException {
        URI to;
        try {
            to = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw new IOException(from.getAuthority() + " redirects to something that is no address", e);
        }
        boolean isHttp = "http".equalsIgnoreCase(to.getScheme());
        if (to.getHost() == null || !isHttp && !"https".equalsIgnoreCase(to.getScheme())) {
            throw new IOException(from.getAuthority() + " redirects to something that is no http address");
        }
        if (isHttp && "https".equalsIgnoreCase(from.getScheme())) {
            throw new IOException(from.getAuthority() + " redirects from https to plain http; refused");
        }
        return to;
    }

    private HttpResponse<BodyFlow> send(HttpRequest request, Duration wait) throws IOException, InterruptedException {
        String host = request.uri().getAuthority();
        CompletableFuture<HttpResponse<BodyFlow>> answer = CompletableFuture
                .supplyAsync(() -> client().sendAsync(request, info -> new BodyFlow()), Thread::startVirtualThread)
                .thenCompose(f -> f);
        try {
            return answer.get(wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            answer.thenAccept(late -> late.body().close());
            throw new NoAnswer(host + " was silent for " + seconds(wait), e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() instanceof java.util.concurrent.CompletionException c ? c.getCause() : e.getCause();
            throw new NoAnswer(host + " " + plainly(cause), cause);
        } catch (InterruptedException e) {
            answer.cancel(true);
            throw e;
        }
    }

    private static String seconds(Duration wait) {
        return wait.toMillis() % 1000 == 0 ? wait.toSeconds() + " s" : wait.toMillis() + " ms";
    }

    private static String plainly(Throwable cause) {
        for (Throwable each = cause; each != null; each = each.getCause()) {
            if (each instanceof java.nio.channels.UnresolvedAddressException || each instanceof java.net.UnknownHostException) {
                return "is not known to this network";
            }
        }
        if (cause instanceof java.net.ConnectException) {
            return "refused the connection";
        }
        return cause instanceof javax.net.ssl.SSLException
                ? "could not be trusted: " + cause.getMessage()
                : "broke the connection" + (cause.getMessage() == null ? "" : ": " + cause.getMessage());
    }

    private synchronized HttpClient client() {
        if (client == null) {
            client = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(settings.limits().firstAnswer())
                    .proxy(Proxies.from(settings.proxies()))
                    .build();
        }
        return client;
    }

    @Override
    public synchronized void close() {
        if (client != null) {
            client.shutdownNow();
            client = null;
        }
    }
}
