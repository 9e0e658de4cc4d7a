package dev.longhand.ledger;

/**
 * What the machine's closed days of a period cost, millionths of a euro, see {@link MachineDays}.
 *
 * @param days     that were closed
 * @param energy   electricity of these days, busy and idle
 * @param writeOff part of the purchase
 * @param idle     of both, what no user paid; negative where users paid more
 */
public record MachineCost(long days, long energy, long writeOff, long idle) {}
