package dev.longhand.testkit;

import dev.longhand.base.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Quantised tensors of random bytes, their scales set so that a weight's standard deviation is about 1 / sqrt(cols). */
final class RandomBlocks {
    private RandomBlocks() {}

    static byte[] of(String name, int rows, int cols, ElementType type) {
        int blocks = rows * (cols / type.blockElements());
        ByteBuffer bytes = ByteBuffer.allocate((blocks * type.blockBytes() + 7) / 8 * 8).order(ByteOrder.LITTLE_ENDIAN);
        long hash = RandomModel.hash(name);
        for (int i = 0; bytes.hasRemaining(); i++) {
            bytes.putLong(RandomModel.random(hash, i));
        }
        float one = (float) (1 / Math.sqrt(cols));
        for (int b = 0; b < blocks; b++) {
            scale(bytes, b * type.blockBytes(), type, one);
        }
        byte[] data = new byte[blocks * type.blockBytes()];
        bytes.get(0, data);
        return data;
    }

    private static void scale(ByteBuffer bytes, int at, ElementType type, float one) {
        float factor = 1 + (bytes.get(at) & 7) / 8f;
        switch (type) {
            case Q8_0 -> f16(bytes, at, one / 105f * factor);
            case Q4_0 -> centreNibbles(bytes, at, one / 6.6f * factor);
            case Q4_K -> {
                f16(bytes, at, one / 310f * factor);
                f16(bytes, at + 2, one / 310f * 7.5f * factor);
                for (int i = 0; i < 4; i++) {
                    byte scale = (byte) (bytes.get(at + 4 + i) | 0x20);
                    int high = bytes.get(at + 12 + i) & 15;
                    bytes.put(at + 4 + i, scale);
                    bytes.put(at + 8 + i, scale);
                    bytes.put(at + 12 + i, (byte) (high | high << 4));
                }
            }
            case Q6_K -> {
                for (int i = 192; i < 208; i++) {
                    bytes.put(at + i, (byte) (bytes.get(at + i) | 0x40));
                }
                f16(bytes, at + 208, one / 2500f * factor);
            }
            default -> throw new IllegalArgumentException(type + " has no random blocks");
        }
    }

    /** A nibble of 0 means -8; it becomes 8, which means 0. */
    private static void centreNibbles(ByteBuffer bytes, int at, float scale) {
        f16(bytes, at, scale);
        for (int i = at + 2; i < at + 18; i++) {
            int b = bytes.get(i) & 0xFF;
            b |= (b & 0x0F) == 0 ? 0x08 : 0;
            b |= (b & 0xF0) == 0 ? 0x80 : 0;
            bytes.put(i, (byte) b);
        }
    }

    private static void f16(ByteBuffer bytes, int at, float value) {
        bytes.putShort(at, Float.floatToFloat16(value));
    }
}
