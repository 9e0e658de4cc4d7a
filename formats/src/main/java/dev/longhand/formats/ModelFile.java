package dev.longhand.formats;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An open model: keys with values, and tensors that are read on demand and never mapped into memory.
 *
 * <p>Keys and tensor names are GGUF's, whatever the container; a container that has others translates when it is opened. Everything
 * in memory was checked then. Thread-safe.
 */
public sealed interface ModelFile extends AutoCloseable permits KeyedFile {
    /** Opens the model at {@code path}: a GGUF file, or a folder as Hugging Face lays it out. */
    static ModelFile open(Path path) throws Problem {
        return Files.isDirectory(path) ? HfFolder.open(path) : Gguf.open(path);
    }

    /** Where the model lies; problems name it. */
    Path path();

    Set<String> keys();

    boolean has(String key);

    /** The value for people: numbers and texts as they are, arrays by their length. */
    String display(String key);

    String string(String key) throws Problem;

    String string(String key, String fallback) throws Problem;

    int integer(String key) throws Problem;

    int integer(String key, int fallback) throws Problem;

    float real(String key) throws Problem;

    float real(String key, float fallback) throws Problem;

    boolean flag(String key, boolean fallback) throws Problem;

    Strings strings(String key) throws Problem;

    float[] reals(String key) throws Problem;

    int[] integers(String key) throws Problem;

    List<Tensor> tensors();

    Optional<Tensor> find(String name);

    /** The tensor of a name, or a problem that says it is missing. */
    Tensor tensor(String name) throws Problem;

    /** Fills {@code into} with the tensor's bytes from {@code offset} on. */
    void read(Tensor tensor, long offset, MemorySegment into) throws IOException;

    @Override
    void close();
}
