package dev.longhand.ledger;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The books on SQLite. */
class SqliteLedgerTest extends LedgerContract {
    @TempDir
    Path folder;

    @Override
    BooksPlace place() {
        return BooksPlace.sqlite(folder);
    }
}
