package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Key;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Goal: keys are made, listed and revoked from the command line, and a secret is seen once. */
class KeysCommandTest {
    @TempDir
    private Path folder;
    private TestWorld world;

    @BeforeEach
    void freshWorld() {
        world = new TestWorld(folder);
    }

    private void runs(String command) {
        assertThat(world.run(command.split(" "))).as(world.err()).isZero();
    }

    @Test
    void aKeyIsMadeShownOnceListedAndRevoked() throws Problem {
        runs("keys ls");
        assertThat(world.out()).contains("There is no key");
        runs("keys add anna --role read-only --team lab --account cost-centre:lab --rpm 60 --tpm 20000");
        String secret = world.out().strip();
        assertThat(secret).matches("lh_[A-Za-z0-9_-]{43}");
        assertThat(world.err()).contains("cannot be shown again").doesNotContain(secret);
        try (Books books = OpenBooks.open(world.world(), Config.read(world.world()))) {
            assertThat(books.keys().use(secret).orElseThrow().spec())
                    .isEqualTo(new Key.Spec("anna", Key.Role.READ_ONLY, "lab", "cost-centre:lab", 60, 20_000));
        }
        runs("keys ls");
        assertThat(world.out()).contains("anna", "read-only", "lab", "20,000").doesNotContain(secret);
        runs("keys revoke anna");
        runs("keys ls --json");
        JsonNode key = world.json().get("keys").get(0);
        assertThat(key.get("revoked").isNull()).isFalse();
        assertThat(key.get("lastUsed").isNull()).isFalse();
        try (Books books = OpenBooks.open(world.world(), Config.read(world.world()))) {
            assertThat(books.keys().use(secret)).isEmpty();
        }
    }

    @Test
    void whatIsNoKeyIsRefusedInALine() {
        runs("keys add bob --json");
        assertThat(world.json().get("secret").asString()).startsWith("lh_");
        assertThat(world.json().get("account").asString()).isEqualTo("person:bob");
        for (String each : new String[] {"keys add bob", "keys add bob2 --role boss", "keys add bob3 --account bob", "keys add b/b",
            "keys add bob4 --rpm -1", "keys"}) {
            assertThat(world.run(each.split(" "))).as(each).isEqualTo(2);
            assertThat(world.err()).startsWith("longhand: ").hasLineCount(1);
        }
        assertThat(world.run("keys", "revoke", "eve")).isEqualTo(3);
    }
}
