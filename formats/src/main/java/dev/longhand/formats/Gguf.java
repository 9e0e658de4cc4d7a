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
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An open GGUF file: its metadata and tensor list in memory, its data read on demand and never mapped.
 *
 * <p>Knows the container, not what keys or tensors mean. Everything was checked when it was opened. Thread-safe.
 */
public final class Gguf implements AutoCloseable {
    private final Path path;
    private final FileChannel channel;
    private final Map<String, Object> metadata;
    private final Map<String, Tensor> tensors;

    private Gguf(Path path, FileChannel channel, GgufParser.Header header) {
        this.path = path;
        this.channel = channel;
        this.metadata = header.metadata();
        this.tensors = header.tensors();
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

    public Path path() {
        return path;
    }

    public Set<String> keys() {
        return Collections.unmodifiableSet(metadata.keySet());
    }

    public boolean has(String key) {
        return metadata.containsKey(key);
    }

    /** The value for people: numbers and texts as they are, arrays by their length. */
    public String display(String key) {
        return switch (metadata.get(key)) {
            case null -> "";
            case Strings s -> "[" + s.size() + " strings]";
            case int[] a -> "[" + a.length + " integers]";
            case long[] a -> "[" + a.length + " integers]";
            case float[] a -> "[" + a.length + " numbers]";
            case double[] a -> "[" + a.length + " numbers]";
            case Object[] a -> "[" + a.length + " arrays]";
            case Object o -> o.toString();
        };
    }

    public String string(String key) throws Problem {
        return require(key, String.class, "a string");
    }

    public String string(String key, String fallback) throws Problem {
        return has(key) ? string(key) : fallback;
    }

    public int integer(String key) throws Problem {
        long value = require(key, Long.class, "an integer");
        if (value != (int) value) {
            throw malformed("%s is %d; it must fit 32 bits".formatted(key, value));
        }
        return (int) value;
    }

    public int integer(String key, int fallback) throws Problem {
        return has(key) ? integer(key) : fallback;
    }

    public float real(String key) throws Problem {
        return (float) (double) require(key, Double.class, "a floating-point number");
    }

    public float real(String key, float fallback) throws Problem {
        return has(key) ? real(key) : fallback;
    }

    public boolean flag(String key, boolean fallback) throws Problem {
        return has(key) ? require(key, Boolean.class, "a boolean") : fallback;
    }

    public Strings strings(String key) throws Problem {
        return require(key, Strings.class, "an array of strings");
    }

    public float[] reals(String key) throws Problem {
        return require(key, float[].class, "an array of 32-bit numbers");
    }

    public int[] integers(String key) throws Problem {
        Object value = metadata.get(key);
        if (value instanceof long[] wide) {
            int[] narrow = new int[wide.length];
            for (int i = 0; i < wide.length; i++) {
                narrow[i] = (int) wide[i];
                if (narrow[i] != wide[i]) {
                    throw malformed("%s[%d] is %d; it must fit 32 bits".formatted(key, i, wide[i]));
                }
            }
            return narrow;
        }
        return require(key, int[].class, "an array of integers");
    }

    private <T> T require(String key, Class<T> type, String name) throws Problem {
        Object value = metadata.get(key);
        if (value == null) {
            throw malformed("the key %s is missing; it must be %s".formatted(key, name));
        }
        if (!type.isInstance(value)) {
            throw malformed("%s is %s; it must be %s".formatted(key, display(key), name));
        }
        return type.cast(value);
    }

    private Problem malformed(String what) {
        return new Problem(Problem.Kind.MALFORMED, path + ": " + what);
    }

    public List<Tensor> tensors() {
        return List.copyOf(tensors.values());
    }

    public Optional<Tensor> find(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    public Tensor tensor(String name) throws Problem {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw malformed("the tensor " + name + " is missing");
        }
        return tensor;
    }

    /** Fills {@code into} with the tensor's bytes from {@code offset} on. */
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
                        .formatted(path, tensor.name(), at + into.byteSize() - 1, channel.size()));
            }
        }
    }

    @Override
    public void close() {
        closeQuietly(channel);
    }
}
