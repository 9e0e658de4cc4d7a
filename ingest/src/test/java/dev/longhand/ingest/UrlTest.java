package dev.longhand.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UrlTest {
    private static final SSLSocketFactory TLS = (SSLSocketFactory) SSLSocketFactory.getDefault();

    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private HttpServer server() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        start(server);
        return server;
    }

    private void start(HttpServer server) {
        server.start();
        open.add(() -> server.stop(0));
    }

    private static void serve(HttpServer server, String path, int status, String body, String... headers) {
        server.createContext(path, exchange -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
            }
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, status == 200 && body.isEmpty() ? -1 : bytes.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(bytes);
            }
        });
    }

    private static UrlRules loopback(long wallMs, String... hosts) {
        return new UrlRules(List.of(hosts), true, 5, 1 << 20, wallMs);
    }

    private Collected fetch(UrlRules rules, UrlSource.Resolver resolver, SSLSocketFactory tls, String... addresses) throws Problem {
        Collected got = new Collected();
        try (PdfReader pdf = new PdfReader(PdfLimits.DEFAULT, Clock.SYSTEM)) {
            Intake intake = new Intake(Limits.DEFAULT, new Extractor(Limits.DEFAULT, pdf), got);
            new UrlSource(rules, Clock.SYSTEM, host -> {
                asked.add(host);
                return resolver.addresses(host);
            }, tls).fetch(List.of(addresses).stream().map(URI::create).toList(), intake);
            got.summary = intake.summary();
        }
        return got;
    }

    private String refusal(UrlRules rules, UrlSource.Resolver resolver, String address) throws Problem {
        Collected got = fetch(rules, resolver, TLS, address);
        assertThat(got.documents).as(address).isEmpty();
        assertThat(got.skips).as(address).singleElement().extracting(Skip::reason).isEqualTo(Skip.Reason.ADDRESS);
        return got.skips.getFirst().detail();
    }

    private static InetAddress[] local(String host) throws java.net.UnknownHostException {
        return new InetAddress[] {InetAddress.getLoopbackAddress()};
    }

    @Test
    void fetchesNothingUnlessARuleSaysSo() throws Exception {
        Collected got = new Collected();
        Ingest.standard().fetch(List.of(URI.create("https://example.org/")), UrlRules.NONE, got);
        assertThat(got.skips).containsExactly(
                new Skip("https://example.org/", Skip.Reason.ADDRESS, "fetching is off: no host is allowed"));
        UrlRules rules = UrlRules.of(List.of("docs.example.org", "*.example.net", "http://plain.example:8080"));
        for (String address : List.of("https://docs.example.org/a?b=c", "https://DOCS.example.org:443/", "https://a.b.example.net/",
                "http://plain.example:8080/")) {
            assertThat(rules.refusal(URI.create(address))).as(address).isEmpty();
        }
        for (String address : List.of("http://docs.example.org/", "https://example.org/", "https://docs.example.org:8443/",
                "https://example.net/", "https://evilexample.net/", "https://docs.example.org.evil.com/", "https://plain.example/",
                "ftp://docs.example.org/", "file:///etc/passwd", "https://user@docs.example.org/", "https:///nothing",
                "mailto:a@docs.example.org", "https://evil.com#docs.example.org", "https://.example.net/")) {
            assertThat(rules.refusal(URI.create(address))).as(address).isNotEmpty();
        }
        assertThatThrownBy(() -> UrlRules.of(List.of("*"))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> UrlRules.of(List.of("https://a"))).isInstanceOf(IllegalArgumentException.class);
    }

    /** Goal: an address that is kept is no longer than any path. Method: both ways to fetch, where no rule allows it. */
    @Test
    void refusesAnAddressThatIsTooLongBeforeItIsFetched() throws Exception {
        URI address = URI.create("https://example.org/" + "a".repeat(5_000));
        Collected got = new Collected();
        Ingest.standard().fetch(List.of(address), UrlRules.NONE, got);
        assertThat(got.skips).singleElement().satisfies(s -> assertThat(s.reason()).isEqualTo(Skip.Reason.PATH_TOO_LONG));
        assertThatThrownBy(() -> Ingest.standard().fetch(address, UrlRules.NONE)).isInstanceOfSatisfying(Problem.class,
                p -> assertThat(p.kind()).isEqualTo(Problem.Kind.UNAVAILABLE))
                .hasMessageContaining("5,020 characters; the limit is ");
    }

    @Test
    void knowsWhichAddressesArePublic() throws Exception {
        for (String address : List.of("8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1",
                "223.255.255.1", "2606:4700::1111", "2a00:1450::1", "2001:200::1")) {
            assertThat(PublicAddress.isPublic(InetAddress.getByName(address))).as(address).isTrue();
        }
        for (String address : List.of("0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.9.9.9",
                "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1",
                "198.19.0.1", "198.51.100.1", "203.0.113.1",
                "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::",
                "::1", "fe80::1",
                "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
                "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "100::1", "::7f00:1")) {
            assertThat(PublicAddress.isPublic(InetAddress.getByName(address))).as(address).isFalse();
        }
    }

    @Test
    void readsHtmlTextAndPdf() throws Exception {
        HttpServer server = server();
        int port = server.getAddress().getPort();
        serve(server, "/a", 200, "<h1>Title</h1><p>body</p>", "Content-Type", "text/html; charset=utf-8");
        serve(server, "/b", 200, "plain\n", "Content-Type", "text/plain");
        serve(server, "/c", 200, "x", "Content-Type", "image/png");
        serve(server, "/d", 404, "no", "Content-Type", "text/plain");
        String base = "http://localhost:" + port;
        Collected got = fetch(loopback(20_000, base), UrlTest::local, TLS, base + "/a?q=1", base + "/b", base + "/c", base + "/d");
        assertThat(got.paths()).containsExactly(base + "/a?q=1", base + "/b");
        assertThat(got.documents.getFirst().kind()).isEqualTo(Kind.HTML);
        assertThat(got.documents.getFirst().reading().chars()).contains("# Title");
        assertThat(got.skips).containsExactly(
                new Skip(base + "/c", Skip.Reason.ADDRESS, "its content is image/png; html, pdf and text are read"),
                new Skip(base + "/d", Skip.Reason.ADDRESS, "the server answered 404"));
    }

    /** Goal: no name leads into a private network. Method: names with each kind of address, also beside a public one. */
    @Test
    void refusesAHostThatHasOneAddressThatIsNotPublic() throws Exception {
        UrlRules rules = UrlRules.of(List.of("a.example"));
        InetAddress open = InetAddress.getByName("8.8.8.8");
        for (String address : List.of("127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.1.1", "fd00::1", "fe80::1", "::1")) {
            InetAddress inner = InetAddress.getByName(address);
            assertThat(refusal(rules, host -> new InetAddress[] {open, inner}, "https://a.example/")).contains("is not public");
        }
        assertThat(refusal(rules, host -> {
            throw new java.net.UnknownHostException(host);
        }, "https://a.example/")).isEqualTo("the host a.example is not known");
        assertThat(refusal(loopback(5_000, "a.example"), host -> new InetAddress[] {InetAddress.getByName("10.0.0.1")},
                "https://a.example/")).as("loopback is not all").contains("is not public");
    }

    /** Goal: what was checked is what is connected to. Method: a name that has another address the second time it is asked. */
    @Test
    void looksAHostUpOncePerHop() throws Exception {
        HttpServer server = server();
        int port = server.getAddress().getPort();
        serve(server, "/", 200, "inside\n", "Content-Type", "text/plain");
        String base = "http://rebind.example:" + port;
        InetAddress[] answers = {InetAddress.getLoopbackAddress(), InetAddress.getByName("10.0.0.1")};
        UrlSource.Resolver changing = host -> new InetAddress[] {answers[Math.min(1, asked.size() - 1)]};
        Collected got = fetch(loopback(20_000, base), changing, TLS, base);
        assertThat(got.paths()).containsExactly(base);
        assertThat(asked).containsExactly("rebind.example");
    }

    @Test
    void checksEveryRedirectAndFollowsFive() throws Exception {
        HttpServer server = server();
        int port = server.getAddress().getPort();
        String base = "http://localhost:" + port;
        for (int i = 0; i < 6; i++) {
            serve(server, "/hop" + i, 302, "", "Location", i == 5 ? "/end" : "/hop" + (i + 1));
        }
        serve(server, "/end", 200, "end\n", "Content-Type", "text/plain");
        serve(server, "/out", 301, "", "Location", "http://169.254.169.254/latest/meta-data/");
        serve(server, "/file", 307, "", "Location", "file:///etc/passwd");
        serve(server, "/inner", 308, "", "Location", "http://inner.example:" + port + "/end");
        serve(server, "/bad", 302, "", "Location", "http://a b/");
        UrlRules rules = loopback(20_000, base, "http://inner.example:" + port);
        UrlSource.Resolver resolver = host -> host.equals("inner.example")
                ? new InetAddress[] {InetAddress.getByName("192.168.0.9")} : local(host);
        assertThat(fetch(rules, resolver, TLS, base + "/hop1").paths()).containsExactly(base + "/hop1");
        assertThat(refusal(rules, resolver, base + "/hop0")).isEqualTo("more than 5 redirects");
        assertThat(refusal(rules, resolver, base + "/out")).isEqualTo("http://169.254.169.254:80 is not among the allowed hosts");
        assertThat(refusal(rules, resolver, base + "/file")).startsWith("only https");
        assertThat(refusal(rules, resolver, base + "/inner")).contains("has the address 192.168.0.9, which is not public");
        assertThat(refusal(rules, resolver, base + "/bad")).isEqualTo("it redirects to what is no address");
    }

    /** Goal: hostile answers end as skips. Method: a raw server that sends each of them and then holds the connection. */
    @Test
    void refusesAnswersThatLieOrDoNotEnd() throws Exception {
        String ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
        assertThat(raw("hello\r\n\r\n")).contains("is not HTTP/1.1");
        assertThat(raw(ok + "Content-Length: 99999999999\r\n\r\n")).contains("longer than 1.0 MB");
        assertThat(raw(ok + "Content-Length: -1\r\n\r\n")).contains("no number");
        assertThat(raw(ok + "X: " + "y".repeat(10_000) + "\r\n\r\n")).contains("headers are too long");
        assertThat(raw(ok + "X: y\r\n".repeat(20_000) + "\r\n")).contains("headers are too long");
        assertThat(raw(ok + "Content-Encoding: gzip\r\n\r\nx")).contains("compressed");
        assertThat(raw(ok + "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n")).contains("longer than 1.0 MB");
        assertThat(raw(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n")).contains("does not end where it says");
        assertThat(raw("HTTP/1.1 100 Continue\r\n\r\n".repeat(20))).contains("does not come");
        assertThat(raw(ok + "\r\n" + "x".repeat(3 << 20))).contains("longer than 1.0 MB");
        assertThat(raw(ok + "Content-Length: 10\r\n\r\nabc")).as("it never comes").isEqualTo("it takes longer than 1.5 s");
        assertThat(raw("")).isEqualTo("it takes longer than 1.5 s");
    }

    private String raw(String answer) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread thread = Thread.ofVirtual().start(() -> {
                try (Socket socket = server.accept(); InputStream in = socket.getInputStream()) {
                    socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
                    socket.getOutputStream().flush();
                    while (in.read() >= 0) {
                        // Until the other side has closed.
                    }
                } catch (IOException e) {
                    // The other side did not wait for the end.
                }
            });
            String base = "http://localhost:" + server.getLocalPort();
            String refusal = refusal(loopback(1_500, base), UrlTest::local, base);
            thread.join();
            return refusal;
        }
    }

    @Test
    void readsChunks() throws Exception {
        String base = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
        byte[] answer = (base + "3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
        assertThat(HttpAnswer.read(new java.io.ByteArrayInputStream(answer), 100).body()).asString().isEqualTo("abc0123456789");
    }

    /** Goal: a certificate must be of the name that was asked for. Method: one for good.example, asked for by two names. */
    @Test
    void checksTheCertificateAgainstTheName(@TempDir Path temp) throws Exception {
        Path store = temp.resolve("keys.p12");
        Process made = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair",
                "-alias", "a", "-keyalg", "EC", "-dname", "CN=good.example", "-ext", "san=dns:good.example", "-keystore",
                store.toString(), "-storetype", "PKCS12", "-storepass", "secret", "-validity", "3650")
                .redirectErrorStream(true).start();
        assertThat(new String(made.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).doesNotContain("rror");
        assertThat(made.waitFor()).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, "secret".toCharArray());
        }
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, "secret".toCharArray());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("a", keys.getCertificate("a"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        serve(server, "/", 200, "secret text\n", "Content-Type", "text/plain");
        start(server);
        String port = ":" + server.getAddress().getPort();
        UrlRules rules = loopback(20_000, "good.example" + port, "evil.example" + port);
        Collected got = fetch(rules, UrlTest::local, context.getSocketFactory(), "https://good.example" + port + "/",
                "https://evil.example" + port + "/");
        assertThat(got.paths()).containsExactly("https://good.example" + port + "/");
        assertThat(got.skips).singleElement().satisfies(s -> assertThat(s.detail()).contains("evil.example"));
        assertThat(refusal(rules, UrlTest::local, "https://good.example" + port + "/")).as("by the system's own list")
                .contains("certification path");
    }
}
