package dev.longhand.catalog;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An HTTP server on loopback whose every byte, cut and silence the test decides. One request a connection; records all
 * requests.
 */
final class LoopbackServer implements AutoCloseable {
    /** A request line and its headers, names in lower case. */
    record Request(String path, Map<String, String> headers) {
        String header(String name) {
            return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
        }
    }

    /** Answers one request; returning closes the connection. */
    @FunctionalInterface
    interface Handler {
        void answer(Request request, Answer answer) throws IOException, InterruptedException;
    }

    /** The connection's other end. */
    record Answer(OutputStream out) {
        void head(int status, Map<String, String> headers) throws IOException {
            StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " x\r\nConnection: close\r\n");
            headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
            out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
        }

        void whole(int status, Map<String, String> headers, byte[] body) throws IOException {
            Map<String, String> all = new TreeMap<>(headers);
            all.put("Content-Length", Integer.toString(body.length));
            head(status, all);
            out.write(body);
            out.flush();
        }

        void part(byte[] body, int from, int count) throws IOException {
            out.write(body, from, count);
            out.flush();
        }
    }

    private final ServerSocket socket;
    private final Handler handler;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final List<Socket> open = new CopyOnWriteArrayList<>();

    LoopbackServer(Handler handler) throws IOException {
        this.handler = handler;
        this.socket = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        Thread.ofVirtual().start(this::accept);
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort());
    }

    List<Request> requests() {
        return List.copyOf(requests);
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket connection = socket.accept();
                open.add(connection);
                Thread.ofVirtual().start(() -> serve(connection));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            Request request = read(new BufferedInputStream(connection.getInputStream()));
            requests.add(request);
            handler.answer(request, new Answer(connection.getOutputStream()));
        } catch (IOException | InterruptedException e) {
            // The client went away, or the server closes.
        }
    }

    private static Request read(InputStream in) throws IOException {
        String line = line(in);
        Map<String, String> headers = new TreeMap<>();
        for (String each; !(each = line(in)).isEmpty(); ) {
            int colon = each.indexOf(':');
            headers.put(each.substring(0, colon).toLowerCase(Locale.ROOT), each.substring(colon + 1).strip());
        }
        return new Request(line.split(" ")[1], headers);
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int c; (c = in.read()) != '\n'; ) {
            if (c < 0) {
                throw new IOException("the client closed");
            }
            out.write(c);
        }
        return out.toString(StandardCharsets.ISO_8859_1).stripTrailing();
    }

    @Override
    public void close() throws IOException {
        socket.close();
        for (Socket each : open) {
            each.close();
        }
    }
}
