package dev.longhand.server;

import dev.longhand.ledger.MeteredModel;
import dev.longhand.ledger.Unit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Fields.Field;
import tools.jackson.databind.JsonNode;

/**
 * One request and the answer to it. Handled by one thread, start to end; an answer is one document ({@link #reply}) or a stream of
 * events ({@link #stream}).
 */
final class Call {
    private static final int PIECE_BYTES = 1 << 14;

    private final Request request;
    private final Response response;
    private final Limits limits;
    private final Json json;
    private final String id;
    private final Map<String, String> names;
    private final Caller caller;
    private final Presence presence;
    private final Line line;
    private final String route;
    private final long begunNanos;
    private final Progress progress = new Progress();
    private final List<MeteredModel> models = new ArrayList<>();
    private final Bodies.Share body;
    private boolean isAnswered;
    private Optional<EventStream> stream = Optional.empty();

    /** What a call is, before it is handled. */
    record Head(String id, String route, long begunNanos, Map<String, String> names, Caller caller) {}

    /** @param bodies that are in memory at the same time */
    Call(Request request, Response response, Limits limits, Json json, Head head, Bodies bodies) {
        this.request = request;
        this.response = response;
        this.limits = limits;
        this.json = json;
        this.id = head.id;
        this.names = head.names;
        this.caller = head.caller;
        this.route = head.route;
        this.begunNanos = head.begunNanos;
        this.presence = new Presence(request);
        this.line = Line.of(request);
        this.body = bodies.share();
    }

    /** What it held is free for others. */
    void end() {
        body.close();
    }

    /** Names the request in logs and errors. */
    String id() {
        return id;
    }

    Caller caller() {
        return caller;
    }

    /** Method and path of its route. */
    String route() {
        return route;
    }

    /** When it began, by the server's clock. */
    long begunNanos() {
        return begunNanos;
    }

    /** For others who look. */
    Progress progress() {
        return progress;
    }

    /** Notes a model that works for this call. */
    void worksFor(MeteredModel model, ServedModels.Target target) {
        models.add(model);
        progress.at(target);
    }

    /** What models booked for this call so far, by currency. */
    Map<Unit, Long> booked() {
        Map<Unit, Long> booked = new EnumMap<>(Unit.class);
        models.forEach(m -> booked.merge(m.charges().unit(), m.charges().amount(), Long::sum));
        return booked;
    }

    /** Tokens that models read and answered for this call so far. */
    long tokens() {
        return models.stream().map(m -> m.charges().meters()).mapToLong(m -> m.tokensIn() + m.tokensOut()).sum();
    }

    /** What stands in the path for that name of the route. */
    String name(String name) {
        return names.get(name);
    }

    Optional<String> query(String name) {
        Field field = Request.extractQueryParameters(request).get(name);
        return Optional.ofNullable(field).map(Field::getValue);
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(request.getHeaders().get(name));
    }

    /** The whole body; 413 if it is longer than allowed, 408 if it does not come, 503 if others fill what there is for bodies. */
    byte[] body() throws Refusal, IOException {
        long declared = request.getLength();
        if (declared > limits.bodyBytesMax()) {
            throw tooLong("%,d".formatted(declared));
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream((int) Math.max(1 << 10, Math.min(declared, 1 << 20)));
        try (InputStream in = new Body(request, line, limits.bodyTime())) {
            byte[] piece = new byte[PIECE_BYTES];
            for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                if (whole.size() + n > limits.bodyBytesMax()) {
                    throw tooLong("more");
                }
                this.body.add(n);
                whole.write(piece, 0, n);
            }
        }
        return whole.toByteArray();
    }

    private Refusal tooLong(String bytes) {
        return Refusal.of(413, "too_large", "the body has %s bytes; at most %,d".formatted(bytes, limits.bodyBytesMax()));
    }

    /** The JSON object that the body is. */
    Fields fields() throws Refusal, IOException {
        return new Fields(json.readObject(body()));
    }

    Json json() {
        return json;
    }

    /** Whether the client is there. */
    boolean isGone() {
        return presence.isGone();
    }

    boolean isAnswered() {
        return isAnswered;
    }

    /** Before the answer begins. */
    void setHeader(String name, String value) {
        response.getHeaders().put(name, value);
    }

    void reply(int status, JsonNode document) throws IOException {
        reply(status, "application/json", json.bytes(document));
    }

    void reply(int status, String type, String text) throws IOException {
        reply(status, type, text.getBytes(StandardCharsets.UTF_8));
    }

    void reply(int status, String type, byte[] bytes) throws IOException {
        begin(status, type);
        write(response, line, bytes);
    }

    /** A JSON reply to a request that is no call. */
    static void reply(Request request, Response response, int status, byte[] bytes) throws IOException {
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        write(response, Line.of(request), bytes);
    }

    private static void write(Response response, Line line, byte[] bytes) throws IOException {
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, bytes.length);
        line.waitsFor(Line.Wait.WRITE);
        try (OutputStream out = Content.Sink.asOutputStream(response)) {
            out.write(bytes);
        } finally {
            line.waitsFor(Line.Wait.NOTHING);
        }
    }

    /** A stream of events, which is the answer once something was written. The caller ends it. */
    EventStream stream() {
        EventStream events = new EventStream(() -> {
            begin(200, "text/event-stream; charset=utf-8");
            response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-cache");
            response.getHeaders().put("X-Accel-Buffering", "no");
            response.getHeaders().put(HttpHeader.CONNECTION, "close"); // see Presence
            return Content.Sink.asOutputStream(response);
        }, presence, line, json);
        stream = Optional.of(events);
        return events;
    }

    /** Tells a client whose answer cannot go on why, as far as the answer's form allows. */
    void fail(JsonNode error) throws IOException {
        if (stream.isPresent()) {
            stream.get().fail(error);
        }
    }

    private void begin(int status, String type) throws IOException {
        if (isAnswered) {
            throw new IllegalStateException("a call is answered twice");
        }
        isAnswered = true;
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
        if (presence.mustClose()) {
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
        }
    }
}
