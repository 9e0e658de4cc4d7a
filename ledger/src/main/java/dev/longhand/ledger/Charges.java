package dev.longhand.ledger;

/**
 * What a metered model's calls added up to so far.
 *
 * @param amount in {@code unit}: what the payer paid, and what the machine took over
 * @param calls  that were booked
 */
public record Charges(long amount, Unit unit, Meters meters, int calls) {
    static final Charges NONE = new Charges(0, Unit.EUR, Meters.NONE, 0);

    Charges plus(Charge.Settled call) {
        return new Charges(amount + call.amount(), call.unit(), meters.plus(call.meters()), calls + 1);
    }
}
