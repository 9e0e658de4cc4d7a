package dev.longhand.store;

import dev.longhand.base.Clock;
import dev.longhand.base.Failpoints;
import dev.longhand.base.Problem;
import dev.longhand.base.Threads;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/**
 * The one thread that writes. It takes writes from a bounded queue into one transaction, commits once, and then acknowledges them
 * all: many callers share one sync (group commit, as in Gawlick and Kinkade 1985).
 *
 * <p>While a commit syncs, the next group queues by itself. What a group still has to wait for are the callers that the last commit
 * just woke: after taking what is queued, it waits until it is as large as the last one, at most half a commit's time and never
 * more than {@code gatherMax}. A lone caller therefore never waits.
 *
 * <p>A work that throws fails alone: the group is undone and runs again, each work behind a savepoint of its own. Savepoints cost
 * a third of a small write, and works seldom throw. When the whole transaction is lost to another process or a cut
 * connection, the group runs again, a bounded number of times. When a commit's answer is lost, the server is asked what became of
 * the transaction; only if it cannot be asked either are the callers told that the outcome is unknown, and ask again with the same
 * ids.
 */
final class Writer implements AutoCloseable {
    private static final long IDLE_LOOK_MILLIS = 100;
    /** Wakes an idle writer that is to end; it is never run. */
    private static final Unit<Void> WAKE = new Unit<>(tx -> null);

    private final Database database;
    private final DataSource source;
    private final Limits limits;
    private final Clock clock;
    private final ArrayBlockingQueue<Unit<?>> queue;
    private final Thread thread;
    private final AtomicLong commits = new AtomicLong();
    private final AtomicLong works = new AtomicLong();
    private volatile boolean closing;
    private volatile boolean ended;

    // Of the writer's thread alone.
    private Connection connection;
    private Tx tx;
    private int lastGroup = 1;
    private long commitNanos;

    Writer(Database database, Limits limits, Clock clock) {
        this.database = database;
        this.source = database.writing();
        this.limits = limits;
        this.clock = clock;
        this.queue = new ArrayBlockingQueue<>(limits.queueMax());
        this.thread = Thread.ofPlatform().name("longhand-writer").daemon(true).start(this::run);
    }

    <T> T write(Work<T> work) throws Problem {
        if (Thread.currentThread() == thread) {
            throw new IllegalStateException("a write asks for another write and would wait for itself; use the Tx that it has");
        }
        Unit<T> unit = new Unit<>(work);
        enqueue(unit);
        if (ended && queue.remove(unit)) {
            throw closed();
        }
        return unit.await();
    }

    private void enqueue(Unit<?> unit) throws Problem {
        if (closing) {
            throw closed();
        }
        try {
            if (!queue.offer(unit, limits.queueWait().toNanos(), TimeUnit.NANOSECONDS)) {
                throw new Problem(Problem.Kind.BUSY,
                        "writing to %s failed: %d writes wait already, and none was done in %d ms; nothing of it "
                        .formatted(database.shown(), limits.queueMax(), limits.queueWait().toMillis())
                        + "was stored; try again later");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "writing to " + database.shown() + " was stopped before it began", e);
        }
    }

    private static IllegalStateException closed() {
        return new IllegalStateException("the store is closed");
    }

    long commits() {
        return commits.get();
    }

    long works() {
        return works.get();
    }

    private void run() {
        try {
            for (Unit<?> first; (first = first()) != null; ) {
                group(first);
            }
            if (connection != null) {
                database.end(connection);
            }
        } catch (SQLException e) {
            // Folding the log at the end is for tidiness: the next open does it.
        } finally {
            ended = true;
            for (Unit<?> left; (left = queue.poll()) != null; ) {
                left.refuse(closed());
            }
            disconnect();
        }
    }

    /** The next write; null when the store closes and none is left. */
    private Unit<?> first() {
        while (true) {
            try {
                Unit<?> unit = queue.poll(IDLE_LOOK_MILLIS, TimeUnit.MILLISECONDS);
                if (unit != null && unit != WAKE) {
                    return unit;
                }
                if (closing) {
                    return queue.poll();
                }
            } catch (InterruptedException e) {
                // This thread is stopped by the flag alone: an interrupt inside a database call could break its connection.
            }
        }
    }

    /** Runs a group to its end: every one of its writes is acknowledged or refused. */
    private void group(Unit<?> first) {
        List<Unit<?>> units = new ArrayList<>();
        units.add(first);
        try {
            boolean isCareful = false;
            boolean isGrowing = true;
            for (int attempt = 1; ; ) {
                Ended ended = attempt(units, attempt, isGrowing, isCareful);
                if (ended == Ended.COMMITTED) {
                    break;
                } else if (ended == Ended.THREW) {
                    isCareful = true;
                } else {
                    limits.backOff(attempt++, clock);
                    isGrowing = false;
                }
            }
            works.addAndGet(units.size());
            units.forEach(Unit::acknowledge);
        } catch (Throwable e) {
            disconnect();
            units.forEach(unit -> unit.refuse(e));
        }
        lastGroup = units.size();
    }

    /** How an attempt ended: all but the first have undone everything. */
    private enum Ended { COMMITTED, CONTENDED, THREW }

    /**
     * One transaction.
     *
     * @param attempt   the one after the last that is allowed fails for good
     * @param isGrowing whether the group takes what comes in meanwhile
     * @param isCareful whether each work has a savepoint; then none that throws ends the attempt
     */
    private Ended attempt(List<Unit<?>> units, int attempt, boolean isGrowing, boolean isCareful) throws Problem {
        boolean committing = false;
        Optional<String> name = Optional.empty();
        try {
            connect();
            tx.forgetHeld();
            database.beginWrite(tx);
            if (!runAll(units, isGrowing, isCareful)) {
                undo();
                return Ended.THREW;
            }
            tx.writeHeld();
            name = database.name(tx);
            committing = true;
            commit();
            return Ended.COMMITTED;
        } catch (SQLException e) {
            Failure failure = database.failure(e);
            if (failure == Failure.CONTENDED) {
                undo();
            } else {
                disconnect();
            }
            if (failure == Failure.LOST && committing && wasCommitted(name, e)) {
                commits.incrementAndGet();
                return Ended.COMMITTED;
            }
            boolean mayRetry = failure == Failure.CONTENDED || failure == Failure.LOST;
            if (mayRetry && attempt < limits.attemptsMax()) {
                return Ended.CONTENDED;
            }
            throw database.problem("writing to", e);
        }
    }

    private void commit() throws SQLException {
        long start = clock.nanos();
        Failpoints.reach("store.before-commit");
        tx.execute("COMMIT");
        Failpoints.reach("store.after-commit");
        commitNanos = (3 * commitNanos + clock.nanos() - start) / 4;
        commits.incrementAndGet();
    }

    /** Asks the server over a new connection what became of a commit that it did not answer. */
    private boolean wasCommitted(Optional<String> name, SQLException broken) throws Problem {
        for (int attempt = 1; name.isPresent() && attempt <= limits.attemptsMax(); attempt++) {
            try {
                connect();
                Database.Outcome outcome = database.outcome(tx, name.get());
                if (outcome != Database.Outcome.UNDER_WAY) {
                    return outcome == Database.Outcome.COMMITTED;
                }
            } catch (SQLException e) {
                disconnect();
            }
            limits.backOff(attempt, clock);
        }
        if (name.isEmpty()) {
            return false;
        }
        throw unknown(broken);
    }

    private Problem unknown(SQLException e) {
        return new Problem(Problem.Kind.UNAVAILABLE, "the connection to " + database.shown()
                + " broke while a write was being committed ("
                + e.getMessage() + "); it may or may not be stored; run the same again: what has an id is stored once", e);
    }

    /** Runs the works of the group, which may grow meanwhile. False if one threw and all must be undone. */
    private boolean runAll(List<Unit<?>> units, boolean isGrowing, boolean isCareful) throws SQLException {
        long deadline = clock.nanos() + Math.min(commitNanos / 2, limits.gatherMax().toNanos());
        for (int i = 0; i < units.size(); i++) {
            if (isCareful) {
                runAlone(units.get(i));
            } else if (!runOne(units.get(i))) {
                return false;
            }
            if (isGrowing && i == units.size() - 1 && units.size() < limits.groupMax()) {
                Unit<?> next = next(units.size() < lastGroup ? deadline - clock.nanos() : 0);
                if (next != null) {
                    units.add(next);
                }
            }
        }
        return true;
    }

    private Unit<?> next(long waitNanos) {
        Unit<?> next = poll(waitNanos);
        return next == WAKE ? null : next;
    }

    private Unit<?> poll(long waitNanos) {
        Unit<?> next = queue.poll();
        if (next != null || waitNanos <= 0) {
            return next;
        }
        try {
            return queue.poll(waitNanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            return null;
        }
    }

    /** Runs a work; false if it threw. */
    private boolean runOne(Unit<?> unit) throws SQLException {
        try {
            unit.run(tx);
            return true;
        } catch (Throwable e) {
            throwLost(e);
            return false;
        }
    }

    /** Runs a work behind its savepoint. What it throws stays with it, unless the transaction itself is lost. */
    private void runAlone(Unit<?> unit) throws SQLException {
        tx.writeHeld();
        tx.execute("SAVEPOINT work");
        try {
            unit.run(tx);
            tx.writeHeld();
        } catch (Throwable e) {
            throwLost(e);
            unit.failed(e);
            tx.forgetHeld();
            tx.execute("ROLLBACK TO SAVEPOINT work");
        }
        tx.execute("RELEASE SAVEPOINT work");
    }

    private void throwLost(Throwable e) throws SQLException {
        if (e instanceof SQLException sql && database.failure(sql) != Failure.STATEMENT) {
            throw sql;
        }
    }

    private void connect() throws SQLException {
        if (connection == null) {
            connection = source.getConnection();
            tx = new Tx(connection, limits.rowsMax());
        }
    }

    /** Ends the transaction without a trace. SQLite may have done so already. */
    private void undo() {
        try {
            tx.execute("ROLLBACK");
        } catch (SQLException e) {
            disconnect();
        }
    }

    /** A connection that failed is not trusted again; closing it undoes what was not committed. */
    private void disconnect() {
        try {
            if (tx != null) {
                tx.close();
            }
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException e) {
            // It is gone either way.
        }
        tx = null;
        connection = null;
    }

    /** Takes no more writes, does those that are queued, and lets go of the database. */
    @Override
    public void close() {
        closing = true;
        if (!queue.offer(WAKE)) {
            // The queue is full, so the writer is awake.
        }
        Threads.join(thread);
    }
}
