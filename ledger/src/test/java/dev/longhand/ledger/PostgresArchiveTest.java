package dev.longhand.ledger;

import dev.longhand.store.DatabasePlace;
import java.util.List;

/** Archives on PostgreSQL. */
class PostgresArchiveTest extends ArchiveContract {
    @Override
    DatabasePlace newPlace() {
        return DatabasePlace.postgres(List.of(Ledger.SCHEMA));
    }
}
