package dev.longhand.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.Recorder;
import dev.longhand.testkit.Scratch;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * Goal: a disk that is full or fails is told, nothing is acknowledged that is not stored, reads are served meanwhile, and the same
 * store goes on when the disk does. Method: {@link FaultyBooks} in a child JVM, under whose database one call after the other
 * fails, once and for good. {@code -Devery} says every which call; 1 is the long form.
 */
class FaultyBooksTest {
    private static final int EVERY = Integer.getInteger("every", 16);

    @Test
    void tellsEveryFailureAndLosesNothing() throws Exception {
        Path scratch = Scratch.folder();
        try {
            Path folder = Files.createDirectory(scratch.resolve("books"));
            Process child = Recorder.compile(scratch, folder).program(FaultyBooks.class, folder.toRealPath().toString(),
                    Integer.toString(EVERY)).start();
            String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(child.waitFor()).as(said).isZero();
            System.out.print("disk faults under SQLite: " + said);
        } finally {
            Scratch.delete(scratch);
        }
    }
}
