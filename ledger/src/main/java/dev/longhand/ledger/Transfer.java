package dev.longhand.ledger;

import java.util.Objects;

/**
 * A line of the books. It never changes.
 *
 * @param seq             1, 2, 3, ... without a gap, in the order of ledger time
 * @param refers          the reservation that it ends, or the transfer that it corrects; empty for others
 * @param atMicros        ledger time: microseconds since 1970, later than every line before
 * @param expiresAtMicros of a reservation; 0 for others
 */
public record Transfer(
        long seq, Kind kind, Booking booking, String refers, Meters meters, long atMicros, long expiresAtMicros) {
    /** What a line does to the books. */
    public enum Kind {
        /** Books an amount at once. */
        BOOK,
        /** Sets an amount aside: pending, until one of the next three ends it. */
        RESERVE,
        /** Ends a reservation with what it really was; the rest is free again. */
        POST,
        /** Ends a reservation with nothing. */
        VOID,
        /** Ends a reservation whose time is over with nothing. */
        EXPIRE,
        /** Gives back part or all of what was booked or posted. */
        CORRECT;

        /** Whether it ends a reservation. */
        boolean isEnd() {
            return this == POST || this == VOID || this == EXPIRE;
        }
    }

    public String id() {
        return booking.id();
    }

    public long amount() {
        return booking.amount();
    }

    /** Whether both ask for the same: all but the number and the time at which it was booked. */
    boolean hasContentOf(Transfer other) {
        return kind == other.kind && booking.equals(other.booking) && Objects.equals(refers, other.refers)
                && meters.equals(other.meters) && timeoutMicros() == other.timeoutMicros();
    }

    private long timeoutMicros() {
        return expiresAtMicros == 0 ? 0 : expiresAtMicros - atMicros;
    }
}
