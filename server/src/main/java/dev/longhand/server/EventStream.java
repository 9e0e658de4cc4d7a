package dev.longhand.server;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;

/**
 * Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html. A write waits while the client is slow, and
 * the model with it; a client that does not read for {@link Limits#writeTime} is gone. The answer begins with the first write, so
 * that what is refused before gets its status. Thread-safe.
 */
final class EventStream {
    /** Begins the answer. */
    @FunctionalInterface
    interface Beginning {
        OutputStream begin() throws IOException;
    }

    private final Beginning beginning;
    private final Presence presence;
    private final Line line;
    private final Json json;
    private OutputStream out; // null before the first write; guarded by this object

    EventStream(Beginning beginning, Presence presence, Line line, Json json) {
        this.beginning = beginning;
        this.presence = presence;
        this.line = line;
        this.json = json;
    }

    /** An event that has only data. */
    void data(JsonNode data) throws IOException {
        write("data: " + json.text(data) + "\n\n");
    }

    /** An event of a kind. */
    void event(String kind, JsonNode data) throws IOException {
        write("event: " + kind + "\ndata: " + json.text(data) + "\n\n");
    }

    /** An event of a kind with a number, from which on a client that comes back asks. */
    void event(long id, String kind, JsonNode data) throws IOException {
        write("id: " + id + "\nevent: " + kind + "\ndata: " + json.text(data) + "\n\n");
    }

    /** The word that ends streams of OpenAI's shape. */
    void word(String word) throws IOException {
        write("data: " + word + "\n\n");
    }

    /** Says that the stream is alive. */
    void ping() throws IOException {
        write(": ping\n\n");
    }

    private synchronized void write(String text) throws IOException {
        line.waitsFor(Line.Wait.WRITE);
        try {
            if (out == null) {
                out = beginning.begin();
            }
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException e) {
            presence.gone();
            throw e;
        } finally {
            line.waitsFor(Line.Wait.NOTHING);
        }
    }

    /** The last thing said in a stream that cannot go on; it is cut then. Does nothing where nothing was said before. */
    void fail(JsonNode error) throws IOException {
        if (hasBegun()) {
            data(error);
        }
    }

    /** Whether anything was written. */
    synchronized boolean hasBegun() {
        return out != null;
    }

    /** The answer is whole. A stream that is not ended is cut, so that its client sees that it is not. */
    synchronized void end() throws IOException {
        if (out == null) {
            out = beginning.begin();
        }
        line.waitsFor(Line.Wait.WRITE);
        try {
            out.close();
        } finally {
            line.waitsFor(Line.Wait.NOTHING);
        }
    }
}
