package dev.longhand.ledger;

import dev.longhand.base.Check;

/**
 * One side of transfers.
 *
 * @param id   its kind and a name, such as {@code person:anna} or {@code machine:cpu}
 * @param unit what it counts; both accounts of a transfer count the same
 */
public record Account(String id, Unit unit, Kind kind) {
    /** Whose account it is. */
    public enum Kind { PERSON, DESK, JOB, MACHINE, COST_CENTRE, PROVIDER }

    public Account {
        Check.argument(id.length() <= Limits.TEXT_MAX && id.matches("[a-z-]+:[^\\p{Cntrl}\\s]+"),
                "an account is named kind:name without spaces, at most %d characters, not \"%s\"", Limits.TEXT_MAX, id);
    }
}
