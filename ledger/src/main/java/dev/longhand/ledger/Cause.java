package dev.longhand.ledger;

import dev.longhand.base.Check;

/**
 * What a transfer was for.
 *
 * @param purpose such as {@code answer}, {@code read}, {@code idle}
 * @param job     empty where there is none
 * @param step    of the job
 * @param attempt of the step
 */
public record Cause(String purpose, String job, long step, long attempt) {
    public Cause {
        Check.argument(purpose.matches("[a-z][a-z-]{0,39}"), "a purpose is 1 to 40 lower-case letters, not \"%s\"", purpose);
        Check.argument(job.length() <= Limits.TEXT_MAX, "a job's name has %d characters; at most %d", job.length(),
                Limits.TEXT_MAX);
    }

    public static Cause of(String purpose) {
        return new Cause(purpose, "", 0, 0);
    }
}
