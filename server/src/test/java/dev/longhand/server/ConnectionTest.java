package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/**
 * Goal: a client knows whether it may send its next request on the same connection. Method: bytes on a socket, since HTTP clients
 * hide what becomes of connections.
 */
class ConnectionTest extends SmolLm2Served {
    private static String head(String path, int bytes) {
        return "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                .formatted(path, bytes);
    }

    /** All that comes until the server closes the connection. */
    private static String answers(String sent) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", served.server.port())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(sent.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void saysThatItClosesWhereABodyIsStillToCome() throws IOException {
        String answer = answers(head("/nowhere", 2));
        assertThat(answer).startsWith("HTTP/1.1 404").containsIgnoringCase("\r\nConnection: close\r\n");
    }

    @Test
    void takesTheNextRequestBehindARefusedOne() throws IOException {
        String refused = head("/v1/completions", 2) + "{}";
        String answers = answers(refused + refused.replace("Content-Type", "Connection: close\r\nContent-Type"));
        assertThat(answers.split("HTTP/1.1 400", -1)).as(answers).hasSize(3);
    }
}
