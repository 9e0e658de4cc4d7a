package dev.longhand.jobs;

import dev.longhand.ledger.Ledger;
import dev.longhand.store.DatabasePlace;
import java.util.List;

/** Jobs on PostgreSQL. */
class PostgresJobsTest extends JobsContract {
    @Override
    DatabasePlace place() {
        return DatabasePlace.postgres(List.of(Ledger.SCHEMA, Jobs.SCHEMA));
    }
}
