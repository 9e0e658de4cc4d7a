package dev.longhand.ingest;

import static dev.longhand.ingest.Skip.Reason.ADDRESS;
import static dev.longhand.ingest.Skip.Reason.PATH_TOO_LONG;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.IDN;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Fetches documents from addresses that the rules allow. What an address leads to is hostile.
 *
 * <p>A host's name is looked up once; if one of its addresses is not public the host is refused; the connection goes to an address
 * that was checked, not to the name. A redirect is checked like a first address. No cookie, no proxy, no
 * password, no cache. Not thread-safe.
 */
final class UrlSource {
    /** Looks a host up. */
    @FunctionalInterface
    interface Resolver {
        InetAddress[] addresses(String host) throws UnknownHostException;
    }

    /** Content types that are read, and the file name that says so to the extractor. */
    private static final Map<String, String> NAMES = Map.of(
            "text/html", "page.html", "application/xhtml+xml", "page.html", "application/pdf", "paper.pdf",
            "text/plain", "text.txt", "text/markdown", "text.md");

    private final UrlRules rules;
    private final Clock clock;
    private final Resolver resolver;
    private final SSLSocketFactory tls;

    UrlSource(UrlRules rules, Clock clock) {
        this(rules, clock, InetAddress::getAllByName, (SSLSocketFactory) SSLSocketFactory.getDefault());
    }

    UrlSource(UrlRules rules, Clock clock, Resolver resolver, SSLSocketFactory tls) {
        this.rules = rules;
        this.clock = clock;
        this.resolver = resolver;
        this.tls = tls;
    }

    void fetch(List<URI> addresses, Intake intake) throws Problem {
        for (URI address : addresses) {
            String path = Names.visible(address.toASCIIString());
            if (intake.isOverAll(path)) {
                return;
            }
            intake.countEntry();
            try {
                checkLength(path, intake.limits());
                Fetched page = fetch(address);
                Content content = new Content(page.bytes().length, clock.now().toEpochMilli(),
                        () -> new ByteArrayInputStream(page.bytes()));
                intake.report(intake.take(page.name(), path, content));
            } catch (Refused e) {
                intake.report(e.skip(path));
            }
        }
    }

    /** @param path an address as a document's path */
    static void checkLength(String path, Limits limits) throws Refused {
        if (path.length() > limits.pathCharsMax()) {
            throw new Refused(PATH_TOO_LONG, "%,d characters; the limit is %,d".formatted(path.length(), limits.pathCharsMax()));
        }
    }

    Fetched fetch(URI address) throws Refused {
        HttpAnswer answer = answer(address);
        return new Fetched(address, name(answer), answer.body());
    }

    private static String name(HttpAnswer answer) throws Refused {
        String type = answer.header("content-type");
        int end = type.indexOf(';');
        String name = NAMES.get((end < 0 ? type : type.substring(0, end)).strip().toLowerCase(Locale.ROOT));
        if (name == null) {
            throw new Refused(ADDRESS, type.isEmpty() ? "its content has no type" : "its content is " + Names.visible(type)
                    + "; html, pdf and text are read");
        }
        return name;
    }

    private HttpAnswer answer(URI first) throws Refused {
        long deadline = clock.nanos() + rules.wallMs() * 1_000_000;
        URI at = first;
        for (int redirects = 0; ; redirects++) {
            HttpAnswer answer = hop(at, deadline);
            if (answer.status() == 200) {
                return answer;
            }
            boolean isRedirect = List.of(301, 302, 303, 307, 308).contains(answer.status());
            if (!isRedirect || answer.header("location").isEmpty()) {
                throw new Refused(ADDRESS, "the server answered " + answer.status());
            }
            if (redirects == rules.redirectsMax()) {
                throw new Refused(ADDRESS, "more than %d redirects".formatted(rules.redirectsMax()));
            }
            URI next;
            try {
                next = at.resolve(answer.header("location"));
            } catch (IllegalArgumentException e) {
                throw new Refused(ADDRESS, "it redirects to what is no address");
            }
            if ("https".equalsIgnoreCase(at.getScheme()) && !"https".equalsIgnoreCase(next.getScheme())) {
                throw new Refused(ADDRESS, "it redirects to an address without encryption");
            }
            at = next;
        }
    }

    private HttpAnswer hop(URI address, long deadline) throws Refused {
        String refusal = rules.refusal(address);
        if (!refusal.isEmpty()) {
            throw new Refused(ADDRESS, refusal);
        }
        String host;
        InetAddress to;
        try {
            host = address.getHost().startsWith("[") ? address.getHost() : IDN.toASCII(address.getHost());
            to = checked(host);
        } catch (UnknownHostException | IllegalArgumentException e) {
            throw new Refused(ADDRESS, "the host " + Names.visible(address.getHost()) + " is not known");
        }
        try (Socket socket = new Socket(Proxy.NO_PROXY); Watch watch = new Watch(socket, clock, deadline)) {
            try {
                return exchange(socket, address, host, to);
            } catch (IOException | RuntimeException e) {
                throw new Refused(ADDRESS, watch.isOver() ? "it takes longer than " + Units.seconds(rules.wallMs() / 1e3)
                        : "fetching failed: " + Names.visible(String.valueOf(e.getMessage())));
            }
        } catch (IOException e) {
            throw new Refused(ADDRESS, "fetching failed: " + Names.visible(String.valueOf(e.getMessage())));
        }
    }

    /** All addresses of a host are checked, the first is taken. */
    private InetAddress checked(String host) throws UnknownHostException, Refused {
        InetAddress[] all = resolver.addresses(host);
        if (all.length == 0) {
            throw new UnknownHostException(host);
        }
        for (InetAddress each : all) {
            if (!PublicAddress.isPublic(each) && !(rules.isLoopback() && each.isLoopbackAddress())) {
                throw new Refused(ADDRESS, "the host %s has the address %s, which is not public".formatted(host,
                        each.getHostAddress()));
            }
        }
        return all[0];
    }

    private HttpAnswer exchange(Socket plain, URI address, String host, InetAddress to) throws IOException, Refused {
        int port = UrlRules.port(address);
        boolean isPlain = address.getScheme().equalsIgnoreCase("http");
        plain.connect(new InetSocketAddress(to, port), (int) rules.wallMs());
        try (Socket socket = isPlain ? plain : secured(plain, host, port)) {
            String path = address.getRawPath() == null || address.getRawPath().isEmpty() ? "/" : address.getRawPath();
            String target = URI.create(path + (address.getRawQuery() == null ? "" : "?" + address.getRawQuery())).toASCIIString();
            String request = "GET " + target + " HTTP/1.1\r\nHost: " + host + (port == (isPlain ? 80 : 443) ? "" : ":" + port)
                    + "\r\nUser-Agent: longhand\r\nAccept: text/html, application/pdf, text/plain, text/markdown\r\n"
                    + "Accept-Encoding: identity\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().flush();
            return HttpAnswer.read(socket.getInputStream(), rules.bytesMax());
        }
    }

    /** The certificate must be of the name that was asked for, whatever address it led to. */
    private Socket secured(Socket plain, String host, int port) throws IOException {
        SSLSocket socket = (SSLSocket) tls.createSocket(plain, host, port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    /** Closes a socket at the deadline, so that no drop by drop answer holds the walk. */
    private static final class Watch implements AutoCloseable {
        private final Thread thread;
        private volatile boolean isOver;

        Watch(Socket socket, Clock clock, long deadline) {
            thread = Thread.ofVirtual().name("url-watch").start(() -> {
                try {
                    for (long left; (left = deadline - clock.nanos()) > 0; ) {
                        clock.sleep(left);
                    }
                    isOver = true;
                    socket.close();
                } catch (InterruptedException | IOException e) {
                    // The answer is in, or the socket is closed.
                }
            });
        }

        boolean isOver() {
            return isOver;
        }

        @Override
        public void close() {
            thread.interrupt();
        }
    }
}
