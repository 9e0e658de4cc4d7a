package dev.longhand.ledger;

import dev.longhand.base.Check;
import dev.longhand.base.Sha256;
import dev.longhand.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** The tables of the books, one statement per function. Holds no rule and no state. */
final class Rows {
    private static final String COLUMNS = "seq, id, kind, debit, credit, unit, amount, refers, purpose, person, desk, model, "
            + "job, step, attempt, "
            + "tokens_in, tokens_cached, tokens_looked_up, tokens_thinking, tokens_out, cpu_micros, disk_bytes, "
            + "kv_byte_seconds, millijoules, is_estimated, at_micros, expires_at_micros";
    private static final String TRANSFER = "SELECT " + COLUMNS + " FROM transfer ";
    private static final String INSERT = "INSERT INTO transfer (" + COLUMNS + ") VALUES (" + "?, ".repeat(26) + "?)";

    private Rows() {}

    /** The columns of a line, as {@link #transfer(ResultSet)} reads them, of a table with that name. */
    static String columns(String table) {
        return table + "." + COLUMNS.replace(", ", ", " + table + ".");
    }

    /** The last number and the last time that were given out. */
    record Head(long seq, long atMicros) {}

    /** An account with what its lines add up to. */
    record Kept(Account account, Balance balance) {}

    static Head head(Tx tx) throws SQLException {
        List<Head> heads = tx.rows("SELECT seq, at_micros FROM ledger_head", r -> new Head(r.getLong(1), r.getLong(2)));
        if (heads.size() != 1) {
            throw Tx.damaged("the books have " + heads.size() + " last numbers; they have one", null);
        }
        return heads.getFirst();
    }

    static Optional<Transfer> transfer(Tx tx, String id) throws SQLException {
        return tx.row(TRANSFER + "WHERE id = ?", Rows::transfer, id);
    }

    /** Those of two ids that are there. */
    static List<Transfer> transfers(Tx tx, String id, String other) throws SQLException {
        return tx.rows(TRANSFER + "WHERE id IN (?, ?)", Rows::transfer, id, other);
    }

    /** Those after {@code seq}, in order. */
    static List<Transfer> transfersAfter(Tx tx, long seq, int rows) throws SQLException {
        return tx.rows(TRANSFER + "WHERE seq > ? ORDER BY seq LIMIT ?", Rows::transfer, seq, rows);
    }

    static Optional<Transfer> endOf(Tx tx, String reservation) throws SQLException {
        return tx.row(TRANSFER + "WHERE refers = ? AND kind IN ('POST', 'VOID', 'EXPIRE')", Rows::transfer, reservation);
    }

    static long correctedOf(Tx tx, String id) throws SQLException {
        return tx.number("SELECT sum(amount) FROM transfer WHERE refers = ? AND kind = 'CORRECT'", id);
    }

    /** At most a thousand, the oldest first. */
    static List<Transfer> correctionsOf(Tx tx, String id) throws SQLException {
        return tx.rows(TRANSFER + "WHERE refers = ? AND kind = 'CORRECT' ORDER BY seq LIMIT 1000", Rows::transfer, id);
    }

    static Transfer transfer(ResultSet r) throws SQLException {
        Cause cause = new Cause(r.getString(9), r.getString(10), r.getString(11), r.getString(12), r.getString(13), r.getLong(14),
                r.getLong(15));
        Booking booking = new Booking(r.getString(2), r.getString(4), r.getString(5), r.getLong(7), Unit.valueOf(r.getString(6)),
                cause);
        Meters meters = new Meters(r.getLong(16), r.getLong(17), r.getLong(18), r.getLong(19), r.getLong(20), r.getLong(21),
                r.getLong(22), r.getLong(23), r.getLong(24), r.getLong(25) != 0);
        String refers = r.getString(8);
        return new Transfer(r.getLong(1), Transfer.Kind.valueOf(r.getString(3)), booking, refers == null ? "" : refers, meters,
                r.getLong(26), r.getLong(27));
    }

    static void insert(Tx tx, Transfer line) throws SQLException {
        Booking b = line.booking();
        Cause c = b.cause();
        Meters m = line.meters();
        tx.update(INSERT, line.seq(), b.id(), line.kind().name(), b.debit(), b.credit(), b.unit().name(), b.amount(),
                line.refers().isEmpty() ? null : line.refers(), c.purpose(), c.person(), c.desk(), c.model(), c.job(), c.step(),
                c.attempt(), m.tokensIn(), m.tokensCached(), m.tokensLookedUp(), m.tokensThinking(), m.tokensOut(),
                m.cpuMicros(), m.diskBytes(), m.kvByteSeconds(), m.millijoules(), m.isEstimated() ? 1L : 0L, line.atMicros(),
                line.expiresAtMicros() == 0 ? null : line.expiresAtMicros());
    }

    static void open(Tx tx, Transfer reservation) throws SQLException {
        tx.update("INSERT INTO open_reservation (id, expires_at_micros) VALUES (?, ?)", reservation.id(),
                reservation.expiresAtMicros());
    }

    /** Whether it was open. */
    static boolean close(Tx tx, String reservation) throws SQLException {
        return tx.update("DELETE FROM open_reservation WHERE id = ?", reservation) == 1;
    }

    static void putHead(Tx tx, Head head) throws SQLException {
        tx.update("UPDATE ledger_head SET seq = ?, at_micros = ?", head.seq(), head.atMicros());
    }

    static int add(Tx tx, String account, Balance change) throws SQLException {
        return tx.update("UPDATE account SET debits_pending = debits_pending + ?, debits_posted = debits_posted + ?, "
                + "credits_pending = credits_pending + ?, credits_posted = credits_posted + ?, spent = spent + ? WHERE id = ?",
                change.debitsPending(), change.debitsPosted(), change.creditsPending(), change.creditsPosted(), change.spent(),
                account);
    }

    /** A day's row begins with an increase; the databases check a new row's values before they see that there is an old one. */
    static void spend(Tx tx, String account, long day, long pending, long posted) throws SQLException {
        int rows = tx.update("UPDATE spending SET pending = pending + ?, posted = posted + ? WHERE account = ? AND day = ?",
                pending, posted, account, day);
        if (rows == 0) {
            tx.update("INSERT INTO spending (account, day, pending, posted) VALUES (?, ?, ?, ?)", account, day, pending, posted);
        }
    }

    static boolean isOpen(Tx tx, String reservation) throws SQLException {
        return tx.number("SELECT count(*) FROM open_reservation WHERE id = ?", reservation) == 1;
    }

    /** Open reservations that a job's attempts before that one left, the oldest first; not those that carve a budget. */
    static List<Transfer> openOf(Tx tx, String job, long attempt, int rows) throws SQLException {
        return tx.rows("SELECT " + columns("t") + " FROM open_reservation o JOIN transfer t ON t.id = o.id WHERE t.job = ? "
                + "AND t.attempt < ? AND t.credit NOT LIKE 'job:%' ORDER BY t.seq LIMIT ?", Rows::transfer, job, attempt, rows);
    }

    /** Open reservations whose time is over at {@code atMicros}, the oldest first. */
    static List<String> due(Tx tx, long atMicros, int rows) throws SQLException {
        return tx.rows("SELECT id FROM open_reservation WHERE expires_at_micros <= ? ORDER BY expires_at_micros, id LIMIT ?",
                r -> r.getString(1), atMicros, rows);
    }

    static Optional<Kept> account(Tx tx, String id) throws SQLException {
        return tx.row("SELECT id, unit, kind, debits_pending, debits_posted, credits_pending, credits_posted, spent FROM account "
                + "WHERE id = ?", Rows::kept, id);
    }

    /** In the order of their ids, those after {@code id}. */
    static List<Kept> accountsAfter(Tx tx, String id, int rows) throws SQLException {
        return tx.rows("SELECT id, unit, kind, debits_pending, debits_posted, credits_pending, credits_posted, spent FROM account "
                + "WHERE id > ? ORDER BY id LIMIT ?", Rows::kept, id, rows);
    }

    private static Kept kept(ResultSet r) throws SQLException {
        return new Kept(new Account(r.getString(1), Unit.valueOf(r.getString(2)), Account.Kind.valueOf(r.getString(3))),
                new Balance(r.getLong(4), r.getLong(5), r.getLong(6), r.getLong(7), r.getLong(8)));
    }

    static void insert(Tx tx, Account account) throws SQLException {
        tx.update("INSERT INTO account (id, unit, kind) VALUES (?, ?, ?)", account.id(), account.unit().name(),
                account.kind().name());
    }

    static List<Budget> budgets(Tx tx, String account) throws SQLException {
        return tx.rows("SELECT account, period, soft, hard, request_max FROM budget WHERE account = ? ORDER BY period",
                r -> new Budget(r.getString(1), Budget.Period.valueOf(r.getString(2)), r.getLong(3), r.getLong(4), r.getLong(5)),
                account);
    }

    static void put(Tx tx, Budget budget) throws SQLException {
        tx.update("DELETE FROM budget WHERE account = ? AND period = ?", budget.account(), budget.period().name());
        tx.update("INSERT INTO budget (account, period, soft, hard, request_max) VALUES (?, ?, ?, ?, ?)", budget.account(),
                budget.period().name(), budget.soft(), budget.hard(), budget.requestMax());
    }

    static int removeBudget(Tx tx, String account, Budget.Period period) throws SQLException {
        return tx.update("DELETE FROM budget WHERE account = ? AND period = ?", account, period.name());
    }

    /** Pending and posted from {@code firstDay} on. */
    static long spentSince(Tx tx, String account, long firstDay) throws SQLException {
        return tx.number("SELECT sum(pending + posted) FROM spending WHERE account = ? AND day >= ?", account, firstDay);
    }

    /** What an account set aside and paid. */
    record Spending(long pending, long posted) {}

    static Spending spendingSince(Tx tx, String account, long firstDay) throws SQLException {
        return tx.row("SELECT sum(pending), sum(posted) FROM spending WHERE account = ? AND day >= ?",
                r -> new Spending(r.getLong(1), r.getLong(2)), account, firstDay).orElseThrow();
    }

    static Seal lastSeal(Tx tx) throws SQLException {
        return tx.row("SELECT number, last_seq, hash FROM seal ORDER BY number DESC LIMIT 1", Rows::seal).orElse(Seal.NONE);
    }

    static Optional<Seal> seal(Tx tx, long number) throws SQLException {
        return tx.row("SELECT number, last_seq, hash FROM seal WHERE number = ?", Rows::seal, number);
    }

    /** The seal that covers a line. */
    static Optional<Seal> sealOf(Tx tx, long seq) throws SQLException {
        return tx.row("SELECT number, last_seq, hash FROM seal WHERE last_seq >= ? ORDER BY number LIMIT 1", Rows::seal, seq);
    }

    private static Seal seal(ResultSet r) throws SQLException {
        return new Seal(r.getLong(1), r.getLong(2), new Sha256(r.getString(3)));
    }

    static void insert(Tx tx, Seal seal) throws SQLException {
        tx.update("INSERT INTO seal (number, last_seq, hash) VALUES (?, ?, ?)", seal.number(), seal.lastSeq(), seal.hash().hex());
    }
}
