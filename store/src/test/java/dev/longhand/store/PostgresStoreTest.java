package dev.longhand.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The contract on PostgreSQL, and what only a server can do to us. */
class PostgresStoreTest extends StoreContract {
    private static final PostgresServer SERVER = PostgresServer.shared();

    @Override
    StoreSetting freshSetting() {
        return SERVER.freshDatabase();
    }

    @Override
    Connection stranger(StoreSetting setting) throws SQLException {
        return SERVER.connect(((StoreSetting.Postgres) setting).database());
    }

    @Override
    String takeWriteLock() {
        return "BEGIN; LOCK TABLE store_writer IN EXCLUSIVE MODE";
    }

    /** Goal: a cut connection is mended. Method: the server ends all our connections between two writes and two reads. */
    @Test
    void goesOnAfterItsConnectionsAreCut() throws Exception {
        StoreSetting setting = freshSetting();
        try (Store store = open(setting, Limits.DEFAULT, Clock.SYSTEM, COUNTING)) {
            insert(store, "a", 1);
            assertEquals(1, number(store, "a"));
            try (Connection other = stranger(setting)) {
                cutAllOthers(other);
            }
            insert(store, "b", 2);
            assertEquals(2, number(store, "b"));
            assertEquals(1, number(store, "a"));
        }
    }

    /**
     * Goal: a group that loses its connection in the middle is done once. Method: its second work cuts the connection it runs
     * on.
     */
    @Test
    void doesAGroupOnceThatLostItsConnection() throws Exception {
        StoreSetting setting = freshSetting();
        try (Store store = open(setting, Limits.DEFAULT, Clock.SYSTEM, COUNTING); Connection other = stranger(setting)) {
            boolean[] isCut = new boolean[1];
            store.write(tx -> {
                tx.update("INSERT INTO counting (name, number) VALUES ('a', 1)");
                if (!isCut[0]) {
                    isCut[0] = true;
                    cutAllOthers(other);
                }
                return tx.update("INSERT INTO counting (name, number) VALUES ('b', 1)");
            });
            assertEquals(2, (long) store.read(tx -> tx.number("SELECT sum(number) FROM counting")));
        }
    }

    /**
     * Goal: a commit whose answer is lost is neither lost nor done twice. Method: a wire between us and the server breaks once,
     * just before the commit reaches the server, and once just after.
     */
    @ParameterizedTest
    @EnumSource(CuttingWire.Cut.class)
    void doesAGroupOnceWhoseCommitWasNotAnswered(CuttingWire.Cut cut) throws Exception {
        StoreSetting.Postgres direct = SERVER.freshDatabase();
        try (CuttingWire wire = new CuttingWire(direct.port()); Store store = open(new StoreSetting.Postgres(direct.host(),
                wire.port(), direct.database(), direct.user(), direct.password(), Map.of()), Limits.DEFAULT, Clock.SYSTEM,
                COUNTING)) {
            insert(store, "a", 0);
            wire.arm(cut);
            store.write(tx -> tx.update("UPDATE counting SET number = number + 1 WHERE name = 'a'"));
            assertEquals(1, wire.cuts());
            assertEquals(1, number(store, "a"));
        }
    }

    private static void cutAllOthers(Connection other) throws SQLException {
        try (Statement statement = other.createStatement()) {
            statement.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    + "WHERE datname = current_database() AND pid <> pg_backend_pid()");
        }
    }

    /** Goal: a wrong setting is said at once, without its password. Method: wrong password, no such database, nobody there. */
    @Test
    void saysWhatIsWrongWithTheSetting() {
        StoreSetting.Postgres right = SERVER.freshDatabase();
        refuses(new StoreSetting.Postgres(right.host(), right.port(), right.database(), right.user(), "wr0ng", Map.of()),
                "password authentication failed", "check user, password and database");
        refuses(new StoreSetting.Postgres(right.host(), right.port(), "missing", right.user(), right.password(), Map.of()),
                "database \"missing\" does not exist", "check user, password and database");
        refuses(new StoreSetting.Postgres(right.host(), 1, right.database(), right.user(), right.password(), Map.of()),
                "no connection", "is the server running");
    }

    private static void refuses(StoreSetting.Postgres setting, String said, String advice) {
        Problem problem = assertThrows(Problem.class, () -> open(setting, Limits.DEFAULT, Clock.SYSTEM, COUNTING));
        assertEquals(Problem.Kind.UNAVAILABLE, problem.kind());
        assertThat(problem).hasMessageContaining(said).hasMessageContaining(advice).hasMessageContaining(setting.toString());
        assertThat(problem.getMessage()).doesNotContain(setting.password());
    }

    /** Goal: the setting as a person writes it reaches the server. Method: every odd character of the password escaped. */
    @Test
    void connectsByTheWrittenSetting() throws Problem {
        StoreSetting.Postgres fresh = SERVER.freshDatabase();
        StoreSetting parsed = StoreSetting.parse("postgresql://longhand:pa%3Ass%2Fw%40rd%20%25+%3F@127.0.0.1:" + fresh.port() + "/"
                + fresh.database() + "?sslmode=disable", Path.of("/unused"));
        assertEquals("postgresql://longhand@127.0.0.1:" + fresh.port() + "/" + fresh.database(), parsed.toString());
        try (Store store = open(parsed, Limits.DEFAULT, Clock.SYSTEM, COUNTING)) {
            insert(store, "a", 1);
            assertEquals(1, number(store, "a"));
        }
    }

    /** Goal: an acknowledged write is on the server's disk, whatever the server's default. Method: ask the writer's connection. */
    @Test
    void insistsOnSynchronousCommit() throws Exception {
        StoreSetting setting = freshSetting();
        try (Connection other = stranger(setting); Statement statement = other.createStatement()) {
            statement.execute("ALTER DATABASE " + ((StoreSetting.Postgres) setting).database() + " SET synchronous_commit = off");
        }
        try (Store store = open(setting, Limits.DEFAULT, Clock.SYSTEM, COUNTING)) {
            assertEquals("on", store.write(tx -> tx.row("SHOW synchronous_commit", r -> r.getString(1)).orElseThrow()));
            assertEquals("serializable", store.write(tx -> tx.row("SHOW transaction_isolation", r ->
                    r.getString(1)).orElseThrow()));
        }
    }

    /** Goal: what is not offered is said. Method: ask for a backup. */
    @Test
    void saysHowAServerIsBackedUp(@TempDir Path folder) throws Problem {
        try (Store store = open(freshSetting(), Limits.DEFAULT, Clock.SYSTEM, COUNTING)) {
            Problem problem = assertThrows(Problem.class, () -> store.backup(folder.resolve("longhand.db")));
            assertEquals(Problem.Kind.UNSUPPORTED, problem.kind());
            assertThat(problem).hasMessageContaining("pg_dump");
        }
    }
}
