package dev.longhand.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: whoever is refused is told where the owner is. That other processes are refused: {@code DeskTest} (desk). */
class OwnerLockTest {
    @TempDir
    private Path folder;

    private static Problem busy(String owner) {
        return new Problem(Problem.Kind.BUSY, "owned by " + owner);
    }

    @Test
    void tellsWhereTheOwnerIs() throws Problem {
        Path file = folder.resolve("lock");
        Path otherwise = folder.resolve("x/../lock");
        String pid = Long.toString(ProcessHandle.current().pid());
        try (OwnerLock lock = OwnerLock.take(file, OwnerLockTest::busy)) {
            for (Path each : new Path[] {file, otherwise}) {
                assertThatThrownBy(() -> OwnerLock.take(each, OwnerLockTest::busy)).hasMessageContaining("owned by " + pid);
            }
            lock.tell("http://127.0.0.1:1");
            assertThat(file).hasContent(pid + "\nhttp://127.0.0.1:1");
            assertThatThrownBy(() -> lock.tell("two\nlines")).isInstanceOf(IllegalArgumentException.class);
        }
        OwnerLock.take(otherwise, OwnerLockTest::busy).close();
    }
}
