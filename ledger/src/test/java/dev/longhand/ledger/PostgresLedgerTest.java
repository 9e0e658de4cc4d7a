package dev.longhand.ledger;

/** The books on PostgreSQL. */
class PostgresLedgerTest extends LedgerContract {
    @Override
    BooksPlace place() {
        return BooksPlace.postgres();
    }
}
