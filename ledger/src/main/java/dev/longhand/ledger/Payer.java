package dev.longhand.ledger;

/**
 * Who pays for calls of a model.
 *
 * @param account such as {@code person:anna}; opened when it is first needed
 * @param cause   what the calls are for; the model's name is filled in
 */
public record Payer(String account, Cause cause) {}
