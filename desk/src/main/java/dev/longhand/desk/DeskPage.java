package dev.longhand.desk;

import java.time.Instant;

/**
 * What an address answered, which a desk keeps.
 *
 * @param fetchedAt when it first answered this
 * @param sha256    of its bytes, in hex
 * @param isCurrent whether it answered nothing else since
 */
public record DeskPage(String address, Instant fetchedAt, String sha256, boolean isCurrent) {}
