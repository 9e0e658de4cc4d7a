package dev.longhand.server;

import dev.longhand.ledger.Key;

/**
 * Who calls.
 *
 * @param key     name of the key, or {@code local} where none is needed
 * @param team    whose desks, answers and attention memory are seen: also the engine's tenant
 * @param account that pays
 */
record Caller(String key, Key.Role role, String team, String account) {}
