package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.KvType;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Seed;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: what was written is read, bit for bit, and nothing else is. Method: small segments, whole files damaged in every way. */
class SegmentTest {
    private static final Seed SEED = Seed.of("memory", SegmentTest.class, 3);
    private static final int TOKENS = 150;

    @TempDir
    private Path folder;

    private Path write(byte[] bytes) throws Exception {
        return Files.write(folder.resolve("file"), bytes);
    }

    private Segment open(byte[] bytes) throws Exception {
        return Segment.open(write(bytes), SegmentWork.LIMITS);
    }

    private static MemorySegment room(Arena arena, Segment segment, int records) {
        return arena.allocate(segment.recordBytes() * records, 64);
    }

    /** Goal: every field and record comes back. Method: read all of them, in one file with a partial last block and a tail. */
    @Test
    void readsBackEverythingThatWasWritten() throws Exception {
        SegmentContent content = SegmentWork.content(1, TOKENS);
        byte[] bytes = SegmentWork.bytes(content);
        assertThat(bytes).hasSize((int) content.fileBytes());
        try (Segment segment = open(bytes); Arena arena = Arena.ofConfined()) {
            assertThat(segment.id()).isEqualTo(content.id());
            assertThat(segment.fingerprint()).isEqualTo(content.fingerprint());
            assertThat(segment.tokens()).isEqualTo(content.tokens());
            assertThat(segment.offsets()).isEqualTo(content.offsets());
            assertThat(segment.summaries().mismatch(content.summaries())).isEqualTo(-1);
            SegmentShape shape = segment.shape();
            assertThat(shape.kv()).isEqualTo(SegmentWork.KV);
            assertThat(shape.summaries().memoryLayers()).isEqualTo(SegmentWork.SUMMARIES.memoryLayers());
            assertThat(shape.summaries().sensitive()).isEqualTo(SegmentWork.SUMMARIES.sensitive());
            assertThat(new int[] {shape.blocks(), shape.tailFirstBlock(), shape.tailBlocks(), shape.tokensOf(2)})
                    .containsExactly(3, 1, 2, 22);
            MemorySegment into = room(arena, segment, 1);
            for (int layer = 0; layer < SegmentWork.LAYERS; layer++) {
                for (int block = layer % 2 == 1 ? 0 : 1; block < 3; block++) {
                    for (int head = 0; head < SegmentWork.KV_HEADS; head++) {
                        assertThat(shape.isStored(layer, block)).isTrue();
                        assertThat(segment.read(layer, block, head, into)).isTrue();
                        assertThat(into.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(SegmentWork.record(1, layer, block, head));
                    }
                }
            }
            assertThat(shape.isStored(0, 0)).isFalse();
            assertThatThrownBy(() -> segment.read(0, 0, 0, into)).isInstanceOf(IllegalArgumentException.class);
            assertThat(segment.damaged()).isEmpty();
            assertThat(segment.check()).isEmpty();
        }
    }

    @Test
    void readsRunsOfRecordsAtOnce() throws Exception {
        try (Segment segment = open(SegmentWork.bytes(SegmentWork.content(1, TOKENS))); Arena arena = Arena.ofConfined()) {
            MemorySegment into = room(arena, segment, 4);
            BitSet missing = new BitSet();
            assertThat(segment.readRun(2, 1, 2, into, missing)).isEqualTo(4);
            assertThat(missing.isEmpty()).isTrue();
            for (int i = 0; i < 4; i++) {
                assertThat(into.asSlice(i * segment.recordBytes(), segment.recordBytes()).toArray(ValueLayout.JAVA_BYTE))
                        .isEqualTo(SegmentWork.record(1, 2, 1 + i / 2, i % 2));
            }
        }
    }

    /** Goal: a reader can seek. Method: runs begin on pages, records on 64 bytes. */
    @Test
    void alignsRecordsAndRuns() {
        SegmentLayout layout = SegmentHeader.of(SegmentWork.PRINT, SegmentWork.content(1, TOKENS).shape()).layout();
        assertThat(layout.runs()).extracting(SegmentLayout.Run::layer).containsExactly(1, 3, 0, 2);
        assertThat(layout.runs()).allSatisfy(run -> assertThat(run.at() % 4096).isZero());
        assertThat(layout.recordAt(3, 2, 1) % 64).isZero();
        assertThat(layout.summariesAt % 64).isZero();
    }

    /** Goal: the id binds everything. Method: change one thing at a time. */
    @Test
    void namesASegmentByAllThatItDependsOn() {
        int[] tokens = {1, 2, 3};
        Fingerprint print = SegmentWork.PRINT;
        Sha256 other = Sha256.of("other");
        List<SegmentId> ids = new ArrayList<>(List.of(SegmentId.of(print, tokens), SegmentId.of(print, new int[] {1, 2}),
                SegmentId.of(print, new int[] {1, 2, 4})));
        for (Fingerprint each : List.of(
                new Fingerprint(other, "tiny", KvType.Q8_0, "bytes-1", "theta=10000", 1, "scalar", print.prefix()),
                new Fingerprint(print.model(), "tinyb", KvType.Q8_0, "ytes-1", "theta=10000", 1, "scalar", print.prefix()),
                new Fingerprint(print.model(), "tiny", KvType.F16, "bytes-1", "theta=10000", 1, "scalar", print.prefix()),
                new Fingerprint(print.model(), "tiny", KvType.Q8_0, "bytes-1", "theta=1000", 1, "scalar", print.prefix()),
                new Fingerprint(print.model(), "tiny", KvType.Q8_0, "bytes-1", "theta=10000", 2, "scalar", print.prefix()),
                new Fingerprint(print.model(), "tiny", KvType.Q8_0, "bytes-1", "theta=10000", 1, "vector", print.prefix()),
                new Fingerprint(print.model(), "tiny", KvType.Q8_0, "bytes-1", "theta=10000", 1, "scalar", other))) {
            ids.add(SegmentId.of(each, tokens));
            assertThat(Fingerprint.decoded(each.encoded())).isEqualTo(each);
            assertThat(print.difference(each)).isPresent();
        }
        assertThat(ids).doesNotHaveDuplicates();
        assertThat(print.difference(SegmentWork.print("model"))).isEmpty();
    }

    /** Goal: nothing that is resident is ever wrong. Method: flip every bit before the records and behind them, one at a time. */
    @Test
    void refusesEveryFlippedBitOutsideOfTheRecords() throws Exception {
        byte[] bytes = SegmentWork.bytes(SegmentWork.content(1, 70));
        SegmentLayout layout = SegmentHeader.of(SegmentWork.PRINT, SegmentWork.content(1, 70).shape()).layout();
        Path file = write(bytes);
        long summariesEnd = layout.summariesAt + layout.shape.summariesBytes();
        int wholeCrcAt = (int) layout.footerAt + 16;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int at = 0; at < bytes.length; at++) {
                if (at >= summariesEnd && at < layout.indexAt || isPadding(layout, at) || at >= wholeCrcAt && at < wholeCrcAt + 4) {
                    continue;
                }
                for (int bit = 0; bit < 8; bit += at < layout.tokensAt || at >= layout.indexAt ? 1 : 3) {
                    put(channel, at, (byte) (bytes[at] ^ 1 << bit));
                    int place = at;
                    int flipped = bit;
                    assertThatThrownBy(() -> Segment.open(file, SegmentWork.LIMITS).close())
                            .as(() -> "bit " + flipped + " of byte " + place).isInstanceOf(Problem.class);
                }
                put(channel, at, bytes[at]);
            }
        }
        Segment.open(file, SegmentWork.LIMITS).close();
    }

    private static boolean isPadding(SegmentLayout layout, int at) {
        int ints = 4 * layout.shape.tokens();
        return at >= layout.tokensAt + ints && at < layout.offsetsAt || at >= layout.offsetsAt + ints && at < layout.summariesAt;
    }

    private static void put(FileChannel channel, int at, byte value) throws Exception {
        channel.write(ByteBuffer.wrap(new byte[] {value}), at);
    }

    /** Goal: a flip is found where it matters. Method: flips all over the records and paddings, by seed; all records are read. */
    @Test
    void findsFlippedBitsOfRecordsWhenTheyAreRead() throws Exception {
        byte[] bytes = SegmentWork.bytes(SegmentWork.content(1, TOKENS));
        SegmentLayout layout = SegmentHeader.of(SegmentWork.PRINT, SegmentWork.content(1, TOKENS).shape()).layout();
        Gen gen = SEED.gen();
        for (int i = 0; i < 300; i++) {
            byte[] bad = bytes.clone();
            int at = gen.between((int) layout.runs().getFirst().at(), (int) layout.indexAt);
            bad[at] ^= (byte) (1 << gen.between(0, 8));
            int owner = owner(layout, at);
            try (Segment segment = open(bad); Arena arena = Arena.ofConfined()) {
                List<Integer> misses = misses(segment, room(arena, segment, 1));
                assertThat(misses).as("byte %d; %s", at, SEED).isEqualTo(owner < 0 ? List.of() : List.of(owner));
                assertThat(segment.damaged().isPresent()).isEqualTo(owner >= 0);
                assertThat(segment.check()).as("byte %d; %s", at, SEED).isNotEmpty();
            }
        }
    }

    /** The record that has this byte; -1 if none. */
    private static int owner(SegmentLayout layout, int at) {
        for (SegmentLayout.Run run : layout.runs()) {
            long inRun = (at - run.at()) / layout.recordBytes;
            if (at >= run.at() && inRun < (long) run.blocks() * SegmentWork.KV_HEADS) {
                return run.firstRecord() + (int) inRun;
            }
        }
        return -1;
    }

    private static List<Integer> misses(Segment segment, MemorySegment into) {
        List<Integer> misses = new ArrayList<>();
        for (SegmentLayout.Run run : segment.layout().runs()) {
            for (int i = 0; i < run.blocks() * SegmentWork.KV_HEADS; i++) {
                int block = run.firstBlock() + i / SegmentWork.KV_HEADS;
                if (!segment.read(run.layer(), block, i % SegmentWork.KV_HEADS, into)) {
                    misses.add(run.firstRecord() + i);
                }
            }
        }
        return misses;
    }

    /** Goal: a record never stands in for another. Method: two of them swapped; both miss, singly and in a run. */
    @Test
    void findsSwappedRecords() throws Exception {
        byte[] bytes = SegmentWork.bytes(SegmentWork.content(1, TOKENS));
        SegmentLayout layout = SegmentHeader.of(SegmentWork.PRINT, SegmentWork.content(1, TOKENS).shape()).layout();
        int size = (int) layout.recordBytes;
        int one = (int) layout.recordAt(1, 0, 1);
        int two = (int) layout.recordAt(1, 2, 0);
        byte[] swapped = bytes.clone();
        System.arraycopy(bytes, one, swapped, two, size);
        System.arraycopy(bytes, two, swapped, one, size);
        try (Segment segment = open(swapped); Arena arena = Arena.ofConfined()) {
            BitSet missing = new BitSet();
            assertThat(segment.readRun(1, 0, 3, room(arena, segment, 6), missing)).isEqualTo(4);
            assertThat(missing).isEqualTo(BitSet.valueOf(new long[] {0b010010}));
            assertThat(misses(segment, room(arena, segment, 1))).containsExactly(1, 4);
            assertThat(segment.check()).hasSize(2);
        }
    }

    @Test
    void refusesEveryPrefixOfAFileAndOneByteMore() throws Exception {
        byte[] bytes = SegmentWork.bytes(SegmentWork.content(1, 70));
        Path file = write(bytes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int size = bytes.length - 1; size >= 0; size--) {
                channel.truncate(size);
                int cut = size;
                assertThatThrownBy(() -> Segment.open(file, SegmentWork.LIMITS).close()).as(() -> "cut to " + cut)
                        .isInstanceOfSatisfying(Problem.class, e -> assertThat(e.kind()).isEqualTo(Problem.Kind.MALFORMED));
            }
        }
        assertThatThrownBy(() -> open(Arrays.copyOf(bytes, bytes.length + 1))).hasMessageContaining("cut short");
    }

    /** Goal: another version is told from damage. Method: its number changed, the header's checksum made right again. */
    @Test
    void saysThatAVersionIsTooNewOrTooOld() throws Exception {
        byte[] bytes = SegmentWork.bytes(SegmentWork.content(1, 70));
        for (int version : new int[] {0, 3, -1}) {
            ByteBuffer other = ByteBuffer.wrap(bytes.clone()).order(ByteOrder.LITTLE_ENDIAN).putInt(8, version);
            assertThatThrownBy(() -> open(other.array())).as("a version that nobody signed").isInstanceOfSatisfying(Problem.class,
                    e -> assertThat(e.kind()).isEqualTo(Problem.Kind.MALFORMED)).hasMessageContaining("header is damaged");
            repair(other);
            assertThatThrownBy(() -> open(other.array())).isInstanceOfSatisfying(Problem.class,
                            e -> assertThat(e.kind()).isEqualTo(Problem.Kind.UNSUPPORTED))
                    .hasMessageContaining("version " + Integer.toUnsignedString(version))
                    .hasMessageContaining(version == 0 ? "an older Longhand" : "a newer Longhand");
        }
    }

    private static void repair(ByteBuffer file) {
        int header = file.getInt(12);
        CRC32C crc = new CRC32C();
        crc.update(file.array(), 0, header - 4);
        file.putInt(header - 4, (int) crc.getValue());
    }

    /** Goal: counts that lie allocate nothing. Method: numbers of the header, signed anew. */
    @Test
    void refusesNumbersThatLieBeforeItAllocates() throws Exception {
        byte[] bytes = SegmentWork.bytes(SegmentWork.content(1, 70));
        Path file = write(bytes);
        for (int at = 16; at < 64; at += 4) {
            for (int value : new int[] {0, 1, 3, 16, 48, 1 << 14, 1 << 16, 1 << 20, Integer.MAX_VALUE, Integer.MIN_VALUE, -1}) {
                ByteBuffer lying = ByteBuffer.wrap(bytes.clone()).order(ByteOrder.LITTLE_ENDIAN);
                if (lying.getInt(at) == value) {
                    continue;
                }
                repair(lying.putInt(at, value));
                Files.write(file, lying.array());
                int place = at;
                assertThatThrownBy(() -> Segment.open(file, SegmentWork.LIMITS).close()).as(() -> value + " at byte " + place)
                        .isInstanceOfSatisfying(Problem.class, e -> assertThat(e.kind()).isEqualTo(Problem.Kind.MALFORMED));
            }
        }
    }

    /** Goal: a file of holes cannot make us allocate. Method: a sparse file with the header of the largest segment there may be. */
    @Test
    void refusesAHugeFileOfHolesByItsIndex() throws Exception {
        KvSummaries all = new KvSummaries(new KvShape(8, 8, 128, KvType.Q8_0), BitSet.valueOf(new long[] {0xff}), new BitSet());
        SegmentHeader header = SegmentHeader.of(SegmentWork.PRINT, new SegmentShape(all, 1 << 16, 1024));
        Path file = write(header.encoded());
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), header.layout().fileBytes() - 1);
        }
        assertThatThrownBy(() -> Segment.open(file, SegmentLimits.DEFAULT)).hasMessageContaining("its index or its end is damaged");
    }

    @Test
    void refusesASegmentBeyondTheLimits() throws Exception {
        byte[] bytes = SegmentWork.bytes(SegmentWork.content(1, 70));
        Path file = write(bytes);
        assertThatThrownBy(() -> Segment.open(file, new SegmentLimits(1 << 20, 69, 1 << 20, 1 << 20)))
                .hasMessageContaining("declares 70 tokens");
        assertThatThrownBy(() -> Segment.open(file, new SegmentLimits(1 << 20, 70, 100, 1 << 20)))
                .hasMessageContaining("its summaries have");
    }

    /** Goal: a fault while it is used is a miss. Method: the file cut under the reader, byte by page. */
    @Test
    void missesWhatWasCutOffWhileItWasOpenAndLives() throws Exception {
        byte[] bytes = SegmentWork.bytes(SegmentWork.content(1, TOKENS));
        Path file = write(bytes);
        try (Segment segment = Segment.open(file, SegmentWork.LIMITS); Arena arena = Arena.ofConfined();
                FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            MemorySegment into = room(arena, segment, 1);
            long end = segment.layout().recordAt(1, 1, 0) + 100;
            channel.truncate(end);
            assertThat(segment.read(1, 0, 1, into)).isTrue();
            assertThat(segment.read(1, 1, 0, into)).isFalse();
            assertThat(segment.read(3, 0, 0, into)).isFalse();
            assertThat(segment.damaged().orElseThrow()).contains("layer 1").contains("ends before");
            BitSet missing = new BitSet();
            assertThat(segment.readRun(1, 0, 2, room(arena, segment, 4), missing)).isEqualTo(2);
            assertThat(missing).isEqualTo(BitSet.valueOf(new long[] {0b1100}));
            assertThat(segment.check()).isNotEmpty();
            assertThat(segment.summaries().byteSize()).isEqualTo(segment.shape().summariesBytes());
        }
    }

    /** Goal: an interrupted reader does not take the file from the others. Method: read with the interrupt set, then without. */
    @Test
    void isNotClosedByAnInterrupt() throws Exception {
        try (Segment segment = open(SegmentWork.bytes(SegmentWork.content(1, TOKENS))); Arena arena = Arena.ofConfined()) {
            MemorySegment into = room(arena, segment, 1);
            Thread.currentThread().interrupt();
            boolean isRead = segment.read(1, 0, 0, into);
            assertThat(Thread.interrupted()).as("the interrupt is kept").isTrue();
            assertThat(isRead).isTrue();
            assertThat(segment.read(1, 0, 1, into)).isTrue();
        }
    }

    /** Goal: a file that is replaced or removed is read on. Method: both, while it is open. */
    @Test
    void readsOnWhenTheFileIsReplacedOrRemoved() throws Exception {
        Path file = write(SegmentWork.bytes(SegmentWork.content(1, TOKENS)));
        try (Segment segment = Segment.open(file, SegmentWork.LIMITS); Arena arena = Arena.ofConfined()) {
            MemorySegment into = room(arena, segment, 1);
            Disk.REAL.publish(file, out -> out.write(new byte[10]));
            assertThat(segment.read(1, 0, 0, into)).isTrue();
            Files.delete(file);
            assertThat(segment.check()).isEmpty();
        }
        assertThatThrownBy(() -> Segment.open(file, SegmentWork.LIMITS)).isInstanceOfSatisfying(Problem.class,
                e -> assertThat(e.kind()).isEqualTo(Problem.Kind.NOT_FOUND));
    }

    /** Goal: files of the first version stay readable, and the version changes when the bytes do. Method: a kept file. */
    @Test
    void readsTheKeptFileOfVersionOne() throws Exception {
        byte[] kept;
        try (InputStream in = SegmentTest.class.getResourceAsStream("segment-v1.bin")) {
            kept = in.readAllBytes();
        }
        assertThat(SegmentWork.bytes(SegmentWork.content(1, 30))).isEqualTo(kept);
        try (Segment segment = open(kept)) {
            assertThat(segment.id()).hasToString("af353531f04ded709cf92d50dab22cbe9035bcafdd7e76e4ebdef630a0aaf372");
            assertThat(segment.check()).isEmpty();
        }
    }
}
