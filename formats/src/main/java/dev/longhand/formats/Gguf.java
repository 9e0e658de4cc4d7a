package dev.longhand.formats;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * An open GGUF file: its metadata and tensor list in memory, its data read on demand and never mapped.
 *
 * <p>Knows the container, not what keys or tensors mean. Everything was checked when it was opened. Thread-safe.
 */
public final class Gguf extends KeyedFile {
    private final FileChannel channel;

    private Gguf(Path path, FileChannel channel, GgufParser.Header header) {
        super(path, header.metadata(), header.tensors());
        this.channel = channel;
    }

    public static Gguf open(Path path) throws Problem {
        return open(path, Limits.DEFAULT);
    }

    public static Gguf open(Path path, Limits limits) throws Problem {
        FileChannel channel = null;
        try {
            if (Files.isDirectory(path)) {
                throw new Problem(Problem.Kind.NOT_FOUND, path + " is a folder, not a model file");
            }
            channel = FileChannel.open(path, StandardOpenOption.READ);
            Gguf gguf = new Gguf(path, channel, new GgufParser(path, channel, limits).parse());
            channel = null;
            return gguf;
        } catch (NoSuchFileException e) {
            throw new Problem(Problem.Kind.NOT_FOUND, "there is no model file " + path, e);
        } catch (IOException e) {
            throw new Problem(Problem.Kind.DISK, "the model file %s cannot be read: %s".formatted(path, e.getMessage()), e);
        } finally {
            closeQuietly(channel);
        }
    }

    private static void closeQuietly(FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // Opened for reading only; the problem that brought us here is being reported.
            }
        }
    }

    @Override
    public void read(Tensor tensor, long offset, MemorySegment into) throws IOException {
        if (offset < 0 || into.byteSize() > tensor.bytes() - offset) {
            throw new IllegalArgumentException("bytes [%d, %d) of tensor %s, which has %d"
                    .formatted(offset, offset + into.byteSize(), tensor.name(), tensor.bytes()));
        }
        ByteBuffer buffer = into.asByteBuffer();
        long at = tensor.offset() + offset;
        while (buffer.hasRemaining()) {
            int n = channel.read(buffer, at + buffer.position());
            if (n < 0) {
                throw new IOException("the model file %s was cut while it was in use: %s needs byte %d and the file has %d"
                        .formatted(path(), tensor.name(), at + into.byteSize() - 1, channel.size()));
            }
        }
    }

    @Override
    public void close() {
        closeQuietly(channel);
    }
}
