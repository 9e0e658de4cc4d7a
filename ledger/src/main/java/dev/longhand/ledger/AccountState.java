package dev.longhand.ledger;

import java.util.List;

/** An account with its balance and its budgets as they stand now. */
public record AccountState(Account account, Balance balance, List<Left> budgets) {
    /**
     * @param used set aside or spent in the budget's current period
     * @param left how much may be asked for now
     */
    public record Left(Budget budget, long used, long left) {}
}
