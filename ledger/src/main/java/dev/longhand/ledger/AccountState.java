package dev.longhand.ledger;

import java.time.LocalDate;
import java.util.List;
import java.util.Optional;

/** An account with its balance and its budgets as they stand now. */
public record AccountState(Account account, Balance balance, List<Left> budgets) {
    /**
     * @param days     of the budget's current period; empty where it has none
     * @param spent    in it
     * @param setAside in it
     * @param left     how much may be asked for now
     */
    public record Left(Budget budget, Optional<Days> days, long spent, long setAside, long left) {
        /** What counts against it. */
        public long used() {
            return spent + setAside;
        }
    }

    /** From the first to the last day, UTC. */
    public record Days(LocalDate first, LocalDate last) {}
}
