package dev.longhand.store;

import dev.longhand.base.Problem;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/** What differs between SQLite and PostgreSQL. Thread-safe. */
sealed interface Database permits SqliteDatabase, InspectedFile, PostgresDatabase {
    /** Where it is, for messages; never a password. */
    String shown();

    /**
     * Keeps other processes from making tables until what is returned is closed. Empty where the database needs no such lock: of
     * two that write at once SQLite tells one that it is too late, {@code SQLITE_BUSY_SNAPSHOT}.
     */
    default Optional<Connection> lockTables() throws SQLException {
        return Optional.empty();
    }

    /** Connections that may write; each is set up in full. */
    DataSource writing();

    /** Connections that refuse to write. */
    DataSource reading();

    /** Refuses what is no database of ours, and prepares an empty one. */
    void prepare() throws Problem;

    /** Begins a transaction that is alone in writing until it ends: on both databases nobody else writes meanwhile. */
    void beginWrite(Tx tx) throws SQLException;

    /** Begins a transaction that sees one moment. */
    void beginRead(Tx tx) throws SQLException;

    Failure failure(SQLException e);

    /** A name under which {@link #outcome} finds this transaction after its connection broke; empty where none is needed. */
    Optional<String> name(Tx tx) throws SQLException;

    /** What became of a transaction whose connection broke while it was being committed. */
    Outcome outcome(Tx tx, String name) throws SQLException;

    /** Of a transaction. */
    enum Outcome { COMMITTED, UNDONE, UNDER_WAY }

    /** Writes a consistent copy of the whole database to {@code temp}, a new file; writers are not held up. */
    void copyTo(Path temp) throws SQLException, Problem;

    /** Looks at every page; what is wrong, at most 100 lines. */
    List<String> check(Connection connection) throws SQLException;

    /** The last thing before the process lets go of the database. */
    void end(Connection connection) throws SQLException;

    /** The database's error in words for people. {@code doing} begins the sentence, as in "writing to". */
    default Problem problem(String doing, SQLException e) {
        String place = doing + " " + shown();
        return switch (failure(e)) {
            case FULL -> new Problem(Problem.Kind.DISK, place + " failed: the disk is full or the database's size limit is "
                    + "reached (" + said(e) + "); nothing of it was stored, all that was acknowledged before is there; "
                    + "free some space and try again", e);
            case READ_ONLY -> new Problem(Problem.Kind.DISK, place + " failed: it is read-only for this user (" + said(e)
                    + "); the database and its folder must be writable", e);
            case BROKEN_DISK -> new Problem(Problem.Kind.DISK, place + " failed: " + said(e)
                    + "; what was not acknowledged may or may not be there; check the disk, then run the same again", e);
            case DAMAGED -> new Problem(Problem.Kind.MALFORMED, place + " failed: it is damaged or no database of ours (" + said(e)
                    + "); nothing was changed; restore it from a backup", e);
            case CONTENDED -> new Problem(Problem.Kind.BUSY, place + " failed: another process holds it (" + said(e)
                    + "); nothing of it was stored; wait for the other to end, then try again", e);
            case LOST -> new Problem(Problem.Kind.UNAVAILABLE, place + " failed: no connection (" + said(e)
                    + "); is the server running, and is the setting store right?", e);
            case REFUSED -> new Problem(Problem.Kind.UNAVAILABLE, place + " failed: the server refused (" + said(e)
                    + "); check user, password and database in the setting store", e);
            case STATEMENT -> new Problem(Problem.Kind.UNSUPPORTED, place + " failed: " + said(e), e);
        };
    }

    private static String said(SQLException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
    }
}
