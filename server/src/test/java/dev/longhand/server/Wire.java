package dev.longhand.server;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client that sends whatever bytes a test likes, and reads as slowly. */
final class Wire implements AutoCloseable {
    static final int PATIENCE_MS = 120_000;

    final Socket socket;
    private final InputStream in;

    private Wire(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
        socket.setSoTimeout(PATIENCE_MS);
    }

    static Wire to(int port) {
        return to(port, 0);
    }

    /** @param receiveBytes of the socket's buffer; 0 for the system's choice */
    static Wire to(int port, int receiveBytes) {
        try {
            Socket socket = new Socket();
            if (receiveBytes > 0) {
                socket.setReceiveBufferSize(receiveBytes);
            }
            socket.connect(new InetSocketAddress("127.0.0.1", port));
            return new Wire(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param headers names in lower case */
    record Reply(int status, Map<String, String> headers, String body) {
        JsonNode json() {
            return JsonMapper.shared().readTree(body);
        }

        String header(String name) {
            return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
        }
    }

    Wire send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    Wire send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    /** @param more lines of headers, each with its end */
    Wire request(String method, String path, String more, byte[] body) throws IOException {
        String length = body.length == 0 ? "" : "Content-Type: application/json\r\nContent-Length: " + body.length + "\r\n";
        send("%s %s HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n".formatted(method, path, more, length));
        return send(body);
    }

    Wire get(String path) throws IOException {
        return request("GET", path, "", new byte[0]);
    }

    Wire post(String path, String body) throws IOException {
        return request("POST", path, "", body.getBytes(StandardCharsets.UTF_8));
    }

    String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the connection ended within \"" + line + "\"");
            }
            line.write(b);
        }
        return line.toString(StandardCharsets.UTF_8).stripTrailing();
    }

    /** The status and the headers, without the body. */
    Reply head() throws IOException {
        String first = line();
        Map<String, String> headers = new TreeMap<>();
        for (String each = line(); !each.isEmpty(); each = line()) {
            int colon = each.indexOf(':');
            headers.put(each.substring(0, colon).toLowerCase(Locale.ROOT), each.substring(colon + 1).strip());
        }
        return new Reply(Integer.parseInt(first.split(" ")[1]), headers, "");
    }

    Reply reply() throws IOException {
        Reply head = head();
        int length = Integer.parseInt(head.headers.getOrDefault("content-length", "0"));
        return new Reply(head.status, head.headers, new String(in.readNBytes(length), StandardCharsets.UTF_8));
    }

    /** Reads a stream of events up to the end of its next event. */
    String event() throws IOException {
        String each = line();
        while (!each.startsWith("data: ")) {
            each = line();
        }
        return each.substring(6);
    }

    /** The lines of a stream up to the end of its next event, as they came. */
    String nextEvent() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (String each = line(); ; each = line()) {
            lines.append(each).append('\n');
            if (each.startsWith("data: ")) {
                return lines.toString();
            }
        }
    }

    /** All that comes until the connection ends, however it does. */
    String rest() throws IOException {
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        try {
            for (int b = in.read(); b >= 0; b = in.read()) {
                rest.write(b);
            }
        } catch (SocketException e) {
            // It was reset.
        }
        return rest.toString(StandardCharsets.UTF_8);
    }

    /** Whether the server has closed; waits for what comes first, that, a byte, or the time. */
    boolean isCut(int waitMs) throws IOException {
        socket.setSoTimeout(waitMs);
        try {
            return in.read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        } finally {
            socket.setSoTimeout(PATIENCE_MS);
        }
    }

    /** Whether a byte of a reply comes within the time; it is not taken. */
    boolean hasReply(int waitMs) throws IOException {
        in.mark(1);
        socket.setSoTimeout(waitMs);
        try {
            if (in.read() < 0) {
                throw new EOFException("the connection ended without a reply");
            }
            in.reset();
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } finally {
            socket.setSoTimeout(PATIENCE_MS);
        }
    }

    /** Without a farewell: the other side gets a reset. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
