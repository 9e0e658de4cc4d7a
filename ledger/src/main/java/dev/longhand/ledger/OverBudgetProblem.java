package dev.longhand.ledger;

import dev.longhand.base.Problem;

/** A request was refused because it could overrun a budget. Nothing was done for it. */
public final class OverBudgetProblem extends Problem {
    private final transient Admission.OverBudget refusal;

    OverBudgetProblem(Admission.OverBudget refusal) {
        super(Kind.OVER_BUDGET, refusal.message() + "; nothing was done; ask for less, wait for the next period, or raise it with: "
                + "longhand ledger budget " + refusal.budget().account());
        this.refusal = refusal;
    }

    /** The figures. */
    public Admission.OverBudget refusal() {
        return refusal;
    }
}
