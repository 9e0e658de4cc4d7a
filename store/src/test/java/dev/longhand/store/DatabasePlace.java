package dev.longhand.store;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** Where a test of the modules above keeps its tables: SQLite in a folder, or a database of the test server. Not thread-safe. */
public abstract class DatabasePlace {
    private final List<Schema> schemas;

    private DatabasePlace(List<Schema> schemas) {
        this.schemas = schemas;
    }

    public abstract StoreSetting setting();

    /** A connection of somebody who is not of the program. */
    public abstract Connection stranger() throws SQLException;

    /** What a killed process leaves: afterwards {@link #open} finds it. {@code store} may be used or thrown away. */
    public abstract void crash(Store store);

    /** A store on what is there. */
    public Store open() {
        try {
            return Store.open(setting(), Limits.DEFAULT, Clock.SYSTEM, Disk.REAL, schemas);
        } catch (Problem e) {
            throw new IllegalStateException(e);
        }
    }

    /** Changes the tables behind the program's back. */
    public void tamper(String... statements) throws SQLException {
        try (Connection connection = stranger(); Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        }
    }

    public static DatabasePlace sqlite(Path folder, List<Schema> schemas) {
        return new DatabasePlace(schemas) {
            private Path file = folder.resolve("image-0.db");
            private int images;

            @Override
            public StoreSetting setting() {
                return new StoreSetting.Sqlite(file);
            }

            @Override
            public Connection stranger() throws SQLException {
                return DriverManager.getConnection("jdbc:sqlite:" + file);
            }

            /** The file and its log as the operating system has them while the store is open: what kill -9 leaves. */
            @Override
            public void crash(Store store) {
                Path image = folder.resolve("image-" + ++images + ".db");
                try {
                    Files.copy(file, image);
                    Path log = Path.of(file + "-wal");
                    if (Files.exists(log)) {
                        Files.copy(log, Path.of(image + "-wal"));
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                store.close();
                file = image;
            }
        };
    }

    public static DatabasePlace postgres(List<Schema> schemas) {
        StoreSetting.Postgres setting = PostgresServer.shared().freshDatabase();
        return new DatabasePlace(schemas) {
            @Override
            public StoreSetting setting() {
                return setting;
            }

            @Override
            public Connection stranger() throws SQLException {
                return PostgresServer.shared().connect(setting.database());
            }

            /** Cuts every connection; then the store is closed without a word to the server. */
            @Override
            public void crash(Store store) {
                try {
                    tamper("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() "
                            + "AND pid <> pg_backend_pid()");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
                store.close();
            }
        };
    }
}
