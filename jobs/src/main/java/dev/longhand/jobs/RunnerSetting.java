package dev.longhand.jobs;

import dev.longhand.base.Check;
import java.time.Duration;

/**
 * How a runner works.
 *
 * @param name      of this runner, for people: it stands beside the jobs that it holds, and tells no two runners apart
 * @param workers   threads, each with one job
 * @param seed      of the jitter of waits after failures
 * @param closeWait how long closing waits for running jobs to come to a checkpoint or to the end of a step
 */
public record RunnerSetting(String name, int workers, long seed, Duration closeWait) {
    public static final int WORKERS_HARD_MAX = 256;

    public RunnerSetting {
        Check.argument(!name.isBlank() && name.equals(Words.plain(name, Limits.NAME_MAX)),
                "a runner's name has 1 to %d printable characters, not \"%s\"", Limits.NAME_MAX, name);
        Check.argument(workers >= 1 && workers <= WORKERS_HARD_MAX, "workers is %d; it must lie in [1, %d]", workers,
                WORKERS_HARD_MAX);
        Check.argument(!closeWait.isNegative(), "closeWait is %s; it must not be negative", closeWait);
    }

    /** Waits up to a minute when it is closed. */
    public static RunnerSetting of(String name, int workers, long seed) {
        return new RunnerSetting(name, workers, seed, Duration.ofMinutes(1));
    }
}
