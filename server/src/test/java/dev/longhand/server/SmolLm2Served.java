package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Tests of one server with SmolLM2; behind them its books are in order and nothing of memory is lost. */
abstract class SmolLm2Served {
    static Served served;

    @TempDir
    private static Path temp;

    @BeforeAll
    static void start() throws Problem {
        served = Served.smolLm2(temp);
    }

    @AfterAll
    static void stop() throws Problem {
        try {
            assertThat(served.books.ledger().check().findings()).isEmpty();
            served.model.checkIntegrity();
        } finally {
            served.close();
        }
    }

    /** The reply, which must be one with status 200. */
    static JsonNode ok(String path, String body) throws Exception {
        Served.Reply reply = served.post(path, body);
        assertThat(reply.status()).as(reply.http().body()).isEqualTo(200);
        return reply.body();
    }
}
