package dev.longhand.store;

import dev.longhand.base.Clock;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** A wire to a PostgreSQL server of this machine that breaks at a commit, once per {@link #arm}. Thread-safe. */
final class CuttingWire implements AutoCloseable {
    /** Where it breaks. */
    enum Cut {
        /** The server never hears of the commit. */
        BEFORE_COMMIT,
        /** The server commits, and its answer is lost. */
        AFTER_COMMIT
    }

    private static final long COMMIT_NANOS = 300_000_000;

    private final ServerSocket entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int serverPort;
    private final AtomicReference<Cut> armed = new AtomicReference<>();
    private final AtomicInteger cuts = new AtomicInteger();

    CuttingWire(int serverPort) throws IOException {
        this.serverPort = serverPort;
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return entrance.getLocalPort();
    }

    void arm(Cut cut) {
        armed.set(cut);
    }

    int cuts() {
        return cuts.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = entrance.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
                Thread.ofVirtual().start(() -> carry(client, server, true));
                Thread.ofVirtual().start(() -> carry(server, client, false));
            }
        } catch (IOException e) {
            // The entrance is closed.
        }
    }

    /** One direction; requests of the client are looked at for a commit, which the driver sends in one piece. */
    private void carry(Socket from, Socket to, boolean isRequest) {
        byte[] buffer = new byte[1 << 16];
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n; (n = in.read(buffer)) >= 0; ) {
                boolean isCommit = isRequest && new String(buffer, 0, n, StandardCharsets.ISO_8859_1).contains("COMMIT");
                Cut cut = isCommit ? armed.getAndSet(null) : null;
                if (cut == Cut.AFTER_COMMIT) {
                    // Nobody listens any more to what the server says.
                    from.shutdownOutput();
                }
                if (cut != Cut.BEFORE_COMMIT) {
                    out.write(buffer, 0, n);
                    out.flush();
                }
                if (cut != null) {
                    cuts.incrementAndGet();
                    Clock.SYSTEM.sleep(COMMIT_NANOS);
                    return;
                }
            }
        } catch (IOException | InterruptedException e) {
            // Cut.
        }
    }

    @Override
    public void close() throws IOException {
        entrance.close();
    }
}
