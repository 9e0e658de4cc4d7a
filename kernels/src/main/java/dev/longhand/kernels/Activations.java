package dev.longhand.kernels;

import dev.longhand.base.Check;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Inputs of a matmul, {@code (rowsMax, cols)}: f32 values and, where the tier multiplies integers, their quantised form beside
 * them. Writers fill both for the rows they write; readers may rely on either. Not thread-safe.
 */
public final class Activations {
    private final Floats values;
    private final MemorySegment quantised;
    private final long quantisedRowBytes;

    Activations(Arena arena, int rowsMax, int cols, long quantisedRowBytes) {
        Check.argument(quantisedRowBytes >= 0, "a quantised row of %d bytes", quantisedRowBytes);
        this.values = Floats.allocate(arena, rowsMax, cols);
        this.quantisedRowBytes = quantisedRowBytes;
        this.quantised = quantisedRowBytes == 0 ? MemorySegment.NULL : arena.allocate(quantisedRowBytes * rowsMax, 64);
    }

    private Activations(Floats values, MemorySegment quantised, long quantisedRowBytes) {
        this.values = values;
        this.quantised = quantised;
        this.quantisedRowBytes = quantisedRowBytes;
    }

    /** Rows {@code [from, from + count)} of the same memory. */
    public Activations rows(int from, int count) {
        Floats part = values.rows(from, count);
        MemorySegment quantisedPart = quantisedRowBytes == 0
                ? MemorySegment.NULL
                : quantised.asSlice(quantisedRowBytes * from, quantisedRowBytes * count);
        return new Activations(part, quantisedPart, quantisedRowBytes);
    }

    public int rowsMax() {
        return values.rows();
    }

    public int cols() {
        return values.cols();
    }

    public Floats values() {
        return values;
    }

    /** Address of the quantised form of {@code row}; 0 where the tier has none. */
    long quantisedAddress(int row) {
        return quantisedRowBytes == 0 ? 0 : quantised.address() + quantisedRowBytes * Check.index(row, rowsMax(), "row");
    }

    long quantisedRowBytes() {
        return quantisedRowBytes;
    }
}
