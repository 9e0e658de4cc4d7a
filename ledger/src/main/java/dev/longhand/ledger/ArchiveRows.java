package dev.longhand.ledger;

import dev.longhand.base.Sha256;
import dev.longhand.store.Tx;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** The tables of archives, one statement per function. Holds no rule and no state. */
final class ArchiveRows {
    private static final String ARCHIVE = "SELECT number, before_seal, before_seq, before_hash, last_seal, last_seq, last_hash, "
            + "last_at_micros, file, file_sha256, kept, kept_sha256, at_micros FROM archive ";

    private ArchiveRows() {}

    /** The newest; {@link Archive#NONE} where there is none. */
    static Archive last(Tx tx) throws SQLException {
        return tx.row(ARCHIVE + "ORDER BY number DESC LIMIT 1", ArchiveRows::archive).orElse(Archive.NONE);
    }

    /** In order. */
    static List<Archive> all(Tx tx) throws SQLException {
        return tx.rows(ARCHIVE + "ORDER BY number", ArchiveRows::archive);
    }

    /** The archive whose file holds a line. */
    static Optional<Archive> of(Tx tx, long seq) throws SQLException {
        return tx.row(ARCHIVE + "WHERE last_seq >= ? ORDER BY number LIMIT 1", ArchiveRows::archive, seq);
    }

    private static Archive archive(ResultSet r) throws SQLException {
        return new Archive(r.getLong(1), new Seal(r.getLong(2), r.getLong(3), new Sha256(r.getString(4))),
                new Seal(r.getLong(5), r.getLong(6), new Sha256(r.getString(7))), r.getLong(8), r.getString(9),
                new Sha256(r.getString(10)), r.getLong(11), new Sha256(r.getString(12)), r.getLong(13));
    }

    static void insert(Tx tx, Archive a) throws SQLException {
        tx.update("INSERT INTO archive (number, before_seal, before_seq, before_hash, last_seal, last_seq, last_hash, "
                + "last_at_micros, file, file_sha256, kept, kept_sha256, at_micros) VALUES (" + "?, ".repeat(12) + "?)", a.number(),
                a.before().number(), a.before().lastSeq(), a.before().hash().hex(), a.last().number(), a.last().lastSeq(),
                a.last().hash().hex(), a.lastAtMicros(), a.file(), a.sha256().hex(), a.kept(), a.keptSha256().hex(), a.atMicros());
    }

    /** The first line at or after a time; 0 where there is none. */
    static long firstSince(Tx tx, long atMicros) throws SQLException {
        return tx.number("SELECT min(seq) FROM transfer WHERE at_micros >= ?", atMicros);
    }

    /** The last seal that covers no line after {@code seq}. */
    static Optional<Seal> lastSealUpTo(Tx tx, long seq) throws SQLException {
        return tx.row("SELECT number, last_seq, hash FROM seal WHERE last_seq <= ? ORDER BY number DESC LIMIT 1",
                r -> new Seal(r.getLong(1), r.getLong(2), new Sha256(r.getString(3))), seq);
    }

    /** A line up to a cut that one after it needs: the reservation or booking with which that family begins. */
    record Needed(long bySeq, String root) {}

    /** What lines after {@code seq} need of those up to {@code cut}, in order, at most {@code rows}. */
    static List<Needed> needed(Tx tx, long seq, long cut, int rows) throws SQLException {
        return tx.rows("SELECT t.seq, CASE WHEN r.kind = 'POST' THEN r.refers ELSE r.id END FROM transfer t "
                + "JOIN transfer r ON r.id = t.refers WHERE t.seq > ? AND r.seq <= ? ORDER BY t.seq LIMIT ?",
                r -> new Needed(r.getLong(1), r.getString(2)), seq, cut, rows);
    }

    /** Open reservations up to a cut, after an id, in order. */
    static List<String> openUpTo(Tx tx, long cut, String after, int rows) throws SQLException {
        return tx.rows("SELECT o.id FROM open_reservation o JOIN transfer t ON t.id = o.id WHERE t.seq <= ? AND o.id > ? "
                + "ORDER BY o.id LIMIT ?", r -> r.getString(1), cut, after, rows);
    }

    /** For the time of deleting: the databases look for lines that refer to each one that goes. Gone with the transaction. */
    static void indexReferences(Tx tx) throws SQLException {
        tx.update("CREATE INDEX transfer_refers ON transfer (refers) WHERE refers IS NOT NULL");
    }

    static void dropReferences(Tx tx) throws SQLException {
        tx.update("DROP INDEX transfer_refers");
    }

    /** Both ends exclusive; how many there were. */
    static int deleteBetween(Tx tx, long after, long before) throws SQLException {
        return tx.update("DELETE FROM transfer WHERE seq > ? AND seq < ?", after, before);
    }

    static void deleteSealsBefore(Tx tx, long number) throws SQLException {
        tx.update("DELETE FROM seal WHERE number < ?", number);
    }

    static void addBalance(Tx tx, String account, Balance change) throws SQLException {
        int rows = tx.update("UPDATE archived_balance SET debits_posted = debits_posted + ?, credits_posted = credits_posted + ?, "
                + "spent = spent + ? WHERE account = ?", change.debitsPosted(), change.creditsPosted(), change.spent(), account);
        if (rows == 0) {
            tx.update("INSERT INTO archived_balance (account, debits_posted, credits_posted, spent) VALUES (?, ?, ?, ?)", account,
                    change.debitsPosted(), change.creditsPosted(), change.spent());
        }
    }

    static void addSpending(Tx tx, String account, long day, long posted) throws SQLException {
        int rows = tx.update("UPDATE archived_spending SET posted = posted + ? WHERE account = ? AND day = ?", posted, account,
                day);
        if (rows == 0) {
            tx.update("INSERT INTO archived_spending (account, day, posted) VALUES (?, ?, ?)", account, day, posted);
        }
    }

    /** What is gone of an account. */
    record Gone(String account, Balance balance) {}

    static List<Gone> balancesAfter(Tx tx, String account, int rows) throws SQLException {
        return tx.rows("SELECT account, debits_posted, credits_posted, spent FROM archived_balance WHERE account > ? "
                + "ORDER BY account LIMIT ?", r -> new Gone(r.getString(1), new Balance(0, r.getLong(2), 0, r.getLong(3),
                r.getLong(4))), account, rows);
    }

    /** What is gone of an account's day. */
    record GoneDay(String account, long day, long posted) {}

    static List<GoneDay> spendingAfter(Tx tx, String account, long day, int rows) throws SQLException {
        return tx.rows("SELECT account, day, posted FROM archived_spending WHERE account > ? OR account = ? AND day > ? "
                + "ORDER BY account, day LIMIT ?", r -> new GoneDay(r.getString(1), r.getLong(2), r.getLong(3)), account, account,
                day, rows);
    }

    /** What stands for the id of a reservation or booking that is gone. */
    static long hash(String id) {
        return ByteBuffer.wrap(Sha256.digester().digest(id.getBytes(StandardCharsets.UTF_8))).getLong();
    }

    static void insertId(Tx tx, long hash) throws SQLException {
        tx.update("INSERT INTO archived_id (hash) VALUES (?) ON CONFLICT (hash) DO NOTHING", hash);
    }

    static boolean isArchived(Tx tx, String id) throws SQLException {
        return tx.number("SELECT count(*) FROM archived_id WHERE hash = ?", hash(id)) > 0;
    }

    /** The first day that the machine may still be closed for; later days stay. */
    static void passDays(Tx tx, long nextDay) throws SQLException {
        tx.update("UPDATE machine_day SET next_day = ? WHERE next_day < ?", nextDay, nextDay);
    }

    /** Days before this must stay: the machine's costs of later ones are not closed. The largest long where no day needs it. */
    static long firstOpenDay(Tx tx) throws SQLException {
        boolean isDedicated = tx.number("SELECT count(*) FROM machine_price WHERE is_dedicated = 1") > 0;
        return isDedicated ? tx.number("SELECT next_day FROM machine_day") : Long.MAX_VALUE;
    }
}
