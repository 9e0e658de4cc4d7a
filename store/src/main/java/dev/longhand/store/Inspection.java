package dev.longhand.store;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Looks at a database without opening it as a store, for those who look after it: nothing is migrated, and {@link #look} leaves
 * every byte of the file and of the files beside it as it was, whatever version wrote them.
 *
 * <p>SQLite reads a file in one of three ways here. A file without a log is nobody's: it is read as immutable, which takes no lock
 * and makes no file; if somebody came meanwhile, what was read is thrown away and read again. A file with a log and its shared
 * memory may be in use, or its owner was killed: the log is read with both files opened read-only. A log without its shared memory
 * is left by a copy, a rollback journal by a process that was killed while it opened a new file: both are copied with the file and
 * the copy is read, because SQLite would have to write beside the original.
 * https://sqlite.org/wal.html#read_only_databases.
 */
public final class Inspection {
    private static final int ATTEMPTS_MAX = 3;
    /** Of the log's header, behind which its frames begin: https://sqlite.org/fileformat2.html#wal_file_format. */
    private static final int LOG_HEADER_BYTES = 32;

    /**
     * What an inspection needs of the machine.
     *
     * @param isCancelled asked often, also inside long statements
     */
    public record Tools(Limits limits, Clock clock, Disk disk, BooleanSupplier isCancelled) {}

    /** What is done with a store that only reads; may run more than once. */
    @FunctionalInterface
    public interface Looking<T> {
        T at(Store store) throws Problem;
    }

    /** The file and its log as they are at one moment. */
    private record Stamp(long bytes, long modifiedNanos, Object key, long logBytes, boolean hasSharedMemory, boolean hasJournal) {
        static Stamp of(Path file) throws IOException {
            var attributes = Files.readAttributes(file, java.nio.file.attribute.BasicFileAttributes.class);
            Path log = log(file);
            return new Stamp(attributes.size(), attributes.lastModifiedTime().to(java.util.concurrent.TimeUnit.NANOSECONDS),
                    attributes.fileKey(), Files.exists(log) ? Files.size(log) : -1, Files.exists(Path.of(file + "-shm")),
                    Files.exists(Path.of(file + "-journal")));
        }

        /** Whoever has a database in WAL mode open has made its log. */
        boolean isAlone() {
            return !hasJournal && (logBytes < 0 || logBytes == 0 && !hasSharedMemory);
        }

        /**
         * SQLite would write to read it: to make the shared memory, or to undo what a journal says; or its owner was killed between
         * the log's header and the first frame, which SQLite cannot read with both files read-only (SQLITE_PROTOCOL, after 10 s).
         */
        boolean mustBeCopied() {
            return hasJournal || logBytes > 0 && (!hasSharedMemory || logBytes <= LOG_HEADER_BYTES);
        }
    }

    private Inspection() {}

    private static Path log(Path file) {
        return Path.of(file + "-wal");
    }

    /** Hands a store that only reads to {@code looking}. A file that is not there is the caller's to notice. */
    public static <T> T look(StoreSetting setting, Tools tools, Looking<T> looking) throws Problem {
        return switch (setting) {
            case StoreSetting.Sqlite sqlite -> lookAtFile(sqlite.file(), tools, looking);
            case StoreSetting.Postgres postgres -> looking(new PostgresDatabase(postgres, tools.limits()), tools, looking);
        };
    }

    private static <T> T lookAtFile(Path file, Tools tools, Looking<T> looking) throws Problem {
        for (int attempt = 1; ; attempt++) {
            try {
                Stamp before = Stamp.of(file);
                boolean isCopied = before.mustBeCopied();
                T found = null;
                Problem problem = null;
                try {
                    String mode = before.isAlone() ? InspectedFile.ALONE : InspectedFile.BESIDE;
                    found = isCopied ? lookAtCopy(file, tools, looking)
                            : looking(new InspectedFile(file, mode, tools.limits(), tools.isCancelled()), tools, looking);
                } catch (Problem e) {
                    problem = e;
                }
                boolean isGuarded = !before.isAlone() && !isCopied;
                if (isGuarded || Stamp.of(file).equals(before)) {
                    if (problem != null) {
                        throw problem;
                    }
                    return found;
                }
            } catch (IOException e) {
                throw Disk.problem("looking at", file, e);
            }
            if (attempt == ATTEMPTS_MAX) {
                throw new Problem(Problem.Kind.BUSY, file + " was opened and closed by other processes again and again while it "
                        + "was looked at; run the command again when they are done");
            }
        }
    }

    private static <T> T lookAtCopy(Path file, Tools tools, Looking<T> looking) throws IOException, Problem {
        Path folder = Files.createTempDirectory("longhand-look");
        Path copy = folder.resolve("copy.db");
        try {
            for (String end : List.of("", "-wal", "-journal")) {
                if (Files.exists(Path.of(file + end))) {
                    Files.copy(Path.of(file + end), Path.of(copy + end));
                }
            }
            return looking(new InspectedFile(copy, InspectedFile.GUEST, tools.limits(), tools.isCancelled()), tools, looking);
        } finally {
            for (String end : List.of("-shm", "-wal", "-journal", "")) {
                Files.deleteIfExists(Path.of(copy + end));
            }
            Files.deleteIfExists(folder);
        }
    }

    private static <T> T looking(Database database, Tools tools, Looking<T> looking) throws Problem {
        try {
            database.prepare();
            try (Store store = new Store(database, tools.limits(), tools.clock(), tools.disk())) {
                return looking.at(store);
            }
        } catch (Problem e) {
            throw tools.isCancelled().getAsBoolean() ? cancelled(e) : e;
        }
    }

    private static Problem cancelled(Problem e) {
        return new Problem(Problem.Kind.CANCELLED, "stopped while the database was read", e);
    }

    /**
     * Writes a consistent copy of the database while others go on writing, see {@link Store#backup}. Reads as any reader does, and
     * so also what a killed process left in the log; tables of an older version stay what they are.
     *
     * @return the size of {@code target} in bytes
     */
    public static long copy(StoreSetting.Sqlite setting, Path target, Tools tools) throws Problem {
        Database database = new InspectedFile(setting.file(), InspectedFile.GUEST, tools.limits(), tools.isCancelled());
        return looking(database, tools, store -> store.backup(target));
    }

    /**
     * Refuses if another process has the database open; otherwise folds its log into the file, so that the file alone is the
     * database. A file that is too damaged to say is let through.
     */
    public static void requireUnused(StoreSetting.Sqlite setting, Limits limits) throws Problem {
        if (!Files.exists(setting.file())) {
            return;
        }
        SqliteDatabase database = new SqliteDatabase(setting.file(), limits);
        SqliteDatabase.Source source = new SqliteDatabase.Source(setting.file(), List.of(
                "busy_timeout=" + limits.lockWait().toMillis(),
                "locking_mode=EXCLUSIVE"));
        try (Connection connection = source.getConnection(); Statement statement = connection.createStatement()) {
            statement.execute("BEGIN EXCLUSIVE");
            statement.execute("ROLLBACK");
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        } catch (SQLException e) {
            if (database.failure(e) != Failure.DAMAGED) {
                throw database.problem("taking", e);
            }
        }
    }
}
