package dev.longhand.formats;

import dev.longhand.base.ElementType;

/**
 * Where a tensor lies in its file. Checked against the file when it was opened.
 *
 * @param shape  elements per dimension, the contiguous one first (ggml's order): 1 to 4 dimensions, none zero
 * @param offset first byte in the file
 * @param bytes  length in the file
 */
public record Tensor(String name, long[] shape, ElementType type, long offset, long bytes) {
    /** Elements of a row: the contiguous dimension. */
    public long cols() {
        return shape[0];
    }

    /** Product of the other dimensions. */
    public long rows() {
        long rows = 1;
        for (int i = 1; i < shape.length; i++) {
            rows *= shape[i];
        }
        return rows;
    }
}
