package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.ledger.Key;
import dev.longhand.ledger.Unit;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Goal: people see what a server does, and of others' requests only what they may. Method: a long answer of one team, looked at by
 * the team, another team and an admin while it runs and when its client left.
 */
@Timeout(120)
class RequestsTest {
    @TempDir
    private Path folder;

    @Test
    void aTeamSeesItsRequestsAndAnAdminAll() throws Exception {
        try (Served served = Served.keyed(folder, Limits.DEFAULT)) {
            String ada = served.key("ada", Key.Role.USER, "red");
            String looker = served.key("looker", Key.Role.READ_ONLY, "red");
            String other = served.key("other", Key.Role.USER, "blue");
            String admin = served.key("admin", Key.Role.ADMIN);
            String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"Tell a long story.\"}],\"max_tokens\":3000,"
                    + "\"temperature\":1.8,\"stream\":true}";
            try (Wire wire = served.wire()) {
                wire.request("POST", "/v1/chat/completions", "Authorization: Bearer " + ada + "\r\n",
                        body.getBytes(StandardCharsets.UTF_8));
                JsonNode seen = await(served, looker);
                assertThat(seen.path("key").stringValue()).isEqualTo("ada");
                assertThat(seen.path("team").stringValue()).isEqualTo("red");
                assertThat(seen.path("route").stringValue()).isEqualTo("POST /v1/chat/completions");
                assertThat(seen.path("model").stringValue()).isEqualTo(Served.MODEL);
                assertThat(seen.path("readTokens").intValue()).isPositive().isEqualTo(seen.path("toReadTokens").intValue());
                assertThat(seen.path("seconds").doubleValue()).isPositive();
                assertThat(requests(served, admin)).isNotEmpty();
                assertThat(requests(served, other)).isEmpty();
            }
            while (!requests(served, admin).isEmpty()) {
                Clock.SYSTEM.sleep(20_000_000); // until it is noticed that the client left
            }
            JsonNode about = served.call(looker, "GET", "/v1/server", "").body();
            assertThat(about.path("pid").longValue()).isEqualTo(ProcessHandle.current().pid());
            assertThat(about.at("/caller/team").stringValue()).isEqualTo("red");
            assertThat(about.at("/models/0/engine/answeredTokens").longValue())
                    .isEqualTo(served.model.counters().answeredTokens()).isPositive();
            assertThat(about.at("/bookedLastHour/EUR").longValue()).isPositive();
        }
    }

    private static List<JsonNode> requests(Served served, String key) throws Exception {
        return served.call(key, "GET", "/v1/requests", "").body().path("data").valueStream().toList();
    }

    /** The first one that answers; that its prompt was read is told beside its first token. */
    private static JsonNode await(Served served, String key) throws Exception {
        while (true) {
            List<JsonNode> answering = requests(served, key).stream()
                    .filter(r -> r.path("state").stringValue().equals("answering") && r.path("readTokens").intValue() > 0).toList();
            if (!answering.isEmpty()) {
                return answering.getFirst();
            }
            Clock.SYSTEM.sleep(5_000_000);
        }
    }

    @Test
    void recentTimesForgetAndRank() {
        RecentTimes times = new RecentTimes();
        assertThat(times.since(Long.MIN_VALUE / 2)).isEmpty();
        for (int i = 1; i <= 2 * RecentTimes.KEPT; i++) {
            times.add(i, i);
        }
        long[] last = times.since(2L * RecentTimes.KEPT - 100);
        assertThat(last).hasSize(100).isSorted();
        assertThat(RecentTimes.quantile(last, 0.5)).isEqualTo(last[49]);
        assertThat(RecentTimes.quantile(last, 0.99)).isEqualTo(last[98]);
        assertThat(RecentTimes.quantile(new long[] {7}, 0.99)).isEqualTo(7);
        assertThat(times.since(0)).hasSize(RecentTimes.KEPT);
    }

    @Test
    void recentSumsAreOfTheLastHour() {
        RecentSums sums = new RecentSums();
        sums.add(0, Unit.EUR, 5);
        sums.add(59, Unit.EUR, 2);
        sums.add(60, Unit.USD, 1);
        assertThat(sums.lastHour(61)).isEqualTo(Map.of(Unit.EUR, 7L, Unit.USD, 1L));
        assertThat(sums.lastHour(60 * 60 - 1)).isEqualTo(Map.of(Unit.EUR, 7L, Unit.USD, 1L));
        assertThat(sums.lastHour(60 * 60)).isEqualTo(Map.of(Unit.EUR, 0L, Unit.USD, 1L));
        assertThat(sums.lastHour(1_000_000)).isEqualTo(Map.of(Unit.EUR, 0L, Unit.USD, 0L));
    }
}
