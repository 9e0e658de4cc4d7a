package dev.longhand.store;

import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;

/**
 * Brings the tables of schemas to the newest version that this program knows, and refuses those that are newer. Flyway is asked
 * only about tables that are not at that version already: loading it takes a third of a second at each start.
 */
final class Migrations {
    /** With the default backoff some six seconds: making tables takes one. */
    private static final int ATTEMPTS_MAX = 50;

    private final Database database;
    private final DataSource source;

    Migrations(Database database, DataSource source) {
        this.database = database;
        this.source = source;
    }

    /**
     * Waits for another process that makes the same tables just now: soon they are there. Who makes a file holds it alone for a
     * moment, and SQLite does not let others wait for that, not even those who only look.
     */
    void migrate(List<Schema> schemas, Limits limits, Clock clock) throws Problem {
        for (int attempt = 1; ; attempt++) {
            try {
                if (!stale(schemas).isEmpty()) {
                    migrateStale(schemas);
                }
                return;
            } catch (Problem e) {
                if (e.kind() != Problem.Kind.BUSY || attempt == ATTEMPTS_MAX) {
                    throw e;
                }
                limits.backOff(attempt, clock);
            }
        }
    }

    /** What is stale is looked at again once nobody else makes tables. */
    private void migrateStale(List<Schema> schemas) throws Problem {
        Optional<Connection> lock = Optional.empty();
        try {
            lock = database.lockTables();
            for (Schema each : stale(schemas)) {
                migrate(each);
            }
        } catch (SQLException e) {
            throw database.problem("preparing the tables of", e);
        } finally {
            lock.ifPresent(Migrations::closeQuietly);
        }
    }

    private static void closeQuietly(Connection lock) {
        try {
            lock.close();
        } catch (SQLException e) {
            // The server lets go of it with the connection, however that ends.
        }
    }

    /** Those whose tables are not there, or not exactly at the version that this program knows. */
    private List<Schema> stale(List<Schema> schemas) throws Problem {
        try (Connection connection = source.getConnection()) {
            List<Schema> stale = new ArrayList<>();
            for (Schema each : schemas) {
                if (version(connection, each) != each.version()) {
                    stale.add(each);
                }
            }
            return stale;
        } catch (SQLException e) {
            throw database.problem("opening", e);
        }
    }

    /** By Flyway's own table; -1 where that is not there or tells of a script that failed. */
    private int version(Connection connection, Schema schema) throws SQLException {
        String sql = "SELECT max(CAST(version AS INTEGER)), count(CASE WHEN success THEN NULL ELSE 1 END) FROM \"schema_"
                + schema.name() + "\"";
        try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(sql)) {
            return result.next() && result.getInt(2) == 0 ? result.getInt(1) : -1;
        } catch (SQLException e) {
            if (database.failure(e) == Failure.STATEMENT) {
                return -1;
            }
            throw e;
        }
    }

    private void migrate(Schema schema) throws Problem {
        List<SchemaVersion> before = versions(List.of(schema));
        try {
            Flyway flyway = flyway(schema);
            refuseNewer(schema, flyway.info().all());
            flyway.migrate();
        } catch (RuntimeException e) {
            // Flyway's own exception, or what its code throws over rows of its table that are damaged.
            Problem problem = problem(schema, e);
            throw problem.kind() == Problem.Kind.BUSY || versions(List.of(schema)).equals(before) ? problem
                    : new Problem(Problem.Kind.BUSY, "another process makes the tables of %s in %s just now; try again in a moment"
                            .formatted(schema.name(), database.shown()), e);
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

    /** How far each is. Looks and changes nothing. */
    List<SchemaVersion> versions(List<Schema> schemas) throws Problem {
        try (Connection connection = source.getConnection()) {
            List<SchemaVersion> versions = new ArrayList<>();
            for (Schema each : schemas) {
                versions.add(new SchemaVersion(each.name(), Math.max(0, version(connection, each)), each.version()));
            }
            return versions;
        } catch (SQLException e) {
            throw database.problem("looking at", e);
        }
    }

    private void refuseNewer(Schema schema, MigrationInfo[] all) throws Problem {
        Optional<MigrationVersion> found = newest(all, info -> info.getState().isApplied());
        Optional<MigrationVersion> known = newest(all, info -> info.getState().isResolved());
        Check.invariant(known.isPresent() && known.get().compareTo(MigrationVersion.fromVersion("" + schema.version())) == 0,
                "the newest script of %s is %s, and its schema says %d", schema.name(), known.orElse(null), schema.version());
        if (found.isPresent() && found.get().compareTo(known.get()) > 0) {
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
    private Problem problem(Schema schema, RuntimeException e) {
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
