package dev.longhand.memory;

import dev.longhand.base.Sha256;
import dev.longhand.kernels.ArchivedRecord;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.KvType;
import dev.longhand.testkit.Gen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;

/** What the tests of segments share: small segments whose bytes follow from a number. */
final class SegmentWork {
    static final int LAYERS = 4;
    static final int KV_HEADS = 2;
    static final KvShape KV = new KvShape(LAYERS, KV_HEADS, 16, KvType.Q8_0);
    /** Layers 1 and 3 are memory layers; heads 0 of layer 1 and 1 of layer 3 have planes. */
    static final KvSummaries SUMMARIES = new KvSummaries(KV,
            BitSet.valueOf(new long[] {0b1010}), BitSet.valueOf(new long[] {0b1000_0100}));
    static final SegmentLimits LIMITS = SegmentLimits.DEFAULT.withDeskBytesMax(1 << 24).withCacheBytesMax(1 << 20);
    static final Fingerprint PRINT = print("model");

    private SegmentWork() {}

    static Fingerprint print(String model) {
        return new Fingerprint(Sha256.of(model), "tiny", KvType.Q8_0, "bytes-1", "theta=10000", "scalar", Sha256.of("front"));
    }

    /** A segment of {@code tokens} tokens; the tail is its last two blocks. */
    static SegmentContent content(int number, int tokens) {
        return content(PRINT, number, tokens);
    }

    static SegmentContent content(Fingerprint print, int number, int tokens) {
        int blocks = Math.ceilDiv(tokens, KvShape.BLOCK_TOKENS);
        SegmentShape shape = new SegmentShape(SUMMARIES, tokens, Math.max(0, blocks - 2));
        Gen gen = new Gen(number);
        int[] ids = new int[tokens];
        int[] offsets = new int[tokens];
        for (int i = 0; i < tokens; i++) {
            ids[i] = gen.between(0, 50_000);
            offsets[i] = i == 0 ? -1 : 3 * i;
        }
        MemorySegment summaries = MemorySegment.ofArray(gen.bytes((int) shape.summariesBytes()));
        return new SegmentContent(print, shape, ids, offsets, summaries,
                (layer, block, kvHead) -> MemorySegment.ofArray(record(number, layer, block, kvHead)));
    }

    static byte[] record(int number, int layer, int block, int kvHead) {
        return new Gen(((number * 100L + layer) * 10_000 + block) * 100 + kvHead).bytes((int) KV.storedRecordBytes());
    }

    /** The same, archived. */
    static SegmentContent archived(int number, int tokens) {
        SegmentContent full = content(number, tokens);
        return new SegmentContent(full.fingerprint(), full.shape().archived(), full.tokens(), full.offsets(), full.summaries(),
                (layer, block, kvHead) -> packed(record(number, layer, block, kvHead)));
    }

    private static MemorySegment packed(byte[] record) {
        MemorySegment packed = MemorySegment.ofArray(new byte[(int) ArchivedRecord.bytes(KV)]);
        ArchivedRecord.pack(KV, MemorySegment.ofArray(record), packed);
        return packed;
    }

    /** What a reader gets. */
    static byte[] record(int number, int layer, int block, int kvHead, boolean isArchived) {
        byte[] record = record(number, layer, block, kvHead);
        if (isArchived) {
            MemorySegment room = MemorySegment.ofArray(record);
            MemorySegment packed = packed(record);
            room.asSlice(ArchivedRecord.savedBytes(KV)).copyFrom(packed);
            ArchivedRecord.expand(KV, room);
        }
        return record;
    }

    static byte[] bytes(SegmentContent content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            SegmentWriter.write(content, out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    static byte[] bytesAt(long address) {
        return MemorySegment.ofAddress(address).reinterpret(KV.storedRecordBytes()).toArray(ValueLayout.JAVA_BYTE);
    }
}
