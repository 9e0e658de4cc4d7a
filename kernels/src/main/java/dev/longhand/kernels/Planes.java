package dev.longhand.kernels;

/**
 * Bytes of a block's planes, the same on every tier: the keys of up to 64 tokens of one head in 4 bits.
 *
 * <p>An element is {@code min(d) + scale(d) * code}; per dimension, scale is {@code (max - min) / 15} and min the least of the
 * tokens that are there, both rounded to f16. Codes of slots that hold no token are 0.
 *
 * <pre>
 * scales  f16 [dim]
 * mins    f16 [dim]
 * codes   u8 [4 runs of 16 tokens][dim / 8][16 tokens][4]: byte i has dimension 8j + i low, 8j + 4 + i high
 * </pre>
 */
final class Planes {
    static final int STEPS = 15;
    private static final int TOKENS = KvShape.BLOCK_TOKENS;

    private Planes() {}

    static long bytes(int headDim) {
        return 4L * headDim + TOKENS * headDim / 2;
    }

    static long scaleAt(int d) {
        return 2L * d;
    }

    static long minAt(int headDim, int d) {
        return 2L * headDim + 2L * d;
    }

    /** Byte that holds the code of dimension {@code d} of a slot; the high nibble if {@code d % 8 >= 4}. */
    static long codeAt(int headDim, int slot, int d) {
        return 4L * headDim + (long) slot / 16 * 8 * headDim + d / 8 * 64 + slot % 16 * 4 + d % 4;
    }

    static boolean isHigh(int d) {
        return d % 8 >= 4;
    }
}
