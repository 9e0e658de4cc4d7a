package dev.longhand.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Server-sent events as our server writes them: a kind, data of one line. Comments, ids and the word {@code [DONE]} are passed
 * over. Used by one thread.
 */
final class ServerEvents {
    private static final int LINE_BYTES_MAX = 64 << 20;

    private final InputStream in;

    ServerEvents(InputStream in) {
        this.in = new BufferedInputStream(in);
    }

    /** @param kind empty where the event has none */
    record Event(String kind, JsonNode data) {}

    /** The next one; empty at the end of the stream. */
    Optional<Event> next() throws IOException {
        String kind = "";
        for (Optional<String> line = line(); line.isPresent(); line = line()) {
            String text = line.get();
            if (text.startsWith("event: ")) {
                kind = text.substring(7);
            } else if (text.startsWith("data: ") && !text.equals("data: [DONE]")) {
                return Optional.of(new Event(kind, Json.read(text.substring(6).getBytes(StandardCharsets.UTF_8))));
            }
        }
        return Optional.empty();
    }

    /** Without its end; empty where the stream ended inside it. */
    private Optional<String> line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b == '\n') {
                return Optional.of(line.toString(StandardCharsets.UTF_8));
            }
            if (line.size() == LINE_BYTES_MAX) {
                throw new IOException("a line of the server's answer has more than %,d bytes".formatted(LINE_BYTES_MAX));
            }
            line.write(b);
        }
        return Optional.empty();
    }
}
