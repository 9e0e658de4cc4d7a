package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.AbstractConnectionFactory;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.ConnectionLimit;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.VirtualThreads;

/** Jetty with our limits: one virtual thread per request, no servlets. Knows connections; {@link Router} knows what is asked. */
final class HttpServer implements AutoCloseable {
    private static final long CLOSE_MS = 5_000;
    /** What the system keeps for a client that does not read; left to itself, it takes megabytes for each. */
    private static final int SEND_BUFFER_BYTES = 128 << 10;

    private final Server server;
    private final ServerConnector connector;
    private final Entrance entrance;

    private HttpServer(Server server, ServerConnector connector, Entrance entrance) {
        this.server = server;
        this.connector = connector;
        this.entrance = entrance;
    }

    static HttpServer start(ServerSetting setting, Router router, Clock clock) throws Problem {
        Limits limits = setting.limits();
        QueuedThreadPool threads = new QueuedThreadPool(16, 2);
        threads.setName("longhand-http");
        threads.setDaemon(true);
        threads.setVirtualThreadsExecutor(VirtualThreads.getDefaultVirtualThreadsExecutor());
        Server server = new Server(threads);
        ConnectionFactory http = new HttpConnectionFactory(configuration(limits));
        ConnectionFactory[] layers = {http};
        if (setting.tls().isPresent()) {
            layers = AbstractConnectionFactory.getFactories(tls(setting.tls().get(), clock), http);
        }
        ServerConnector connector = new ServerConnector(server, null, null, null, 1, 1, layers);
        connector.setHost(setting.host());
        connector.setPort(setting.port());
        connector.setAcceptedSendBufferSize(SEND_BUFFER_BYTES);
        connector.setIdleTimeout(limits.writeTime().toMillis());
        server.addConnector(connector);
        server.addBean(new ConnectionLimit(limits.connectionsMax(), connector));
        Lines lines = new Lines(connector, limits, clock);
        Entrance entrance = new Entrance(router, lines);
        server.setHandler(entrance);
        server.setErrorHandler(HttpServer::tellError);
        server.setStopTimeout(CLOSE_MS);
        try {
            server.start();
        } catch (Exception e) {
            stopQuietly(server);
            String why = "cannot listen on %s, port %d: %s; is another server running there? choose one with --port";
            throw new Problem(Problem.Kind.BUSY, why.formatted(setting.host(), setting.port(), root(e).getMessage()), e);
        }
        lines.start();
        return new HttpServer(server, connector, entrance);
    }

    private static HttpConfiguration configuration(Limits limits) {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(limits.headerBytesMax());
        http.setIdleTimeout(-1);
        http.setRelativeRedirectAllowed(true);
        return http;
    }

    private static SslContextFactory.Server tls(ServerSetting.Tls tls, Clock clock) throws Problem {
        SslContextFactory.Server factory = new SslContextFactory.Server();
        factory.setKeyStore(Pem.read(tls, clock.now()));
        factory.setKeyStorePassword(Pem.PASSWORD);
        factory.setIncludeProtocols("TLSv1.3", "TLSv1.2");
        factory.setSniRequired(false);
        return factory;
    }

    private static final class Entrance extends Handler.Abstract {
        private final Router router;
        private final Lines lines;
        private final Phaser inside = new Phaser(1); // one for the door

        Entrance(Router router, Lines lines) {
            this.router = router;
            this.lines = lines;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            Line line = lines.begin(request);
            inside.register();
            try {
                router.handle(request, response);
                callback.succeeded();
            } catch (IOException e) {
                callback.failed(e);
            } finally {
                line.waitsFor(Line.Wait.REQUEST);
                inside.arriveAndDeregister();
            }
            return true;
        }

        /** Waits until no request is handled any more, or for the time. */
        void awaitAllGone(long waitMs) {
            try {
                inside.awaitAdvanceInterruptibly(inside.arrive(), waitMs, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (TimeoutException e) {
                // What does not heed that its client is gone cannot be waited for.
            }
        }
    }

    /** What Jetty refuses before any route is looked for, and what no route could tell: in our form, without a page. */
    private static boolean tellError(Request request, Response response, Callback callback) {
        int status = response.getStatus() < 400 ? 500 : response.getStatus();
        String why = status >= 500 ? "this request failed by a fault of the server"
                : "the request is not one of HTTP as this server takes it: " + HttpStatus.getMessage(status);
        Refusal refusal = Refusal.of(status, status >= 500 ? "internal" : status == 431 ? "too_large" : "malformed", why);
        byte[] bytes = Shape.OPENAI.error(refusal, "").toString().getBytes(StandardCharsets.UTF_8);
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, bytes.length);
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        response.write(true, ByteBuffer.wrap(bytes), callback);
        return true;
    }

    private static Throwable root(Throwable e) {
        return e.getCause() == null ? e : root(e.getCause());
    }

    private static void stopQuietly(Server server) {
        try {
            server.stop();
        } catch (Exception e) {
            // It did not start; there is nothing to save.
        }
    }

    int port() {
        return connector.getLocalPort();
    }

    /** Connections that are open. */
    int connections() {
        return connector.getConnectedEndPoints().size();
    }

    /**
     * No new requests; those that run end, or lose their connections after some seconds and are given up. Returns when nobody
     * works for a request any more, so that what they work with can be closed.
     */
    @Override
    public void close() {
        if (server.isRunning()) {
            stopQuietly(server);
            entrance.awaitAllGone(CLOSE_MS);
        }
    }
}
