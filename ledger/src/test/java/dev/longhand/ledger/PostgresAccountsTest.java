package dev.longhand.ledger;

import dev.longhand.store.DatabasePlace;
import java.util.List;

/** Accounts on PostgreSQL. */
class PostgresAccountsTest extends AccountsContract {
    @Override
    DatabasePlace place() {
        return DatabasePlace.postgres(List.of(Ledger.SCHEMA));
    }
}
