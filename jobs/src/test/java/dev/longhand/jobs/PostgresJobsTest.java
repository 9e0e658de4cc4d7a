package dev.longhand.jobs;

/** Jobs on PostgreSQL. */
class PostgresJobsTest extends JobsContract {
    @Override
    JobsPlace place() {
        return JobsPlace.postgres();
    }
}
