package dev.longhand.jobs;

import dev.longhand.base.Check;
import dev.longhand.base.Sha256;
import dev.longhand.ledger.Unit;
import dev.longhand.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The tables of jobs, one statement per function. Holds no rule and no state. */
final class Rows {
    private static final String COLUMNS = "id, kind, priority, deadline_micros, parent, payer, unit, amount, state, wait_for, "
            + "attempts, not_before_micros, lease_until_micros, owner, fencing_token, is_cancelling, failure, due_micros, steps, "
            + "progress_done, progress_total, progress_unit, progress_note, funding_round, added, is_settled, created_micros, "
            + "updated_micros";
    private static final String JOB = "SELECT " + COLUMNS + " FROM job ";
    private static final String INSERT = "INSERT INTO job (" + COLUMNS + ", input) VALUES (" + "?, ".repeat(28) + "?)";
    private static final String STEP = "SELECT job, number, name, input_hash, state, checkpoint, result, effect_key, cost, "
            + "fencing_token FROM step ";

    private Rows() {}

    /** An effect by its key; without a result its outcome is not known. */
    record Effect(String key, String job, long number, String name, String inputHash, Optional<byte[]> result) {}

    static long head(Tx tx) throws SQLException {
        return tx.number("SELECT at_micros FROM job_head");
    }

    static void putHead(Tx tx, long atMicros) throws SQLException {
        tx.update("UPDATE job_head SET at_micros = ?", atMicros);
    }

    static Optional<Job> job(Tx tx, String id) throws SQLException {
        return tx.row(JOB + "WHERE id = ?", Rows::job, id);
    }

    static Optional<byte[]> input(Tx tx, String id) throws SQLException {
        return tx.row("SELECT input FROM job WHERE id = ?", r -> r.getBytes(1), id);
    }

    static Optional<byte[]> result(Tx tx, String id) throws SQLException {
        return tx.row("SELECT result FROM job WHERE id = ?", r -> Optional.ofNullable(r.getBytes(1)), id).flatMap(r -> r);
    }

    private static Job job(ResultSet r) throws SQLException {
        String payer = r.getString(6);
        Optional<Funding> funding = payer.isEmpty() ? Optional.empty()
                : Optional.of(new Funding(payer, Unit.valueOf(r.getString(7)), r.getLong(8)));
        Status status = new Status(State.valueOf(r.getString(9)), Wait.valueOf(r.getString(10)), r.getLong(11), r.getLong(12),
                r.getLong(13), r.getString(14), r.getLong(15), r.getLong(16) != 0, r.getString(17));
        String parent = r.getString(5);
        return new Job(r.getString(1), r.getString(2), r.getInt(3), r.getLong(4), parent == null ? "" : parent, funding, status,
                r.getLong(18), r.getLong(19), new Progress(r.getLong(20), r.getLong(21), r.getString(22), r.getString(23)),
                new Purse(r.getLong(24), r.getLong(25), r.getLong(26) != 0), r.getLong(27), r.getLong(28));
    }

    static void insert(Tx tx, Job job, byte[] input) throws SQLException {
        Status s = job.status();
        Progress p = job.progress();
        tx.update(INSERT, job.id(), job.kind(), job.priority(), job.deadlineMicros(), job.parent().isEmpty() ? null : job.parent(),
                job.funding().map(Funding::payer).orElse(""), job.funding().map(f -> f.unit().name()).orElse(""),
                job.funding().map(Funding::amount).orElse(0L), s.state().name(), s.waitFor().name(), s.attempts(),
                s.notBeforeMicros(), s.leaseUntilMicros(), s.owner(), s.token(), flag(s.isCancelling()), s.failure(),
                job.dueMicros(), job.steps(), p.done(), p.total(), p.unit(), p.note(), job.purse().round(), job.purse().added(),
                flag(job.purse().isSettled()), job.createdMicros(), job.updatedMicros(), input);
    }

    private static long flag(boolean is) {
        return is ? 1 : 0;
    }

    /** Writes all of a job that may change, but for its result. */
    static void put(Tx tx, Job job) throws SQLException {
        Status s = job.status();
        Progress p = job.progress();
        int rows = tx.update("UPDATE job SET state = ?, wait_for = ?, attempts = ?, not_before_micros = ?, lease_until_micros = ?, "
                + "owner = ?, fencing_token = ?, is_cancelling = ?, failure = ?, due_micros = ?, steps = ?, progress_done = ?, "
                + "progress_total = ?, progress_unit = ?, progress_note = ?, funding_round = ?, added = ?, is_settled = ?, "
                + "updated_micros = ? WHERE id = ?", s.state().name(), s.waitFor().name(), s.attempts(), s.notBeforeMicros(),
                s.leaseUntilMicros(), s.owner(), s.token(), flag(s.isCancelling()), s.failure(), job.dueMicros(), job.steps(),
                p.done(), p.total(), p.unit(), p.note(), job.purse().round(), job.purse().added(), flag(job.purse().isSettled()),
                job.updatedMicros(), job.id());
        Check.invariant(rows == 1, "job %s is not there to be changed", job.id());
    }

    static void putResult(Tx tx, String id, byte[] result) throws SQLException {
        tx.update("UPDATE job SET result = ? WHERE id = ?", result, id);
    }

    /** A lease that goes on is no change that anybody watches. */
    static void putLease(Tx tx, String id, long untilMicros) throws SQLException {
        tx.update("UPDATE job SET lease_until_micros = ? WHERE id = ?", untilMicros, id);
    }

    static void delete(Tx tx, String id) throws SQLException {
        tx.update("DELETE FROM job WHERE id = ?", id);
    }

    private static String marks(int count) {
        return String.join(", ", Collections.nCopies(count, "?"));
    }

    /** The one that comes first in the queue. */
    static Optional<Job> first(Tx tx, Collection<String> kinds) throws SQLException {
        return tx.row(JOB + "WHERE state = 'QUEUED' AND kind IN (" + marks(kinds.size())
                + ") ORDER BY priority DESC, created_micros LIMIT 1", Rows::job, kinds.toArray());
    }

    /** Waiting jobs whose not-before time has come. */
    static List<Job> ready(Tx tx, long nowMicros, int rows) throws SQLException {
        return tx.rows(JOB + "WHERE state = 'WAITING' AND wait_for = 'TIME' AND not_before_micros <= ? "
                + "ORDER BY not_before_micros, id LIMIT ?", Rows::job, nowMicros, rows);
    }

    /** Running jobs whose lease is over. */
    static List<Job> expired(Tx tx, long nowMicros, int rows) throws SQLException {
        return tx.rows(JOB + "WHERE state = 'RUNNING' AND lease_until_micros <= ? ORDER BY lease_until_micros, id LIMIT ?",
                Rows::job,
                nowMicros, rows);
    }

    /** Jobs that nobody runs and whose deadline has passed; those whose budget is being carved come later. */
    static List<Job> overdue(Tx tx, long nowMicros, int rows) throws SQLException {
        return tx.rows(JOB + "WHERE due_micros > 0 AND due_micros <= ? AND state IN ('QUEUED', 'WAITING') AND wait_for <> 'FUNDS' "
                + "ORDER BY due_micros, id LIMIT ?", Rows::job, nowMicros, rows);
    }

    /** When the first waiting job is ready; empty where none waits for time. */
    static Optional<Long> nextReady(Tx tx) throws SQLException {
        return tx.row("SELECT min(not_before_micros) FROM job WHERE state = 'WAITING' AND wait_for = 'TIME'",
                r -> Optional.of(r.getLong(1)).filter(at -> at > 0)).flatMap(at -> at);
    }

    static List<Job> unfunded(Tx tx, long untilMicros, int rows) throws SQLException {
        return tx.rows(JOB + "WHERE state = 'WAITING' AND wait_for = 'FUNDS' AND updated_micros <= ? "
                + "ORDER BY updated_micros LIMIT ?",
                Rows::job, untilMicros, rows);
    }

    /** Jobs that have ended and whose money has not, those after {@code updatedMicros}. */
    static List<Job> unsettled(Tx tx, long updatedMicros, int rows) throws SQLException {
        return tx.rows(JOB + "WHERE is_settled = 0 AND state IN ('DONE', 'FAILED', 'CANCELLED') AND updated_micros > ? "
                + "ORDER BY updated_micros LIMIT ?", Rows::job, updatedMicros, rows);
    }

    static List<Job> list(Tx tx, Collection<State> states, long createdAfterMicros, int rows) throws SQLException {
        return page(tx, states, "created_micros > ? ORDER BY created_micros LIMIT ?", createdAfterMicros, rows);
    }

    /** Along the index of {@code created_micros}: a scan, for those who look once. */
    static List<Job> ofKind(Tx tx, String kind, long createdAfterMicros, int rows) throws SQLException {
        return tx.rows(JOB + "WHERE kind = ? AND created_micros > ? ORDER BY created_micros LIMIT ?", Rows::job, kind,
                createdAfterMicros, rows);
    }

    static long bytes(Tx tx, String id) throws SQLException {
        return tx.number("SELECT coalesce(sum(length(input)), 0) FROM job WHERE id = ?", id)
                + tx.number("SELECT coalesce(sum(length(result)), 0) FROM step WHERE job = ?", id);
    }

    static boolean hasEffect(Tx tx, String id) throws SQLException {
        return tx.number("SELECT count(*) FROM effect WHERE job = ?", id) > 0;
    }

    static void deleteSteps(Tx tx, String id) throws SQLException {
        tx.update("DELETE FROM step WHERE job = ?", id);
    }

    static List<Job> newest(Tx tx, Collection<State> states, long createdBeforeMicros, int rows) throws SQLException {
        return page(tx, states, "created_micros < ? ORDER BY created_micros DESC LIMIT ?", createdBeforeMicros, rows);
    }

    private static List<Job> page(Tx tx, Collection<State> states, String order, long micros, int rows) throws SQLException {
        List<Object> values = new ArrayList<>();
        states.forEach(s -> values.add(s.name()));
        values.add(micros);
        values.add(rows);
        String which = states.isEmpty() ? "" : "state IN (" + marks(states.size()) + ") AND ";
        return tx.rows(JOB + "WHERE " + which + order, Rows::job, values.toArray());
    }

    static List<Job> changedAfter(Tx tx, long updatedMicros, int rows) throws SQLException {
        return tx.rows(JOB + "WHERE updated_micros > ? ORDER BY updated_micros LIMIT ?", Rows::job, updatedMicros, rows);
    }

    /** In the order in which they were submitted. */
    static List<Job> children(Tx tx, String parent) throws SQLException {
        return tx.rows(JOB + "WHERE parent = ? ORDER BY created_micros", Rows::job, parent);
    }

    static long childCount(Tx tx, String parent) throws SQLException {
        return tx.number("SELECT count(*) FROM job WHERE parent = ?", parent);
    }

    static boolean hasOpenChild(Tx tx, String parent) throws SQLException {
        return tx.number("SELECT count(*) FROM (SELECT 1 FROM job WHERE parent = ? AND state IN ('QUEUED', 'RUNNING', 'WAITING') "
                + "LIMIT 1) open_child", parent) > 0;
    }

    static Map<State, Long> counts(Tx tx) throws SQLException {
        Map<State, Long> counts = new EnumMap<>(State.class);
        for (State each : State.values()) {
            counts.put(each, tx.number("SELECT count(*) FROM job WHERE state = ?", each.name()));
        }
        return counts;
    }

    static Optional<Step> step(Tx tx, String job, long number) throws SQLException {
        return tx.row(STEP + "WHERE job = ? AND number = ?", Rows::step, job, number);
    }

    static List<Step> stepsAfter(Tx tx, String job, long number, int rows) throws SQLException {
        return tx.rows(STEP + "WHERE job = ? AND number > ? ORDER BY number LIMIT ?", Rows::step, job, number, rows);
    }

    private static Step step(ResultSet r) throws SQLException {
        String key = r.getString(8);
        return new Step(r.getString(1), r.getLong(2), r.getString(3), new Sha256(r.getString(4)), r.getString(5).equals("DONE"),
                Optional.ofNullable(r.getBytes(6)), Optional.ofNullable(r.getBytes(7)), key == null ? "" : key, r.getLong(9),
                r.getLong(10));
    }

    /** In place of what the step was. */
    static void put(Tx tx, Step step, long atMicros) throws SQLException {
        deleteStep(tx, step.job(), step.number());
        tx.update("INSERT INTO step (job, number, name, input_hash, state, checkpoint, result, effect_key, cost, fencing_token, "
                + "updated_micros) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", step.job(), step.number(), step.name(),
                step.inputHash().hex(), step.isDone() ? "DONE" : "STARTED", step.checkpoint().orElse(null),
                step.result().orElse(null), step.effectKey().isEmpty() ? null : step.effectKey(), step.cost(), step.token(),
                atMicros);
    }

    static void deleteStep(Tx tx, String job, long number) throws SQLException {
        tx.update("DELETE FROM step WHERE job = ? AND number = ?", job, number);
    }

    static Optional<Effect> effect(Tx tx, String key) throws SQLException {
        return tx.row("SELECT effect_key, job, number, name, input_hash, result FROM effect WHERE effect_key = ?", Rows::effect,
                key);
    }

    static Optional<Effect> openEffect(Tx tx, String job) throws SQLException {
        return tx.row("SELECT effect_key, job, number, name, input_hash, result FROM effect WHERE job = ? AND result IS NULL",
                Rows::effect, job);
    }

    private static Effect effect(ResultSet r) throws SQLException {
        return new Effect(r.getString(1), r.getString(2), r.getLong(3), r.getString(4), r.getString(5),
                Optional.ofNullable(r.getBytes(6)));
    }

    static void insert(Tx tx, Effect effect) throws SQLException {
        tx.update("INSERT INTO effect (effect_key, job, number, name, input_hash, result) VALUES (?, ?, ?, ?, ?, ?)", effect.key(),
                effect.job(), effect.number(), effect.name(), effect.inputHash(), effect.result().orElse(null));
    }

    static void putEffectResult(Tx tx, String key, byte[] result) throws SQLException {
        tx.update("UPDATE effect SET result = ? WHERE effect_key = ?", result, key);
    }

    static void deleteEffect(Tx tx, String key) throws SQLException {
        tx.update("DELETE FROM effect WHERE effect_key = ?", key);
    }
}
