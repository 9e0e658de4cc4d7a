package dev.longhand.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: a file is old or new, never mixed, and a refusing disk is told in words. Method: real files, bodies that fail. */
class DiskTest {
    @TempDir
    private Path folder;

    @Test
    void publishesTheWholeFileAndCreatesItsFolder() throws Exception {
        Path target = folder.resolve("a/b/file");
        Disk.REAL.publish(target, out -> out.write("new".getBytes(StandardCharsets.UTF_8)));
        assertThat(target).hasContent("new");
        assertThat(names(target.getParent())).containsExactly("file");
    }

    @Test
    void keepsTheOldFileAndLeavesNothingWhenTheBodyFails() throws Exception {
        Path target = Files.writeString(folder.resolve("file"), "old");
        assertThatThrownBy(() -> Disk.REAL.publish(target, out -> {
            out.write(new byte[1 << 20]);
            throw new FileSystemException(target.toString(), null, "No space left on device");
        })).isInstanceOf(Problem.class).extracting(e -> ((Problem) e).kind()).isEqualTo(Problem.Kind.DISK);
        assertThat(target).hasContent("old");
        assertThat(names(folder)).containsExactly("file");
    }

    @Test
    void saysWhyAndWhatToDo() {
        Path file = folder.resolve("x");
        assertThat(Disk.problem("writing", file, new IOException("No space left on device")))
                .hasMessage("writing " + file + " failed: No space left on device; free some space and run the command again");
        assertThat(Disk.problem("locking", file, new AccessDeniedException("/other"))).hasMessageStartingWith("locking " + file
                + " failed: permission denied (/other); ").hasMessageContaining("LONGHAND_HOME");
        assertThat(Disk.problem("reading", file, new NoSuchFileException(file.toString())))
                .hasMessage("reading " + file + " failed: there is no such file or folder");
    }

    /** Goal: a Ctrl-C in the middle of a file is no disk failure. Method: the exception that an interrupted channel throws. */
    @Test
    void aStoppedWriteIsCancelled() {
        assertThat(Disk.problem("writing", folder, new ClosedByInterruptException()).kind()).isEqualTo(Problem.Kind.CANCELLED);
    }

    /** Goal: the message never is a bare path. Method: a file where a folder should be. */
    @Test
    void saysThatAFileIsInTheWay() throws Exception {
        Path occupied = Files.writeString(folder.resolve("occupied"), "");
        assertThatThrownBy(() -> Disk.REAL.publish(occupied.resolve("a"), out -> { }))
                .hasMessageContaining("in the way").hasMessageContaining("LONGHAND_HOME");
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).toList();
        }
    }
}
