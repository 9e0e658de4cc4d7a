package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.kernels.ArchivedRecord;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvType;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Seed;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Goal: an archived record is the same keys and values of 16 levels, read back exactly. Method: records as docs/formats/sealed.md
 * lays them out, read here by that table alone.
 */
class ArchivedRecordTest {
    private static final Seed SEED = Seed.of("memory", ArchivedRecordTest.class, 5);
    private static final ValueLayout.OfShort F16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int[] PLACE = {0, 2, 1, 3};

    private static int groups(int d) {
        return Math.ceilDiv(d, 32);
    }

    private static long valueAt(int d, int token, int dim) {
        return 64L * d + token / 4 * 4 * d + 4L * dim + PLACE[token % 4];
    }

    private static long scaleAt(int d, int token, int dim) {
        return 128L * d + 128L * groups(d) + 2L * (dim / 32 * 64 + token);
    }

    private static float value(MemorySegment record, int d, int token, int dim) {
        return Float.float16ToFloat(record.get(F16, scaleAt(d, token, dim)))
                * (Byte.toUnsignedInt(record.get(ValueLayout.JAVA_BYTE, valueAt(d, token, dim))) - 128);
    }

    /** What a reader has after the disk: packed, put at the end of a record's room, expanded. */
    private static MemorySegment roundTrip(KvShape shape, MemorySegment record, Arena arena) {
        MemorySegment packed = arena.allocate(ArchivedRecord.bytes(shape), 64);
        packed.fill((byte) 0x5a);
        ArchivedRecord.pack(shape, record, packed);
        MemorySegment room = arena.allocate(shape.storedRecordBytes(), 64);
        room.asSlice(ArchivedRecord.savedBytes(shape)).copyFrom(packed);
        ArchivedRecord.expand(shape, room);
        return room;
    }

    private static MemorySegment record(int d, Gen gen, Arena arena) {
        KvShape shape = new KvShape(1, 1, d, KvType.Q8_0);
        MemorySegment record = arena.allocate(shape.storedRecordBytes(), 64);
        record.copyFrom(MemorySegment.ofArray(gen.bytes((int) record.byteSize())));
        for (int token = 0; token < 64; token++) {
            for (int dim = 0; dim < d; dim++) {
                int spread = gen.between(1, 128);
                record.set(ValueLayout.JAVA_BYTE, valueAt(d, token, dim), (byte) (128 + gen.between(-spread, spread)));
                record.set(F16, scaleAt(d, token, dim), Float.floatToFloat16(gen.between(1, 1000) / 4096f));
            }
        }
        return record;
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 48, 64, 80, 256})
    void keepsKeysAndHasValuesOfSixteenLevelsNearby(int d) {
        KvShape shape = new KvShape(1, 1, d, KvType.Q8_0);
        assertThat(ArchivedRecord.bytes(shape)).isEqualTo(96L * d + 256L * groups(d));
        Gen gen = SEED.gen();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment record = record(d, gen, arena);
            MemorySegment back = roundTrip(shape, record, arena);
            assertThat(back.asSlice(0, 64L * d).mismatch(record.asSlice(0, 64L * d))).isEqualTo(-1);
            assertThat(back.asSlice(128L * d, 128L * groups(d)).mismatch(record.asSlice(128L * d, 128L * groups(d)))).isEqualTo(-1);
            for (int token = 0; token < 64; token++) {
                for (int from = 0; from < d; from += 32) {
                    float most = 0;
                    double errors = 0;
                    double plainErrors = 0;
                    for (int dim = from; dim < Math.min(d, from + 32); dim++) {
                        most = Math.max(most, Math.abs(value(record, d, token, dim)));
                    }
                    for (int dim = from; dim < Math.min(d, from + 32); dim++) {
                        float was = value(record, d, token, dim);
                        float scale = Float.float16ToFloat(back.get(F16, scaleAt(d, token, dim)));
                        assertThat(Byte.toUnsignedInt(back.get(ValueLayout.JAVA_BYTE, valueAt(d, token, dim)))).isBetween(120, 135);
                        errors += Math.pow(value(back, d, token, dim) - was, 2);
                        float plain = most / 7 * Math.round(was / (most / 7));
                        plainErrors += Math.pow(plain - was, 2);
                        assertThat(scale).isBetween(0f, most / 7 * 1.001f);
                    }
                    assertThat(errors).as("token %d, group at %d; %s", token, from, SEED)
                            .isLessThanOrEqualTo(plainErrors * 1.01);
                }
            }
        }
    }

    /** Goal: an empty slot stays empty, no number stays none, small values come back as they were. Method: such groups. */
    @Test
    void keepsZerosNoNumbersAndValuesThatFit() {
        KvShape shape = new KvShape(1, 1, 64, KvType.Q8_0);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment record = arena.allocate(shape.storedRecordBytes(), 64);
            record.asSlice(0, 128 * 64).fill((byte) 128);
            for (int dim = 0; dim < 64; dim++) {
                record.set(F16, scaleAt(64, 1, dim), Float.floatToFloat16(dim < 32 ? Float.NaN : Float.POSITIVE_INFINITY));
                record.set(F16, scaleAt(64, 2, dim), Float.floatToFloat16(0.5f));
                record.set(ValueLayout.JAVA_BYTE, valueAt(64, 2, dim), (byte) (128 + dim % 15 - 7));
            }
            MemorySegment back = roundTrip(shape, record, arena);
            assertThat(back.mismatch(record)).isEqualTo(-1);
        }
    }

    /** Goal: whatever bytes a record has, packing and expanding end and are repeated exactly. Method: bytes by seed. */
    @Test
    void isTotalAndAPureFunction() {
        KvShape shape = new KvShape(1, 1, 48, KvType.Q8_0);
        Gen gen = SEED.gen();
        try (Arena arena = Arena.ofConfined()) {
            for (int i = 0; i < 50; i++) {
                MemorySegment record = arena.allocate(shape.storedRecordBytes(), 64);
                record.copyFrom(MemorySegment.ofArray(gen.bytes((int) record.byteSize())));
                byte[] once = roundTrip(shape, record, arena).toArray(ValueLayout.JAVA_BYTE);
                byte[] again = roundTrip(shape, record, arena).toArray(ValueLayout.JAVA_BYTE);
                assertThat(Arrays.equals(once, again)).as(SEED.toString()).isTrue();
            }
        }
    }
}
