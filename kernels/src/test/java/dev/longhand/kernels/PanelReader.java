package dev.longhand.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Reads single weights out of panels by the byte tables of {@code docs/formats/panels.md}. */
final class PanelReader {
    private final PanelType type;
    private final int cols;
    private final MemorySegment panels;

    PanelReader(PanelType type, int cols, MemorySegment panels) {
        this.type = type;
        this.cols = cols;
        this.panels = panels;
    }

    float weight(int row, int col) {
        long block = row / 16 * Panels.panelBytes(type, cols) + (long) (col / type.blockCols()) * type.blockBytes();
        int r = row % 16;
        int slab = col % type.blockCols() / 32;
        int half = col % 32 / 16;
        return switch (type) {
            case F32 -> panels.get(ValueLayout.JAVA_FLOAT, block + 4 * r);
            case F16 -> f16(block + 2 * r);
            case Q4_0, Q5_0, Q8_0 -> f16(block + 2 * r) * (quant(block, slab, r, col) - type.zero());
            case Q4_1, Q5_1 -> f16(block + 2 * r) * quant(block, slab, r, col) + f16(block + 32 + 2 * r);
            case Q4_K, Q5_K -> f16(block + 2 * r) * u8(block + 64 + slab * 16 + r) * quant(block, slab, r, col)
                    - f16(block + 32 + 2 * r) * u8(block + 192 + slab * 16 + r);
            case Q6_K -> f16(block + 2 * r) * (byte) u8(block + 64 + (slab * 2 + half) * 16 + r) * (quant(block, slab, r, col) - 32);
        };
    }

    private int quant(long block, int slab, int r, int col) {
        long at = block + type.headerBytes() + (long) slab * type.slabBytes();
        int g = col % 32 / 4;
        int lane = r * 4 + col % 4;
        if (type.bits() == 8) {
            return u8(at + g * 64 + lane);
        }
        int low = u8(at + g % 4 * 64 + lane) >> (g < 4 ? 0 : 4) & 15;
        return switch (type.bits()) {
            case 4 -> low;
            case 5 -> low + 16 * (u8(at + 256 + lane) >> g & 1);
            default -> low + 16 * (u8(at + 256 + g / 4 * 64 + lane) >> g % 4 * 2 & 3);
        };
    }

    private int u8(long at) {
        return panels.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    private float f16(long at) {
        return Float.float16ToFloat(panels.get(ValueLayout.JAVA_SHORT, at));
    }
}
