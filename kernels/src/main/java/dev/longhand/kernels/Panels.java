package dev.longhand.kernels;

import dev.longhand.base.Check;

/** Sizes and places of panels: {@link PanelType} over a matrix of {@code (rows, cols)}. Knows no weights. */
final class Panels {
    static final int ROWS = Ops.PANEL_ROWS;

    private Panels() {}

    /** Panels of {@code rows}; the last one may hold padding rows, whose weights are zero. */
    static int count(int rows) {
        return (rows + ROWS - 1) / ROWS;
    }

    /** Blocks of a panel. */
    static int blocks(PanelType type, int cols) {
        Check.argument(cols > 0 && cols % type.blockCols() == 0,
                "a row of %d columns in %s panels; it must be a multiple of %d", cols, type, type.blockCols());
        return cols / type.blockCols();
    }

    static long panelBytes(PanelType type, int cols) {
        return (long) blocks(type, cols) * type.blockBytes();
    }

    /** All panels of a matrix. */
    static long bytes(PanelType type, int rows, int cols) {
        Check.argument(rows > 0, "a matrix of %d rows", rows);
        return Math.multiplyExact(panelBytes(type, cols), (long) count(rows));
    }

    /** Address of the panel that holds {@code row}. */
    static long panelAddress(Matrix w, int row) {
        return w.address() + row / ROWS * panelBytes(w.type(), w.cols());
    }

    /** Offset in a slab of the byte that holds the low bits of {@code (rowInPanel, col)}; 4-bit types: see {@link #isHighNibble}. */
    static int quantOffset(PanelType type, int rowInPanel, int col) {
        int inSlab = col % PanelType.SLAB_COLS;
        int group = type.bits() == 8 ? inSlab / 4 : inSlab / 4 % 4;
        return group * 64 + rowInPanel * 4 + inSlab % 4;
    }

    /** Whether the low four bits of a column lie in the high nibble of their byte (types of less than 8 bits). */
    static boolean isHighNibble(int col) {
        return col % PanelType.SLAB_COLS >= 16;
    }
}
