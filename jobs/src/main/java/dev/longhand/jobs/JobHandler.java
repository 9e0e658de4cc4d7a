package dev.longhand.jobs;

import dev.longhand.base.Problem;

/**
 * What a kind of job does. It may be run again from the start after any crash: all that takes time or has an effect is in steps,
 * which are asked for in the same order with the same names and inputs each time, and whose results are returned without running
 * them once they are recorded. What is outside of steps follows from the input and from results of steps alone.
 */
@FunctionalInterface
public interface JobHandler {
    /**
     * Runs the job to its end, or from where it was.
     *
     * @return the job's result
     * @throws JobFailed trying again would not help: the job is parked at once
     * @throws Problem   the attempt failed: the job is tried again later, a bounded number of times
     */
    byte[] run(JobContext context, byte[] input) throws Problem;
}
