package dev.longhand.kernels;

import static dev.longhand.kernels.Lanes.F;
import static dev.longhand.kernels.Lanes.ORDER;
import static dev.longhand.kernels.OffHeap.ALL;

import jdk.incubator.vector.FloatVector;

/**
 * Weights times tokens on the vector tier: one token straight from the panels, several over a tile of 64 rows unpacked to f32
 * once. Both forms give the same bits. Columns are taken a <em>part</em> at a time, 8 slabs, so that scales and widened quants stay
 * in the first cache.
 *
 * <p>Knows how scratch is cut up: {@code tile (cols, 64)}, results of rows that are no whole tile, and for each of four panels the
 * scales and the widened quants of a part. Thread-safe: no state.
 */
final class VectorMatmul {
    static final int PANELS_PER_TILE = VectorGemm.COLS / Panels.ROWS;

    /** Panels of four units. */
    private static final int PANELS_PER_DOT = 4 * Lanes.COUNT / Panels.ROWS;
    /** From the second unit back to the first, and from the fourth to the third, where two units are a panel. */
    private static final int HALF = PANELS_PER_DOT == 4 ? 0 : 32;
    /** Tokens of the part of a result that is computed aside. */
    private static final int ASIDE_TOKENS = 64;
    private static final long COL_BYTES = 4L * VectorGemm.COLS;
    private static final int PART_SLABS = 8;
    /** Scales, then widened quants, of a part of one panel. */
    private static final long SCALES_BYTES = VectorScales.GROUP_BYTES * 2 * PART_SLABS;
    private static final long PART_BYTES = SCALES_BYTES + PART_SLABS * VectorUnpack.WIDE_SLAB_BYTES;

    private VectorMatmul() {}

    static long scratchBytes(int cols) {
        return COL_BYTES * (cols + ASIDE_TOKENS) + PANELS_PER_TILE * PART_BYTES;
    }

    private static long aside(long scratch, int cols) {
        return scratch + COL_BYTES * cols;
    }

    private static long parts(long scratch, int cols) {
        return aside(scratch, cols) + ASIDE_TOKENS * COL_BYTES;
    }

    /** See {@link Ops#matmul}. */
    static void multiply(Matrix w, int panelFrom, int panelTo, long x, int tokens, long y, long scratch) {
        if (tokens == 1 && w.type() != PanelType.F16) {
            for (int panel = panelFrom; panel < panelTo; panel += PANELS_PER_DOT) {
                int panels = Math.min(PANELS_PER_DOT, panelTo - panel);
                long sums = aside(scratch, w.cols());
                if (w.type() == PanelType.F32) {
                    dotF32(w, panel, panels, x, sums);
                } else {
                    dot(w, panel, panels, x, sums, parts(scratch, w.cols()));
                }
                int row = panel * Panels.ROWS;
                copy(sums, y + 4L * row, Math.min(panels * Panels.ROWS, w.rows() - row));
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
        long aside = aside(scratch, w.cols());
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

    // ---------------------------------------------------------------- one token

    /** Sums of up to four units; where panels are missing the last one stands in, and its sums are not used. */
    private static void dot(Matrix w, int panel, int panels, long x, long sums, long parts) {
        PanelType type = w.type();
        long panelBytes = Panels.panelBytes(type, w.cols());
        long first = w.address() + panel * panelBytes;
        int blocks = w.cols() / type.blockCols();
        int partBlocks = PART_SLABS / type.slabsPerBlock();
        for (int i = 0; i < 4; i++) {
            FloatVector.zero(F).intoMemorySegment(ALL, sums + (long) Lanes.BYTES * i, ORDER);
        }
        for (int block = 0; block < blocks; block += partBlocks) {
            int n = Math.min(partBlocks, blocks - block);
            long from = first + (long) block * type.blockBytes();
            touch(from, panelBytes, panels, (long) n * type.blockBytes(), parts);
            for (int p = 0; p < panels; p++) {
                prepare(type, from + p * panelBytes, n, parts + PART_BYTES * p);
            }
            int slabs = n * type.slabsPerBlock();
            long partX = x + 4L * block * type.blockCols();
            if (type.bits() == 4 || type.bits() == 8) {
                dotPart(type, slabs, from + type.headerBytes(), panelBytes, slabStride(type), panels, parts, partX, sums);
            } else {
                dotPart(type, slabs, parts + SCALES_BYTES, PART_BYTES, VectorUnpack.WIDE_SLAB_BYTES, panels, parts, partX, sums);
            }
        }
    }

    /**
     * Reads one value of each cache line of a part, all panels, and leaves their sum at {@code sink}: loads that depend on nothing
     * wait for the memory together, where those of the arithmetic would wait one after another.
     */
    private static void touch(long from, long panelBytes, int panels, long bytes, long sink) {
        int sum = 0;
        for (int p = 0; p < panels; p++) {
            long panel = from + p * panelBytes;
            for (long at = 0; at < bytes; at += 64) {
                sum += OffHeap.i32(panel + at);
            }
        }
        OffHeap.i32(sink, sum);
    }

    /** {@code quants}: of the first panel, the others {@code panelStride} apart. */
    private static void dotPart(PanelType type, int slabs, long quants, long panelStride, long slabStride, int panels, long parts,
            long x, long sums) {
        int last = panels - 1;
        int b = PANELS_PER_DOT == 4 ? Math.min(1, last) : 0;
        int c = PANELS_PER_DOT == 4 ? Math.min(2, last) : last;
        long p1 = quants + b * panelStride + HALF;
        long p2 = quants + c * panelStride;
        long p3 = quants + last * panelStride + HALF;
        long s1 = parts + b * PART_BYTES + HALF;
        long s2 = parts + c * PART_BYTES;
        long s3 = parts + last * PART_BYTES + HALF;
        dotUnits(type, slabs, quants, p1, slabStride, parts, s1, x, sums);
        dotUnits(type, slabs, p2, p3, slabStride, s2, s3, x, sums + 2L * Lanes.BYTES);
    }

    private static void dotUnits(PanelType type, int slabs, long p0, long p1, long slabStride, long s0, long s1, long x,
            long sums) {
        if (type.bits() == 4) {
            VectorDot.nibbles(2 * slabs, p0, p1, slabStride, s0, s1, x, sums);
        } else {
            VectorDot.bytes(2 * slabs, p0, p1, slabStride, VectorScales.groupShift(type), s0, s1, x, sums);
        }
    }

    /** From a slab to the next within a part. */
    private static long slabStride(PanelType type) {
        return type.slabsPerBlock() == 1 ? type.blockBytes() : type.slabBytes();
    }

    /** Scales, and for 5 and 6 bits widened quants, of {@code blocks} blocks of a panel. */
    private static void prepare(PanelType type, long blockAt, int blocks, long part) {
        VectorScales.expand(type, blockAt, blocks, part);
        int slabs = blocks * type.slabsPerBlock();
        if (type.bits() == 5) {
            VectorUnpack.widen5(slabs, blockAt + type.headerBytes(), slabStride(type), part + SCALES_BYTES);
        } else if (type.bits() == 6) {
            VectorUnpack.widen6(slabs, blockAt + type.headerBytes(), slabStride(type), part + SCALES_BYTES);
        }
    }

    private static void dotF32(Matrix w, int panel, int panels, long x, long sums) {
        long panelBytes = Panels.panelBytes(w.type(), w.cols());
        long p0 = w.address() + panel * panelBytes;
        int last = panels - 1;
        int b = PANELS_PER_DOT == 4 ? Math.min(1, last) : 0;
        int c = PANELS_PER_DOT == 4 ? Math.min(2, last) : last;
        VectorGemm.one(x, p0, p0 + b * panelBytes + HALF, p0 + c * panelBytes, p0 + last * panelBytes + HALF, 64, w.cols(), sums);
    }

    // ---------------------------------------------------------------- a tile

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
                default -> unpackQuants(w, from, to, parts(scratch, w.cols()));
            }
        }
    }

    private static void unpackQuants(Matrix w, long from, long to, long part) {
        PanelType type = w.type();
        int blocks = w.cols() / type.blockCols();
        int partBlocks = PART_SLABS / type.slabsPerBlock();
        for (int block = 0; block < blocks; block += partBlocks) {
            int n = Math.min(partBlocks, blocks - block);
            int slabs = n * type.slabsPerBlock();
            long blockAt = from + (long) block * type.blockBytes();
            long out = to + COL_BYTES * block * type.blockCols();
            prepare(type, blockAt, n, part);
            boolean isWide = type.bits() == 5 || type.bits() == 6;
            long quants = isWide ? part + SCALES_BYTES : blockAt + type.headerBytes();
            long slabBytes = isWide ? VectorUnpack.WIDE_SLAB_BYTES : slabStride(type);
            for (int unit = 0; unit < 64; unit += Lanes.BYTES) {
                if (type.bits() == 4) {
                    VectorUnpack.nibbles(slabs, quants + unit, slabBytes, part + unit, out + unit);
                } else {
                    VectorUnpack.bytes(slabs, quants + unit, slabBytes, VectorScales.groupShift(type), part + unit, out + unit);
                }
            }
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
