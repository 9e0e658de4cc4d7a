package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: the newest lines are there, within the bound, whatever happened to the files. */
class LogFileTest {
    private static final int BYTES_MAX = 100;

    @TempDir
    private Path folder;

    @Test
    void keepsTheNewestLinesInTwoFiles() throws Exception {
        Path file = folder.resolve("logs/a.log");
        try (LogFile log = LogFile.open(file, BYTES_MAX)) {
            for (int i = 0; i < 50; i++) {
                log.line("line %02d".formatted(i));
            }
            assertThat(log.lost()).isZero();
        }
        assertThat(Files.readAllLines(file)).last().isEqualTo("line 49");
        assertThat(Files.size(file)).isLessThanOrEqualTo(BYTES_MAX);
        assertThat(Files.size(folder.resolve("logs/a.log.1"))).isLessThanOrEqualTo(BYTES_MAX);
        try (LogFile log = LogFile.open(file, BYTES_MAX)) {
            log.line("more");
        }
        assertThat(Files.readAllLines(file)).last().isEqualTo("more");
    }

    @Test
    void goesOnWhenTheFileWasTakenAway() throws Exception {
        Path file = folder.resolve("a.log");
        try (LogFile log = LogFile.open(file, BYTES_MAX)) {
            log.line("x".repeat(BYTES_MAX - 1));
            Files.delete(file);
            log.line("after");
            assertThat(log.lost()).isZero();
        }
        assertThat(Files.readAllLines(file)).containsExactly("after");
    }

    /** Method: a folder with something in it stands where the full file is to go, so that it cannot. */
    @Test
    void countsWhatTheDiskDoesNotTakeAndGoesOn() throws Exception {
        Path file = folder.resolve("a.log");
        Path inTheWay = Files.createDirectories(folder.resolve("a.log.1/in"));
        try (LogFile log = LogFile.open(file, BYTES_MAX)) {
            log.line("x".repeat(BYTES_MAX - 1));
            log.line("lost");
            assertThat(log.lost()).isEqualTo(1);
            Files.delete(inTheWay);
            Files.delete(folder.resolve("a.log.1"));
            log.line("kept");
            assertThat(log.lost()).isEqualTo(1);
        }
        assertThat(Files.readAllLines(file)).last().isEqualTo("kept");
    }
}
