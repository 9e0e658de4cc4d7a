package dev.longhand.ledger;

import dev.longhand.base.Sha256;

/**
 * Covers the transfers after the seal before it, up to {@code lastSeq}.
 *
 * @param hash SHA-256 of the hash before it and of its transfers, see {@link Chain}
 */
public record Seal(long number, long lastSeq, Sha256 hash) {
    static final Seal NONE = new Seal(0, 0, new Sha256("0".repeat(64)));
}
