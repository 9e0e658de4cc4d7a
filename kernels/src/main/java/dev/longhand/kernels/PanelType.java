package dev.longhand.kernels;

import dev.longhand.base.ElementType;

/**
 * How a weight matrix lies in memory after repacking. A panel is 16 rows; it is a sequence of <em>blocks</em> of
 * {@link #blockCols} columns; a quantised block is a header (scales, mins) and then one <em>slab</em> of {@link #slabBytes} per 32
 * columns. Byte tables: {@code docs/formats/panels.md}.
 *
 * <p>A quant {@code q} is unsigned with {@link #bits} bits. Weights, with f16 {@code d}, {@code m}, {@code dmin} of the row:
 * <pre>
 * Q4_0 Q5_0 Q8_0   w = d (q - zero)
 * Q4_1 Q5_1        w = d q + m
 * Q4_K Q5_K        w = (d sc) q - dmin mn    sc, mn: 6 bit, per 32 columns
 * Q6_K             w = (d sc) (q - zero)     sc: signed 8 bit, per 16 columns
 * </pre>
 */
public enum PanelType {
    F32(0, 1, 0, 64, 0),
    F16(0, 1, 0, 32, 0),
    Q4_0(4, 32, 32, 256, 8),
    Q4_1(4, 32, 64, 256, 0),
    Q5_0(5, 32, 32, 320, 16),
    Q5_1(5, 32, 64, 320, 0),
    Q8_0(8, 32, 32, 512, 128),
    Q4_K(4, 256, 320, 256, 0),
    Q5_K(5, 256, 320, 320, 0),
    Q6_K(6, 256, 320, 384, 32);

    /** Columns of a slab: the group that has one integer dot product (Q6_K: two halves of 16). */
    static final int SLAB_COLS = 32;
    /** Offset of {@code f16 d[16]} (row) in a header. */
    static final int SCALES_AT = 0;
    /** Offset of {@code f16 m[16]} (Q4_1, Q5_1) or {@code f16 dmin[16]} (Q4_K, Q5_K) in a header. */
    static final int MINS_AT = 32;
    /** Offset of {@code sc[slab][16]} (Q4_K, Q5_K: u8) or {@code sc[2 * slab + half][16]} (Q6_K: i8) in a header. */
    static final int SUB_SCALES_AT = 64;
    /** Offset of {@code u8 mn[slab][16]} (Q4_K, Q5_K) in a header. */
    static final int SUB_MINS_AT = 192;
    /** Offset in a slab of the bits above the low four (Q5_*, Q6_K). */
    static final int HIGH_AT = 256;

    private final int bits;
    private final int blockCols;
    private final int headerBytes;
    private final int slabBytes;
    private final int zero;

    PanelType(int bits, int blockCols, int headerBytes, int slabBytes, int zero) {
        this.bits = bits;
        this.blockCols = blockCols;
        this.headerBytes = headerBytes;
        this.slabBytes = slabBytes;
        this.zero = zero;
    }

    /** What a file's element type becomes; never loses more than that type's own rounding. */
    static PanelType of(ElementType source) {
        return switch (source) {
            case F32, BF16 -> F32;
            case F16, Q2_K -> F16;
            case Q4_0 -> Q4_0;
            case Q4_1 -> Q4_1;
            case Q5_0 -> Q5_0;
            case Q5_1 -> Q5_1;
            case Q8_0 -> Q8_0;
            case Q4_K -> Q4_K;
            case Q5_K -> Q5_K;
            case Q3_K, Q6_K -> Q6_K;
        };
    }

    /** Bits of a quant; 0 for floats. */
    int bits() {
        return bits;
    }

    boolean isQuantised() {
        return bits != 0;
    }

    /** Columns of a block; 1 for floats. */
    int blockCols() {
        return blockCols;
    }

    int headerBytes() {
        return headerBytes;
    }

    /** Bytes of 16 rows x 32 columns of quants; for floats, of 16 rows x 1 column. */
    int slabBytes() {
        return slabBytes;
    }

    /** The quant that means weight 0 (0 where the type has mins instead). */
    int zero() {
        return zero;
    }

    boolean hasMins() {
        return this == Q4_1 || this == Q5_1 || hasSubMins();
    }

    /** Whether scales are 6-bit multiples of the header's, with mins likewise. */
    boolean hasSubMins() {
        return this == Q4_K || this == Q5_K;
    }

    int slabsPerBlock() {
        return isQuantised() ? blockCols / SLAB_COLS : 1;
    }

    int blockBytes() {
        return headerBytes + slabsPerBlock() * slabBytes;
    }
}
