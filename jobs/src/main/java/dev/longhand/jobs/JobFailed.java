package dev.longhand.jobs;

import dev.longhand.base.Problem;

/** The job cannot go on, and trying again would not help: it is parked at once. A handler may throw it. */
public class JobFailed extends Problem {
    public JobFailed(Kind kind, String message) {
        super(kind, message);
    }
}
