package dev.longhand.store;

import dev.longhand.base.Problem;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;

/** Brings the tables of a schema to the newest version that this program knows, and refuses those that are newer. */
final class Migrations {
    private final Database database;
    private final DataSource source;

    Migrations(Database database, DataSource source) {
        this.database = database;
        this.source = source;
    }

    void migrate(Schema schema) throws Problem {
        try {
            Flyway flyway = flyway(schema);
            refuseNewer(schema, flyway.info().all());
            flyway.migrate();
        } catch (FlywayException e) {
            throw problem(schema, e);
        }
    }

    private Flyway flyway(Schema schema) {
        return Flyway.configure(Migrations.class.getClassLoader())
                .dataSource(source)
                .locations("classpath:" + schema.location())
                .failOnMissingLocations(true)
                .table("schema_" + schema.name())
                // Each schema begins with nothing, beside the tables of the others.
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .cleanDisabled(true)
                .load();
    }

    /** Looks and changes nothing. */
    SchemaVersion version(Schema schema) throws Problem {
        try {
            MigrationInfo[] all = flyway(schema).info().all();
            return new SchemaVersion(schema.name(), number(newest(all, info -> info.getState().isApplied())),
                    number(newest(all, info -> info.getState().isResolved())));
        } catch (FlywayException e) {
            throw problem(schema, e);
        }
    }

    private static int number(Optional<MigrationVersion> version) {
        return version.map(v -> Integer.parseInt(v.getVersion())).orElse(0);
    }

    private void refuseNewer(Schema schema, MigrationInfo[] all) throws Problem {
        Optional<MigrationVersion> found = newest(all, info -> info.getState().isApplied());
        Optional<MigrationVersion> known = newest(all, info -> info.getState().isResolved());
        if (found.isPresent() && known.isPresent() && found.get().compareTo(known.get()) > 0) {
            String why = "%s has version %s of the tables of %s; this Longhand knows versions up to %s; nothing was changed; "
                    + "run the newer Longhand that wrote it, or restore a backup from before the upgrade";
            throw new Problem(Problem.Kind.UNSUPPORTED,
                    why.formatted(database.shown(), found.get(), schema.name(), known.get()));
        }
    }

    private static Optional<MigrationVersion> newest(MigrationInfo[] all, java.util.function.Predicate<MigrationInfo> which) {
        return Arrays.stream(all).filter(which).map(MigrationInfo::getVersion).filter(v ->
                v != null).max(Comparator.naturalOrder());
    }

    /** The database's own words where it said some; else Flyway's, such as a script that was changed after it ran. */
    private Problem problem(Schema schema, FlywayException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && database.failure(sql) != Failure.STATEMENT) {
                return database.problem("preparing the tables of " + schema.name() + " in", sql);
            }
        }
        String said = String.valueOf(e.getMessage()).lines().limit(3).reduce((a, b) -> a + " " + b).orElse("");
        return new Problem(Problem.Kind.MALFORMED,
                "preparing the tables of %s in %s failed: %s; nothing was changed; restore a backup"
                .formatted(schema.name(), database.shown(), said), e);
    }
}
