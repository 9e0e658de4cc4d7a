package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Goal: files come in as browsers send them, each on its own merits. Method: forms byte by byte, good and bad, over HTTP. */
class FormTest {
    private static final String END = "--edge--\r\n";

    @TempDir
    private static Path folder;
    private static Served served;

    @BeforeAll
    static void serve() throws Exception {
        served = Served.uncached(folder, ServerSetting.loopback(0));
    }

    @AfterAll
    static void end() {
        served.close();
    }

    private static String file(String name, String content) {
        return "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name
                + "\"\r\nContent-Type: text/plain\r\n\r\n" + content + "\r\n";
    }

    private static void make(String desk) throws Exception {
        assertThat(served.post("/v1/desks", "{'name': '" + desk + "'}").status()).isEqualTo(201);
    }

    private static Served.Reply send(String desk, String type, byte[] body) throws Exception {
        HttpResponse<String> reply = served.client().send(served.request("/v1/desks/" + desk + "/documents")
                .header("Content-Type", type).POST(HttpRequest.BodyPublishers.ofByteArray(body)).build(),
                HttpResponse.BodyHandlers.ofString());
        return new Served.Reply(reply.statusCode(), served.read(reply.body()), reply);
    }

    private static Served.Reply send(String desk, String form) throws Exception {
        return send(desk, "multipart/form-data; boundary=edge", form.getBytes(StandardCharsets.UTF_8));
    }

    private static JsonNode whenRead(String desk) throws Exception {
        JsonNode found;
        do {
            found = served.read(served.get("/v1/desks/" + desk).body());
        } while (!found.get("reading").isEmpty());
        return served.read(served.get("/v1/desks/" + desk + "/documents").body()).get("data");
    }

    @Test
    void takesSeveralFilesAndTellsOfEach() throws Exception {
        make("several");
        Served.Reply reply = send("several", file("Fähre.md", "The ferry leaves at seven.")
                + file("sub/two.md", "\r\n--edg two\r\n")
                + file("../up.md", "out") + file("empty.md", "") + file("Fähre.md", "again")
                + "--edge\r\nContent-Disposition: form-data; name=\"colour\"\r\n\r\nred\r\n" + END);

        assertThat(reply.status()).as(reply.http().body()).isEqualTo(202);
        List<JsonNode> files = reply.body().get("files").valueStream().toList();
        assertThat(files).extracting(f -> f.get("name").stringValue()).containsExactly("Fähre.md", "sub/two.md", "../up.md",
                "empty.md", "Fähre.md");
        assertThat(files).extracting(f -> f.get("path").isNull()).containsExactly(false, false, true, true, true);
        assertThat(files.get(0).get("error").isNull()).isTrue();
        assertThat(files.get(2).at("/error/param").stringValue()).isEqualTo("name");
        assertThat(files.get(3).at("/error/message").stringValue()).contains("empty");
        assertThat(files.get(4).at("/error/message").stringValue()).contains("twice");
        assertThat(reply.body().at("/longhand/warnings/0").stringValue()).contains("colour");
        assertThat(new TreeSet<>(whenRead("several").valueStream().map(d -> d.get("path").stringValue()).toList()))
                .containsExactly("Fähre.md", "sub/two.md");
        JsonNode lines = served.read(served.get("/v1/desks/several/documents/sub/two.md").body()).get("lines");
        assertThat(lines.valueStream().map(l -> l.get("text").stringValue())).startsWith("", "--edg two");
    }

    /** Goal: bytes come in as they were sent. Method: a file of all bytes, with the edge's beginnings in it. */
    @Test
    void keepsEveryByte() throws Exception {
        make("bytes");
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (int i = 0; i < 256; i++) {
            content.write(i);
            content.writeBytes("\r\n--edg".substring(0, i % 8).getBytes(StandardCharsets.US_ASCII));
        }
        ByteArrayOutputStream form = new ByteArrayOutputStream();
        String head = file("all.bin", "");
        form.writeBytes(head.substring(0, head.length() - 2).getBytes(StandardCharsets.UTF_8));
        form.writeBytes(content.toByteArray());
        form.writeBytes(("\r\n" + END).getBytes(StandardCharsets.UTF_8));
        assertThat(send("bytes", "multipart/form-data; boundary=\"edge\"", form.toByteArray()).status()).isEqualTo(202);
        assertThat(folder.resolve("desks/bytes/documents/all.bin")).hasBinaryContent(content.toByteArray());
    }

    @Test
    void refusesWhatIsNoFormOrHasNoFileThatCanBePutIn() throws Exception {
        make("bad");
        assertThat(send("bad", file("../up.md", "out") + file("-x", "out") + END).body().at("/error/param").stringValue())
                .isEqualTo("name");
        StringBuilder many = new StringBuilder();
        for (int i = 0; i <= Form.PARTS_MAX; i++) {
            many.append(file("f" + i + ".md", "text"));
        }
        String long1 = "--edge\r\nX-Long: " + "x".repeat(5_000) + "\r\nContent-Disposition: form-data; name=\"file\"; "
                + "filename=\"a.md\"\r\n\r\ntext\r\n" + END;
        List<String> bodies = List.of("", END, "--edge\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nred\r\n" + END,
                file("cut.md", "text"), file("cut.md", "text") + "--ed", "--edge\r\n\r\ntext\r\n" + END, many + END, long1,
                file("a.md", "dGV4dA==").replace("Content-Type:", "Content-Transfer-Encoding: base64\r\nContent-Type:") + END,
                "no form at all");
        for (String each : bodies) {
            Served.Reply reply = send("bad", each);
            assertThat(reply.status()).as(each).isEqualTo(400);
            assertThat(reply.body().at("/error/message").stringValue()).as(each).isNotBlank();
        }
        for (String type : List.of("multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary="
                + "e".repeat(71))) {
            assertThat(send("bad", type, (file("a.md", "text") + END).getBytes(StandardCharsets.UTF_8)).status()).as(type)
                    .isEqualTo(400);
        }
        assertThat(whenRead("bad")).isEmpty();
    }
}
