package dev.longhand.jobs;

import dev.longhand.base.Problem;

/** What a step does. It runs again if it was not recorded. */
@FunctionalInterface
public interface StepWork {
    /** The step's result, which is recorded. */
    byte[] run(StepContext step) throws Problem;
}
