package dev.longhand.store;

import dev.longhand.base.Problem;
import java.sql.SQLException;

/**
 * What one transaction does. It may run more than once, so its only effects are those through {@link Tx}; it must not wait for
 * anything, because every other write waits for it.
 */
@FunctionalInterface
public interface Work<T> {
    /** A thrown problem or exception undoes all of this work, and of nobody else's. */
    T run(Tx tx) throws SQLException, Problem;
}
