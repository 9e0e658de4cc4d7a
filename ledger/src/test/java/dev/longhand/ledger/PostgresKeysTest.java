package dev.longhand.ledger;

import dev.longhand.store.DatabasePlace;
import java.util.List;

/** Keys on PostgreSQL. */
class PostgresKeysTest extends KeysContract {
    @Override
    DatabasePlace place() {
        return DatabasePlace.postgres(List.of(Keys.SCHEMA));
    }
}
