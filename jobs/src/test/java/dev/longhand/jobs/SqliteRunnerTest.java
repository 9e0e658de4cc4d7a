package dev.longhand.jobs;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Runners on SQLite. */
class SqliteRunnerTest extends RunnerContract {
    @TempDir
    Path folder;

    @Override
    JobsPlace place() {
        return JobsPlace.sqlite(folder);
    }

    @Override
    int deathStride() {
        return 1;
    }
}
