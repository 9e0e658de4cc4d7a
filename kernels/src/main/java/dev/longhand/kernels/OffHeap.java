package dev.longhand.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Absolute addresses as memory. Nothing is checked: a wrong address ends the process, so only kernels whose arguments
 * {@link TeamKernels} has checked come here. All little endian, no alignment asked for.
 */
final class OffHeap {
    /** All memory, so that an offset in it is an address. */
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private OffHeap() {}

    static float f32(long address) {
        return ALL.get(F32, address);
    }

    static void f32(long address, float value) {
        ALL.set(F32, address, value);
    }

    static float f16(long address) {
        return Float.float16ToFloat(ALL.get(I16, address));
    }

    static void f16(long address, float value) {
        ALL.set(I16, address, Float.floatToFloat16(value));
    }

    static int i32(long address) {
        return ALL.get(ValueLayout.JAVA_INT_UNALIGNED, address);
    }

    static void i32(long address, int value) {
        ALL.set(ValueLayout.JAVA_INT_UNALIGNED, address, value);
    }

    static long i64(long address) {
        return ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, address);
    }

    static void i64(long address, long value) {
        ALL.set(ValueLayout.JAVA_LONG_UNALIGNED, address, value);
    }

    static int u8(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address) & 0xff;
    }

    static void u8(long address, int value) {
        ALL.set(ValueLayout.JAVA_BYTE, address, (byte) value);
    }

    static int i8(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address);
    }

    static void copy(long from, long to, long bytes) {
        MemorySegment.copy(ALL, from, ALL, to, bytes);
    }

    static void zero(long address, long bytes) {
        long at = 0;
        for (; at + 8 <= bytes; at += 8) {
            ALL.set(ValueLayout.JAVA_LONG_UNALIGNED, address + at, 0);
        }
        for (; at < bytes; at++) {
            ALL.set(ValueLayout.JAVA_BYTE, address + at, (byte) 0);
        }
    }
}
