package dev.longhand.kernels;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Reads a stretch of a tensor's bytes as they are in the file. Called from several threads at once. */
@FunctionalInterface
public interface RawRows {
    /** Fills all of {@code into} with the tensor's bytes from {@code offsetBytes}; a short read is an {@link IOException}. */
    void read(long offsetBytes, MemorySegment into) throws IOException;
}
