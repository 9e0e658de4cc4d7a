package dev.longhand.ledger;

import dev.longhand.store.DatabasePlace;
import java.util.List;

/** Reports on PostgreSQL. */
class PostgresReportsTest extends ReportsContract {
    @Override
    DatabasePlace place() {
        return DatabasePlace.postgres(List.of(Ledger.SCHEMA));
    }
}
