package dev.longhand.jobs;

/** Runners on PostgreSQL. */
class PostgresRunnerTest extends RunnerContract {
    @Override
    JobsPlace place() {
        return JobsPlace.postgres();
    }

    @Override
    int deathStride() {
        return 4;
    }
}
