package dev.longhand.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One bad file never keeps the others from being read. */
class BadInputTest {
    @TempDir
    private Path root;

    /** Goal: all kinds of bad files at once, each with its reason. Method: one folder that holds one of each, between good ones. */
    @Test
    void eachIsASkipAndTheRestIsRead() throws Exception {
        Files.writeString(root.resolve("a.txt"), "first\n");
        log(root.resolve("big.log"), 300L << 20);
        Files.write(root.resolve("broken.zip"), Packs.bytes("PK\3\4 and nothing more"));
        Files.write(root.resolve("cut.tgz"), java.util.Arrays.copyOf(Packs.gz(Packs.tar("in.txt", "x\n".repeat(50_000))), 90));
        Files.write(root.resolve("locked.pdf"), PdfTest.pdf("secret", "hidden"));
        Files.write(root.resolve("none.pdf"), Packs.bytes("%PDF-1.7\nnothing"));
        assertThat(new ProcessBuilder("mkfifo", root.resolve("pipe.log").toString()).start().waitFor()).isZero();
        Files.createSymbolicLink(root.resolve("zero.txt"), Path.of("/dev/zero"));
        Files.writeString(root.resolve("z.txt"), "last\n");
        Collected got = Assertions.assertTimeoutPreemptively(Duration.ofMinutes(2), () -> Collected.of(root));
        assertThat(got.paths()).containsExactly("a.txt", "z.txt");
        assertThat(got.skips).contains(
                new Skip("big.log", Skip.Reason.TOO_LARGE, "314.6 MB; the limit is 8.4 MB"),
                new Skip("locked.pdf", Skip.Reason.PDF_ENCRYPTED, "it needs a password"),
                new Skip("pipe.log", Skip.Reason.SPECIAL_FILE, "a pipe, socket or device; not opened"),
                new Skip("zero.txt", Skip.Reason.SYMLINK, "not followed"));
        assertThat(got.reason("none.pdf")).isEqualTo(Skip.Reason.PDF_BROKEN);
        assertThat(got.reason("broken.zip")).isEqualTo(Skip.Reason.ARCHIVE_BROKEN);
        assertThat(got.skips).anySatisfy(s -> assertThat(s.path()).startsWith("cut.tgz"));
        assertThat(got.skips).hasSize(7);
        assertThat(got.summary.bytesRead()).as("nothing of the log is counted").isLessThan(1_000_000);
    }

    /** Text at its head, and as long as asked without taking the disk. */
    private static void log(Path file, long bytes) throws IOException {
        Files.writeString(file, "2026-01-01 00:00:00 INFO started\n".repeat(1_000));
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "rw")) {
            log.setLength(bytes);
        }
    }

    @Test
    void aLogInAnArchiveIsPassedOverAndTheRestIsRead() throws Exception {
        byte[] log = "2026-01-01 00:00:00 INFO started\n".repeat(700_000).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        Files.write(root.resolve("a.tar"), Packs.tar("a.txt", "x\n", "big.log", log, "z.txt", "z\n"));
        Collected got = Collected.of(root);
        assertThat(got.paths()).containsExactly("a.tar!/a.txt", "a.tar!/z.txt");
        assertThat(got.skips).containsExactly(
                new Skip("a.tar!/big.log", Skip.Reason.TOO_LARGE, "23.1 MB; the limit is 8.4 MB"));
    }

    /** Goal: a file that grows while it is read, or lies about its length, ends at the limit. Method: streams without an end. */
    @Test
    void whatDoesNotEndIsTooLarge() throws Exception {
        for (long declared : new long[] {-1, 10, 8L << 20}) {
            Skip skip = take(new Content(declared, 0, Endless::new));
            assertThat(skip).isEqualTo(new Skip("a.txt", Skip.Reason.TOO_LARGE, "more than 8.4 MB, the limit"));
        }
    }

    @Test
    void whatShrinksIsReadAsFarAsItGoesAndWhatFailsIsASkip() throws Exception {
        Collected got = new Collected();
        assertThat(intake(got).take("a.txt", "a.txt", new Content(1_000, 0,
                () -> new java.io.ByteArrayInputStream(Packs.bytes("short\n"))))).isNull();
        assertThat(got.documents.getFirst().file().bytes()).isEqualTo(6);
        assertThat(take(new Content(10, 0, () -> {
            throw new java.nio.file.AccessDeniedException("a.txt");
        }))).isEqualTo(new Skip("a.txt", Skip.Reason.UNREADABLE, "permission denied"));
        assertThat(take(new Content(10, 0, () -> {
            throw new java.nio.file.NoSuchFileException("a.txt");
        }))).isEqualTo(new Skip("a.txt", Skip.Reason.UNREADABLE, "it vanished while the folder was read"));
        assertThat(take(new Content(10, 0, InputStream::nullInputStream))).isEqualTo(new Skip("a.txt", Skip.Reason.EMPTY, ""));
    }

    private static Intake intake(Listener listener) {
        return new Intake(Limits.DEFAULT, new Extractor(Limits.DEFAULT, new PdfReader(PdfLimits.DEFAULT, Clock.SYSTEM)), listener);
    }

    private static Skip take(Content content) throws Problem {
        return intake(new Collected()).take("a.txt", "a.txt", content);
    }

    private static final class Endless extends InputStream {
        @Override
        public int read() {
            return 'a';
        }

        @Override
        public int read(byte[] into, int from, int length) {
            java.util.Arrays.fill(into, from, from + length, (byte) 'a');
            return length;
        }
    }
}
