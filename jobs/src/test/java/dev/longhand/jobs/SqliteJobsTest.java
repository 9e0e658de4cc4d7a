package dev.longhand.jobs;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Jobs on SQLite. */
class SqliteJobsTest extends JobsContract {
    @TempDir
    Path folder;

    @Override
    JobsPlace place() {
        return JobsPlace.sqlite(folder);
    }
}
