package dev.longhand.jobs;

import dev.longhand.base.Problem;
import java.util.Optional;

/** Asks the receiver of effects what became of one. */
@FunctionalInterface
public interface EffectLookup {
    /** The result of the effect under {@code key}; empty if it did not happen, and then it is done. */
    Optional<byte[]> find(String key) throws Problem;
}
