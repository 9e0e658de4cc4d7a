package dev.longhand.ledger;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Archives on SQLite. */
class SqliteArchiveTest extends ArchiveContract {
    @TempDir
    Path folder;

    @Override
    BooksPlace newPlace() {
        return BooksPlace.sqlite(folder);
    }
}
