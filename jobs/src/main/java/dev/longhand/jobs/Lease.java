package dev.longhand.jobs;

/** The right to write for a job: whoever holds its newest token. */
record Lease(String job, long token) {}
