package dev.longhand.kernels;

/** Writes blocks of rows into one panel of a quantised type, laid out as {@link PanelType} says. Not thread-safe. */
final class PanelWriter {
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

    /** [8 groups][16 rows][4 columns] u8. */
    private void bytes(int at, byte[] q, int col) {
        for (int i = 0; i < 32; i++) {
            panel[at + i / 4 * 64 + i % 4] = q[col + i];
        }
    }

    /** [4 groups][16 rows][4 columns]: low nibble of group g, high nibble of group g + 4. */
    private void nibbles(int at, byte[] q, int col) {
        for (int i = 0; i < 16; i++) {
            panel[at + i / 4 * 64 + i % 4] = (byte) (q[col + i] & 15 | q[col + i + 16] << 4);
        }
    }

    /** [16 rows][4 columns]: bit g is the fifth bit of group g. */
    private void highBits(int at, byte[] q, int col) {
        for (int c = 0; c < 4; c++) {
            int bits = 0;
            for (int g = 0; g < 8; g++) {
                bits |= (q[col + 4 * g + c] >> 4 & 1) << g;
            }
            panel[at + c] = (byte) bits;
        }
    }

    /** [2 halves][16 rows][4 columns]: bits 2g, 2g + 1 are the upper two bits of group 4 half + g. */
    private void highPairs(int at, byte[] q, int col) {
        for (int half = 0; half < 2; half++) {
            for (int c = 0; c < 4; c++) {
                int bits = 0;
                for (int g = 0; g < 4; g++) {
                    bits |= (q[col + 16 * half + 4 * g + c] >> 4 & 3) << 2 * g;
                }
                panel[at + 64 * half + c] = (byte) bits;
            }
        }
    }

    private void f16(int at, short bits) {
        panel[at] = (byte) bits;
        panel[at + 1] = (byte) (bits >> 8);
    }
}
