package dev.longhand.jobs;

import java.util.SplittableRandom;

/** How long a job waits after a failed attempt: doubling, with jitter that follows from a seed, the job and the attempt alone. */
final class Backoff {
    private static final int DOUBLINGS_MAX = 30;

    private final Limits limits;
    private final long seed;

    Backoff(Limits limits, long seed) {
        this.limits = limits;
        this.seed = seed;
    }

    /** Microseconds, between half and all of the doubled wait. {@code attempts} counts from 1. */
    long micros(String job, long attempts) {
        int doublings = (int) Math.min(Math.max(attempts, 1) - 1, DOUBLINGS_MAX);
        long firstMicros = limits.backoffFirst().toNanos() / 1000;
        long maxMicros = limits.backoffMax().toNanos() / 1000;
        long full = Math.min(maxMicros, firstMicros > maxMicros >> doublings ? maxMicros : firstMicros << doublings);
        SplittableRandom random = new SplittableRandom(seed ^ job.hashCode() * 0x9E3779B97F4A7C15L ^ attempts);
        return full - random.nextLong(full / 2 + 1);
    }
}
