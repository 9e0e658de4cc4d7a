package dev.longhand.server;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartCompliance;
import org.eclipse.jetty.io.Content;

/**
 * The files of a body of the type {@code multipart/form-data} (RFC 7578), as browsers and {@code curl -F} send them. Files are
 * views of the body, which is in memory and no longer than a body may be; nothing is copied.
 *
 * @param others names of fields that are no files
 */
record Form(List<File> files, List<String> others) {
    static final String TYPE = "multipart/form-data";
    static final int PARTS_MAX = 100;
    private static final int HEADER_BYTES_MAX = 4 << 10; // of one part
    private static final int BOUNDARY_CHARS_MAX = 70; // RFC 2046
    private static final Set<String> PLAIN = Set.of("binary", "8bit", "7bit");

    /** @param name as the client says it; not checked */
    record File(String name, List<ByteBuffer> content) {}

    static boolean isForm(Call call) {
        return call.header("Content-Type").filter(t -> t.regionMatches(true, 0, TYPE, 0, TYPE.length())).isPresent();
    }

    /** @param type the header, with the boundary */
    static Form read(String type, byte[] body) throws Refusal {
        String boundary;
        try {
            boundary = MultiPart.extractBoundary(type);
        } catch (RuntimeException e) {
            boundary = null;
        }
        if (boundary == null || boundary.isEmpty() || boundary.length() > BOUNDARY_CHARS_MAX) {
            throw wrong("its Content-Type has no boundary of 1 to %d characters".formatted(BOUNDARY_CHARS_MAX));
        }
        Parts parts = new Parts();
        MultiPart.Parser parser = new MultiPart.Parser(boundary, MultiPartCompliance.RFC7578, parts);
        parser.setMaxParts(PARTS_MAX);
        parser.setPartHeadersMaxLength(HEADER_BYTES_MAX);
        parser.parse(Content.Chunk.from(ByteBuffer.wrap(body), true));
        if (parts.failure.isPresent() || !parts.isComplete) {
            String why = parts.failure.map(Throwable::getMessage).orElse("it ends too early");
            throw wrong("%s; it has at most %d parts, and the headers of each at most %,d bytes".formatted(why, PARTS_MAX,
                    HEADER_BYTES_MAX));
        }
        return new Form(List.copyOf(parts.files), List.copyOf(parts.others));
    }

    private static Refusal wrong(String why) {
        return Refusal.of(400, "malformed", "the body is no form with files: " + why);
    }

    /** Told by the parser, in the order of the body. */
    private static final class Parts extends MultiPart.AbstractPartsListener {
        private final List<File> files = new ArrayList<>();
        private final List<String> others = new ArrayList<>();
        private List<ByteBuffer> content = new ArrayList<>();
        private Optional<Throwable> failure = Optional.empty();
        private boolean isComplete;

        @Override
        public void onPartContent(Content.Chunk chunk) {
            if (chunk.hasRemaining()) {
                content.add(chunk.getByteBuffer());
            }
        }

        @Override
        public void onPart(String name, String fileName, HttpFields headers) {
            String encoding = headers.get("Content-Transfer-Encoding");
            if (encoding != null && !PLAIN.contains(encoding.toLowerCase(java.util.Locale.ROOT))) {
                onFailure(new IllegalArgumentException("a part has the Content-Transfer-Encoding "
                        + DeskNames.cut(encoding).replaceAll("\\p{Cntrl}", "?") + "; files are sent as they are"));
            } else if (fileName == null) {
                others.add(String.valueOf(name));
            } else {
                files.add(new File(fileName, content));
            }
            content = new ArrayList<>();
        }

        @Override
        public void onComplete() {
            isComplete = true;
        }

        @Override
        public void onFailure(Throwable why) {
            failure = failure.isPresent() ? failure : Optional.of(why);
        }
    }
}
