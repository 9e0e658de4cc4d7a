package dev.longhand.jobs;

import dev.longhand.base.Check;
import dev.longhand.ledger.Unit;

/**
 * The budget of a job: carved from what its payer may spend, and never overrun.
 *
 * @param payer  an account of the books; a parent's is {@code job:} and its id
 * @param amount the worst case, in {@code unit}
 */
public record Funding(String payer, Unit unit, long amount) {
    public Funding {
        Check.argument(!payer.isEmpty() && amount >= 0, "a job's budget needs a payer and an amount of at least 0, not \"%s\", %d",
                payer, amount);
    }
}
