package dev.longhand.base;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * What {@link Disk} asks of the operating system, one call each: the places where a disk can refuse, and where power can be cut.
 *
 * <p>A call that returns has had its effect for every process of the machine. It survives a power cut only after the force that
 * covers it: {@link NewFile#force} the bytes of a file, {@link #forceFolder} the names in a folder.
 */
public interface DiskCalls {
    DiskCalls REAL = new RealDiskCalls();

    /** A file that is being written. Used by one thread. */
    interface NewFile extends Closeable {
        Path path();

        /** Appends {@code bytes[offset, offset + length)}, all of them or an exception. */
        void write(byte[] bytes, int offset, int length) throws IOException;

        void force() throws IOException;
    }

    /** Makes one folder whose parent is there. A folder that is there already is no failure. */
    void createFolder(Path folder) throws IOException;

    /** Makes a file in {@code folder} whose name begins with {@code prefix} and that nobody else has. */
    NewFile createTemp(Path folder, String prefix) throws IOException;

    /** Gives a file or folder its name, in place of a file that had it, at once or not at all. */
    void rename(Path from, Path to) throws IOException;

    void forceFolder(Path folder) throws IOException;

    /** Removes a file; one that is not there is no failure. */
    void delete(Path file) throws IOException;
}

/** This machine's. */
final class RealDiskCalls implements DiskCalls {
    @Override
    public void createFolder(Path folder) throws IOException {
        try {
            Files.createDirectory(folder);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
        }
    }

    @Override
    public NewFile createTemp(Path folder, String prefix) throws IOException {
        Path temp = Files.createTempFile(folder, prefix, ".tmp");
        return new RealFile(temp, FileChannel.open(temp, StandardOpenOption.WRITE));
    }

    private record RealFile(Path path, FileChannel channel) implements NewFile {
        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            ByteBuffer left = ByteBuffer.wrap(bytes, offset, length);
            while (left.hasRemaining()) {
                channel.write(left);
            }
        }

        @Override
        public void force() throws IOException {
            channel.force(true);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("source and target are on different file systems", e);
        }
    }

    @Override
    public void forceFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
    }
}
