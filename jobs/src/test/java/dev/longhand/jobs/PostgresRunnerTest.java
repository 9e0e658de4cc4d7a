package dev.longhand.jobs;

import dev.longhand.ledger.Ledger;
import dev.longhand.store.DatabasePlace;
import java.util.List;

/** Runners on PostgreSQL. */
class PostgresRunnerTest extends RunnerContract {
    @Override
    DatabasePlace place() {
        return DatabasePlace.postgres(List.of(Ledger.SCHEMA, Jobs.SCHEMA));
    }

    @Override
    int deathStride() {
        return 4;
    }
}
