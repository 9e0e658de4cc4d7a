package dev.longhand.ingest;

import dev.longhand.base.Units;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One answer of an HTTP/1.1 server to a request that asked it to close the connection (RFC 9112), read as hostile input.
 *
 * @param headers by lower-case name; of several of one name the first
 * @param body    empty for any status but 200
 */
record HttpAnswer(int status, Map<String, String> headers, byte[] body) {
    private static final int HEADERS_BYTES_MAX = 1 << 16;
    private static final int LINE_BYTES_MAX = 1 << 13;
    private static final int INTERIM_MAX = 8;

    String header(String name) {
        return headers.getOrDefault(name, "");
    }

    static HttpAnswer read(InputStream stream, int bytesMax) throws IOException {
        Reader in = new Reader(new BufferedInputStream(stream, 1 << 14), HEADERS_BYTES_MAX);
        for (int interim = 0; interim <= INTERIM_MAX; interim++) {
            String line = in.line();
            if (!line.matches("HTTP/1\\.[01] [1-5][0-9][0-9]( .*)?")) {
                throw new IOException("the answer is not HTTP/1.1");
            }
            int status = Integer.parseInt(line.substring(9, 12));
            Map<String, String> headers = headers(in);
            if (status >= 200) {
                return new HttpAnswer(status, Map.copyOf(headers), status == 200 ? body(in, headers, bytesMax) : new byte[0]);
            }
        }
        throw new IOException("the answer does not come");
    }

    private static Map<String, String> headers(Reader in) throws IOException {
        Map<String, String> headers = new HashMap<>();
        for (String line; !(line = in.line()).isEmpty(); ) {
            int colon = line.indexOf(':');
            if (colon <= 0) {
                throw new IOException("a header has no name");
            }
            headers.putIfAbsent(line.substring(0, colon).strip().toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
        }
        return headers;
    }

    private static byte[] body(Reader in, Map<String, String> headers, int bytesMax) throws IOException {
        String encoding = headers.getOrDefault("content-encoding", "identity").toLowerCase(Locale.ROOT);
        if (!encoding.equals("identity") && !encoding.isEmpty()) {
            throw new IOException("the content is compressed, which was not asked for");
        }
        String transfer = headers.getOrDefault("transfer-encoding", "").toLowerCase(Locale.ROOT);
        if (transfer.equals("chunked")) {
            return chunks(in, bytesMax);
        }
        if (!transfer.isEmpty()) {
            throw new IOException("the content is sent in an unknown way");
        }
        String length = headers.getOrDefault("content-length", "");
        if (length.isEmpty()) {
            byte[] body = in.in.readNBytes(bytesMax + 1);
            return checked(body, body.length, bytesMax);
        }
        if (!length.matches("[0-9]{1,18}")) {
            throw new IOException("the length of the content is no number");
        }
        long bytes = Long.parseLong(length);
        if (bytes > bytesMax) {
            throw tooLong(bytesMax);
        }
        return checked(in.in.readNBytes((int) bytes), bytes, bytesMax);
    }

    private static byte[] chunks(Reader in, int bytesMax) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            in.bytesLeft = LINE_BYTES_MAX;
            String line = in.line();
            int end = line.indexOf(';');
            String size = (end < 0 ? line : line.substring(0, end)).strip();
            if (!size.matches("[0-9a-fA-F]{1,8}")) {
                throw new IOException("the length of a part is no number");
            }
            long bytes = Long.parseLong(size, 16);
            if (bytes == 0) {
                return body.toByteArray();
            }
            if (body.size() + bytes > bytesMax) {
                throw tooLong(bytesMax);
            }
            body.writeBytes(checked(in.in.readNBytes((int) bytes), bytes, bytesMax));
            if (!in.line().isEmpty()) {
                throw new IOException("a part does not end where it says");
            }
        }
    }

    private static byte[] checked(byte[] body, long bytes, int bytesMax) throws IOException {
        if (body.length > bytesMax) {
            throw tooLong(bytesMax);
        }
        if (body.length < bytes) {
            throw new EOFException("the answer ends in the middle");
        }
        return body;
    }

    private static IOException tooLong(int bytesMax) {
        return new IOException("the content is longer than " + Units.bytes(bytesMax));
    }

    /** Lines that end with CR LF or LF, so many bytes of them in all. */
    private static final class Reader {
        private final InputStream in;
        private int bytesLeft;

        Reader(InputStream in, int bytesMax) {
            this.in = in;
            this.bytesLeft = bytesMax;
        }

        String line() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int c; (c = in.read()) != '\n'; ) {
                if (c < 0) {
                    throw new EOFException("the answer ends in the middle");
                }
                if (--bytesLeft < 0 || line.size() >= LINE_BYTES_MAX) {
                    throw new IOException("the headers are too long");
                }
                line.write(c);
            }
            return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
        }
    }
}
