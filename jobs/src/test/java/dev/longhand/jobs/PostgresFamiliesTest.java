package dev.longhand.jobs;

import dev.longhand.ledger.Ledger;
import dev.longhand.store.DatabasePlace;
import java.util.List;

/** Jobs with children and budgets on PostgreSQL. */
class PostgresFamiliesTest extends FamiliesContract {
    @Override
    DatabasePlace place() {
        return DatabasePlace.postgres(List.of(Ledger.SCHEMA, Jobs.SCHEMA));
    }
}
