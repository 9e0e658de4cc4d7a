package dev.longhand.desk;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Who writes to the attention memory of a desk: several processes may at once, and who cleans up must know that nobody does. The
 * operating system lets go when a process ends, however it ends. It is a file of its own: a process that closes a file gives up all
 * its locks on it. Thread-safe.
 */
final class MemoryLock implements AutoCloseable {
    private static final Map<Path, MemoryLock> HELD = new HashMap<>(); // with the class's lock

    private final Path file;
    private final FileChannel channel;
    private final boolean isShared;
    private int users = 1;

    private MemoryLock(Path file, FileChannel channel, boolean isShared) {
        this.file = file;
        this.channel = channel;
        this.isShared = isShared;
    }

    /** Of somebody who may write, beside others. Empty where the desk's folder is not there or takes no file. */
    static Optional<MemoryLock> share(Path file) {
        synchronized (MemoryLock.class) {
            MemoryLock held = HELD.get(file);
            if (held != null && held.isShared) {
                held.users++;
                return Optional.of(held);
            }
            try {
                return held == null ? take(file, true) : Optional.empty();
            } catch (IOException e) {
                return Optional.empty();
            }
        }
    }

    /** Of somebody who is the only one; empty if there are others. */
    static Optional<MemoryLock> alone(Path file) throws Problem {
        synchronized (MemoryLock.class) {
            try {
                return HELD.containsKey(file) || !Files.isDirectory(file.getParent()) ? Optional.empty() : take(file, false);
            } catch (IOException e) {
                throw Disk.problem("locking", file, e);
            }
        }
    }

    private static Optional<MemoryLock> take(Path file, boolean isShared) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            // Who is alone is so for a moment only, and is waited for.
            FileLock lock = isShared ? channel.lock(0, 1, true) : channel.tryLock(0, 1, false);
            if (lock == null) {
                channel.close();
                return Optional.empty();
            }
            MemoryLock taken = new MemoryLock(file, channel, isShared);
            HELD.put(file, taken);
            return Optional.of(taken);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public void close() {
        synchronized (MemoryLock.class) {
            if (--users > 0) {
                return;
            }
            HELD.remove(file);
            try {
                channel.close();
            } catch (IOException e) {
                // The system lets go of it with the process.
            }
        }
    }
}
