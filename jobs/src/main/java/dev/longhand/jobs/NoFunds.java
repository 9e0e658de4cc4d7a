package dev.longhand.jobs;

import dev.longhand.ledger.Admission;

/** A budget does not allow it; the books' figures are in the message. A job that lets it through is parked. */
public final class NoFunds extends JobFailed {
    private final transient Admission.OverBudget figures;

    NoFunds(String what, Admission.OverBudget figures) {
        super(Kind.LIMIT, what + ": " + figures.message());
        this.figures = figures;
    }

    public Admission.OverBudget figures() {
        return figures;
    }
}
