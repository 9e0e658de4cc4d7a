package dev.longhand.jobs;

import dev.longhand.base.Problem;

/** The write came from a runner that no longer has the job; nothing of it was stored. */
public final class LeaseLost extends Problem {
    LeaseLost(Lease lease, String now) {
        super(Kind.BUSY, "job %s is no longer held by claim %d: %s; nothing was stored".formatted(lease.job(), lease.token(), now));
    }
}
