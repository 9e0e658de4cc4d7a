package dev.longhand.ledger;

/**
 * What an account's lines add up to, each in the account's unit and never negative.
 *
 * @param spent what it paid: booked and posted debits, less corrections of them
 */
public record Balance(long debitsPending, long debitsPosted, long creditsPending, long creditsPosted, long spent) {
    static final Balance ZERO = new Balance(0, 0, 0, 0, 0);

    /** What counts against a budget without period. */
    public long used() {
        return debitsPending + spent;
    }

    Balance plus(Balance other) {
        return new Balance(debitsPending + other.debitsPending, debitsPosted + other.debitsPosted,
                creditsPending + other.creditsPending, creditsPosted + other.creditsPosted, spent + other.spent);
    }

    /** Whether {@code amount} more on either side still leaves every sum readable. */
    boolean hasRoomFor(long amount) {
        return Math.max(debitsPending + debitsPosted, creditsPending + creditsPosted) <= Limits.BALANCE_MAX - amount;
    }
}
