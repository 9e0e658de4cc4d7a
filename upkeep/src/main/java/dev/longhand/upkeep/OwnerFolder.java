package dev.longhand.upkeep;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A folder that one process works in, by a lock on a file of it that the operating system releases however the process ends. Others
 * see by it whether the folder is in use or was left. The folder is its owner's alone to read.
 */
final class OwnerFolder implements AutoCloseable {
    private static final String LOCK = ".lock";

    private final Path folder;
    private final FileChannel channel;

    private OwnerFolder(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /** The folder, made where there is none; null while another process owns it. */
    static OwnerFolder take(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            makePrivate(folder);
        }
        FileChannel channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean isOwned = false;
        try {
            FileLock lock = channel.tryLock();
            // Whoever owned it may have removed it between the opening and the lock.
            isOwned = lock != null && Files.exists(folder.resolve(LOCK));
        } catch (OverlappingFileLockException e) {
            // Another thread of this process owns it.
        } finally {
            if (!isOwned) {
                channel.close();
            }
        }
        return isOwned ? new OwnerFolder(folder, channel) : null;
    }

    /** It holds documents and books: where the file system knows owners, only the owner may look in. */
    private static void makePrivate(Path folder) throws IOException {
        boolean knowsOwners = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
        if (knowsOwners) {
            Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectory(folder);
        }
    }

    Path folder() {
        return folder;
    }

    /** The lock's file, empty; a process that is killed just before its end leaves it. */
    static Path lockFile(Path folder) {
        return folder.resolve(LOCK);
    }

    /** Only what was made stays in {@code folder}, the owned one under its last name; the lock holds until it is closed. */
    static void removeLockFile(Path folder) throws IOException {
        Files.deleteIfExists(lockFile(folder));
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // The end of the process releases it too.
        }
    }
}
