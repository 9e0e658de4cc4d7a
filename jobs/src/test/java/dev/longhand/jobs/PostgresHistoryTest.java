package dev.longhand.jobs;

import dev.longhand.ledger.Ledger;
import dev.longhand.store.DatabasePlace;
import java.util.List;

/** What is kept of jobs, on PostgreSQL. */
class PostgresHistoryTest extends HistoryContract {
    @Override
    DatabasePlace place() {
        return DatabasePlace.postgres(List.of(Ledger.SCHEMA, Jobs.SCHEMA));
    }
}
