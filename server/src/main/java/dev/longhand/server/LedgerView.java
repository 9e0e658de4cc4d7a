package dev.longhand.server;

import dev.longhand.base.Problem;
import dev.longhand.ledger.AccountState;
import dev.longhand.ledger.Accounts;
import dev.longhand.ledger.By;
import dev.longhand.ledger.Filter;
import dev.longhand.ledger.Key;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a caller may see of the books: an admin all, everybody else their own account, the same in other units, and accounts of jobs
 * that these pay for. A team's desks have the name for it that it gave them; an admin has the name that is stored.
 *
 * @param own empty for an admin, who sees all
 */
record LedgerView(Caller caller, Set<String> own) {
    static LedgerView of(Caller caller, Accounts accounts) throws Problem {
        return new LedgerView(caller, isAdmin(caller) ? Set.of() : accounts.belongingTo(caller.account()));
    }

    private static boolean isAdmin(Caller caller) {
        return caller.role() == Key.Role.ADMIN;
    }

    boolean seesAll() {
        return isAdmin(caller);
    }

    boolean sees(String account) {
        return seesAll() || own.contains(account);
    }

    /** A page of what there is to see. */
    List<AccountState> page(Accounts accounts, String after, int rows) throws Problem {
        return seesAll() ? accounts.after(after, rows) : accounts.of(own).stream().filter(a -> isBehind(a, after)).limit(rows)
                .toList();
    }

    /** As above, of those that have a budget. */
    List<AccountState> budgeted(Accounts accounts, String after, int rows) throws Problem {
        return seesAll() ? accounts.budgetedAfter(after, rows) : accounts.of(own).stream()
                .filter(a -> !a.budgets().isEmpty() && isBehind(a, after)).limit(rows).toList();
    }

    private static boolean isBehind(AccountState state, String after) {
        return state.account().id().compareTo(after) > 0;
    }

    /** What there is and is not seen gets the same words as what is not there. */
    AccountState find(Accounts accounts, String id) throws Problem, Refusal {
        Optional<AccountState> found = sees(id) ? accounts.of(Set.of(id)).stream().findFirst() : Optional.empty();
        return found.orElseThrow(() -> missing(id));
    }

    /** Only lines that are seen; {@code account}, if there is one, must be seen too. */
    Filter seen(Filter filter, Optional<String> account) throws Refusal {
        if (account.isPresent() && !sees(account.get())) {
            throw missing(account.get());
        }
        Filter some = account.isPresent() ? filter.only(By.ACCOUNT, account.get()) : filter;
        return seesAll() ? some : some.paidBy(new TreeSet<>(own));
    }

    private static Refusal missing(String account) {
        return Refusal.notFound("there is no account " + DeskNames.cut(account));
    }

    /** A desk as the books name it. */
    String stored(String desk) throws Refusal {
        return seesAll() ? desk : DeskNames.stored(caller, desk);
    }

    /** A desk as the caller names it; one of another team, which the account paid for all the same, as it is stored. */
    String shown(String desk) {
        return seesAll() ? desk : DeskNames.shown(caller, desk).orElse(desk);
    }
}
