package dev.longhand.jobs;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Ledger;
import dev.longhand.store.PostgresServer;
import dev.longhand.store.Store;
import dev.longhand.store.StoreSetting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** Where a test keeps its jobs: SQLite in a folder, or a database of the test server. Not thread-safe. */
abstract class JobsPlace {
    abstract StoreSetting setting();

    /** A connection of somebody who is not of the program. */
    abstract Connection stranger() throws SQLException;

    /** What a killed process leaves: afterwards {@link #open} finds it. {@code store} is closed. */
    abstract void crash(Store store);

    /** A store on what is there, as a process of its own would open it. */
    Store open() {
        return open(setting());
    }

    static Store open(StoreSetting setting) {
        try {
            return Store.open(setting, dev.longhand.store.Limits.DEFAULT, Clock.SYSTEM, Disk.REAL,
                    List.of(Ledger.SCHEMA, Jobs.SCHEMA));
        } catch (Problem e) {
            throw new IllegalStateException(e);
        }
    }

    /** Changes the tables behind the program's back. */
    void tamper(String... statements) throws SQLException {
        try (Connection connection = stranger(); Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        }
    }

    static JobsPlace sqlite(Path folder) {
        return new JobsPlace() {
            private Path file = folder.resolve("jobs-0.db");
            private int images;

            @Override
            StoreSetting setting() {
                return new StoreSetting.Sqlite(file);
            }

            @Override
            Connection stranger() throws SQLException {
                return DriverManager.getConnection("jdbc:sqlite:" + file);
            }

            /** The file and its log as the operating system has them while the store is open: what kill -9 leaves. */
            @Override
            void crash(Store store) {
                Path image = folder.resolve("jobs-" + ++images + ".db");
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

    static JobsPlace postgres() {
        StoreSetting.Postgres setting = PostgresServer.shared().freshDatabase();
        return new JobsPlace() {
            @Override
            StoreSetting setting() {
                return setting;
            }

            @Override
            Connection stranger() throws SQLException {
                return PostgresServer.shared().connect(setting.database());
            }

            /** Cuts every connection; then the store is closed without a word to the server. */
            @Override
            void crash(Store store) {
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
