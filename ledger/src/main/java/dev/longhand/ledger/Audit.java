package dev.longhand.ledger;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.ledger.Transfer.Kind;
import dev.longhand.store.Tx;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Adds the books up again from their lines alone and compares with the sums that are kept: balances, spending per day, open
 * reservations, the head, the seals. Where lines are in archives it begins with what these add up to and with the seal that they
 * end with; of the archived range it reads the lines that stayed. Memory is per account, per account and day, and per open
 * reservation, never per line.
 */
final class Audit {
    private static final int FINDINGS_MAX = 100;

    private record Day(String account, long day) {}

    private record Spent(long pending, long posted) {}

    private final Tx tx;
    private final Limits limits;
    private final List<String> findings = new ArrayList<>();
    private final Map<String, Balance> balances = new HashMap<>();
    private final Map<Day, Spent> spending = new HashMap<>();
    private final Map<String, Transfer> open = new HashMap<>();
    private Transfer last;
    private long unsealed;
    private long sealsSeen;
    private Chain chain = new Chain(Seal.NONE);
    private Archive archive = Archive.NONE;
    private long kept;
    private final MessageDigest keptDigester = Sha256.digester();
    private Optional<Seal> nextSeal = Optional.empty();

    Audit(Tx tx, Limits limits) {
        this.tx = tx;
        this.limits = limits;
    }

    /** What is wrong with the kept sums at first sight: per unit debits equal credits. Cheap; done at each open. */
    static List<String> sums(Tx tx) throws SQLException {
        String sql = "SELECT unit, sum(debits_pending), sum(credits_pending), sum(debits_posted), sum(credits_posted) "
                + "FROM account GROUP BY unit "
                + "HAVING sum(debits_pending) <> sum(credits_pending) OR sum(debits_posted) <> sum(credits_posted)";
        return tx.rows(sql, r -> "in %s the debits are %d pending and %d posted, the credits %d pending and %d posted"
                .formatted(r.getString(1), r.getLong(2), r.getLong(4), r.getLong(3), r.getLong(5)));
    }

    CheckReport run() throws SQLException, Problem {
        sums(tx).forEach(this::found);
        archives();
        long seq = 0;
        for (List<Transfer> page; !(page = Rows.transfersAfter(tx, seq, limits.pageRows())).isEmpty(); ) {
            for (Transfer each : page) {
                line(each);
            }
            seq = page.getLast().seq();
        }
        compareKept();
        if (nextSeal.isPresent()) {
            found("seal %d ends with line %d, and the last line is %d".formatted(nextSeal.get().number(), nextSeal.get().lastSeq(),
                    lastSeq()));
        }
        long seals = tx.number("SELECT count(*) FROM seal");
        if (nextSeal.isEmpty() && seals != sealsSeen) {
            long first = archive == Archive.NONE ? 0 : archive.last().number() - 1;
            found("there are %d seals, and seal %d is missing".formatted(seals, first + sealsSeen + 1));
        }
        Rows.Head head = Rows.head(tx);
        if (head.seq() != lastSeq() || lastSeq() > 0 && head.atMicros() != lastAt()) {
            found("the last line is %d, and the last number given out is %d".formatted(lastSeq(), head.seq()));
        }
        compareBalances();
        compareSpending();
        compareOpen();
        return new CheckReport(lastSeq(), archive.last().lastSeq() - kept, unsealed, List.copyOf(findings));
    }

    private long lastSeq() {
        return last == null ? archive.last().lastSeq() : last.seq();
    }

    private long lastAt() {
        return last == null ? archive.lastAtMicros() : last.atMicros();
    }

    /** Begins where the archives end. */
    private void archives() throws SQLException {
        for (Archive each : ArchiveRows.all(tx)) {
            if (each.number() != archive.number() + 1 || !each.before().equals(archive.last())) {
                found("archive %d does not go on where archive %d ends".formatted(each.number(), archive.number()));
            }
            archive = each;
        }
        Seal seal = archive.last();
        chain = new Chain(seal);
        nextSeal = Rows.seal(tx, seal.number() + 1);
        if (archive != Archive.NONE) {
            sealsSeen = 1;
            if (!Rows.seal(tx, seal.number()).equals(Optional.of(seal))) {
                found("seal %d is not the one that archive %d ends with".formatted(seal.number(), archive.number()));
            }
        }
        String account = "";
        for (List<ArchiveRows.Gone> page; !(page = ArchiveRows.balancesAfter(tx, account, limits.pageRows())).isEmpty(); ) {
            page.forEach(g -> balances.put(g.account(), g.balance()));
            account = page.getLast().account();
        }
        ArchiveRows.GoneDay day = new ArchiveRows.GoneDay("", 0, 0);
        for (List<ArchiveRows.GoneDay> page; !(page = ArchiveRows.spendingAfter(tx, day.account(), day.day(), limits.pageRows()))
                .isEmpty(); ) {
            page.forEach(g -> spending.put(new Day(g.account(), g.day()), new Spent(0, g.posted())));
            day = page.getLast();
        }
    }

    private void compareKept() {
        if (kept != archive.kept() || !Sha256.of(keptDigester).equals(archive.keptSha256())) {
            found("of the lines in archives %d are kept, and they are not the %d that archive %d kept".formatted(kept,
                    archive.kept(), archive.number()));
        }
    }

    private void found(String what) {
        if (findings.size() < FINDINGS_MAX) {
            findings.add(what);
        }
    }

    private void line(Transfer line) throws SQLException {
        if (line.seq() <= archive.last().lastSeq()) {
            kept++;
            keptDigester.update(Chain.bytes(line));
        } else {
            inOrder(line);
        }
        Transfer base = base(line);
        if (base == null && (line.kind().isEnd() || line.kind() == Kind.CORRECT)) {
            found("line %d (%s) refers to %s, which is not there or not open".formatted(line.seq(), line.id(), line.refers()));
            return;
        }
        if (base != null && line.amount() > base.amount()) {
            found("line %d (%s) has %d, and %s only %d".formatted(line.seq(), line.id(), line.amount(), base.id(),
                    base.amount()));
        }
        if (line.kind() == Kind.RESERVE) {
            open.put(line.id(), line);
        }
        long origin = base == null ? line.atMicros() : line.kind() == Kind.CORRECT ? Ledger.origin(tx, base) : base.atMicros();
        Effect effect = Effect.of(line, base, origin);
        balances.merge(line.booking().debit(), effect.onDebit(), Balance::plus);
        balances.merge(line.booking().credit(), effect.onCredit(), Balance::plus);
        spending.merge(new Day(effect.spender(), effect.day()), new Spent(effect.pending(), effect.posted()),
                (a, b) -> new Spent(a.pending() + b.pending(), a.posted() + b.posted()));
    }

    private void inOrder(Transfer line) throws SQLException {
        if (line.seq() != lastSeq() + 1 || line.atMicros() <= lastAt()) {
            found("line %d at %d follows line %d at %d; numbers go up by one and times go up".formatted(line.seq(),
                    line.atMicros(), lastSeq(), lastAt()));
        }
        last = line;
        chain(line);
    }

    /** The line that this one ends or corrects; a reservation is closed by being found. */
    private Transfer base(Transfer line) throws SQLException {
        if (line.kind().isEnd()) {
            return open.remove(line.refers());
        }
        return line.kind() == Kind.CORRECT ? Rows.transfer(tx, line.refers()).orElse(null) : null;
    }

    private void chain(Transfer line) throws SQLException {
        if (nextSeal.isEmpty()) {
            unsealed++;
            return;
        }
        chain.add(line);
        Seal kept = nextSeal.get();
        if (line.seq() == kept.lastSeq()) {
            if (!chain.seal().equals(kept)) {
                found("seal %d does not fit its lines, the last of which is %d: a line or a seal was changed".formatted(
                        kept.number(), line.seq()));
            }
            sealsSeen++;
            chain = new Chain(kept);
            nextSeal = Rows.seal(tx, kept.number() + 1);
        }
    }

    private void compareBalances() throws SQLException {
        String after = "";
        for (List<Rows.Kept> page; !(page = Rows.accountsAfter(tx, after, limits.pageRows())).isEmpty(); ) {
            for (Rows.Kept each : page) {
                Balance added = balances.getOrDefault(each.account().id(), Balance.ZERO);
                if (!added.equals(each.balance())) {
                    found("account %s keeps %s, and its lines add up to %s".formatted(each.account().id(), each.balance(), added));
                }
            }
            after = page.getLast().account().id();
        }
    }

    private void compareSpending() throws SQLException {
        for (Map.Entry<Day, Spent> each : spending.entrySet()) {
            Spent kept = tx.row("SELECT pending, posted FROM spending WHERE account = ? AND day = ?",
                    r -> new Spent(r.getLong(1), r.getLong(2)), each.getKey().account(), each.getKey().day()).orElse(new Spent(0,
                    0));
            if (!kept.equals(each.getValue())) {
                found("%s keeps %s, and its lines add up to %s".formatted(each.getKey(), kept, each.getValue()));
            }
        }
        long rows = tx.number("SELECT count(*) FROM spending");
        if (rows != spending.size()) {
            found("spending is kept for %d days of accounts, and lines have %d".formatted(rows, spending.size()));
        }
    }

    private void compareOpen() throws SQLException {
        long rows = tx.number("SELECT count(*) FROM open_reservation");
        if (rows != open.size()) {
            found("%d reservations are kept as open, and the lines leave %d open".formatted(rows, open.size()));
        }
        for (Transfer each : open.values()) {
            if (!Rows.isOpen(tx, each.id())) {
                found("reservation %s is open by its lines, and not kept as open".formatted(each.id()));
            }
        }
    }
}
