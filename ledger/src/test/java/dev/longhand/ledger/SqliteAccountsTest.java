package dev.longhand.ledger;

import dev.longhand.store.DatabasePlace;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/** Accounts on SQLite. */
class SqliteAccountsTest extends AccountsContract {
    @TempDir
    Path folder;

    @Override
    DatabasePlace place() {
        return DatabasePlace.sqlite(folder, List.of(Ledger.SCHEMA));
    }
}
