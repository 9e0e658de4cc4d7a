package dev.longhand.store;

import dev.longhand.base.Problem;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A database that several processes may share. Writing takes one lock for the length of a transaction, so that, as on SQLite, one
 * transaction writes at a time; serialisable isolation stands behind it, for writers that do not know the lock.
 *
 * <p>The lock comes before the transaction's snapshot: {@code LOCK TABLE} takes none, so whoever waited sees what was written
 * meanwhile instead of failing. https://www.postgresql.org/docs/18/sql-lock.html.
 */
final class PostgresDatabase implements Database {
    /** "LHDB": the key of the lock under which tables are made. */
    private static final long TABLES_KEY = 0x4C484442L;
    private static final int CONNECT_SECONDS_MAX = 10;
    /** Longer than any statement of ours; a dead peer is noticed by then. */
    private static final int SILENCE_SECONDS_MAX = 120;
    private static final int FINDINGS_MAX = 100;

    private final StoreSetting.Postgres setting;
    private final long lockWaitMillis;
    private final String beginWrite;

    PostgresDatabase(StoreSetting.Postgres setting, Limits limits) {
        this.setting = setting;
        this.lockWaitMillis = limits.lockWait().toMillis();
        this.beginWrite = "BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL lock_timeout = " + lockWaitMillis
                + "; LOCK TABLE store_writer IN EXCLUSIVE MODE";
    }

    @Override
    public String shown() {
        return setting.toString();
    }

    /** An advisory lock, which ends with its connection: two that make tables at once find each other's half done. */
    @Override
    public Optional<Connection> lockTables() throws SQLException {
        Connection connection = writing().getConnection();
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET lock_timeout = " + lockWaitMillis);
            statement.execute("SELECT pg_advisory_lock(" + TABLES_KEY + ")");
            return Optional.of(connection);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public DataSource writing() {
        return source(false);
    }

    @Override
    public DataSource reading() {
        return source(true);
    }

    private PGSimpleDataSource source(boolean isReader) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {setting.host()});
        source.setPortNumbers(new int[] {setting.port()});
        source.setDatabaseName(setting.database());
        if (!setting.user().isEmpty()) {
            source.setUser(setting.user());
        }
        if (!setting.password().isEmpty()) {
            source.setPassword(setting.password());
        }
        source.setApplicationName("longhand");
        source.setConnectTimeout(CONNECT_SECONDS_MAX);
        source.setSocketTimeout(SILENCE_SECONDS_MAX);
        source.setTcpKeepAlive(true);
        // On whatever the server's default is: an acknowledged write is on its disk.
        source.setOptions(isReader ? "-c default_transaction_read_only=on" : "-c synchronous_commit=on");
        try {
            for (var option : setting.options().entrySet()) {
                source.setProperty(option.getKey(), option.getValue());
            }
        } catch (SQLException e) {
            throw new IllegalArgumentException("the driver does not know an option of " + setting.options().keySet(), e);
        }
        return source;
    }

    /** Connects once, so that a wrong setting is said before anything else happens. */
    @Override
    public void prepare() throws Problem {
        try (Connection connection = writing().getConnection(); Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SHOW fsync")) {
            result.next();
        } catch (SQLException e) {
            throw problem("opening", e);
        }
    }

    @Override
    public void beginWrite(Tx tx) throws SQLException {
        tx.execute(beginWrite);
    }

    @Override
    public void beginRead(Tx tx) throws SQLException {
        tx.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    }

    /** By SQLSTATE: https://www.postgresql.org/docs/18/errcodes-appendix.html. */
    @Override
    public Failure failure(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        return switch (state) {
            case "40001", "40P01", "55P03" -> Failure.CONTENDED;
            case "53100" -> Failure.FULL;
            case "25006" -> Failure.READ_ONLY;
            case "58030" -> Failure.BROKEN_DISK;
            case "XX001", "XX002" -> Failure.DAMAGED;
            case "3D000", "42501" -> Failure.REFUSED;
            case "57P01", "57P02", "57P03", "57P05", "53300" -> Failure.LOST;
            default -> state.startsWith("08") ? Failure.LOST : state.startsWith("28") ? Failure.REFUSED : Failure.STATEMENT;
        };
    }

    @Override
    public Optional<String> name(Tx tx) throws SQLException {
        return tx.row("SELECT pg_current_xact_id_if_assigned()::text", r -> Optional.ofNullable(r.getString(1))).orElseThrow();
    }

    /** https://www.postgresql.org/docs/18/functions-info.html: null for one so old that the server forgot it, which ours is not. */
    @Override
    public Outcome outcome(Tx tx, String name) throws SQLException {
        String status = tx.row("SELECT pg_xact_status(CAST(? AS xid8))", r -> String.valueOf(r.getString(1)), name)
                .orElseThrow();
        return switch (status) {
            case "committed" -> Outcome.COMMITTED;
            case "aborted" -> Outcome.UNDONE;
            default -> Outcome.UNDER_WAY;
        };
    }

    @Override
    public void copyTo(Path temp) throws Problem {
        throw new Problem(Problem.Kind.UNSUPPORTED, "the books are in " + shown()
                + ", and a PostgreSQL database is not copied into a file "
                + "by Longhand; use pg_dump, or the server's own base backups");
    }

    /** Reads every row, so that the server checks every page's checksum where it has them. */
    @Override
    public List<String> check(Connection connection) throws SQLException {
        List<String> findings = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            for (String table : tables(statement)) {
                try (ResultSet rows = statement.executeQuery("SELECT count(t::text) FROM \"" + table + "\" t")) {
                    rows.next();
                } catch (SQLException e) {
                    if (failure(e) != Failure.DAMAGED || findings.size() >= FINDINGS_MAX) {
                        throw e;
                    }
                    findings.add(table + ": " + e.getMessage());
                }
            }
        }
        return findings;
    }

    private static List<String> tables(Statement statement) throws SQLException {
        List<String> tables = new ArrayList<>();
        try (ResultSet result = statement.executeQuery(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() "
                + "AND table_type = 'BASE TABLE'")) {
            while (result.next()) {
                tables.add(result.getString(1));
            }
        }
        return tables;
    }

    @Override
    public void end(Connection connection) {}
}
