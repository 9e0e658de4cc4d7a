package dev.longhand.jobs;

/** A job that a runner has taken, as it stood then. */
record Claim(Job job, byte[] input) {
    Lease lease() {
        return new Lease(job.id(), job.status().token());
    }
}
