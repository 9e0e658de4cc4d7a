package dev.longhand.ledger;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.store.Store;
import dev.longhand.store.Tx;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The accounts as they stand now. Holds nothing; thread-safe. */
public final class Accounts {
    private static final String MARKS = ", ?";

    private final Store store;
    private final Clock clock;
    private final Limits limits;

    Accounts(Store store, Clock clock, Limits limits) {
        this.store = store;
        this.clock = clock;
        this.limits = limits;
    }

    /** A page of accounts in the order of their ids, those after {@code id}. */
    public List<AccountState> after(String id) throws Problem {
        return after(id, limits.pageRows());
    }

    /** As above, at most {@code rows}. */
    public List<AccountState> after(String id, int rows) throws Problem {
        return store.read(tx -> states(tx, Rows.accountsAfter(tx, id, rows)));
    }

    /** Those of these accounts that are there, in the order of their ids. */
    public List<AccountState> of(Set<String> ids) throws Problem {
        return store.read(tx -> {
            List<Rows.Kept> found = new ArrayList<>();
            for (String each : new TreeSet<>(ids)) {
                Rows.account(tx, each).ifPresent(found::add);
            }
            return states(tx, found);
        });
    }

    /** A page of accounts that have a budget, in the order of their ids, those after {@code id}. */
    public List<AccountState> budgetedAfter(String id, int rows) throws Problem {
        return store.read(tx -> {
            List<Rows.Kept> found = new ArrayList<>();
            for (String each : tx.rows("SELECT DISTINCT account FROM budget WHERE account > ? ORDER BY account LIMIT ?",
                    r -> r.getString(1), id, rows)) {
                Rows.account(tx, each).ifPresent(found::add);
            }
            return states(tx, found);
        });
    }

    /**
     * An account, the same in other units, and those of jobs that any of them pays for; also where they are not open yet.
     *
     * @throws Problem if there are more than {@link Filter#PAYERS_MAX}
     */
    public Set<String> belongingTo(String account) throws Problem {
        Set<String> own = new TreeSet<>();
        for (Unit each : Unit.values()) {
            own.add(Account.of(account, each).id());
        }
        return store.read(tx -> {
            Set<String> all = new TreeSet<>(own);
            if (tx.number("SELECT COUNT(*) FROM account WHERE kind = 'JOB'") > 0) {
                all.addAll(jobs(tx, own));
            }
            if (all.size() > Filter.PAYERS_MAX) {
                throw new Problem(Problem.Kind.LIMIT, "%s pays for more than %,d jobs; ask as an admin, by one account".formatted(
                        account, Filter.PAYERS_MAX));
            }
            return Collections.unmodifiableSet(all);
        });
    }

    /** A job's budget is a reservation of its payer's account for the job's; a child's payer is its parent's account. */
    private static List<String> jobs(Tx tx, Set<String> payers) throws SQLException {
        String sql = "WITH RECURSIVE carved (debit, credit) AS (SELECT DISTINCT t.debit, t.credit FROM transfer t "
                + "JOIN account a ON a.id = t.credit WHERE a.kind = 'JOB' AND t.kind = 'RESERVE'), "
                + "belongs (id) AS (SELECT credit FROM carved WHERE debit IN (?" + MARKS.repeat(payers.size() - 1) + ") "
                + "UNION SELECT c.credit FROM carved c JOIN belongs b ON b.id = c.debit) SELECT id FROM belongs ORDER BY id LIMIT "
                + (Filter.PAYERS_MAX + 1);
        return tx.rows(sql, r -> r.getString(1), payers.toArray());
    }

    private List<AccountState> states(Tx tx, List<Rows.Kept> accounts) throws SQLException {
        long today = Times.day(Math.max(Times.micros(clock.now()), Rows.head(tx).atMicros()));
        List<AccountState> states = new ArrayList<>();
        for (Rows.Kept each : accounts) {
            List<AccountState.Left> left = new ArrayList<>();
            for (Budget budget : Rows.budgets(tx, each.account().id())) {
                left.add(left(tx, budget, each.balance(), today));
            }
            states.add(new AccountState(each.account(), each.balance(), left));
        }
        return states;
    }

    private static AccountState.Left left(Tx tx, Budget budget, Balance balance, long today) throws SQLException {
        Optional<AccountState.Days> days = budget.period().days(today);
        Rows.Spending spending = days.isEmpty() ? new Rows.Spending(balance.debitsPending(), balance.spent())
                : Rows.spendingSince(tx, budget.account(), days.get().first().toEpochDay());
        return new AccountState.Left(budget, days, spending.posted(), spending.pending(),
                Math.max(0, budget.hard() - spending.pending() - spending.posted()));
    }
}
