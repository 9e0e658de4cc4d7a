package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of the page as a server with keys gives them to whoever asks. {@link PageBrowserTest} looks at what they do. */
class PageTest {
    private static final Path FILES = Path.of("src/main/resources/dev/longhand/server/page");
    private static final int GZIPPED_BYTES_MAX = 100 * 1024;

    @TempDir
    private static Path temp;
    private static Served served;
    private static HttpClient client;

    @BeforeAll
    static void start() throws Exception {
        served = Served.keyed(temp, Limits.DEFAULT);
        client = HttpClient.newHttpClient();
    }

    @AfterAll
    static void stop() {
        client.close();
        served.close();
    }

    private static HttpResponse<byte[]> get(String path, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = served.request(path);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private static Map<String, byte[]> files() throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> all = Files.list(FILES)) {
            for (Path each : all.toList()) {
                files.put(each.getFileName().toString(), Files.readAllBytes(each));
            }
        }
        return files;
    }

    @Test
    void everyFileIsGivenWithoutAKeyAndNothingElseMayBeLoaded() throws Exception {
        for (Map.Entry<String, byte[]> each : files().entrySet()) {
            HttpResponse<byte[]> reply = get("/" + (each.getKey().equals("index.html") ? "" : each.getKey()));
            assertThat(reply.statusCode()).as(each.getKey()).isEqualTo(200);
            assertThat(reply.body()).as(each.getKey()).isEqualTo(each.getValue());
            assertThat(reply.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
            assertThat(reply.headers().firstValue("Referrer-Policy")).contains("no-referrer");
            assertThat(reply.headers().firstValue("Content-Security-Policy").orElse("")).startsWith("default-src 'none'")
                    .contains("script-src 'self';", "style-src 'self';", "connect-src 'self';").doesNotContain("unsafe");
        }
    }

    @Test
    void aBrowserGetsAFileAgainOnlyWhenItChanged() throws Exception {
        HttpResponse<byte[]> first = get("/page.js", "Accept-Encoding", "br, gzip");
        assertThat(first.headers().firstValue("Content-Encoding")).contains("gzip");
        assertThat(first.headers().firstValue("Cache-Control")).contains("no-cache");
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(first.body()))) {
            assertThat(in.readAllBytes()).isEqualTo(files().get("page.js"));
        }
        String tag = first.headers().firstValue("ETag").orElseThrow();
        HttpResponse<byte[]> again = get("/page.js", "Accept-Encoding", "gzip", "If-None-Match", tag);
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        assertThat(get("/page.js", "If-None-Match", tag).statusCode()).as("another encoding").isEqualTo(200);
    }

    @Test
    void allOfItIsSmall() throws Exception {
        long bytes = 0;
        for (byte[] each : files().values()) {
            ByteArrayOutputStream zipped = new ByteArrayOutputStream();
            try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
                out.write(each);
            }
            bytes += zipped.size();
        }
        assertThat(bytes).isLessThanOrEqualTo(GZIPPED_BYTES_MAX);
    }

    @Test
    void theDocumentHasNothingInlineAndNothingFromElsewhere() throws Exception {
        String document = Files.readString(FILES.resolve("index.html"));
        assertThat(document).doesNotContain("<style", "style=", "//", " onload", " onclick")
                .containsPattern("<script src=\"/page.js\">");
        assertThat(Files.readString(FILES.resolve("page.css"))).doesNotContain("http:", "https:", "@import", "url(");
        assertThat(Files.readString(FILES.resolve("notices.txt"))).contains("preact", "htm", "marked", "dompurify",
                "highlight.js", "uplot", "Permission is hereby granted", "Redistributions in binary form");
    }

    /** Goal: what is served is what the sources say. Method: it is built again, with the packages of the lock file. */
    @Test
    @Tag("full")
    void theBundleIsCurrent() throws Exception {
        Path out = Files.createDirectory(temp.resolve("built"));
        BrowserTools.run(BrowserTools.sources(), BrowserTools.program("node"), "build.mjs", out.toString());
        Map<String, byte[]> committed = files();
        List<String> built;
        try (Stream<Path> all = Files.list(out)) {
            built = all.map(p -> p.getFileName().toString()).sorted().toList();
        }
        assertThat(built).isEqualTo(List.copyOf(committed.keySet()));
        for (String each : built) {
            assertThat(Files.readAllBytes(out.resolve(each))).as("%s differs from its sources: run 'npm ci && npm run build' in "
                    + "server/src/main/web", each).isEqualTo(committed.get(each));
        }
    }
}
