package dev.longhand.ledger;

import dev.longhand.store.DatabasePlace;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/** Archives on SQLite. */
class SqliteArchiveTest extends ArchiveContract {
    @TempDir
    Path folder;

    @Override
    DatabasePlace newPlace() {
        return DatabasePlace.sqlite(folder, List.of(Ledger.SCHEMA));
    }
}
