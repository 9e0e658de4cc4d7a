package dev.longhand.kernels;

import dev.longhand.base.Check;
import dev.longhand.base.ElementType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Repacks the rows of one weight matrix, as a file holds them, into panels.
 *
 * <p>Knows where rows and panels lie; {@link RawBlock} and {@link PanelWriter} know the bytes. Reads a few panels' rows at a time into a staging buffer
 * of its own, so there is never a second copy of the matrix. Immutable: many threads may call {@link #pack} on disjoint panels.
 */
final class Packer {
    /** Raw bytes read at once; one panel's rows where they are longer. */
    private static final long STAGING_BYTES = 256 << 10;

    private final ElementType source;
    private final PanelType type;
    private final int rows;
    private final int cols;
    private final long rowBytes;
    private final RawRows raw;

    Packer(ElementType source, int rows, int cols, RawRows raw) {
        this.source = source;
        this.type = PanelType.of(source);
        this.rows = rows;
        this.cols = cols;
        this.rowBytes = source.rowBytes(cols);
        this.raw = raw;
        Check.argument(rows > 0 && cols > 0, "a matrix of %d x %d has no elements", rows, cols);
        Check.argument(rowBytes * Panels.ROWS <= Integer.MAX_VALUE && Panels.panelBytes(type, cols) <= Integer.MAX_VALUE,
                "rows of %d columns: a panel would exceed 2 GiB", cols);
    }

    /** Bytes that {@link #pack} fills in all. */
    long bytes() {
        return Panels.bytes(type, rows, cols);
    }

    /** Panels {@code [panelFrom, panelTo)} of {@code panels}, the memory of the whole matrix. */
    void pack(int panelFrom, int panelTo, MemorySegment panels) throws IOException {
        Check.argument(0 <= panelFrom && panelFrom <= panelTo && panelTo <= Panels.count(rows), "panels [%d, %d) of %d",
                panelFrom, panelTo, Panels.count(rows));
        int step = (int) Math.max(1, Math.min(panelTo - panelFrom, STAGING_BYTES / (rowBytes * Panels.ROWS)));
        byte[] rawPanel = new byte[(int) rowBytes * Panels.ROWS];
        byte[] panel = new byte[(int) Panels.panelBytes(type, cols)];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment staging = arena.allocate((long) step * rawPanel.length, 64);
            for (int first = panelFrom; first < panelTo; first += step) {
                int last = Math.min(first + step, panelTo);
                MemorySegment chunk = staging.asSlice(0, rowBytes * (Math.min(last * Panels.ROWS, rows) - first * Panels.ROWS));
                raw.read(rowBytes * first * Panels.ROWS, chunk);
                for (int p = first; p < last; p++) {
                    repack(chunk, p - first, rawPanel, panel);
                    MemorySegment.copy(panel, 0, panels, ValueLayout.JAVA_BYTE, (long) p * panel.length, panel.length);
                }
            }
        }
    }

    private void repack(MemorySegment chunk, int index, byte[] rawPanel, byte[] panel) {
        long from = (long) index * rawPanel.length;
        int length = (int) Math.min(rawPanel.length, chunk.byteSize() - from);
        MemorySegment.copy(chunk, ValueLayout.JAVA_BYTE, from, rawPanel, 0, length);
        int panelRows = (int) (length / rowBytes);
        if (panelRows < Panels.ROWS) {
            Arrays.fill(panel, (byte) 0);
        }
        if (type.isQuantised()) {
            writeBlocks(rawPanel, panelRows, panel);
        } else {
            FloatRows.write(source, rawPanel, panelRows, cols, panel);
        }
    }

    private void writeBlocks(byte[] rawPanel, int panelRows, byte[] panel) {
        PanelWriter writer = new PanelWriter(type, panel);
        RawBlock block = new RawBlock();
        int blocks = cols / source.blockElements();
        for (int r = 0; r < panelRows; r++) {
            for (int b = 0; b < blocks; b++) {
                block.read(source, rawPanel, (r * blocks + b) * source.blockBytes());
                writer.write(r, b, block);
            }
        }
    }

    /** Reads a whole vector as f32. */
    static void vector(ElementType source, int n, RawRows raw, MemorySegment out) throws IOException {
        long bytes = source.rowBytes(n);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment staging = arena.allocate(bytes, 64);
            raw.read(0, staging);
            float[] values = new float[n];
            FloatRows.decode(source, staging.toArray(ValueLayout.JAVA_BYTE), 0, values);
            MemorySegment.copy(values, 0, out, ValueLayout.JAVA_FLOAT, 0, n);
        }
    }
}
