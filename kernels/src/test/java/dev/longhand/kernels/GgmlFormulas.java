package dev.longhand.kernels;

import dev.longhand.base.ElementType;
import dev.longhand.testkit.Gen;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Dequantises one block of each element type, value by value from the definition of the type; shares no code with the packer.
 * Slow on purpose: each weight is looked up on its own.
 */
final class GgmlFormulas {
    private GgmlFormulas() {}

    /** Random raw rows whose scales are finite and of ordinary size. */
    static byte[] randomRows(Gen gen, ElementType type, int rows, int cols) {
        byte[] raw = gen.bytes((int) (type.rowBytes(cols) * rows));
        ByteBuffer buffer = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        int n = rows * cols / type.blockElements();
        for (int block = 0; block < n; block++) {
            int at = block * type.blockBytes();
            switch (type) {
                case F32 -> buffer.putFloat(at, gen.gaussian());
                case F16 -> buffer.putShort(at, Float.floatToFloat16(gen.gaussian()));
                case BF16 -> buffer.putShort(at, (short) (Float.floatToRawIntBits(gen.gaussian()) >>> 16));
                case Q4_0, Q5_0, Q8_0 -> putScale(buffer, at, gen);
                case Q4_1, Q5_1, Q4_K, Q5_K -> {
                    putScale(buffer, at, gen);
                    putScale(buffer, at + 2, gen);
                }
                case Q2_K -> {
                    putScale(buffer, at + 80, gen);
                    putScale(buffer, at + 82, gen);
                }
                case Q3_K -> putScale(buffer, at + 108, gen);
                case Q6_K -> putScale(buffer, at + 208, gen);
            }
        }
        return raw;
    }

    private static void putScale(ByteBuffer buffer, int at, Gen gen) {
        buffer.putShort(at, Float.floatToFloat16(gen.gaussian() * 0.01f));
    }

    /** Weight {@code i} of the row that starts at {@code rowAt}. */
    static float weight(ElementType type, byte[] raw, int rowAt, int i) {
        int at = rowAt + i / type.blockElements() * type.blockBytes();
        int j = i % type.blockElements();
        ByteBuffer b = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        return switch (type) {
            case F32 -> b.getFloat(at);
            case F16 -> Float.float16ToFloat(b.getShort(at));
            case BF16 -> Float.intBitsToFloat((b.getShort(at) & 0xffff) << 16);
            case Q4_0 -> f16(b, at) * (nibble(raw, at + 2, j) - 8);
            case Q4_1 -> f16(b, at) * nibble(raw, at + 4, j) + f16(b, at + 2);
            case Q5_0 -> f16(b, at) * (nibble(raw, at + 6, j) + 16 * (b.getInt(at + 2) >>> j & 1) - 16);
            case Q5_1 -> f16(b, at) * (nibble(raw, at + 8, j) + 16 * (b.getInt(at + 4) >>> j & 1)) + f16(b, at + 2);
            case Q8_0 -> f16(b, at) * raw[at + 2 + j];
            case Q2_K -> {
                int scale = raw[at + j / 16] & 0xff;
                int q = (raw[at + 16 + j / 128 * 32 + j % 32] & 0xff) >> j % 128 / 32 * 2 & 3;
                yield f16(b, at + 80) * (scale & 15) * q - f16(b, at + 82) * (scale >> 4);
            }
            case Q3_K -> f16(b, at + 108) * q3Scale(raw, at + 96, j / 16) * q3(raw, at, j);
            case Q4_K -> {
                int q = (raw[at + 16 + j / 64 * 32 + j % 32] & 0xff) >> j % 64 / 32 * 4 & 15;
                yield f16(b, at) * sixBits(raw, at + 4, j / 32) * q - f16(b, at + 2) * sixBits(raw, at + 4, 8 + j / 32);
            }
            case Q5_K -> {
                int low = (raw[at + 48 + j / 64 * 32 + j % 32] & 0xff) >> j % 64 / 32 * 4 & 15;
                int q = low + 16 * (raw[at + 16 + j % 32] >> j / 32 & 1);
                yield f16(b, at) * sixBits(raw, at + 4, j / 32) * q - f16(b, at + 2) * sixBits(raw, at + 4, 8 + j / 32);
            }
            case Q6_K -> {
                int low = (raw[at + j / 128 * 64 + j % 64] & 0xff) >> j % 128 / 64 * 4 & 15;
                int high = (raw[at + 128 + j / 128 * 32 + j % 32] & 0xff) >> j % 128 / 32 * 2 & 3;
                yield f16(b, at + 208) * raw[at + 192 + j / 16] * (low + 16 * high - 32);
            }
        };
    }

    private static float f16(ByteBuffer b, int at) {
        return Float.float16ToFloat(b.getShort(at));
    }

    private static int nibble(byte[] raw, int at, int j) {
        return j < 16 ? raw[at + j] & 15 : (raw[at + j - 16] & 0xff) >> 4;
    }

    private static int q3(byte[] raw, int at, int j) {
        int low = (raw[at + 32 + j / 128 * 32 + j % 32] & 0xff) >> j % 128 / 32 * 2 & 3;
        boolean isHigh = (raw[at + j % 32] >> j / 32 & 1) == 1;
        return isHigh ? low : low - 4;
    }

    private static int q3Scale(byte[] raw, int at, int group) {
        int low = group < 8 ? raw[at + group] & 15 : (raw[at + group - 8] & 0xff) >> 4;
        int high = (raw[at + 8 + group % 4] & 0xff) >> group / 4 * 2 & 3;
        return low + 16 * high - 32;
    }

    /** Entry {@code i} of eight six-bit scales (0..7) and eight six-bit mins (8..15) in twelve bytes. */
    private static int sixBits(byte[] raw, int at, int i) {
        int slab = i % 8;
        boolean isMin = i >= 8;
        if (slab < 4) {
            return raw[at + slab + (isMin ? 4 : 0)] & 63;
        }
        int both = raw[at + slab + 4] & 0xff;
        int top = (raw[at + slab - (isMin ? 0 : 4)] & 0xff) >> 6;
        return (isMin ? both >> 4 : both & 15) + 16 * top;
    }
}
