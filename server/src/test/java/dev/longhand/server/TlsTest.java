package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.engine.LocalModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that nobody can read. Method: certificates made by the JDK's keytool, written as PEM. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TlsTest {
    private static final char[] PASSWORD = "secret".toCharArray();

    @TempDir
    private Path folder;

    private KeyStore made(String name, String algorithm, String... more) throws Exception {
        Path file = folder.resolve(name + ".p12");
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-alias", "a", "-keyalg", algorithm, "-dname", "CN=localhost",
                "-ext", "san=dns:localhost,ip:127.0.0.1",
                "-keystore", file.toString(), "-storepass", new String(PASSWORD), "-storetype", "PKCS12"));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        return store;
    }

    private Path pem(String name, String label, byte[]... blocks) throws IOException {
        StringBuilder text = new StringBuilder("Some words before.\n");
        for (byte[] each : blocks) {
            text.append("-----BEGIN ").append(label).append("-----\n").append(Base64.getMimeEncoder().encodeToString(each))
                    .append("\n-----END ").append(label).append("-----\n");
        }
        return Files.writeString(folder.resolve(name), text);
    }

    private ServerSetting.Tls tls(KeyStore certificate, KeyStore key) throws IOException, GeneralSecurityException {
        return new ServerSetting.Tls(pem("cert.pem", "CERTIFICATE", certificate.getCertificate("a").getEncoded()),
                pem("key.pem", "PRIVATE KEY", key.getKey("a", PASSWORD).getEncoded()));
    }

    private static SSLContext trusting(Certificate certificate) throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("a", certificate);
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void answersOverTls(String algorithm) throws Exception {
        KeyStore own = made("own", algorithm);
        ServerSetting setting = ServerSetting.loopback(0).withTls(tls(own, own));
        try (Served served = Served.uncached(folder, setting);
                HttpClient client = HttpClient.newBuilder().sslContext(trusting(own.getCertificate("a"))).build()) {
            assertThat(served.server.address()).startsWith("https://127.0.0.1:");
            HttpRequest ask = HttpRequest.newBuilder(URI.create(served.server.address() + "/v1/chat/completions"))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],"
                            + "\"max_tokens\":8}"))
                    .build();
            HttpResponse<String> reply = client.send(ask, HttpResponse.BodyHandlers.ofString());
            assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
            assertThat(served.server.warnings()).isEmpty();
        }
    }

    /** Goal: who leaves over TLS is noticed too. Method: a long answer, streamed and not. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whoLeavesStopsWhatWorksForThem(boolean isStream) throws Exception {
        KeyStore own = made("own", "EC");
        LocalModel model = Served.uncached();
        try (Served served = Served.uncached(folder, ServerSetting.loopback(0).withTls(tls(own, own)))) {
            int lent = model.pool().blocksLent();
            long cancelled = model.counters().cancelled();
            try (SSLSocket socket = (SSLSocket) trusting(own.getCertificate("a")).getSocketFactory()
                    .createSocket("127.0.0.1", served.server.port()); OutputStream out = socket.getOutputStream()) {
                String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"Count to a thousand in words.\"}],\"temperature\":0,"
                        + "\"max_tokens\":3000,\"stream\":" + isStream + "}";
                out.write(("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length() + "\r\n\r\n"
                        + body)                        .getBytes(StandardCharsets.UTF_8));
                out.flush();
                while (model.pool().blocksLent() == lent) {
                    Clock.SYSTEM.sleep(1_000_000); // until it is worked on
                }
            }
            served.ended();
            assertThat(model.counters().cancelled()).isEqualTo(cancelled + 1);
            assertThat(model.pool().blocksLent()).isEqualTo(lent);
        }
    }

    private void refused(ServerSetting.Tls tls, String... words) {
        assertThatThrownBy(() -> Pem.read(tls, Clock.SYSTEM.now())).isInstanceOf(Problem.class).hasMessageContainingAll(words);
    }

    @Test
    void saysWhatIsWrongWithItsFiles() throws Exception {
        KeyStore own = made("own", "RSA");
        KeyStore other = made("other", "RSA");
        KeyStore curve = made("curve", "EC");
        KeyStore old = made("old", "EC", "-startdate", "-10d", "-validity", "5");
        KeyStore early = made("early", "EC", "-startdate", "+10d");
        refused(tls(own, other), "key.pem is not the key of the certificate in", "cert.pem");
        refused(tls(own, curve), "key.pem holds no RSA key");
        refused(tls(old, old), "cert.pem", "valid from", "get a new one");
        refused(tls(early, early), "cert.pem", "valid from");
        ServerSetting.Tls good = tls(own, own);
        assertThat(Pem.read(good, Clock.SYSTEM.now()).size()).isEqualTo(1);
        byte[] certificate = own.getCertificate("a").getEncoded();
        byte[] key = own.getKey("a", PASSWORD).getEncoded();
        refused(new ServerSetting.Tls(folder.resolve("none.pem"), good.key()), "none.pem", "cannot be read");
        refused(new ServerSetting.Tls(good.key(), good.certificate()), "key.pem holds 0 certificates");
        refused(new ServerSetting.Tls(good.certificate(), good.certificate()), "cert.pem holds 0 private keys");
        refused(new ServerSetting.Tls(pem("cut.pem", "CERTIFICATE", java.util.Arrays.copyOf(certificate, 100)), good.key()),
                "cut.pem");
        refused(new ServerSetting.Tls(good.certificate(), pem("cut.pem", "PRIVATE KEY", java.util.Arrays.copyOf(key, 100))),
                "cut.pem");
        refused(new ServerSetting.Tls(good.certificate(), pem("old.pem", "RSA PRIVATE KEY", key)), "openssl pkcs8 -topk8");
        refused(new ServerSetting.Tls(good.certificate(), pem("locked.pem", "ENCRYPTED PRIVATE KEY", key)), "without a password");
        refused(new ServerSetting.Tls(pem("mixed.pem", "CERTIFICATE", certificate, other.getCertificate("a").getEncoded()),
                good.key()),
                "out of order");
        refused(new ServerSetting.Tls(Files.write(folder.resolve("big.pem"), new byte[2 << 20]), good.key()),
                "big.pem has 2,097,152");
    }
}
