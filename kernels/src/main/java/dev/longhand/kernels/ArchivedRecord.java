package dev.longhand.kernels;

import dev.longhand.base.Check;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A sealed record on disk in three quarters of its bytes: keys as they are, values in 4 bits: {@code docs/formats/sealed.md}.
 *
 * <p>A group of values is {@code scale * (code - 8)}, codes in [0, 15], the scale an f16: it expands to a sealed record of exactly
 * these numbers, so that whoever reads records needs to know nothing of it. Total on all bytes: a scale that is no number stays.
 *
 * <pre>
 * keys         u8, as in a sealed record
 * values       u8 [half of a sealed record's]: byte i has the code of element 2i low, of 2i + 1 high
 * key scales   as in a sealed record
 * value scales likewise
 * </pre>
 */
public final class ArchivedRecord {
    /** The code that means 0. */
    private static final int ZERO = 8;
    private static final int CODE_MAX = 15;
    /** Scales that are tried for a group: the one that just reaches its greatest value, and smaller ones. */
    private static final int SCALES = 12;
    private static final float SCALE_STEP = 0.025f;
    private static final int TOKENS = KvShape.BLOCK_TOKENS;
    private static final ValueLayout.OfShort F16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private ArchivedRecord() {}

    /** Bytes of an archived record. */
    public static long bytes(KvShape shape) {
        return shape.storedRecordBytes() - savedBytes(shape);
    }

    /** How many fewer they are than those of a sealed one. */
    public static long savedBytes(KvShape shape) {
        Check.argument(shape.isSealing(), "records of %s are not sealed", shape);
        return TOKENS / 2L * shape.headDim();
    }

    /** Packs a sealed record into {@code to}, of {@link #bytes}. */
    public static void pack(KvShape shape, MemorySegment record, MemorySegment to) {
        int headDim = shape.headDim();
        long values = (long) TOKENS * headDim;
        long saved = savedBytes(shape);
        Check.argument(record.byteSize() == shape.storedRecordBytes() && to.byteSize() == bytes(shape),
                "a record of %d bytes to %d", record.byteSize(), to.byteSize());
        MemorySegment.copy(record, 0, to, 0, values);
        MemorySegment.copy(record, 2 * values, to, 2 * values - saved, record.byteSize() - 2 * values);
        to.asSlice(values, saved).fill((byte) 0);
        int[] steps = new int[SealedRecord.GROUP_DIMS];
        for (int slot = 0; slot < TOKENS; slot++) {
            for (int group = 0; group < SealedRecord.groups(headDim); group++) {
                packGroup(record, headDim, slot, group, steps, to);
            }
        }
    }

    private static void packGroup(MemorySegment record, int headDim, int slot, int group, int[] steps, MemorySegment to) {
        int first = group * SealedRecord.GROUP_DIMS;
        int count = Math.min(SealedRecord.GROUP_DIMS, headDim - first);
        int most = 0;
        for (int i = 0; i < count; i++) {
            byte u = record.get(ValueLayout.JAVA_BYTE, SealedRecord.valueAt(headDim, slot, first + i));
            steps[i] = Byte.toUnsignedInt(u) - SealedRecord.ZERO;
            most = Math.max(most, Math.abs(steps[i]));
        }
        long scaleAt = SealedRecord.valueScaleAt(headDim, slot, group);
        short scale = record.get(F16, scaleAt);
        float factor = most == 0 ? 1 : bestFactor(steps, count, most);
        for (int i = 0; i < count; i++) {
            long at = SealedRecord.valueAt(headDim, slot, first + i) - (long) TOKENS * headDim;
            long byteAt = (long) TOKENS * headDim + at / 2;
            int code = code(steps[i], factor) << (at % 2 == 0 ? 0 : 4);
            to.set(ValueLayout.JAVA_BYTE, byteAt, (byte) (to.get(ValueLayout.JAVA_BYTE, byteAt) | code));
        }
        to.set(F16, scaleAt - TOKENS / 2L * headDim, Float.floatToFloat16(Float.float16ToFloat(scale) * factor));
    }

    /** By which the scale grows: of some, the one with the least squares of errors, the greater where two are as good. */
    private static float bestFactor(int[] steps, int count, int most) {
        float best = 0;
        float least = Float.POSITIVE_INFINITY;
        for (int s = 0; s < SCALES; s++) {
            float factor = most / (CODE_MAX - ZERO + 0f) * (1 - SCALE_STEP * s);
            float errors = 0;
            for (int i = 0; i < count; i++) {
                float error = steps[i] - factor * (code(steps[i], factor) - ZERO);
                errors += error * error;
            }
            if (errors < least) {
                least = errors;
                best = factor;
            }
        }
        return best;
    }

    private static int code(int steps, float factor) {
        return Math.clamp((int) Math.rint(steps / factor) + ZERO, 0, CODE_MAX);
    }

    /**
     * Expands an archived record that lies at the end of {@code record}, {@link #savedBytes} behind its beginning, to the sealed
     * one of all of it.
     */
    public static void expand(KvShape shape, MemorySegment record) {
        long values = (long) TOKENS * shape.headDim();
        long saved = savedBytes(shape);
        MemorySegment.copy(record, saved, record, 0, values);
        for (long i = 0; i < saved; i += Integer.BYTES) { // what is written never reaches what is still to be read
            long codes = Integer.toUnsignedLong(record.get(I32, saved + values + i));
            codes = (codes | codes << 16) & 0x0000ffff0000ffffL;
            codes = (codes | codes << 8) & 0x00ff00ff00ff00ffL;
            codes = (codes | codes << 4) & 0x0f0f0f0f0f0f0f0fL;
            record.set(I64, values + 2 * i, codes + (SealedRecord.ZERO - ZERO) * 0x0101010101010101L);
        }
    }
}
