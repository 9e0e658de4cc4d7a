package dev.longhand.server;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Lines in a file that does not grow for ever: a full one becomes {@code NAME.1} in place of the one before. A line that the disk
 * does not take is lost, the server goes on; {@link #lost} counts them. Thread-safe.
 */
public final class LogFile implements AutoCloseable {
    private static final long BYTES_MAX = 16 << 20;

    private final Path file;
    private final long bytesMax;
    private OutputStream out; // null when it is to be opened
    private long bytes;
    private long lost;

    private LogFile(Path file, long bytesMax) throws IOException {
        this.file = file;
        this.bytesMax = bytesMax;
        open();
    }

    public static LogFile open(Path file) throws Problem {
        return open(file, BYTES_MAX);
    }

    static LogFile open(Path file, long bytesMax) throws Problem {
        try {
            Files.createDirectories(file.getParent());
            return new LogFile(file, bytesMax);
        } catch (IOException e) {
            throw Disk.problem("opening", file, e);
        }
    }

    private void open() throws IOException {
        out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        bytes = Files.size(file);
    }

    public synchronized void line(String line) {
        byte[] text = (line + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            if (bytes > 0 && bytes + text.length > bytesMax) {
                turn();
            }
            if (out == null) {
                open();
            }
            out.write(text);
            bytes += text.length;
        } catch (IOException e) {
            lost++;
        }
    }

    /** The full file makes room for a new one, which is opened with the next line if it cannot be now. */
    private void turn() throws IOException {
        closeQuietly();
        out = null;
        bytes = 0;
        try {
            Files.move(file, file.resolveSibling(file.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        } catch (NoSuchFileException e) {
            // Somebody took it away.
        }
    }

    private void closeQuietly() {
        try {
            if (out != null) {
                out.close();
            }
        } catch (IOException e) {
            // Each line was written when it came.
        }
    }

    /** Lines that the disk did not take. */
    public synchronized long lost() {
        return lost;
    }

    @Override
    public synchronized void close() {
        closeQuietly();
    }
}
