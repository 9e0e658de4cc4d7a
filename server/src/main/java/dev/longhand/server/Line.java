package dev.longhand.server;

import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;

/**
 * A client's connection and since when it waits for the client: for a request, or for room to write. Set by the thread that
 * handles a request, looked at by {@link Lines}.
 */
final class Line {
    private static final String ATTRIBUTE = Line.class.getName();

    /** For what a connection waits. */
    enum Wait {
        /** The whole of the next request's headers. */
        REQUEST,
        /** The client to take what is written. */
        WRITE,
        /** Nothing of the client's. */
        NOTHING
    }

    /** What it waits for, since when in nanoseconds of the clock. */
    record Waiting(Wait forWhat, long since) {}

    private final Lines lines;
    private volatile Waiting waiting;

    Line(Lines lines, Waiting waiting) {
        this.lines = lines;
        this.waiting = waiting;
    }

    static EndPoint socket(Request request) {
        EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
        while (endPoint instanceof EndPoint.Wrapper wrapper) {
            endPoint = wrapper.unwrap();
        }
        return endPoint;
    }

    /** That of the request, once {@link Lines#begin} has seen it. */
    static Line of(Request request) {
        return (Line) request.getAttribute(ATTRIBUTE);
    }

    void putInto(Request request) {
        request.setAttribute(ATTRIBUTE, this);
    }

    Waiting waiting() {
        return waiting;
    }

    void waitsFor(Wait wait) {
        waiting = new Waiting(wait, lines.nanos());
    }

    long nanos() {
        return lines.nanos();
    }
}
