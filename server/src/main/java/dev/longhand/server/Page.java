package dev.longhand.server;

import dev.longhand.base.Check;
import dev.longhand.base.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;

/**
 * The page for people who would rather look than read: the files that {@code src/main/web} is bundled into. They hold no secrets
 * and need no key; what the page asks for, the other routes guard. Browsers ask each time whether a file has changed, and get it
 * only then. Immutable.
 */
final class Page {
    /** What a browser may load for it: what this server gives, nothing else. */
    static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            + "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final String FOLDER = "page/";

    private final List<PageFile> files;

    private Page(List<PageFile> files) {
        this.files = List.copyOf(files);
    }

    /** A file as it is sent. */
    private record PageFile(String path, String type, byte[] plain, byte[] zipped, String tag) {}

    static Page load() {
        return new Page(List.of(file("/", "index.html", "text/html; charset=utf-8"),
                file("/page.js", "page.js", "text/javascript; charset=utf-8"),
                file("/page.css", "page.css", "text/css; charset=utf-8"),
                file("/favicon.svg", "favicon.svg", "image/svg+xml"),
                file("/notices.txt", "notices.txt", "text/plain; charset=utf-8")));
    }

    private static PageFile file(String path, String name, String type) {
        try (InputStream in = Page.class.getResourceAsStream(FOLDER + name)) {
            Check.invariant(in != null, "the page's file %s is not in the program", name);
            byte[] plain = in.readAllBytes();
            return new PageFile(path, type, plain, zipped(plain), Sha256.of(plain).hex().substring(0, 32));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] zipped(byte[] plain) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(plain);
        }
        return bytes.toByteArray();
    }

    List<Route> routes() {
        List<Route> routes = new ArrayList<>();
        files.forEach(f -> routes.add(new Route("GET", f.path(), Optional.empty(), Shape.OPENAI, call -> send(call, f))));
        return routes;
    }

    /** Each encoding is a representation of its own and has its own tag. */
    private static void send(Call call, PageFile file) throws IOException {
        boolean isZipped = call.header("Accept-Encoding").orElse("").contains("gzip");
        String tag = "\"" + file.tag() + (isZipped ? "-gzip\"" : "\"");
        call.setHeader("ETag", tag);
        call.setHeader("Cache-Control", "no-cache");
        call.setHeader("Vary", "Accept-Encoding");
        call.setHeader("Cross-Origin-Opener-Policy", "same-origin");
        if (call.header("If-None-Match").filter(tag::equals).isPresent()) {
            call.reply(304, file.type(), new byte[0]);
            return;
        }
        if (isZipped) {
            call.setHeader("Content-Encoding", "gzip");
        }
        call.reply(200, file.type(), isZipped ? file.zipped() : file.plain());
    }
}
