package dev.longhand.ledger;

/** Reports on PostgreSQL. */
class PostgresReportsTest extends ReportsContract {
    @Override
    BooksPlace place() {
        return BooksPlace.postgres();
    }
}
