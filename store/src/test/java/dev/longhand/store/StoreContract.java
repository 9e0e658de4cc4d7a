package dev.longhand.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.testkit.ManualClock;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** What a store promises on any database. The tables are those of {@code counting}: one row per name with a number. */
abstract class StoreContract {
    static final Schema COUNTING = new Schema("counting", "dev/longhand/store/counting", 1);
    static final Schema COUNTING_NEWER = new Schema("counting", "dev/longhand/store/countingnewer", 2);
    private static final String ADD = "UPDATE counting SET number = number + 1 WHERE name = ?";
    private static final String INSERT = "INSERT INTO counting (name, number) VALUES (?, ?)";

    private StoreSetting setting;

    /** A database that does not exist yet, or is empty. */
    abstract StoreSetting freshSetting();

    /** A connection of another program to the same database. */
    abstract Connection stranger(StoreSetting setting) throws SQLException;

    /** Takes what a writer must have, as another process of ours would. */
    abstract String takeWriteLock();

    @BeforeEach
    void makeDatabase() {
        setting = freshSetting();
    }

    static Store open(StoreSetting setting, Limits limits, Clock clock, Schema... schemas) throws Problem {
        return Store.open(setting, limits, clock, Disk.REAL, List.of(schemas));
    }

    private Store open() throws Problem {
        return open(setting, Limits.DEFAULT, Clock.SYSTEM, COUNTING);
    }

    static long number(Store store, String name) throws Problem {
        return store.read(tx -> tx.number("SELECT sum(number) FROM counting WHERE name = ?", name));
    }

    static void insert(Store store, String name, long number) throws Problem {
        store.write(tx -> tx.update(INSERT, name, number));
    }

    /** Goal: who opens an empty database at the same moment as another is not refused. Method: pairs, started together. */
    @RepeatedTest(8)
    void makesTheTablesOnceWhenTwoOpenAtOnce() throws Exception {
        CyclicBarrier start = new CyclicBarrier(2);
        try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
            List<Future<Long>> both = new ArrayList<>();
            for (String name : List.of("a", "b")) {
                both.add(pool.submit(() -> {
                    start.await();
                    try (Store store = open()) {
                        insert(store, name, 1);
                        return number(store, name);
                    }
                }));
            }
            for (Future<Long> each : both) {
                assertEquals(1, each.get());
            }
        }
    }

    /** Goal: what was acknowledged is there. Method: write, close, open again. */
    @Test
    void keepsWhatItAcknowledged() throws Problem {
        try (Store store = open()) {
            insert(store, "a", 7);
            assertEquals(7, number(store, "a"));
        }
        try (Store store = open()) {
            assertEquals(7, number(store, "a"));
            assertEquals(List.of(), store.check());
        }
    }

    /** Goal: callers share a commit. Method: hold the writer inside one write until 20 more are queued, then count the commits. */
    @Test
    void sharesOneCommitAmongThoseWhoWait() throws Exception {
        try (Store store = open(); Group group = new Group(store)) {
            for (int i = 0; i < 20; i++) {
                String name = "n" + i;
                group.add(() -> store.write(tx -> tx.update(INSERT, name, 1L)));
            }
            group.release();
            for (Future<Integer> each : group.results) {
                assertEquals(1, each.get());
            }
            assertEquals(new Store.Counters(21, 1), store.counters());
            assertEquals(20, (long) store.read(tx -> tx.number("SELECT count(*) FROM counting")));
        }
    }

    /**
     * Goal: who fails, fails alone. Method: in one group a refused statement, a problem, a bug and an error, between good
     * writes.
     */
    @Test
    void undoesOnlyTheWorkThatFails() throws Exception {
        try (Store store = open(); Group group = new Group(store)) {
            group.add(() -> store.write(tx -> tx.update(INSERT, "good", 1L)));
            group.add(() -> store.write(tx -> tx.update(INSERT, "bad", 1L) + tx.update(INSERT, "bad", 2L)));
            group.add(() -> store.write(tx -> {
                tx.update(INSERT, "worse", 1L);
                throw new Problem(Problem.Kind.LIMIT, "no more");
            }));
            group.add(() -> store.write(tx -> {
                tx.update(INSERT, "worse", 1L);
                throw new ArithmeticException("overflow");
            }));
            group.add(() -> store.write(tx -> {
                tx.update(INSERT, "worse", 1L);
                throw new StackOverflowError();
            }));
            group.add(() -> store.write(tx -> tx.update(INSERT, "better", 1L)));
            group.release();
            assertEquals(1, group.results.get(0).get());
            assertThat(group.failure(1)).isInstanceOf(IllegalStateException.class).hasCauseInstanceOf(SQLException.class);
            assertThat(group.failure(2)).isInstanceOf(Problem.class).hasMessage("no more");
            assertThat(group.failure(3)).isInstanceOf(ArithmeticException.class);
            assertThat(group.failure(4)).isInstanceOf(StackOverflowError.class);
            assertEquals(1, group.results.get(5).get());
            assertEquals(1, store.counters().commits());
            assertEquals("better good", store.read(tx -> String.join(" ",
                    tx.rows("SELECT name FROM counting ORDER BY name", r -> r.getString(1)))));
        }
    }

    /** Goal: no update is lost. Method: two stores on one database, eight threads, read and write back in one work. */
    @Test
    void losesNoUpdateOfTwoStores() throws Exception {
        int threads = 8;
        int each = 25;
        try (Store one = open(); Store two = open(); ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            insert(one, "a", 0);
            List<Future<Void>> all = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                Store store = t % 2 == 0 ? one : two;
                all.add(pool.submit(() -> {
                    for (int i = 0; i < each; i++) {
                        store.write(tx -> {
                            long before = tx.number("SELECT number FROM counting WHERE name = 'a'");
                            return tx.update("UPDATE counting SET number = ? WHERE name = 'a'", before + 1);
                        });
                    }
                    return null;
                }));
            }
            for (Future<Void> future : all) {
                future.get();
            }
            assertEquals(threads * each, number(one, "a"));
        }
    }

    /** Goal: a reader sees one moment. Method: read, let a write commit, read again in the same transaction. */
    @Test
    void readsOneMoment() throws Problem {
        try (Store store = open()) {
            insert(store, "a", 1);
            store.read(tx -> {
                String sql = "SELECT number FROM counting WHERE name = 'a'";
                assertEquals(1, tx.number(sql));
                store.write(other -> other.update(ADD, "a"));
                assertEquals(1, tx.number(sql));
                return null;
            });
            assertEquals(2, number(store, "a"));
        }
    }

    /** Goal: a read changes nothing. Method: try to. */
    @Test
    void refusesToWriteInARead() throws Problem {
        try (Store store = open()) {
            insert(store, "a", 1);
            assertThatThrownBy(() -> store.read(tx -> tx.update(ADD, "a"))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("a read transaction wrote");
            assertEquals(1, number(store, "a"));
        }
    }

    /** Goal: retries are bounded and said. Method: another process holds the lock through all attempts, then lets go. */
    @Test
    void givesUpOnAWriterThatNeverEndsAndGoesOnAfterwards() throws Exception {
        ManualClock clock = new ManualClock();
        Limits limits = Limits.DEFAULT.withAttempts(3, Duration.ofMillis(10), Duration.ofMillis(20));
        try (Store store = open(setting, limits, clock, COUNTING); Connection other = stranger(setting);
                Statement statement = other.createStatement()) {
            for (String sql : takeWriteLock().split(";")) {
                statement.execute(sql);
            }
            long before = clock.nanos();
            Problem problem = assertThrows(Problem.class, () -> insert(store, "a", 1));
            assertEquals(Problem.Kind.BUSY, problem.kind());
            assertThat(problem).hasMessageContaining("another process holds it").hasMessageContaining("nothing of it was stored");
            assertEquals(Duration.ofMillis(30).toNanos(), clock.nanos() - before);
            statement.execute("ROLLBACK");
            insert(store, "a", 2);
            assertEquals(2, number(store, "a"));
        }
    }

    /** Goal: the queue is bounded. Method: hold the writer, fill a queue of one, and add another. */
    @Test
    void refusesAWriteWhenTheQueueIsFull() throws Exception {
        Limits limits = Limits.DEFAULT.withQueue(1, Duration.ofMillis(10));
        try (Store store = open(setting, limits, Clock.SYSTEM, COUNTING); Group group = new Group(store)) {
            group.add(() -> store.write(tx -> tx.update(INSERT, "queued", 1L)));
            group.awaitQueued();
            Problem problem = assertThrows(Problem.class, () -> insert(store, "refused", 1));
            assertEquals(Problem.Kind.BUSY, problem.kind());
            assertThat(problem).hasMessageContaining("1 writes wait already").hasMessageContaining("nothing of it was stored");
            group.release();
            assertEquals(1, group.results.getFirst().get());
            assertEquals(0, number(store, "refused"));
        }
    }

    /** Goal: closing loses nothing. Method: close while writes are queued; each is done. A later one is refused. */
    @Test
    void doesWhatIsQueuedBeforeItCloses() throws Exception {
        Store store = open();
        Group group = new Group(store);
        group.add(() -> store.write(tx -> tx.update(INSERT, "a", 1L)));
        group.awaitQueued();
        Future<?> closing = group.pool.submit(store::close);
        group.release();
        closing.get();
        assertEquals(1, group.results.getFirst().get());
        assertThatThrownBy(() -> insert(store, "b", 1)).isInstanceOf(IllegalStateException.class).hasMessage("the store is closed");
        group.close();
        try (Store again = open()) {
            assertEquals(1, number(again, "a"));
        }
    }

    /** Goal: an old program does not touch a new database. Method: open with version 2 of the tables, then with version 1. */
    @Test
    void refusesADatabaseFromANewerVersion() throws Problem {
        try (Store store = open()) {
            insert(store, "a", 5);
        }
        try (Store store = open(setting, Limits.DEFAULT, Clock.SYSTEM, COUNTING_NEWER)) {
            assertEquals(5, (long) store.read(tx -> tx.number("SELECT sum(number) FROM counting WHERE note IS NULL")));
        }
        Problem problem = assertThrows(Problem.class, this::open);
        assertEquals(Problem.Kind.UNSUPPORTED, problem.kind());
        assertThat(problem).hasMessageContaining("has version 2 of the tables of counting; this Longhand knows versions up to 1")
                .hasMessageContaining("run the newer Longhand").hasMessageContaining(setting.toString());
        try (Store store = open(setting, Limits.DEFAULT, Clock.SYSTEM, COUNTING_NEWER)) {
            assertEquals(5, number(store, "a"));
        }
    }

    /** Goal: no result without a bound. Method: a query of three rows where two are allowed. */
    @Test
    void refusesAQueryWithoutBound() throws Problem {
        try (Store store = open(setting, Limits.DEFAULT.withRows(2), Clock.SYSTEM, COUNTING)) {
            for (String name : List.of("a", "b", "c")) {
                insert(store, name, 1);
            }
            assertThatThrownBy(() -> store.read(tx -> tx.rows("SELECT name FROM counting", r -> r.getString(1))))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("ask in pages");
        }
    }

    /** Goal: a work that writes from inside a work is told, not left to wait for itself. Method: do it. */
    @Test
    void refusesAWriteInsideAWrite() throws Problem {
        try (Store store = open()) {
            assertThatThrownBy(() -> store.write(tx -> store.write(inner -> 1))).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("would wait for itself");
        }
    }

    /** Goal: a caller always learns what became of its write. Method: interrupt it while it waits. */
    @Test
    void tellsAnInterruptedCallerTheOutcome() throws Exception {
        try (Store store = open(); Group group = new Group(store)) {
            Thread[] caller = new Thread[1];
            group.add(() -> {
                caller[0] = Thread.currentThread();
                int rows = store.write(tx -> tx.update(INSERT, "a", 1L));
                return Thread.interrupted() ? rows : -1;
            });
            group.awaitQueued();
            caller[0].interrupt();
            group.release();
            assertEquals(1, group.results.getFirst().get());
            assertEquals(1, number(store, "a"));
        }
    }

    /** Writes that will share a transaction: the writer stays inside a first one until {@link #release}. */
    static final class Group implements AutoCloseable {
        final ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor();
        final List<Future<Integer>> results = new ArrayList<>();
        private final List<Thread> callers = new ArrayList<>();
        private final CountDownLatch held = new CountDownLatch(1);

        Group(Store store) throws InterruptedException {
            CountDownLatch inside = new CountDownLatch(1);
            pool.submit(() -> store.write(tx -> {
                inside.countDown();
                awaitQuietly(held);
                return 0;
            }));
            inside.await();
        }

        /** Callers are queued in the order of these calls. */
        void add(Callable<Integer> write) throws InterruptedException {
            Thread[] caller = new Thread[1];
            CountDownLatch started = new CountDownLatch(1);
            results.add(pool.submit(() -> {
                caller[0] = Thread.currentThread();
                started.countDown();
                return write.call();
            }));
            started.await();
            callers.add(caller[0]);
            awaitQueued();
        }

        /** Until every caller waits for the writer. */
        void awaitQueued() throws InterruptedException {
            for (Thread each : callers) {
                while (each.getState() != Thread.State.WAITING && each.getState() != Thread.State.TIMED_WAITING && each.isAlive()) {
                    Clock.SYSTEM.sleep(1_000_000);
                }
            }
        }

        void release() {
            held.countDown();
        }

        Throwable failure(int i) throws InterruptedException {
            try {
                throw new AssertionError("it did not fail: " + results.get(i).get());
            } catch (ExecutionException e) {
                return e.getCause();
            }
        }

        private static void awaitQuietly(CountDownLatch latch) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            release();
            pool.close();
        }
    }
}
