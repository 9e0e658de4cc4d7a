package dev.longhand.kernels;

/** Reads single rows out of panels as f32: the embedding table, and all of the scalar tier. Exact: one rounding per weight. */
final class PanelRows {
    private PanelRows() {}

    /** {@code out(c) = w(row, c) * scale} for all columns. */
    static void unpack(Matrix w, int row, float scale, long out) {
        PanelType type = w.type();
        long panel = Panels.panelAddress(w, row);
        int r = row % Panels.ROWS;
        switch (type) {
            case F32 -> {
                for (int c = 0; c < w.cols(); c++) {
                    OffHeap.f32(out + 4L * c, scale * OffHeap.f32(panel + 64L * c + 4 * r));
                }
            }
            case F16 -> {
                for (int c = 0; c < w.cols(); c++) {
                    OffHeap.f32(out + 4L * c, scale * OffHeap.f16(panel + 32L * c + 2 * r));
                }
            }
            default -> {
                int blocks = Panels.blocks(type, w.cols());
                for (int b = 0; b < blocks; b++) {
                    unpackBlock(type, panel + (long) b * type.blockBytes(), r, scale, out + 4L * b * type.blockCols());
                }
            }
        }
    }

    private static void unpackBlock(PanelType type, long block, int r, float scale, long out) {
        int groupCols = type == PanelType.Q6_K ? 16 : PanelType.SLAB_COLS;
        for (int from = 0; from < type.blockCols(); from += groupCols) {
            float d = scaleOf(type, block, r, from / groupCols);
            float offset = offsetOf(type, block, r, from / groupCols, d);
            long slab = block + type.headerBytes() + (long) (from / PanelType.SLAB_COLS) * type.slabBytes();
            for (int c = from; c < from + groupCols; c++) {
                float weight = Math.fma(d, quant(type, slab, r, c % PanelType.SLAB_COLS), offset);
                OffHeap.f32(out + 4L * c, scale * weight);
            }
        }
    }

    /** Factor of a group of columns of row {@code r}. */
    static float scaleOf(PanelType type, long block, int r, int group) {
        float d = OffHeap.f16(block + PanelType.SCALES_AT + 2 * r);
        long sub = block + PanelType.SUB_SCALES_AT + 16L * group + r;
        return switch (type) {
            case Q4_K, Q5_K -> d * OffHeap.u8(sub);
            case Q6_K -> d * OffHeap.i8(sub);
            default -> d;
        };
    }

    /** What is added to factor times quant: a min, or the weight of quant 0. */
    static float offsetOf(PanelType type, long block, int r, int group, float d) {
        if (!type.hasMins()) {
            return -d * type.zero();
        }
        float m = OffHeap.f16(block + PanelType.MINS_AT + 2 * r);
        return type.hasSubMins() ? -m * OffHeap.u8(block + PanelType.SUB_MINS_AT + 16L * group + r) : m;
    }

    /** The unsigned quant of row {@code r}, column {@code col} of a slab. */
    private static int quant(PanelType type, long slab, int r, int col) {
        int at = OffHeap.u8(slab + Panels.quantOffset(type, r, col));
        int low = type.bits() == 8 ? at : Panels.isHighNibble(col) ? at >> 4 : at & 15;
        long high = slab + PanelType.HIGH_AT + 4 * r + col % 4;
        return switch (type.bits()) {
            case 5 -> low | (OffHeap.u8(high) >> col / 4 & 1) << 4;
            case 6 -> low | (OffHeap.u8(high + 64 * (col / 16)) >> col / 4 % 4 * 2 & 3) << 4;
            default -> low;
        };
    }
}
