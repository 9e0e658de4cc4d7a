package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.lm.Message;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Goal: a team's responses are its own, and bounded. Method: small bounds, responses of known length. */
class StoredResponsesTest {
    private static StoredResponses.Stored of(int chars) {
        return new StoredResponses.Stored(Json.object(), List.of(Message.user("x".repeat(chars - 2)))); // {} are two
    }

    @Test
    void losesTheOldestOfTheTeamOnly() {
        StoredResponses stored = new StoredResponses(100);
        assertThat(stored.put("a", "1", of(60))).isTrue();
        assertThat(stored.put("b", "1", of(60))).isTrue();
        assertThat(stored.put("a", "2", of(40))).isTrue();
        assertThat(stored.find("a", "1")).isPresent();
        assertThat(stored.put("a", "3", of(10))).isTrue();
        assertThat(stored.find("a", "1")).isEmpty();
        assertThat(stored.find("a", "2")).isPresent();
        assertThat(stored.find("b", "1")).isPresent();
        assertThat(stored.find("b", "2")).isEmpty();
    }

    @Test
    void refusesWhatIsTooMuchAlone() {
        StoredResponses stored = new StoredResponses(100);
        assertThat(stored.put("a", "1", of(50))).isTrue();
        assertThat(stored.put("a", "2", of(101))).isFalse();
        assertThat(stored.find("a", "1")).isPresent();
        assertThat(stored.remove("a", "1")).isTrue();
        assertThat(stored.remove("a", "1")).isFalse();
    }

    @Test
    void keepsABoundedCount() {
        StoredResponses stored = new StoredResponses(1 << 20);
        for (int i = 0; i <= StoredResponses.TEAM_COUNT_MAX; i++) {
            stored.put("a", "" + i, of(2));
        }
        assertThat(stored.find("a", "0")).isEmpty();
        assertThat(stored.find("a", "1")).isPresent();
    }
}
