package dev.longhand.store;

import dev.longhand.base.Problem;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;

/**
 * An SQLite file that is looked at and not opened as a store: no setting of the file is made, no table, no migration. How much the
 * operating system lets a connection do is in the name under which SQLite opens it: https://sqlite.org/uri.html.
 */
final class InspectedFile implements Database {
    /** Nobody else has the file: no lock is taken and no file beside it is made. */
    static final String ALONE = "mode=ro&immutable=1";
    /** Somebody may be writing, or was killed: the log is read, and neither it nor its shared memory is written. */
    static final String BESIDE = "mode=ro&readonly_shm=1";
    /** As any reader of SQLite: it may make the files beside the database, and folds the log when it is the last to leave. */
    static final String GUEST = "mode=rw";

    private final SqliteDatabase file;
    private final DataSource source;

    InspectedFile(Path file, String mode, Limits limits, BooleanSupplier isCancelled) {
        this.file = new SqliteDatabase(file, limits);
        this.source = new SqliteDatabase.Source("file:" + escaped(file) + "?" + mode, List.of(
                "busy_timeout=" + limits.lockWait().toMillis(),
                "synchronous=FULL",
                "foreign_keys=ON",
                "trusted_schema=OFF",
                "cell_size_check=ON",
                "temp_store=MEMORY"), isCancelled);
    }

    /** Every byte but the plain ones as {@code %xx}: a name may hold what means something in an address. */
    private static String escaped(Path file) {
        StringBuilder name = new StringBuilder();
        for (byte each : file.toString().getBytes(StandardCharsets.UTF_8)) {
            boolean isPlain = each >= 'a' && each <= 'z' || each >= 'A' && each <= 'Z' || each >= '0' && each <= '9'
                    || each == '/' || each == '.' || each == '-' || each == '_';
            name.append(isPlain ? String.valueOf((char) each) : "%%%02x".formatted(each & 0xff));
        }
        return name.toString();
    }

    @Override
    public String shown() {
        return file.shown();
    }

    /** A write through it is refused by SQLite wherever the mode forbids it. */
    @Override
    public DataSource writing() {
        return source;
    }

    @Override
    public DataSource reading() {
        return source;
    }

    @Override
    public void prepare() throws Problem {
        file.refuseStump();
        try (Connection connection = source.getConnection()) {
            file.isOurs(connection);
        } catch (SQLException e) {
            throw problem("looking at", e);
        }
    }

    @Override
    public void beginWrite(Tx tx) throws SQLException {
        file.beginWrite(tx);
    }

    @Override
    public void beginRead(Tx tx) throws SQLException {
        file.beginRead(tx);
    }

    @Override
    public Failure failure(SQLException e) {
        return file.failure(e);
    }

    @Override
    public Optional<String> name(Tx tx) {
        return file.name(tx);
    }

    @Override
    public Outcome outcome(Tx tx, String name) {
        return file.outcome(tx, name);
    }

    @Override
    public void copyTo(Path temp) throws SQLException, Problem {
        file.copyTo(temp, source);
    }

    @Override
    public List<String> check(Connection connection) throws SQLException {
        return file.check(connection);
    }

    @Override
    public void end(Connection connection) {}
}
