package dev.longhand.base;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * One process owns something, and a file says which: the first line is its pid, what it {@linkplain #tell tells} others stands
 * behind it. The operating system lets go when the process ends, however it ends. Thread-safe.
 */
public final class OwnerLock implements AutoCloseable {
    private static final int FILE_BYTES_MAX = 1 << 10;
    /** The locked byte lies behind the text, so that the text can be read where locks are mandatory. */
    private static final long LOCKED_AT = FILE_BYTES_MAX;
    /** An owner writes its pid just after it took the lock: how often and how long to wait for it. */
    private static final int PID_READS_MAX = 50;
    private static final long PID_READ_WAIT_NANOS = 20_000_000;

    /** Locks that this process has: it may not open their files again, because closing one gives all locks on it up. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final FileChannel channel;

    private OwnerLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * @param busy what is thrown where another holds it, of that one's pid and what it tells; {@code (unknown)} where it is silent
     */
    public static OwnerLock take(Path asked, Function<String, Problem> busy) throws Problem {
        Path file = asked.toAbsolutePath().normalize(); // however it is written, it is one file
        if (!HELD.add(file)) {
            throw busy.apply(String.valueOf(ProcessHandle.current().pid()));
        }
        OwnerLock lock = null;
        try {
            lock = takeNew(file, busy);
            return lock;
        } finally {
            if (lock == null) {
                HELD.remove(file);
            }
        }
    }

    private static OwnerLock takeNew(Path file, Function<String, Problem> busy) throws Problem {
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (tryLock(channel) == null) {
                String owner = awaitedOwner(file);
                channel.close();
                throw busy.apply(owner);
            }
            OwnerLock lock = new OwnerLock(file, channel);
            lock.write(ProcessHandle.current().pid() + "\n");
            return lock;
        } catch (IOException e) {
            closeQuietly(channel);
            throw Disk.problem("locking", file, e);
        }
    }

    private void write(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Check.argument(bytes.length <= FILE_BYTES_MAX, "an owner's text of %d bytes; at most %d", bytes.length, FILE_BYTES_MAX);
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(bytes), 0);
    }

    /**
     * Who took a lock, as its file says.
     *
     * @param told what it tells others; empty before it does
     */
    public record Owner(long pid, String told) {
        /** Whether a process of that number runs; the owner may have ended, and another have got its number. */
        public boolean mayRun() {
            return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
        }
    }

    /**
     * Who owns something, without touching the lock; empty where nobody ever took it or this process has it. The file outlives its
     * owner.
     */
    public static Optional<Owner> owner(Path asked) throws Problem {
        Path file = asked.toAbsolutePath().normalize();
        if (HELD.contains(file)) {
            return Optional.empty();
        }
        try {
            List<String> lines = text(file).lines().toList();
            return lines.isEmpty() || !lines.getFirst().matches("\\d{1,18}") ? Optional.empty()
                    : Optional.of(new Owner(Long.parseLong(lines.getFirst()), lines.size() > 1 ? lines.get(1) : ""));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        }
    }

    /** Says where, to who is refused. */
    public void tell(String line) throws Problem {
        Check.argument(line.chars().noneMatch(Character::isISOControl), "an owner's line with control characters");
        try {
            write(ProcessHandle.current().pid() + "\n" + line + "\n");
        } catch (IOException e) {
            throw Disk.problem("writing", file, e);
        }
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock(LOCKED_AT, 1, false);
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static String text(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        return new String(bytes, 0, Math.min(bytes.length, FILE_BYTES_MAX), StandardCharsets.UTF_8);
    }

    /** Who holds it, as one line; its pid comes just after the lock. */
    private static String awaitedOwner(Path file) throws IOException {
        for (int reads = 0; reads < PID_READS_MAX; reads++) {
            String text = text(file);
            if (text.matches("(?s)\\d+\n.*")) {
                return text.strip().replace("\n", " at ");
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
        HELD.remove(file);
    }
}
