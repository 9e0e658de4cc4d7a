package dev.longhand.ledger;

/** Archives on PostgreSQL. */
class PostgresArchiveTest extends ArchiveContract {
    @Override
    BooksPlace newPlace() {
        return BooksPlace.postgres();
    }
}
