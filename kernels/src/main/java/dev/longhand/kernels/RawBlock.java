package dev.longhand.kernels;

import dev.longhand.base.ElementType;

/**
 * One block of a quantised row of a file, taken apart: unsigned quants, scales and mins, exactly as stored.
 *
 * <p>Knows ggml's block types (formulas: {@code docs/formats/gguf.md}), not panels. Reused for every block. Not thread-safe.
 */
final class RawBlock {
    /** Quants in column order, unsigned; {@link PanelType#zero} is subtracted by the reader. */
    final byte[] q = new byte[256]; // (col)
    /** Multiples of {@link #d}; signed for Q3_K and Q6_K. Only the K types have them. */
    final byte[] subScales = new byte[16]; // (group)
    /** Multiples of {@link #m}. */
    final byte[] subMins = new byte[16]; // (group)
    /** Scale, f16 bits. */
    short d;
    /** Min, f16 bits: added in Q4_1 and Q5_1, subtracted in the K types. */
    short m;

    void read(ElementType source, byte[] raw, int at) {
        switch (source) {
            case Q4_0 -> readSmall(raw, at, 2, -1);
            case Q4_1 -> readSmall(raw, at, 4, -1);
            case Q5_0 -> readSmall(raw, at, 6, at + 2);
            case Q5_1 -> readSmall(raw, at, 8, at + 4);
            case Q8_0 -> readQ8(raw, at);
            case Q2_K -> readQ2K(raw, at);
            case Q3_K -> readQ3K(raw, at);
            case Q4_K -> readQ45K(raw, at, at + 16, -1);
            case Q5_K -> readQ45K(raw, at, at + 48, at + 16);
            case Q6_K -> readQ6K(raw, at);
            case F32, F16, BF16 -> throw new IllegalArgumentException(source + " has no quants");
        }
    }

    /** Q4_0, Q4_1, Q5_0, Q5_1: nibbles at {@code at + header}; byte j holds columns j and j + 16. */
    private void readSmall(byte[] raw, int at, int header, int highAt) {
        d = f16(raw, at);
        m = header == 4 || header == 8 ? f16(raw, at + 2) : 0;
        int high = highAt < 0 ? 0 : f16(raw, highAt) & 0xffff | f16(raw, highAt + 2) << 16;
        for (int j = 0; j < 16; j++) {
            int pair = raw[at + header + j];
            q[j] = (byte) (pair & 15 | (high >>> j & 1) << 4);
            q[j + 16] = (byte) (pair >> 4 & 15 | (high >>> j + 16 & 1) << 4);
        }
    }

    private void readQ8(byte[] raw, int at) {
        d = f16(raw, at);
        m = 0;
        for (int j = 0; j < 32; j++) {
            q[j] = (byte) (raw[at + 2 + j] ^ 0x80); // + 128
        }
    }

    private void readQ2K(byte[] raw, int at) {
        d = f16(raw, at + 80);
        m = f16(raw, at + 82);
        for (int group = 0; group < 16; group++) {
            subScales[group] = (byte) (raw[at + group] & 15);
            subMins[group] = (byte) (raw[at + group] >> 4 & 15);
        }
        for (int col = 0; col < 256; col++) {
            q[col] = (byte) (raw[at + 16 + col / 128 * 32 + col % 32] >> col / 32 % 4 * 2 & 3);
        }
    }

    /** Quants {@code [-4, 3]} become {@code [28, 35]}: those of Q6_K with the same meaning. */
    private void readQ3K(byte[] raw, int at) {
        d = f16(raw, at + 108);
        m = 0;
        for (int group = 0; group < 16; group++) {
            int low = group < 8 ? raw[at + 96 + group] & 15 : raw[at + 96 + group - 8] >> 4 & 15;
            int high = raw[at + 104 + group % 4] >> group / 4 * 2 & 3;
            subScales[group] = (byte) ((low | high << 4) - 32);
        }
        for (int col = 0; col < 256; col++) {
            int low = raw[at + 32 + col / 128 * 32 + col % 32] >> col / 32 % 4 * 2 & 3;
            int high = raw[at + col % 32] >> col / 32 & 1;
            q[col] = (byte) (28 + low + 4 * high);
        }
    }

    /** Q4_K, Q5_K: 32 bytes of nibbles hold two runs of 32 columns; bit s of high byte l belongs to column 32 s + l. */
    private void readQ45K(byte[] raw, int at, int lowAt, int highAt) {
        d = f16(raw, at);
        m = f16(raw, at + 2);
        for (int slab = 0; slab < 8; slab++) {
            readSixBits(raw, at + 4, slab);
            int low = lowAt + slab / 2 * 32;
            int shift = slab % 2 * 4;
            for (int l = 0; l < 32; l++) {
                int high = highAt < 0 ? 0 : raw[highAt + l] >> slab & 1;
                q[slab * 32 + l] = (byte) (raw[low + l] >> shift & 15 | high << 4);
            }
        }
    }

    /** Twelve bytes hold eight scales and eight mins of six bits. */
    private void readSixBits(byte[] raw, int at, int slab) {
        if (slab < 4) {
            subScales[slab] = (byte) (raw[at + slab] & 63);
            subMins[slab] = (byte) (raw[at + slab + 4] & 63);
        } else {
            subScales[slab] = (byte) (raw[at + slab + 4] & 15 | (raw[at + slab - 4] >> 6 & 3) << 4);
            subMins[slab] = (byte) (raw[at + slab + 4] >> 4 & 15 | (raw[at + slab] >> 6 & 3) << 4);
        }
    }

    private void readQ6K(byte[] raw, int at) {
        d = f16(raw, at + 208);
        m = 0;
        System.arraycopy(raw, at + 192, subScales, 0, 16);
        for (int half = 0; half < 2; half++) {
            int lowAt = at + half * 64;
            int highAt = at + 128 + half * 32;
            for (int l = 0; l < 32; l++) {
                int high = raw[highAt + l];
                int first = raw[lowAt + l];
                int second = raw[lowAt + l + 32];
                int col = half * 128 + l;
                q[col] = (byte) (first & 15 | (high & 3) << 4);
                q[col + 32] = (byte) (second & 15 | (high >> 2 & 3) << 4);
                q[col + 64] = (byte) (first >> 4 & 15 | (high >> 4 & 3) << 4);
                q[col + 96] = (byte) (second >> 4 & 15 | (high >> 6 & 3) << 4);
            }
        }
    }

    private static short f16(byte[] raw, int at) {
        return (short) (raw[at] & 0xff | raw[at + 1] << 8);
    }
}
