package dev.longhand.kernels;

import dev.longhand.base.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Decodes rows of any element type to f32 and writes panels of f32 and f16. Knows formulas, not matrices. */
final class FloatRows {
    private FloatRows() {}

    /** Decodes {@code out.length} values of {@code source}, a whole number of blocks, from {@code raw} at {@code at}. */
    static void decode(ElementType source, byte[] raw, int at, float[] out) {
        ByteBuffer buffer = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        switch (source) {
            case F32 -> {
                for (int i = 0; i < out.length; i++) {
                    out[i] = buffer.getFloat(at + 4 * i);
                }
            }
            case F16 -> {
                for (int i = 0; i < out.length; i++) {
                    out[i] = Float.float16ToFloat(buffer.getShort(at + 2 * i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < out.length; i++) {
                    out[i] = Float.intBitsToFloat(buffer.getShort(at + 2 * i) << 16);
                }
            }
            default -> decodeBlocks(source, raw, at, out);
        }
    }

    private static void decodeBlocks(ElementType source, byte[] raw, int at, float[] out) {
        RawBlock block = new RawBlock();
        for (int col = 0; col < out.length; col += source.blockElements()) {
            block.read(source, raw, at + col / source.blockElements() * source.blockBytes());
            decode(source, block, out, col);
        }
    }

    private static void decode(ElementType source, RawBlock block, float[] out, int col) {
        float d = Float.float16ToFloat(block.d);
        float m = Float.float16ToFloat(block.m);
        int zero = PanelType.of(source).zero();
        for (int i = 0; i < source.blockElements(); i++) {
            int q = (block.q[i] & 0xff) - zero;
            out[col + i] = switch (source) {
                case Q4_1, Q5_1 -> d * q + m;
                case Q4_K, Q5_K -> d * block.subScales[i / 32] * q - m * block.subMins[i / 32];
                case Q2_K -> d * block.subScales[i / 16] * q - m * block.subMins[i / 16];
                case Q3_K, Q6_K -> d * block.subScales[i / 16] * q;
                default -> d * q;
            };
        }
    }

    /** Writes {@code panel[col][16 rows]}, f32 or f16 as {@link PanelType#of} says, of {@code rows} rows; the others stay. */
    static void write(ElementType source, byte[] raw, int rows, int cols, byte[] panel) {
        ByteBuffer to = ByteBuffer.wrap(panel).order(ByteOrder.LITTLE_ENDIAN);
        boolean isF16 = PanelType.of(source) == PanelType.F16;
        int rowBytes = (int) source.rowBytes(cols);
        float[] values = new float[cols];
        for (int r = 0; r < rows; r++) {
            decode(source, raw, r * rowBytes, values);
            for (int c = 0; c < cols; c++) {
                int index = c * Panels.ROWS + r;
                if (isF16) {
                    to.putShort(2 * index, Float.floatToFloat16(values[c]));
                } else {
                    to.putFloat(4 * index, values[c]);
                }
            }
        }
    }
}
