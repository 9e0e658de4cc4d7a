package dev.longhand.store;

import dev.longhand.base.Check;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One transaction's way to the tables. Values are {@code Long}, {@code Integer}, {@code String}, {@code byte[]} or null; text of a
 * statement is never built from values. Statements are kept prepared as long as the connection. Not thread-safe.
 */
public final class Tx implements AutoCloseable {
    /** Prepared statements kept per connection; the one that was used longest ago goes first. */
    private static final int STATEMENTS_MAX = 256;
    /** https://sqlite.org/rescode.html#corrupt; PostgreSQL's word for it is the state XX001, data_corrupted. */
    private static final int SQLITE_CORRUPT = 11;

    private final Connection connection;
    private final int rowsMax;
    private final LinkedHashMap<String, PreparedStatement> prepared = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<Class<?>, Held> held = new HashMap<>();

    Tx(Connection connection, int rowsMax) {
        this.connection = connection;
        this.rowsMax = rowsMax;
    }

    /** Makes a value of the row on which {@code row} stands; columns count from 1. What it throws means that the row is damaged. */
    @FunctionalInterface
    public interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /**
     * What a module knows of its rows for as long as a transaction lasts, which may be many writes: what was read once need not be
     * read again, and what all of them change is written once, at the end.
     */
    public interface Held {
        /** Writes what is not written yet. Called before the commit, and before anything that may be undone alone. */
        void write(Tx tx) throws SQLException;
    }

    /** The transaction's object of that class, made at its first use. It is gone when the transaction ends or is undone in part. */
    public <H extends Held> H held(Class<H> type, Supplier<H> make) {
        return type.cast(held.computeIfAbsent(type, t -> make.get()));
    }

    void writeHeld() throws SQLException {
        for (Held each : held.values()) {
            each.write(this);
        }
    }

    void forgetHeld() {
        held.clear();
    }

    /** Inserts, updates or deletes; the number of rows that changed. */
    public int update(String sql, Object... values) throws SQLException {
        return filled(sql, values).executeUpdate();
    }

    /** All rows. More than the store's {@code rowsMax} are the caller's mistake: ask in pages. */
    public <T> List<T> rows(String sql, RowReader<T> reader, Object... values) throws SQLException {
        List<T> rows = new ArrayList<>();
        try (ResultSet result = filled(sql, values).executeQuery()) {
            while (result.next()) {
                Check.argument(rows.size() < rowsMax, "a query has more than %d rows; ask in pages: %s", rowsMax, sql);
                rows.add(read(reader, result));
            }
        }
        return rows;
    }

    /** A row that its reader cannot make a value of was not written by it. */
    private static <T> T read(RowReader<T> reader, ResultSet row) throws SQLException {
        try {
            return reader.read(row);
        } catch (RuntimeException e) {
            throw damaged("a row holds what was never written: " + e.getMessage(), e);
        }
    }

    /** What a caller throws who finds rows that no write can have left. The store refuses what depends on them. */
    public static SQLException damaged(String what, Throwable cause) {
        return new SQLException(what, "XX001", SQLITE_CORRUPT, cause);
    }

    /** The only row, or none. */
    public <T> Optional<T> row(String sql, RowReader<T> reader, Object... values) throws SQLException {
        List<T> rows = rows(sql, reader, values);
        Check.argument(rows.size() <= 1, "a query for one row has %d: %s", rows.size(), sql);
        return rows.stream().findFirst();
    }

    /** The only number of the only row; 0 where it is null. */
    public long number(String sql, Object... values) throws SQLException {
        Optional<Long> number = row(sql, r -> r.getLong(1), values);
        Check.argument(number.isPresent(), "a query for a number has no row: %s", sql);
        return number.get();
    }

    /** Runs a statement that has neither values nor a result, such as {@code COMMIT}. */
    void execute(String sql) throws SQLException {
        PreparedStatement statement = statement(sql);
        statement.execute();
    }

    private PreparedStatement filled(String sql, Object... values) throws SQLException {
        PreparedStatement statement = statement(sql);
        for (int i = 0; i < values.length; i++) {
            switch (values[i]) {
                case Long number -> statement.setLong(i + 1, number);
                case Integer number -> statement.setInt(i + 1, number);
                case String text -> statement.setString(i + 1, text);
                case byte[] bytes -> statement.setBytes(i + 1, bytes);
                case null -> statement.setObject(i + 1, null);
                default -> throw new IllegalArgumentException("a value is a " + values[i].getClass().getName()
                        + "; it must be a Long, an Integer, a String, bytes or null");
            }
        }
        return statement;
    }

    private PreparedStatement statement(String sql) throws SQLException {
        PreparedStatement known = prepared.get(sql);
        if (known != null) {
            return known;
        }
        PreparedStatement statement = connection.prepareStatement(sql);
        prepared.put(sql, statement);
        if (prepared.size() > STATEMENTS_MAX) {
            prepared.pollFirstEntry().getValue().close();
        }
        return statement;
    }

    @Override
    public void close() throws SQLException {
        for (PreparedStatement each : prepared.values()) {
            each.close();
        }
        prepared.clear();
    }
}
