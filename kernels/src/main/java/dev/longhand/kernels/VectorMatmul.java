package dev.longhand.kernels;

import static dev.longhand.kernels.Lanes.F;
import static dev.longhand.kernels.Lanes.ORDER;
import static dev.longhand.kernels.OffHeap.ALL;

import jdk.incubator.vector.FloatVector;

/**
 * Weights times tokens on the vector tier: one token straight from the panels, several over a tile of 64 rows unpacked to f32
 * once. Both forms give the same bits. Knows how scratch is cut up: {@code tile (cols, 64)}, scales of two panels, results of
 * rows that are no whole tile. Thread-safe: no state.
 */
final class VectorMatmul {
    static final int PANELS_PER_TILE = VectorGemm.COLS / Panels.ROWS;

    private static final int PANELS_PER_DOT = 2 * Lanes.COUNT / Panels.ROWS;
    /** Tokens of the part of a result that is computed aside. */
    private static final int ASIDE_TOKENS = 64;
    private static final long COL_BYTES = 4L * VectorGemm.COLS;

    private VectorMatmul() {}

    static long scratchBytes(int cols) {
        return tileBytes(cols) + 2 * scalesBytes(cols) + ASIDE_TOKENS * COL_BYTES;
    }

    private static long tileBytes(int cols) {
        return COL_BYTES * cols;
    }

    /** Of one panel, for the type that has most groups; at least a line, also for rows of few columns. */
    private static long scalesBytes(int cols) {
        return VectorScales.GROUP_BYTES * (cols / 16 + 1);
    }

    /** See {@link Ops#matmul}. */
    static void multiply(Matrix w, int panelFrom, int panelTo, long x, int tokens, long y, long scratch) {
        if (tokens == 1 && w.type().isQuantised()) {
            for (int panel = panelFrom; panel < panelTo; panel += PANELS_PER_DOT) {
                dot(w, panel, panelTo, x, y, scratch);
            }
            return;
        }
        for (int panel = panelFrom; panel < panelTo; panel += PANELS_PER_TILE) {
            int panels = Math.min(PANELS_PER_TILE, panelTo - panel);
            unpack(w, panel, panels, scratch);
            int row = panel * Panels.ROWS;
            int rows = Math.min(panels * Panels.ROWS, w.rows() - row);
            if (rows == VectorGemm.COLS) {
                VectorGemm.multiply(x, 4L * w.cols(), tokens, scratch, COL_BYTES, w.cols(), y + 4L * row, 4L * w.rows());
            } else {
                multiplyAside(w, row, rows, x, tokens, y, scratch);
            }
        }
    }

    /** A tile whose 64 columns are not all results. */
    private static void multiplyAside(Matrix w, int row, int rows, long x, int tokens, long y, long scratch) {
        long aside = scratch + tileBytes(w.cols()) + 2 * scalesBytes(w.cols());
        for (int from = 0; from < tokens; from += ASIDE_TOKENS) {
            int n = Math.min(ASIDE_TOKENS, tokens - from);
            VectorGemm.multiply(x + 4L * from * w.cols(), 4L * w.cols(), n, scratch, COL_BYTES, w.cols(), aside, COL_BYTES);
            for (int t = 0; t < n; t++) {
                copy(aside + COL_BYTES * t, y + 4L * ((long) (from + t) * w.rows() + row), rows);
            }
        }
    }

    private static void copy(long from, long to, int n) {
        for (int i = 0; i < n; i++) {
            OffHeap.f32(to + 4L * i, OffHeap.f32(from + 4L * i));
        }
    }

    /** One or two panels, as many as two units are. */
    private static void dot(Matrix w, int panel, int panelTo, long x, long y, long scratch) {
        PanelType type = w.type();
        long panelBytes = Panels.panelBytes(type, w.cols());
        long scales = scratch + tileBytes(w.cols());
        long aside = scales + 2 * scalesBytes(w.cols());
        long a = w.address() + panel * panelBytes;
        int blocks = w.cols() / type.blockCols();
        VectorScales.expand(type, a, blocks, scales);
        if (PANELS_PER_DOT == 1) {
            VectorDot.multiply(type, w.cols(), a, a + 32, scales, scales + 32, x, aside, aside + 32);
        } else if (panel + 1 < panelTo) {
            long bScales = scales + scalesBytes(w.cols());
            VectorScales.expand(type, a + panelBytes, blocks, bScales);
            VectorDot.multiply(type, w.cols(), a, a + panelBytes, scales, bScales, x, aside, aside + 64);
        } else {
            VectorDot.multiply(type, w.cols(), a, a, scales, scales, x, aside, aside + 64);
        }
        int row = panel * Panels.ROWS;
        copy(aside, y + 4L * row, Math.min(Math.min(panel + PANELS_PER_DOT, panelTo) * Panels.ROWS, w.rows()) - row);
    }

    /** {@code panels} panels to a tile; columns of the tile past them keep what they had. */
    private static void unpack(Matrix w, int panel, int panels, long scratch) {
        PanelType type = w.type();
        long panelBytes = Panels.panelBytes(type, w.cols());
        for (int p = 0; p < panels; p++) {
            long from = w.address() + (panel + p) * panelBytes;
            long to = scratch + 64L * p;
            switch (type) {
                case F32 -> unpackF32(from, w.cols(), to);
                case F16 -> VectorScales.convertF16(from, to, w.cols(), COL_BYTES);
                default -> unpackQuants(w, from, to, scratch + tileBytes(w.cols()));
            }
        }
    }

    private static void unpackQuants(Matrix w, long from, long to, long scales) {
        VectorScales.expand(w.type(), from, w.cols() / w.type().blockCols(), scales);
        for (int unit = 0; unit < 64; unit += Lanes.BYTES) {
            VectorUnpack.unpack(w.type(), 0, w.cols() / PanelType.SLAB_COLS, from + unit, scales + unit, to + unit);
        }
    }

    private static void unpackF32(long from, int cols, long to) {
        for (int c = 0; c < cols; c++) {
            for (int unit = 0; unit < 64; unit += Lanes.BYTES) {
                FloatVector.fromMemorySegment(F, ALL, from + 64L * c + unit, ORDER)
                        .intoMemorySegment(ALL, to + COL_BYTES * c + unit, ORDER);
            }
        }
    }
}
