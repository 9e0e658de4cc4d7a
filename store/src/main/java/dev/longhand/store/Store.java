package dev.longhand.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.longhand.base.Check;
import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayList;
import java.util.List;

/**
 * The database of the books and the long work, SQLite or PostgreSQL, with the same promises on both.
 *
 * <p>It knows transactions, not tables: each module brings its {@link Schema}. A {@linkplain #write write} is serialisable, alone
 * in writing, and durable when it returns: on the disk's word, not in a buffer. A {@linkplain #read read} sees one moment and
 * never waits for writers. Errors of the world are problems that say whether something was stored. Thread-safe.
 */
public final class Store implements AutoCloseable {
    private final Database database;
    private final Limits limits;
    private final Clock clock;
    private final Disk disk;
    private final HikariDataSource readers;
    private final Writer writer;

    Store(Database database, Limits limits, Clock clock, Disk disk) {
        this.database = database;
        this.limits = limits;
        this.clock = clock;
        this.disk = disk;
        this.readers = new HikariDataSource(pool(database, limits));
        this.writer = new Writer(database, limits, clock);
    }

    /**
     * Opens the database, creating it where there is none, and brings its tables to the newest version.
     *
     * @param schemas those of all modules that will use it
     */
    public static Store open(StoreSetting setting, Limits limits, Clock clock, Disk disk, List<Schema> schemas) throws Problem {
        Database database = switch (setting) {
            case StoreSetting.Sqlite sqlite -> new SqliteDatabase(sqlite.file(), limits);
            case StoreSetting.Postgres postgres -> new PostgresDatabase(postgres, limits);
        };
        return open(database, limits, clock, disk, schemas);
    }

    static Store open(Database database, Limits limits, Clock clock, Disk disk, List<Schema> schemas) throws Problem {
        database.prepare();
        new Migrations(database, database.writing()).migrate(withOwn(schemas), limits, clock);
        return new Store(database, limits, clock, disk);
    }

    private static List<Schema> withOwn(List<Schema> schemas) {
        List<Schema> all = new ArrayList<>(List.of(Schema.of("store", 1)));
        all.addAll(schemas);
        return all;
    }

    private static HikariConfig pool(Database database, Limits limits) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("longhand-readers");
        config.setDataSource(database.reading());
        config.setMaximumPoolSize(limits.readersMax());
        config.setMinimumIdle(0);
        config.setConnectionTimeout(Math.max(250, limits.queueWait().toMillis()));
        // Connections are made when they are needed; a start makes none.
        config.setInitializationFailTimeout(-1);
        return config;
    }

    /**
     * Runs {@code work} in a transaction and returns when it is durable. Work of several callers may share a commit; it is undone
     * and fails alone when it throws.
     */
    public <T> T write(Work<T> work) throws Problem {
        return writer.write(work);
    }

    /** Runs {@code work} on what was committed at one moment. It may run more than once, when its connection is cut. */
    public <T> T read(Work<T> work) throws Problem {
        for (int attempt = 1; ; attempt++) {
            try {
                return readOnce(work);
            } catch (SQLTransientConnectionException e) {
                throw readProblem("reading from", e);
            } catch (SQLException e) {
                Failure failure = database.failure(e);
                Check.argument(failure != Failure.READ_ONLY, "a read transaction wrote: %s", e.getMessage());
                boolean mayRetry = failure == Failure.LOST || failure == Failure.CONTENDED;
                if (!mayRetry || attempt >= limits.attemptsMax()) {
                    throw readProblem("reading from", e);
                }
                limits.backOff(attempt, clock);
            }
        }
    }

    private <T> T readOnce(Work<T> work) throws SQLException, Problem {
        try (Connection connection = readers.getConnection(); Tx tx = new Tx(connection, limits.rowsMax())) {
            database.beginRead(tx);
            try {
                return work.run(tx);
            } finally {
                tx.execute("ROLLBACK");
            }
        }
    }

    /** The pool wraps what the database said; where the database said nothing, all its connections are in use. */
    private Problem readProblem(String doing, SQLException e) {
        if (!(e instanceof SQLTransientConnectionException)) {
            return database.problem(doing, e);
        }
        return e.getCause() instanceof SQLException said
                ? database.problem(doing, said)
                : new Problem(Problem.Kind.BUSY,
                "%s %s failed: %d reads are under way, and none ended in %d ms; try again later".formatted(
                        doing, database.shown(), limits.readersMax(), limits.queueWait().toMillis()), e);
    }

    /**
     * Writes a consistent copy of the database while it is in use. The copy is checked before it gets its name.
     *
     * @param target a file that does not exist
     * @return its size in bytes
     */
    public long backup(Path target) throws Problem {
        Path file = target.toAbsolutePath();
        if (Files.exists(file)) {
            throw new Problem(Problem.Kind.USAGE, "the backup cannot be written to " + file
                    + ": a file is in the way; name one that does not exist");
        }
        Path temp = file.resolveSibling("." + file.getFileName() + ".tmp");
        try {
            disk.createFolders(file.getParent());
            Files.deleteIfExists(temp);
            database.copyTo(temp);
            try (FileChannel channel = FileChannel.open(temp, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            long bytes = Files.size(temp);
            disk.rename(temp, file);
            return bytes;
        } catch (SQLException e) {
            throw database.problem("backing up", e);
        } catch (IOException e) {
            throw Disk.problem("writing the backup", file, e);
        } finally {
            deleteQuietly(temp);
        }
    }

    private static void deleteQuietly(Path temp) {
        try {
            Files.deleteIfExists(temp);
        } catch (IOException e) {
            // The next backup to this name removes it; the failure that brought us here is the one to report.
        }
    }

    /** Looks at every page of the database; what is wrong, in words, and empty where nothing is. */
    public List<String> check() throws Problem {
        try (Connection connection = readers.getConnection()) {
            return database.check(connection);
        } catch (SQLException e) {
            throw readProblem("checking", e);
        }
    }

    /** Which versions the tables of the schemas have, and which this program knows. Changes nothing. */
    public List<SchemaVersion> versions(List<Schema> schemas) throws Problem {
        return new Migrations(database, database.reading()).versions(withOwn(schemas));
    }

    /** What the writer did since the store was opened. */
    public Counters counters() {
        return new Counters(writer.works(), writer.commits());
    }

    /**
     * Counts since opening.
     *
     * @param works   writes that were committed or failed alone
     * @param commits transactions they shared, each one sync of the disk
     */
    public record Counters(long works, long commits) {}

    /** Does what is queued and lets go of the database. A write after that is the caller's mistake. */
    @Override
    public void close() {
        writer.close();
        readers.close();
    }
}
