package dev.longhand.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
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

    /** Goal: others learn of an owner without taking its lock. Method: files as owners write them, and as they must not be. */
    @Test
    void saysWhoOwns() throws Exception {
        Path file = folder.resolve("lock");
        assertThat(OwnerLock.owner(file)).isEmpty();
        Files.writeString(file, "12345678901\nhttp://127.0.0.1:1\n");
        assertThat(OwnerLock.owner(file)).contains(new OwnerLock.Owner(12_345_678_901L, "http://127.0.0.1:1"));
        assertThat(OwnerLock.owner(file).orElseThrow().mayRun()).isFalse();
        Files.writeString(file, ProcessHandle.current().pid() + "\n");
        assertThat(OwnerLock.owner(file).orElseThrow().told()).isEmpty();
        assertThat(OwnerLock.owner(file).orElseThrow().mayRun()).isTrue();
        try (OwnerLock lock = OwnerLock.take(file, OwnerLockTest::busy)) {
            assertThat(OwnerLock.owner(file)).as("of one's own").isEmpty();
        }
        Files.writeString(file, "no number\n");
        assertThat(OwnerLock.owner(file)).isEmpty();
    }
}
