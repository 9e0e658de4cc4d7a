package dev.longhand.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.BufferUtil;

/**
 * Whether a client is still there. While a request is answered nobody reads its connection, so a client that left would only be
 * noticed by writing; this looks for the end of its stream now and then. A byte that came instead of the end would be of a request
 * sent ahead: it is lost to its parser, so the connection must close after the answer (after a stream it always does), and clients
 * send again what they sent ahead.
 * Thread-safe.
 */
final class Presence {
    private final EndPoint endPoint;
    private final ByteBuffer one = BufferUtil.allocate(1);
    private boolean isGone;
    private boolean mustClose;

    Presence(Request request) {
        this.endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
    }

    synchronized boolean isGone() {
        if (isGone || mustClose) {
            return isGone;
        }
        try {
            BufferUtil.clear(one);
            int n = endPoint.fill(one);
            isGone = n < 0 || !endPoint.isOpen();
            mustClose = n > 0;
        } catch (IOException e) {
            isGone = true;
        }
        return isGone;
    }

    /** Found out by a write. */
    synchronized void gone() {
        isGone = true;
    }

    /** Whether what the client sends next on this connection can no longer be understood. */
    synchronized boolean mustClose() {
        return mustClose;
    }
}
