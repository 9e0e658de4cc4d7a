package dev.longhand.server;

import dev.longhand.base.Check;
import java.time.Duration;

/**
 * What clients may take of a server.
 *
 * @param bodyBytesMax    of one request
 * @param bodyBytesAllMax of all requests together that are in memory at the same time
 * @param headerBytesMax  of one request's line and headers together
 * @param connectionsMax  open at the same time; more wait in the system's queue
 * @param headerTime      from the connection, or the answer before, to the end of the headers; an idle connection stays as long
 * @param bodyTime        from the headers to the last byte of the body
 * @param writeTime       that a client may let a write wait before it counts as gone
 * @param pingEvery       without an event, a stream says that it is alive; so a client that left is noticed
 * @param jsonDepthMax    objects and arrays inside each other
 * @param textCharsMax    of one JSON string
 */
public record Limits(int bodyBytesMax, long bodyBytesAllMax, int headerBytesMax, int connectionsMax, Duration headerTime,
        Duration bodyTime, Duration writeTime, Duration pingEvery, int jsonDepthMax, int textCharsMax) {
    public static final Limits DEFAULT = new Limits(32 << 20, 64 << 20, 16 << 10, 1024, Duration.ofSeconds(30),
            Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofSeconds(5), 64, 16 << 20);
    public static final int BODY_BYTES_HARD_MAX = 1 << 30;

    public Limits {
        Check.argument(bodyBytesMax > 0 && bodyBytesMax <= BODY_BYTES_HARD_MAX, "bodies of %d bytes; from 1 to %d", bodyBytesMax,
                BODY_BYTES_HARD_MAX);
        Check.argument(bodyBytesAllMax >= bodyBytesMax, "all bodies have %d bytes; at least as many as one, %d", bodyBytesAllMax,
                bodyBytesMax);
        Check.argument(headerBytesMax >= 1024, "headers of %d bytes; at least 1024", headerBytesMax);
        Check.argument(connectionsMax > 0, "%d connections", connectionsMax);
        for (Duration each : new Duration[] {headerTime, bodyTime, writeTime, pingEvery}) {
            Check.argument(each.isPositive(), "a time of %s; it must be positive", each);
        }
        Check.argument(jsonDepthMax > 0 && textCharsMax > 0, "a depth of %d and texts of %d", jsonDepthMax, textCharsMax);
    }

    public Limits withBodyBytesMax(int bytes) {
        return new Limits(bytes, bodyBytesAllMax, headerBytesMax, connectionsMax, headerTime, bodyTime, writeTime, pingEvery,
                jsonDepthMax, textCharsMax);
    }

    public Limits withBodyBytesAllMax(long bytes) {
        return new Limits(bodyBytesMax, bytes, headerBytesMax, connectionsMax, headerTime, bodyTime, writeTime, pingEvery,
                jsonDepthMax, textCharsMax);
    }

    public Limits withConnectionsMax(int connections) {
        return new Limits(bodyBytesMax, bodyBytesAllMax, headerBytesMax, connections, headerTime, bodyTime, writeTime, pingEvery,
                jsonDepthMax, textCharsMax);
    }

    /** The same time for headers, bodies and writes. */
    public Limits withTimes(Duration time) {
        return new Limits(bodyBytesMax, bodyBytesAllMax, headerBytesMax, connectionsMax, time, time, time, pingEvery,
                jsonDepthMax, textCharsMax);
    }
}
