package dev.longhand.ledger;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Reports on SQLite. */
class SqliteReportsTest extends ReportsContract {
    @TempDir
    Path folder;

    @Override
    BooksPlace place() {
        return BooksPlace.sqlite(folder);
    }
}
