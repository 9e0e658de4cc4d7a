package dev.longhand.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The contract on SQLite, and what only a file can suffer. */
class SqliteStoreTest extends StoreContract {
    @TempDir
    Path folder;

    @Override
    StoreSetting freshSetting() {
        return new StoreSetting.Sqlite(file());
    }

    private Path file() {
        return folder.resolve("home").resolve("longhand.db");
    }

    @Override
    Connection stranger(StoreSetting setting) throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + setting);
    }

    @Override
    String takeWriteLock() {
        return "BEGIN IMMEDIATE";
    }

    private Store open(Limits limits) throws Problem {
        return open(freshSetting(), limits, Clock.SYSTEM, COUNTING);
    }

    /** Goal: what an acknowledgement promises is set on every connection. Method: ask a writer's and a reader's. */
    @Test
    void setsEveryConnectionUp() throws Problem {
        try (Store store = open(Limits.DEFAULT)) {
            Work<String> settings = tx -> {
                StringBuilder all = new StringBuilder();
                for (String each : List.of("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "wal_autocheckpoint",
                        "journal_size_limit", "trusted_schema", "query_only")) {
                    all.append(each).append('=').append(tx.row("PRAGMA " + each, r -> r.getString(1)).orElseThrow()).append(' ');
                }
                return all.toString();
            };
            String both = "journal_mode=wal synchronous=2 foreign_keys=1 busy_timeout=5000 wal_autocheckpoint=1000 "
                    + "journal_size_limit=16777216 trusted_schema=0 query_only=";
            assertEquals(both + "0 ", store.write(settings));
            assertEquals(both + "1 ", store.read(settings));
        }
    }

    /** Goal: a full disk loses nothing. Method: SQLite's own limit of pages, which fails as a full disk does (SQLITE_FULL). */
    @Test
    void refusesWhatDoesNotFitAndKeepsTheRest() throws Problem {
        Limits small = Limits.DEFAULT.withDatabaseBytes(40 * SqliteDatabase.PAGE_BYTES);
        try (Store store = open(small)) {
            insert(store, "a", 1);
            Problem problem = assertThrows(Problem.class, () -> insert(store, "x".repeat(50 * SqliteDatabase.PAGE_BYTES), 1));
            assertEquals(Problem.Kind.DISK, problem.kind());
            assertThat(problem).hasMessageContaining("the disk is full or the database's size limit is reached")
                    .hasMessageContaining("nothing of it was stored").hasMessageContaining(file().toString());
            insert(store, "a2", 2);
            assertEquals(1, number(store, "a"));
        }
        try (Store store = open(small)) {
            assertEquals(3, (long) store.read(tx -> tx.number("SELECT sum(number) FROM counting")));
            assertEquals(List.of(), store.check());
        }
    }

    /** Goal: a file of somebody else stays as it is. Method: another program's database, and a file that is none. */
    @Test
    void refusesAFileThatIsNotOurs() throws Exception {
        Files.createDirectories(file().getParent());
        try (Connection other = stranger(freshSetting()); Statement statement = other.createStatement()) {
            statement.execute("CREATE TABLE theirs (a)");
        }
        refusesUnchanged("is a database of another program");
        Files.write(file(), "no database, but a text that somebody keeps here".repeat(200).getBytes());
        refusesUnchanged("damaged or no database of ours");
    }

    private void refusesUnchanged(String message) throws IOException {
        byte[] before = Files.readAllBytes(file());
        Problem problem = assertThrows(Problem.class, () -> open(Limits.DEFAULT));
        assertEquals(Problem.Kind.MALFORMED, problem.kind());
        assertThat(problem).hasMessageContaining(message).hasMessageContaining(file().toString());
        assertArrayEquals(before, Files.readAllBytes(file()));
    }

    /**
     * Goal: locks and syncs are this machine's own. Method: the names that kernels give to network file systems, and local ones.
     */
    @ParameterizedTest
    @ValueSource(strings = {"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs", "fuse.s3fs", "lustre", "NFS"})
    void refusesNetworkFileSystems(String type) {
        Problem problem = assertThrows(Problem.class, () -> FileSystems.refuseNetwork(folder, type));
        assertEquals(Problem.Kind.UNSUPPORTED, problem.kind());
        assertThat(problem).hasMessageContaining(type).hasMessageContaining(folder.toString())
                .hasMessageContaining("LONGHAND_HOME");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "apfs", "NTFS", "fuseblk"})
    void takesLocalFileSystems(String type) {
        assertDoesNotThrow(() -> FileSystems.refuseNetwork(folder, type));
    }

    /** Goal: a damaged page is found. Method: overwrite one in the middle of a closed file. */
    @Test
    void findsADamagedPage() throws Exception {
        try (Store store = open(Limits.DEFAULT)) {
            for (int i = 0; i < 500; i++) {
                insert(store, "name-" + i + "-" + "x".repeat(200), i);
            }
        }
        try (RandomAccessFile raw = new RandomAccessFile(file().toFile(), "rw")) {
            raw.seek(raw.length() / SqliteDatabase.PAGE_BYTES / 2 * SqliteDatabase.PAGE_BYTES);
            raw.write(new byte[SqliteDatabase.PAGE_BYTES]);
        }
        try (Store store = open(Limits.DEFAULT)) {
            assertFalse(store.check().isEmpty());
        }
    }

    /** Goal: a closed database is one file. Method: look at the folder. */
    @Test
    void leavesOneFileBehind() throws Exception {
        try (Store store = open(Limits.DEFAULT)) {
            insert(store, "a", 1);
        }
        try (Stream<Path> files = Files.list(file().getParent())) {
            assertEquals(List.of(file()), files.filter(f -> !f.toString().endsWith("-shm")).toList());
        }
    }

    /**
     * Goal: a backup is one moment of a database in use. Method: writes that keep two rows equal run all the time; in every backup
     * they are equal, it opens, and it holds all that was acknowledged before it began.
     */
    @Test
    void backsUpOneMomentWhileWritesGoOn() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        try (Store store = open(Limits.DEFAULT); ExecutorService pool = Executors.newSingleThreadExecutor()) {
            insert(store, "a", 0);
            insert(store, "b", 0);
            Future<Void> writing = pool.submit(() -> {
                while (!stop.get()) {
                    store.write(tx -> tx.update("UPDATE counting SET number = number + 1 WHERE name = 'a'")
                            + tx.update("UPDATE counting SET number = number + 1 WHERE name = 'b'"));
                }
                return null;
            });
            for (int i = 0; i < 5; i++) {
                long before = number(store, "a");
                Path target = folder.resolve("backups").resolve("b" + i + ".db");
                assertEquals(store.backup(target), Files.size(target));
                try (Store copy = open(new StoreSetting.Sqlite(target), Limits.DEFAULT, Clock.SYSTEM, COUNTING)) {
                    assertEquals(number(copy, "a"), number(copy, "b"));
                    assertTrue(number(copy, "a") >= before);
                    assertEquals(List.of(), copy.check());
                }
            }
            stop.set(true);
            writing.get();
            Problem problem = assertThrows(Problem.class, () -> store.backup(folder.resolve("backups").resolve("b0.db")));
            assertThat(problem).hasMessageContaining("a file is in the way");
        }
    }

    /** Goal: each kind of failure has its words and its exit code. Method: SQLite's result codes, one by one. */
    @Test
    void namesWhatFailed() {
        Database database = new SqliteDatabase(file(), Limits.DEFAULT);
        record Case(SQLiteErrorCode code, Problem.Kind kind, String words) {}
        for (Case each : List.of(
                new Case(SQLiteErrorCode.SQLITE_BUSY, Problem.Kind.BUSY, "another process holds it"),
                new Case(SQLiteErrorCode.SQLITE_BUSY_SNAPSHOT, Problem.Kind.BUSY, "another process holds it"),
                new Case(SQLiteErrorCode.SQLITE_FULL, Problem.Kind.DISK, "the disk is full"),
                new Case(SQLiteErrorCode.SQLITE_READONLY, Problem.Kind.DISK, "read-only for this user"),
                new Case(SQLiteErrorCode.SQLITE_READONLY_DIRECTORY, Problem.Kind.DISK, "read-only for this user"),
                new Case(SQLiteErrorCode.SQLITE_CANTOPEN, Problem.Kind.DISK, "must be writable"),
                new Case(SQLiteErrorCode.SQLITE_IOERR_FSYNC, Problem.Kind.DISK, "may or may not be there"),
                new Case(SQLiteErrorCode.SQLITE_CORRUPT, Problem.Kind.MALFORMED, "restore it from a backup"),
                new Case(SQLiteErrorCode.SQLITE_NOTADB, Problem.Kind.MALFORMED, "no database of ours"))) {
            Problem problem = database.problem("writing to", new SQLiteException("why", each.code()));
            assertEquals(each.kind(), problem.kind(), each.code().name());
            assertThat(problem).hasMessageContaining(each.words()).hasMessageStartingWith("writing to " + file());
        }
    }

    /** Goal: a place where nothing can be written is named. Method: a folder that is a file, and one that no user can write. */
    @ParameterizedTest
    @ValueSource(strings = {"/dev/null/home", "/proc/home"})
    void refusesAPlaceThatCannotBeWritten(String home) {
        StoreSetting setting = new StoreSetting.Sqlite(Path.of(home, "longhand.db"));
        Problem problem = assertThrows(Problem.class, () -> open(setting, Limits.DEFAULT, Clock.SYSTEM, COUNTING));
        assertEquals(Problem.Kind.DISK, problem.kind());
        assertThat(problem).hasMessageContaining(home);
    }
}
