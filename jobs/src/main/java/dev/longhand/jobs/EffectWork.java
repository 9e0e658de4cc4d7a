package dev.longhand.jobs;

import dev.longhand.base.Problem;

/** Something that happens outside of the database. */
@FunctionalInterface
public interface EffectWork {
    /**
     * Does it. Where the receiver takes an idempotency key or a fencing token, it should get {@code key} and the step's token.
     *
     * @return what is recorded as the result
     * @throws NotDone it certainly did not happen; any other failure leaves that open
     */
    byte[] run(StepContext step, String key) throws Problem;
}
