package dev.longhand.ledger;

import dev.longhand.base.Check;
import dev.longhand.store.Tx;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The sums of the books as one transaction sees them: the head, balances, spending, budgets. Many bookings share a transaction and
 * mostly the same few accounts, so each sum is read once and written once. Lines and open reservations are written at once.
 */
final class Sums implements Tx.Held {
    private record Day(String account, long day) {}

    private record Period(String account, long firstDay) {}

    private record Spent(long pending, long posted) {
        Spent plus(Spent other) {
            return new Spent(pending + other.pending, posted + other.posted);
        }
    }

    private final Map<String, Rows.Kept> accounts = new HashMap<>();
    private final Map<String, List<Budget>> budgets = new HashMap<>();
    private final Map<Period, Long> spentSince = new HashMap<>();
    private final Map<String, Balance> balanceChanges = new HashMap<>();
    private final Map<Day, Spent> spendingChanges = new HashMap<>();
    private Rows.Head head;
    private boolean isHeadChanged;
    private Boolean hasArchives;

    static Sums of(Tx tx) {
        return tx.held(Sums.class, Sums::new);
    }

    Rows.Head head(Tx tx) throws SQLException {
        if (head == null) {
            head = Rows.head(tx);
        }
        return head;
    }

    Optional<Rows.Kept> account(Tx tx, String id) throws SQLException {
        Rows.Kept known = accounts.get(id);
        if (known == null) {
            Optional<Rows.Kept> kept = Rows.account(tx, id);
            kept.ifPresent(k -> accounts.put(id, k));
            return kept;
        }
        return Optional.of(known);
    }

    boolean hasArchives(Tx tx) throws SQLException {
        if (hasArchives == null) {
            hasArchives = !ArchiveRows.last(tx).equals(Archive.NONE);
        }
        return hasArchives;
    }

    /** Whether the reservation or booking with that id left the database. */
    boolean isArchived(Tx tx, String id) throws SQLException {
        return hasArchives(tx) && ArchiveRows.isArchived(tx, id);
    }

    List<Budget> budgets(Tx tx, String account) throws SQLException {
        List<Budget> known = budgets.get(account);
        if (known == null) {
            known = Rows.budgets(tx, account);
            budgets.put(account, known);
        }
        return known;
    }

    void put(Tx tx, Budget budget) throws SQLException {
        Rows.put(tx, budget);
        budgets.remove(budget.account());
    }

    /** False where there is none. */
    boolean removeBudget(Tx tx, String account, Budget.Period period) throws SQLException {
        budgets.remove(account);
        return Rows.removeBudget(tx, account, period) > 0;
    }

    /** Pending and posted from {@code firstDay} on. */
    long spentSince(Tx tx, String account, long firstDay) throws SQLException {
        Period period = new Period(account, firstDay);
        Long known = spentSince.get(period);
        if (known == null) {
            known = Rows.spentSince(tx, account, firstDay);
            for (Map.Entry<Day, Spent> each : spendingChanges.entrySet()) {
                if (each.getKey().account().equals(account) && each.getKey().day() >= firstDay) {
                    known += each.getValue().pending() + each.getValue().posted();
                }
            }
            spentSince.put(period, known);
        }
        return known;
    }

    /** Writes the line; its effect on the sums is written with that of others. */
    void append(Tx tx, Transfer line, Effect effect) throws SQLException {
        Rows.insert(tx, line);
        if (line.kind() == Transfer.Kind.RESERVE) {
            Rows.open(tx, line);
        }
        change(line.booking().debit(), effect.onDebit());
        change(line.booking().credit(), effect.onCredit());
        spendingChanges.merge(new Day(effect.spender(), effect.day()), new Spent(effect.pending(), effect.posted()), Spent::plus);
        spentSince.replaceAll((period, sum) -> period.account().equals(effect.spender()) && effect.day() >= period.firstDay()
                ? sum + effect.pending() + effect.posted() : sum);
        head = new Rows.Head(line.seq(), line.atMicros());
        isHeadChanged = true;
    }

    private void change(String account, Balance change) {
        balanceChanges.merge(account, change, Balance::plus);
        accounts.computeIfPresent(account, (id, kept) -> new Rows.Kept(kept.account(), kept.balance().plus(change)));
    }

    @Override
    public void write(Tx tx) throws SQLException {
        for (Map.Entry<String, Balance> each : balanceChanges.entrySet()) {
            int rows = Rows.add(tx, each.getKey(), each.getValue());
            Check.invariant(rows == 1, "account %s has %d rows", each.getKey(), rows);
        }
        for (Map.Entry<Day, Spent> each : spendingChanges.entrySet()) {
            Rows.spend(tx, each.getKey().account(), each.getKey().day(), each.getValue().pending(), each.getValue().posted());
        }
        if (isHeadChanged) {
            Rows.putHead(tx, head);
        }
        balanceChanges.clear();
        spendingChanges.clear();
        isHeadChanged = false;
    }
}
