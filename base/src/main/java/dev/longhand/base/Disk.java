package dev.longhand.base;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * The seam to the file system for files of our own: absent or complete, never mixed.
 *
 * <p>A file is published by temp, force, rename, force directory. After a failure the temp file is removed and the old file, if
 * any, stands. Readers use {@code java.nio.file.Files} directly. Thread-safe for distinct targets.
 */
public interface Disk {
    Disk REAL = new RealDisk();

    /** Writes the body of a file. */
    @FunctionalInterface
    interface Body {
        void writeTo(OutputStream out) throws IOException;
    }

    /** Publishes {@code target} whole or not at all, creating its folder. */
    void publish(Path target, Body body) throws Problem;

    /** Moves a finished, forced file into place, whole or not at all. */
    void rename(Path from, Path to) throws Problem;

    /** Turns an I/O failure into a problem that names the file and says what to do. */
    static Problem problem(String doing, Path file, IOException e) {
        if (e instanceof ClosedByInterruptException) {
            return new Problem(Problem.Kind.CANCELLED, "%s %s was stopped".formatted(doing, file), e);
        }
        String reason = reason(file, e);
        return new Problem(Problem.Kind.DISK, "%s %s failed: %s%s".formatted(doing, file, reason, advice(reason)), e);
    }

    /** The system's words. Java gives none for the commonest failures, only the path, which may be another one than {@code file}. */
    private static String reason(Path file, IOException e) {
        if (!(e instanceof FileSystemException failure)) {
            return String.valueOf(e.getMessage());
        }
        String said = failure.getReason() != null ? failure.getReason() : switch (failure) {
            case AccessDeniedException denied -> "permission denied";
            case NoSuchFileException missing -> "there is no such file or folder";
            case FileAlreadyExistsException occupied -> "a file is in the way";
            default -> failure.getClass().getSimpleName();
        };
        boolean isOther = failure.getFile() != null && !failure.getFile().equals(file.toString());
        return isOther ? said + " (" + failure.getFile() + ")" : said;
    }

    private static String advice(String reason) {
        if (reason.contains("No space left") || reason.contains("Disk quota")) {
            return "; free some space and run the command again";
        }
        return reason.contains("ermission denied") || reason.contains("Read-only") || reason.contains("in the way")
                ? "; Longhand's own files go where LONGHAND_HOME says, which must be a folder that you may write"
                : "";
    }
}

final class RealDisk implements Disk {
    @Override
    public void publish(Path target, Body body) throws Problem {
        Path temp = null;
        try {
            Path folder = target.toAbsolutePath().getParent();
            Files.createDirectories(folder);
            temp = Files.createTempFile(folder, "." + target.getFileName() + ".", ".tmp");
            try (FileChannel channel = FileChannel.open(temp, StandardOpenOption.WRITE)) {
                OutputStream out = new java.io.BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
                body.writeTo(out);
                out.flush();
                channel.force(true);
            }
            rename(temp, target);
        } catch (IOException e) {
            throw Disk.problem("writing", target, e);
        } finally {
            deleteQuietly(temp);
        }
    }

    @Override
    public void rename(Path from, Path to) throws Problem {
        try {
            try {
                Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                throw new IOException("source and target are on different file systems", e);
            }
            try (FileChannel folder = FileChannel.open(to.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
                folder.force(true);
            }
        } catch (IOException e) {
            throw Disk.problem("renaming to", to, e);
        }
    }

    private static void deleteQuietly(Path temp) {
        if (temp != null) {
            try {
                Files.deleteIfExists(temp);
            } catch (IOException e) {
                // The temp file is swept at the next start; the failure that brought us here is the one to report.
            }
        }
    }
}
