package dev.longhand.jobs;

import dev.longhand.ledger.Ledger;
import dev.longhand.store.DatabasePlace;
import java.util.List;

/** Effects of jobs on PostgreSQL. */
class PostgresEffectsTest extends EffectsContract {
    @Override
    DatabasePlace place() {
        return DatabasePlace.postgres(List.of(Ledger.SCHEMA, Jobs.SCHEMA));
    }
}
