package dev.longhand.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.store.DatabasePlace;
import dev.longhand.store.Limits;
import dev.longhand.store.Store;
import dev.longhand.store.StoreSetting;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys on SQLite. */
class SqliteKeysTest extends KeysContract {
    @TempDir
    Path folder;

    @Override
    DatabasePlace place() {
        return DatabasePlace.sqlite(folder, List.of(Keys.SCHEMA));
    }

    /** Goal: a database that takes no write keeps nobody out. Method: another program holds it, and a store that waits little. */
    @Test
    void aUseThatCannotBeNotedIsOneAllTheSame() throws Exception {
        Path file = folder.resolve("held.db").toAbsolutePath();
        Limits impatient = new Limits(16, Duration.ofSeconds(1), 16, Duration.ofMillis(1), 1, Duration.ofMillis(1),
                Duration.ofMillis(20), 2, 1_000, 1L << 30);
        try (Store own = Store.open(new StoreSetting.Sqlite(file), impatient, Clock.SYSTEM, Disk.REAL, List.of(Keys.SCHEMA))) {
            Keys these = new Keys(own, Clock.SYSTEM);
            String secret = these.add(ANNA).secret();
            try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
                    Statement holding = other.createStatement()) {
                holding.execute("BEGIN IMMEDIATE");
                assertThat(these.use(secret).map(Key::name)).contains("anna");
                assertThat(these.after("").getFirst().used()).isEmpty();
                holding.execute("ROLLBACK");
            }
            assertThat(these.use(secret)).isPresent();
            assertThat(these.after("").getFirst().used()).isPresent();
        }
    }
}
