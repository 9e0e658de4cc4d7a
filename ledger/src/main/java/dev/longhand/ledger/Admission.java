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
     * @param unit   of the amounts
     * @param needed what was asked for
     * @param used   what is pending or posted in the period
     * @param left   how much may be asked for now
     */
    record OverBudget(Budget budget, Unit unit, long needed, long used, long left) implements Admission {
        /** For people. */
        public String message() {
            String span = budget.period() == Budget.Period.EVER ? "in all"
                    : "per " + budget.period().name().toLowerCase(Locale.ROOT);
            if (needed > budget.requestMax()) {
                return "%s would need up to %s for this, and its budget allows %s per request".formatted(budget.account(),
                        unit.show(needed), unit.show(budget.requestMax()));
            }
            String figures = "%s would need up to %s for this and has %s left: its budget %s is %s, of which %s is used or set "
                    + "aside";
            return figures.formatted(budget.account(), unit.show(needed), unit.show(left), span, unit.show(budget.hard()),
                    unit.show(used));
        }
    }
}
