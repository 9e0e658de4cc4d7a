package dev.longhand.kernels;

import dev.longhand.base.ElementType;

/**
 * A weight matrix {@code (rows, cols)} repacked into row panels, off-heap, immutable. Made by {@link Kernels#pack}.
 *
 * @param source  what the file held
 * @param type    the panels' type
 * @param address first byte of the first panel, 64-byte aligned
 * @param bytes   length of all panels
 */
public record Matrix(ElementType source, PanelType type, int rows, int cols, long address, long bytes) {}
