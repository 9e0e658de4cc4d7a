package dev.longhand.ledger;

import dev.longhand.store.DatabasePlace;
import java.util.List;

/** The books on PostgreSQL. */
class PostgresLedgerTest extends LedgerContract {
    @Override
    DatabasePlace place() {
        return DatabasePlace.postgres(List.of(Ledger.SCHEMA));
    }
}
