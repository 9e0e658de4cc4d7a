package dev.longhand.ledger;

/**
 * Work that no model did, such as reading documents.
 *
 * @param cpuMicros processor time
 * @param diskBytes bytes read from disk
 */
public record WorkCost(long cpuMicros, long diskBytes) {}
