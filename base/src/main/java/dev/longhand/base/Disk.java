package dev.longhand.base;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The seam to the file system for files of our own: absent or complete, never mixed.
 *
 * <p>A file is published by temp, force, rename, force folder, over {@link DiskCalls}. After a failure the temp file is removed and
 * the old file, if any, stands. Readers use {@code java.nio.file.Files} directly. Thread-safe for distinct targets.
 */
public interface Disk {
    Disk REAL = over(DiskCalls.REAL);

    /** The same promises over other calls, such as those of a test. */
    static Disk over(DiskCalls calls) {
        return new PublishingDisk(calls);
    }

    /** Writes the body of a file. */
    @FunctionalInterface
    interface Body {
        void writeTo(OutputStream out) throws IOException;
    }

    /** Publishes {@code target} whole or not at all, creating its folder. Durable when it returns. */
    void publish(Path target, Body body) throws Problem;

    /** Makes {@code folder} and those above it that are missing. Those it made are durable when it returns. */
    void createFolders(Path folder) throws Problem;

    /** Moves a finished, forced file into place, whole or not at all. Durable when it returns. */
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
