package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.ledger.Key;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Goal: no desk and no team takes more of the disk than it may. Method: small quotas, uploads that do and do not fit. */
class DiskQuotaTest {
    private static final String BIG = "word ".repeat(60_000); // 300,000 bytes; what is read of it takes as much again at most

    @TempDir
    private Path folder;

    private Served served;
    private String red;
    private String admin;

    @BeforeEach
    void serve() throws Exception {
        served = Served.keyed(folder, Limits.DEFAULT, new DiskQuota(5_000_000, 8_000_000));
        red = served.key("red", Key.Role.USER, "red");
        admin = served.books.keys().add(new Key.Spec("boss", Key.Role.ADMIN, "red", "person:boss", 0, 0)).secret();
    }

    @AfterEach
    void end() {
        served.close();
    }

    private Served.Reply put(String desk, String name, String text) throws Exception {
        return served.call(red, "POST", "/v1/desks/" + desk + "/documents?name=" + name, text);
    }

    private JsonNode disk(String desk) throws Exception {
        return served.call(red, "GET", "/v1/desks/" + desk, "").body().get("disk");
    }

    @Test
    void aDeskAndATeamTakeNoMoreThanTheyMay() throws Exception {
        assertThat(served.call(red, "POST", "/v1/desks", "{'name': 'own', 'diskBytesMax': 9}").status()).isEqualTo(403);
        assertThat(served.call(admin, "POST", "/v1/desks", "{'name': 'small', 'diskBytesMax': 1000000}").status()).isEqualTo(201);
        assertThat(disk("small").get("bytesMax").longValue()).isEqualTo(1_000_000);
        assertThat(put("small", "a.md", BIG).status()).isEqualTo(202);
        Served.Reply full = put("small", "b.md", BIG + BIG + BIG);
        assertThat(full.status()).isEqualTo(507);
        assertThat(full.body().at("/error/code").stringValue()).isEqualTo("quota_exceeded");
        assertThat(full.body().at("/error/message").stringValue()).contains("1,000,000 bytes", "900,000 bytes", "remove");

        assertThat(served.call(red, "POST", "/v1/desks", "{'name': 'wide'}").status()).isEqualTo(201);
        assertThat(disk("wide").get("bytesMax").longValue()).isEqualTo(5_000_000);
        assertThat(disk("wide").get("teamBytesMax").longValue()).isEqualTo(8_000_000);
        assertThat(disk("wide").get("teamBytes").longValue()).isGreaterThanOrEqualTo(BIG.length());
        assertThat(put("wide", "much.bin", "x".repeat(4_900_000)).status()).isEqualTo(202);
        assertThat(put("wide", "more.bin", "x".repeat(200_000)).status()).isEqualTo(507);
        assertThat(put("wide", "much.bin", "y".repeat(4_900_000)).status()).as("in place of the one that is there").isEqualTo(202);
        assertThat(served.call(red, "POST", "/v1/desks", "{'name': 'third'}").status()).isEqualTo(201);
        Served.Reply team = put("third", "x.bin", "x".repeat(2_900_000));
        assertThat(team.status()).isEqualTo(507);
        assertThat(team.body().at("/error/message").stringValue()).contains("team", "8,000,000 bytes");

        assertThat(served.call(red, "DELETE", "/v1/desks/wide/documents/much.bin", "").status()).isEqualTo(202);
        assertThat(put("third", "x.bin", "x".repeat(2_900_000)).status()).isEqualTo(202);
        String blue = served.key("blue", Key.Role.USER, "blue");
        assertThat(served.call(blue, "POST", "/v1/desks", "{'name': 'sky'}").status()).isEqualTo(201);
        assertThat(served.call(blue, "POST", "/v1/desks/sky/documents?name=x.bin", "x".repeat(4_900_000)).status()).isEqualTo(202);
    }
}
