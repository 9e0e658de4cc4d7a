package dev.longhand.kernels;

import dev.longhand.base.Check;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An off-heap f32 matrix, row-major without padding, 64-byte aligned. Lives as long as its arena. Not thread-safe.
 */
public final class Floats {
    private final MemorySegment memory;
    private final int rows;
    private final int cols;

    private Floats(MemorySegment memory, int rows, int cols) {
        this.memory = memory;
        this.rows = rows;
        this.cols = cols;
    }

    /** Zero-filled {@code (rows, cols)}. */
    public static Floats allocate(Arena arena, int rows, int cols) {
        Check.argument(rows > 0 && cols > 0, "a matrix of %d x %d has no elements", rows, cols);
        return new Floats(arena.allocate(4L * rows * cols, 64), rows, cols);
    }

    public int rows() {
        return rows;
    }

    /** Rows {@code [from, from + count)} of the same memory. */
    public Floats rows(int from, int count) {
        Check.argument(from >= 0 && count > 0 && from <= rows - count, "rows from %d, %d of them; there are %d", from, count, rows);
        return new Floats(memory.asSlice(4L * from * cols, 4L * count * cols), count, cols);
    }

    public int cols() {
        return cols;
    }

    public MemorySegment memory() {
        return memory;
    }

    /** Address of the first element of {@code row}. */
    public long address(int row) {
        return memory.address() + 4L * Check.index(row, rows, "row") * cols;
    }

    public float get(int row, int col) {
        return memory.getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * cols + col);
    }

    public void set(int row, int col, float value) {
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, (long) row * cols + col, value);
    }

    /** Copies {@code row} into {@code to}, which must hold {@code cols} values. */
    public void copyRow(int row, float[] to) {
        MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT, 4L * row * cols, to, 0, cols);
    }

    /**
     * Copies {@code count} rows of {@code from}, which has as many columns, from its row {@code row} to this one's row {@code
     * to}.
     */
    public void copyRows(Floats from, int row, int to, int count) {
        Check.argument(from.cols == cols, "rows of %d columns to rows of %d", from.cols, cols);
        MemorySegment.copy(from.memory, 4L * row * cols, memory, 4L * to * cols, 4L * count * cols);
    }
}
