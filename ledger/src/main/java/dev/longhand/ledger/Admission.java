package dev.longhand.ledger;

import java.util.List;
import java.util.Locale;

/** What became of a wish to spend. */
public sealed interface Admission {
    /**
     * It is booked, or was booked before under the same id.
     *
     * @param warnings budgets whose soft limit is passed now; empty for what was booked before
     */
    record Admitted(Transfer transfer, List<Budget> warnings) implements Admission {}

    /**
     * It is not booked: it could overrun a budget.
     *
     * @param needed what was asked for
     * @param used   what is pending or posted in the period
     * @param left   how much may be asked for now
     */
    record OverBudget(Budget budget, long needed, long used, long left) implements Admission {
        /** For people. */
        public String message() {
            String span = budget.period() == Budget.Period.EVER ? "in all"
                    : "per " + budget.period().name().toLowerCase(Locale.ROOT);
            return ("%s would need %d and has %d left: its budget %s is %d, of which %d is used or set aside; at most %d per "
                    + "request").formatted(budget.account(), needed, left, span, budget.hard(), used, budget.requestMax());
        }
    }
}
