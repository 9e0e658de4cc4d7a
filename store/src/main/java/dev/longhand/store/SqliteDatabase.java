package dev.longhand.store;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteException;

/**
 * One file in WAL mode: a commit is one sync of the log, readers never wait for the writer. Settings are per connection and are
 * made on each. https://sqlite.org/wal.html, https://sqlite.org/pragma.html.
 */
final class SqliteDatabase implements Database {
    static final int PAGE_BYTES = 4096;
    private static final int SECTOR_BYTES = 512;
    /** "LHDB", in the file's header: https://sqlite.org/fileformat2.html#application_id. */
    private static final int APPLICATION_ID = 0x4C484442;
    /** The log is folded into the file when it has so many pages, and cut to so many bytes when it starts anew. */
    private static final int WAL_PAGES = 1000;
    private static final int WAL_KEPT_BYTES = 16 << 20;
    private static final int FINDINGS_MAX = 100;
    /** Said by COMMIT after SQLite undid the transaction by itself, which it does when the disk is full or fails. */
    private static final String UNDONE = "no transaction is active";

    static {
        SqliteLibrary.load();
    }

    private final Path file;
    private final Limits limits;
    private final List<String> ownSettings;

    SqliteDatabase(Path file, Limits limits) {
        this(file, limits, List.of());
    }

    /** {@code ownSettings} come after all others; a test proves with them that it can see a loss. */
    SqliteDatabase(Path file, Limits limits, List<String> ownSettings) {
        this.file = file;
        this.limits = limits;
        this.ownSettings = ownSettings;
    }

    @Override
    public String shown() {
        return file.toString();
    }

    @Override
    public DataSource writing() {
        return new Source(file, settings(false));
    }

    @Override
    public DataSource reading() {
        return new Source(file, settings(true));
    }

    private List<String> settings(boolean isReader) {
        List<String> settings = new ArrayList<>(List.of(
                "busy_timeout=" + limits.lockWait().toMillis(),
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                "trusted_schema=OFF",
                "cell_size_check=ON",
                "wal_autocheckpoint=" + WAL_PAGES,
                "journal_size_limit=" + WAL_KEPT_BYTES,
                "max_page_count=" + limits.databaseBytesMax() / PAGE_BYTES));
        if (isReader) {
            settings.add("query_only=ON");
        }
        settings.addAll(ownSettings);
        return settings;
    }

    /** Hands out connections that are set up; SQLite forgets settings with the connection. */
    static final class Source extends SQLiteDataSource {
        private static final int STEPS_PER_LOOK = 20_000;
        private static final BooleanSupplier NEVER = () -> false;

        private final List<String> settings;
        private final BooleanSupplier isCancelled;

        Source(Path file, List<String> settings) {
            this(file.toString(), settings, NEVER);
        }

        /** @param isCancelled asked during long statements, which it ends (SQLITE_INTERRUPT) */
        Source(String name, List<String> settings, BooleanSupplier isCancelled) {
            setUrl("jdbc:sqlite:" + name);
            this.settings = settings;
            this.isCancelled = isCancelled;
        }

        @Override
        public Connection getConnection() throws SQLException {
            Connection connection = super.getConnection();
            if (isCancelled != NEVER) {
                ProgressHandler.setHandler(connection, STEPS_PER_LOOK, new ProgressHandler() {
                    @Override
                    protected int progress() {
                        return isCancelled.getAsBoolean() ? 1 : 0;
                    }
                });
            }
            try (Statement statement = connection.createStatement()) {
                for (String setting : settings) {
                    statement.execute("PRAGMA " + setting);
                }
                return connection;
            } catch (SQLException e) {
                connection.close();
                throw e;
            }
        }
    }

    @Override
    public void prepare() throws Problem {
        Path folder = file.getParent();
        Disk.REAL.createFolders(folder);
        FileSystems.refuseNetwork(folder);
        refuseStump();
        // Before any setting: switching to WAL writes, and a file that is not ours must stay as it is.
        try (Connection connection = new Source(file, List.of("busy_timeout=" + limits.lockWait().toMillis())).getConnection()) {
            if (isOurs(connection)) {
                return;
            }
            try (Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA application_id=" + APPLICATION_ID);
            }
        } catch (SQLException e) {
            throw problem("opening", e);
        }
    }

    /** Refuses a database of another program; false for one that is empty. */
    boolean isOurs(Connection connection) throws SQLException, Problem {
        long id = number(connection, "PRAGMA application_id");
        if (id != APPLICATION_ID && (id != 0 || number(connection, "SELECT count(*) FROM sqlite_schema") > 0)) {
            throw new Problem(Problem.Kind.MALFORMED, file + " is a database of another program (application id " + id
                    + ", ours is " + APPLICATION_ID
                    + "); nothing was changed; move it away, or set LONGHAND_HOME to another folder");
        }
        return id == APPLICATION_ID;
    }

    /** SQLite takes a file of a few bytes for an empty one; a write of its own leaves a sector at least, or nothing. */
    void refuseStump() throws Problem {
        try {
            long bytes = Files.exists(file) ? Files.size(file) : 0;
            if (bytes > 0 && bytes < SECTOR_BYTES) {
                String why = "opening %s failed: it is damaged: it has %d bytes and ends before its first page does; nothing was "
                        + "changed; restore it from a backup";
                throw new Problem(Problem.Kind.MALFORMED, why.formatted(file, bytes));
            }
        } catch (IOException e) {
            throw Disk.problem("reading the size of", file, e);
        }
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(sql)) {
            return result.getLong(1);
        }
    }

    @Override
    public void beginWrite(Tx tx) throws SQLException {
        tx.execute("BEGIN IMMEDIATE");
    }

    @Override
    public void beginRead(Tx tx) throws SQLException {
        tx.execute("BEGIN");
    }

    /** By primary result code: https://sqlite.org/rescode.html. */
    @Override
    public Failure failure(SQLException e) {
        int code = e instanceof SQLiteException sqlite ? sqlite.getResultCode().code & 0xff : e.getErrorCode() & 0xff;
        return switch (code) {
            case 1 -> String.valueOf(e.getMessage()).contains(UNDONE) ? Failure.BROKEN_DISK : Failure.STATEMENT;
            case 5, 6 -> Failure.CONTENDED;
            case 3, 8, 14 -> Failure.READ_ONLY;
            case 10 -> Failure.BROKEN_DISK;
            case 11, 26 -> Failure.DAMAGED;
            case 13 -> Failure.FULL;
            default -> Failure.STATEMENT;
        };
    }

    /** The database is in this process: no connection breaks without it. */
    @Override
    public Optional<String> name(Tx tx) {
        return Optional.empty();
    }

    @Override
    public Outcome outcome(Tx tx, String name) {
        throw new IllegalStateException("no transaction of SQLite has a name");
    }

    @Override
    public void copyTo(Path temp) throws SQLException, Problem {
        copyTo(temp, writing());
    }

    /** By a connection of {@code source}, which need not be one that writes. */
    void copyTo(Path temp, DataSource source) throws SQLException, Problem {
        try (Connection connection = source.getConnection();
                PreparedStatement copy = connection.prepareStatement("VACUUM INTO ?")) {
            copy.setString(1, temp.toString());
            copy.execute();
        }
        SqliteDatabase written = new SqliteDatabase(temp, limits);
        try (Connection connection = new Source(temp, List.of("query_only=ON")).getConnection()) {
            List<String> findings = written.check(connection);
            if (!findings.isEmpty()) {
                throw new Problem(Problem.Kind.MALFORMED, "the copy of " + file + " is damaged: " + findings.getFirst()
                        + "; it was thrown away; check the database and the disk");
            }
        }
    }

    @Override
    public List<String> check(Connection connection) throws SQLException {
        List<String> findings = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            try (ResultSet result = statement.executeQuery("PRAGMA integrity_check(" + FINDINGS_MAX + ")")) {
                while (result.next()) {
                    if (!result.getString(1).equals("ok")) {
                        findings.add(result.getString(1));
                    }
                }
            }
            try (ResultSet result = statement.executeQuery("PRAGMA foreign_key_check")) {
                while (result.next() && findings.size() < FINDINGS_MAX) {
                    findings.add("row " + result.getLong(2) + " of " + result.getString(1) + " names a row of "
                            + result.getString(3)
                            + " that is not there");
                }
            }
        } catch (SQLException e) {
            if (failure(e) != Failure.DAMAGED) {
                throw e;
            }
            findings.add(e.getMessage());
        }
        return findings;
    }

    /** Folds the log into the file, so that the file alone is the database. */
    @Override
    public void end(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA optimize");
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }
}
