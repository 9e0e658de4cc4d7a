package dev.longhand.catalog;

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
import java.util.Optional;

/**
 * A lock between processes (and threads) by a file that stays; the system frees it when its owner dies, however it dies.
 *
 * <p>The file holds its owner's process number for messages only.
 */
final class PullLock implements AutoCloseable {
    private static final long POLL_NANOS = 100_000_000L;

    private final FileChannel channel;
    private final FileLock lock;

    private PullLock(FileChannel channel, FileLock lock) {
        this.channel = channel;
        this.lock = lock;
    }

    /** Waits for the lock, and says once that it does. */
    static PullLock acquire(Path file, String what, Clock clock, Progress progress) throws Problem {
        boolean isTold = false;
        try {
            Files.createDirectories(file.getParent());
            while (true) {
                Optional<PullLock> got = attempt(file);
                if (got.isPresent()) {
                    return got.get();
                }
                if (!isTold) {
                    progress.note("another process" + owner(file) + " is working on " + what + "; waiting for it");
                    isTold = true;
                }
                clock.sleep(POLL_NANOS);
            }
        } catch (IOException e) {
            throw Disk.problem("locking", file, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "the wait for " + what + " was stopped");
        }
    }

    private static Optional<PullLock> attempt(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
            if (lock == null) {
                return Optional.empty();
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
            return Optional.of(new PullLock(channel, lock));
        } catch (OverlappingFileLockException e) {
            return Optional.empty();
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
    }

    private static String owner(Path file) {
        try {
            String pid = Files.readString(file).strip();
            return pid.matches("\\d{1,10}") ? " (pid " + pid + ")" : "";
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public void close() throws Problem {
        try {
            lock.release();
            channel.close();
        } catch (IOException e) {
            throw new Problem(Problem.Kind.DISK, "releasing a lock failed: " + e.getMessage(), e);
        }
    }
}
