package dev.longhand.base;

/**
 * How the elements of a weight tensor are stored in a file: ggml's block types.
 *
 * <p>A row is a sequence of blocks of {@link #blockElements} elements in {@link #blockBytes} bytes each; a row never ends
 * inside a block. Formulas: ggml's {@code ggml-common.h}, repeated in {@code docs/formats/gguf.md}.
 */
public enum ElementType {
    F32(0, 1, 4),
    F16(1, 1, 2),
    BF16(30, 1, 2),
    Q4_0(2, 32, 18),
    Q4_1(3, 32, 20),
    Q5_0(6, 32, 22),
    Q5_1(7, 32, 24),
    Q8_0(8, 32, 34),
    Q2_K(10, 256, 84),
    Q3_K(11, 256, 110),
    Q4_K(12, 256, 144),
    Q5_K(13, 256, 176),
    Q6_K(14, 256, 210);

    private final int ggmlId;
    private final int blockElements;
    private final int blockBytes;

    ElementType(int ggmlId, int blockElements, int blockBytes) {
        this.ggmlId = ggmlId;
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
    }

    /** The number of this type in a GGUF file. */
    public int ggmlId() {
        return ggmlId;
    }

    public int blockElements() {
        return blockElements;
    }

    public int blockBytes() {
        return blockBytes;
    }

    /** Bytes of a row of {@code elements}, which must be a multiple of {@link #blockElements}. */
    public long rowBytes(long elements) {
        Check.argument(elements >= 0 && elements % blockElements == 0,
                "a row of %s has %d elements; it must be a multiple of %d", this, elements, blockElements);
        return Math.multiplyExact(elements / blockElements, (long) blockBytes);
    }
}
