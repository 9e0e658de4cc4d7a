package dev.longhand.ledger;

import dev.longhand.base.Problem;

/** An id was used before for something else, or a reservation has ended in another way. Nothing was booked. */
public final class Conflict extends Problem {
    Conflict(String message) {
        super(Kind.USAGE, message);
    }
}
