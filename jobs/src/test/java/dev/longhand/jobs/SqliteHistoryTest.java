package dev.longhand.jobs;

import dev.longhand.ledger.Ledger;
import dev.longhand.store.DatabasePlace;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/** What is kept of jobs, on SQLite. */
class SqliteHistoryTest extends HistoryContract {
    @TempDir
    Path folder;

    @Override
    DatabasePlace place() {
        return DatabasePlace.sqlite(folder, List.of(Ledger.SCHEMA, Jobs.SCHEMA));
    }
}
