package dev.longhand.ledger;

/**
 * What a caller wants booked. The ledger checks it and says what is wrong with it.
 *
 * @param id     the caller's own; the same id with the same content is booked once, however often it is asked for
 * @param debit  who pays
 * @param credit who is paid
 * @param amount in {@code unit}
 */
public record Booking(String id, String debit, String credit, long amount, Unit unit, Cause cause) {}
