package dev.longhand.kernels;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Writes blocks of rows into one panel of a quantised type, laid out as {@link PanelType} says. Not thread-safe. */
final class PanelWriter {
    private static final VarHandle FOUR = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final PanelType type;
    private final byte[] panel;

    PanelWriter(PanelType type, byte[] panel) {
        this.type = type;
        this.panel = panel;
    }

    /** Block {@code block} of row {@code row} of the panel; the source's blocks are as wide as the panel's. */
    void write(int row, int block, RawBlock from) {
        int at = block * type.blockBytes();
        f16(at + PanelType.SCALES_AT + 2 * row, from.d);
        if (type.hasMins()) {
            f16(at + PanelType.MINS_AT + 2 * row, from.m);
        }
        if (type.hasSubMins()) {
            subs(at + PanelType.SUB_SCALES_AT + row, from.subScales, 8);
            subs(at + PanelType.SUB_MINS_AT + row, from.subMins, 8);
        } else if (type == PanelType.Q6_K) {
            subs(at + PanelType.SUB_SCALES_AT + row, from.subScales, 16);
        }
        for (int slab = 0; slab < type.slabsPerBlock(); slab++) {
            int slabAt = at + type.headerBytes() + slab * type.slabBytes() + 4 * row;
            int col = slab * PanelType.SLAB_COLS;
            switch (type.bits()) {
                case 8 -> bytes(slabAt, from.q, col);
                case 6 -> {
                    nibbles(slabAt, from.q, col);
                    highPairs(slabAt + PanelType.HIGH_AT, from.q, col);
                }
                case 5 -> {
                    nibbles(slabAt, from.q, col);
                    highBits(slabAt + PanelType.HIGH_AT, from.q, col);
                }
                default -> nibbles(slabAt, from.q, col);
            }
        }
    }

    private void subs(int at, byte[] from, int n) {
        for (int i = 0; i < n; i++) {
            panel[at + i * Panels.ROWS] = from[i];
        }
    }

    // Four columns of a group lie side by side in q and in the panel, so they move as one int.

    /** [8 groups][16 rows][4 columns] u8. */
    private void bytes(int at, byte[] q, int col) {
        for (int g = 0; g < 8; g++) {
            FOUR.set(panel, at + g * 64, group(q, col, g));
        }
    }

    /** [4 groups][16 rows][4 columns]: low nibble of group g, high nibble of group g + 4. */
    private void nibbles(int at, byte[] q, int col) {
        for (int g = 0; g < 4; g++) {
            FOUR.set(panel, at + g * 64, group(q, col, g) & 0x0f0f0f0f | (group(q, col, g + 4) & 0x0f0f0f0f) << 4);
        }
    }

    /** [16 rows][4 columns]: bit g is the fifth bit of group g. */
    private void highBits(int at, byte[] q, int col) {
        int bits = 0;
        for (int g = 0; g < 8; g++) {
            bits |= (group(q, col, g) >>> 4 & 0x01010101) << g;
        }
        FOUR.set(panel, at, bits);
    }

    /** [2 halves][16 rows][4 columns]: bits 2g, 2g + 1 are the upper two bits of group 4 half + g. */
    private void highPairs(int at, byte[] q, int col) {
        for (int half = 0; half < 2; half++) {
            int bits = 0;
            for (int g = 0; g < 4; g++) {
                bits |= (group(q, col, 4 * half + g) >>> 4 & 0x03030303) << 2 * g;
            }
            FOUR.set(panel, at + 64 * half, bits);
        }
    }

    private static int group(byte[] q, int col, int g) {
        return (int) FOUR.get(q, col + 4 * g);
    }

    private void f16(int at, short bits) {
        panel[at] = (byte) bits;
        panel[at + 1] = (byte) (bits >> 8);
    }
}
