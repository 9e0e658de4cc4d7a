package dev.longhand.server;

import dev.longhand.base.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.ServerConnector;

/**
 * Cuts connections whose clients take longer than allowed, whatever they do meanwhile: Jetty's own timeouts begin anew with each
 * byte, so that a client that sends or takes one now and then would stay for ever. Thread-safe.
 */
final class Lines {
    private static final Duration LOOK_EVERY_MAX = Duration.ofSeconds(1);

    private final ServerConnector connector;
    private final Limits limits;
    private final Clock clock;
    private final Map<EndPoint, Line> lines = new ConcurrentHashMap<>();

    Lines(ServerConnector connector, Limits limits, Clock clock) {
        this.connector = connector;
        this.limits = limits;
        this.clock = clock;
    }

    /** Begins to look, until the connector stops. */
    void start() {
        long shortest = Math.min(limits.headerTime().toNanos(), limits.writeTime().toNanos());
        lookAgain(Math.max(1_000_000, Math.min(LOOK_EVERY_MAX.toNanos(), shortest / 8)));
    }

    private void lookAgain(long everyNanos) {
        connector.getScheduler().schedule(() -> {
            try {
                look();
            } finally {
                if (connector.isRunning()) {
                    lookAgain(everyNanos);
                }
            }
        }, everyNanos, TimeUnit.NANOSECONDS);
    }

    /** A request's headers are there. */
    Line begin(Request request) {
        Line line = lines.computeIfAbsent(Line.socket(request), this::opened);
        line.waitsFor(Line.Wait.NOTHING);
        line.putInto(request);
        return line;
    }

    private Line opened(EndPoint endPoint) {
        return new Line(this, new Line.Waiting(Line.Wait.REQUEST, nanos()));
    }

    long nanos() {
        return clock.nanos();
    }

    private void look() {
        Collection<EndPoint> open = connector.getConnectedEndPoints();
        Set<EndPoint> known = new HashSet<>(open);
        lines.keySet().removeIf(e -> !known.contains(e) && !e.isOpen());
        long now = nanos();
        for (EndPoint each : open) {
            Line.Waiting waiting = lines.computeIfAbsent(each, this::opened).waiting();
            long allowed = switch (waiting.forWhat()) {
                case REQUEST -> limits.headerTime().toNanos();
                case WRITE -> limits.writeTime().toNanos();
                case NOTHING -> Long.MAX_VALUE;
            };
            if (now - waiting.since() > allowed) {
                each.close();
            }
        }
    }
}
