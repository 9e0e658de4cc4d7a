package dev.longhand.kernels;

/** The three implementations of one contract, slowest first. */
public enum Tier {
    /** Plain Java loops: the reference the others are checked against. */
    SCALAR,
    /** {@code jdk.incubator.vector}, 256 or 512 bit: the portable floor. */
    VECTOR,
    /** C through FFM, AVX2 or AVX-512-VNNI. */
    NATIVE
}
