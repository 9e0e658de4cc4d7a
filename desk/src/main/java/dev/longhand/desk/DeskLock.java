package dev.longhand.desk;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Lets one process at a time change a desk. The operating system releases the lock when its owner ends, however it ends; the
 * pid in the file is for people. Asking a desk that needs no reading takes no lock.
 */
final class DeskLock implements AutoCloseable {
    private static final int PID_BYTES_MAX = 32;
    /** The locked byte lies behind the pid, so that the pid can be read where locks are mandatory. */
    private static final long LOCKED_AT = 1 << 10;
    /** An owner writes its pid just after it took the lock: how often and how long to wait for it. */
    private static final int PID_READS_MAX = 50;
    private static final long PID_READ_WAIT_NANOS = 20_000_000;

    private final FileChannel channel;

    private DeskLock(FileChannel channel) {
        this.channel = channel;
    }

    static DeskLock take(Path file, String desk) throws Problem {
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (tryLock(channel) == null) {
                String owner = readPid(file);
                channel.close();
                throw new Problem(Problem.Kind.BUSY,
                        "desk %s is being read by process %s; wait for it to end or stop it, then run the command again".formatted(
                                desk, owner));
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)), 0);
            return new DeskLock(channel);
        } catch (IOException e) {
            closeQuietly(channel);
            throw Disk.problem("locking", file, e);
        }
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock(LOCKED_AT, 1, false);
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static String readPid(Path file) throws IOException {
        for (int reads = 0; reads < PID_READS_MAX; reads++) {
            byte[] bytes = Files.readAllBytes(file);
            String text = new String(bytes, 0, Math.min(bytes.length, PID_BYTES_MAX), StandardCharsets.US_ASCII);
            if (text.matches("\\d+\n")) {
                return text.strip();
            }
            try {
                Clock.SYSTEM.sleep(PID_READ_WAIT_NANOS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return "(unknown)";
    }

    private static void closeQuietly(FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // The failure that brought us here is the one to report.
            }
        }
    }

    @Override
    public void close() {
        closeQuietly(channel);
    }
}
