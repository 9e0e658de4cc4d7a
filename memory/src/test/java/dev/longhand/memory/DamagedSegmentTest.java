package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Mutator;
import dev.longhand.testkit.Mutator.Field;
import dev.longhand.testkit.Mutator.Kind;
import dev.longhand.testkit.Mutator.Mutant;
import dev.longhand.testkit.Seed;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Goal: whatever happened to a segment, it is refused with a problem, or all that it gives is what was written; and little memory
 * is asked for. Method: a {@link Mutator} damages a file, with and without a header that was signed anew; a channel that fails.
 * The long form: {@code -Drounds=100000 -Dseed=...}.
 */
@ParameterizedClass(name = "archived: {0}")
@ValueSource(booleans = {false, true})
class DamagedSegmentTest {
    private static final Seed SEED = Seed.of("memory", DamagedSegmentTest.class, 13);
    private static final int ROUNDS = Integer.getInteger("rounds", 1500);
    private static final long HEAP_BYTES_MAX = 4 << 20;
    private static final int TOKENS = 150;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    private Path folder;

    private final boolean isArchived;
    private final SegmentContent content;
    private final byte[] bytes;
    private final SegmentLayout layout;
    private int refused;
    private int missed;
    private int unharmed;

    DamagedSegmentTest(boolean isArchived) {
        this.isArchived = isArchived;
        this.content = isArchived ? SegmentWork.archived(1, TOKENS) : SegmentWork.content(1, TOKENS);
        this.bytes = SegmentWork.bytes(content);
        this.layout = SegmentHeader.of(content.fingerprint(), content.shape()).layout();
    }

    private Mutator mutator() {
        List<Field> fields = new ArrayList<>(List.of(new Field(Kind.LENGTH, 8, 4), new Field(Kind.LENGTH, 12, 4),
                new Field(Kind.LENGTH, 16, 8), new Field(Kind.LENGTH, 52, 8)));
        for (int at = 24; at < 52; at += 4) {
            fields.add(new Field(Kind.LENGTH, at, 4));
        }
        fields.add(new Field(Kind.LENGTH, 60, 4));
        fields.add(new Field(Kind.LENGTH, 64, 4));
        fields.add(new Field(Kind.LENGTH, (int) layout.footerAt, 8));
        for (SegmentLayout.Run run : layout.runs()) {
            for (int i = 0; i < run.blocks() * SegmentWork.KV_HEADS; i++) {
                fields.add(new Field(Kind.RECORD, (int) (run.at() + i * layout.recordBytes), (int) layout.recordBytes));
            }
        }
        fields.add(new Field(Kind.RECORD, (int) layout.tokensAt, 4 * TOKENS));
        fields.add(new Field(Kind.RECORD, (int) layout.offsetsAt, 4 * TOKENS));
        return new Mutator(bytes, ByteOrder.LITTLE_ENDIAN, fields);
    }

    /** Header, index and footer signed again, as somebody would who means it. */
    private static byte[] signed(byte[] file) {
        ByteBuffer out = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int header = file.length < 16 ? 0 : out.getInt(12);
        if (header >= 64 && header <= file.length) {
            CRC32C crc = new CRC32C();
            crc.update(file, 0, header - 4);
            out.putInt(header - 4, (int) crc.getValue());
        }
        return file;
    }

    private void judge(Mutant mutant, boolean isSigned) throws Exception {
        byte[] bad = isSigned ? signed(mutant.bytes()) : mutant.bytes();
        Path file = Files.write(folder.resolve("file"), bad);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try (Segment segment = Segment.open(file, SegmentWork.LIMITS)) {
            assertThat(segment.tokens()).isEqualTo(content.tokens());
            assertThat(segment.offsets()).isEqualTo(content.offsets());
            assertThat(segment.fingerprint()).isEqualTo(content.fingerprint());
            assertThat(segment.id()).isEqualTo(content.id());
            assertThat(segment.summaries().mismatch(content.summaries())).isEqualTo(-1);
            int misses = readAll(segment);
            missed += misses > 0 ? 1 : 0;
            unharmed += misses > 0 ? 0 : 1;
            assertThat(segment.check().isEmpty()).isEqualTo(java.util.Arrays.equals(bad, bytes));
        } catch (Problem e) {
            assertThat(e.kind()).isIn(Problem.Kind.MALFORMED, Problem.Kind.UNSUPPORTED);
            assertThat(e).hasMessageContaining(file.toString());
            refused++;
            assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).as("bytes of heap").isLessThan(HEAP_BYTES_MAX);
        }
    }

    private int readAll(Segment segment) {
        int misses = 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment into = arena.allocate(segment.recordBytes(), 64);
            for (SegmentLayout.Run run : layout.runs()) {
                for (int i = 0; i < run.blocks() * SegmentWork.KV_HEADS; i++) {
                    int block = run.firstBlock() + i / SegmentWork.KV_HEADS;
                    int head = i % SegmentWork.KV_HEADS;
                    if (segment.read(run.layer(), block, head, into)) {
                        assertThat(into.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(
                                SegmentWork.record(1, run.layer(), block, head, isArchived));
                    } else {
                        misses++;
                    }
                }
            }
        }
        return misses;
    }

    private void all(Mutant mutant) {
        for (boolean isSigned : new boolean[] {false, true}) {
            try {
                judge(mutant, isSigned);
            } catch (Exception | AssertionError e) {
                throw new AssertionError("%s, %s: %s; %s".formatted(mutant, isSigned ? "signed anew" : "as it is", e, SEED), e);
            }
        }
    }

    @Test
    void givesWhatWasWrittenOrNothing() {
        Mutator mutator = mutator();
        mutator.systematic().forEach(this::all);
        Gen gen = SEED.gen();
        for (int i = 0; i < ROUNDS; i++) {
            all(mutator.random(gen));
        }
        System.out.printf("segments: %d refused, %d with misses, %d without effect%n", refused, missed, unharmed);
        assertThat(refused).isPositive();
        assertThat(missed).isPositive();
    }

    /** Goal: no byte of header, index and footer is believed that is not right. Method: each of them as 0, 1, 7f, 80, ff. */
    @Test
    void believesNoByteOfHeaderIndexAndFooter() {
        for (int at = 0; at < bytes.length; at = at + 1 == layout.tokensAt ? (int) layout.indexAt : at + 1) {
            for (int value : new int[] {0, 1, 0x7f, 0x80, 0xff}) {
                byte[] bad = bytes.clone();
                bad[at] = (byte) value;
                if (bad[at] != bytes[at]) {
                    all(new Mutant("byte %d is %02x".formatted(at, value), bad));
                }
            }
        }
        assertThat(refused).isPositive();
    }

    /** A disk that fails from the n-th read on, or for one read. */
    private static final class FailingChannel extends FileChannel {
        private final FileChannel file;
        private int readsLeft = Integer.MAX_VALUE;

        FailingChannel(FileChannel file) {
            this.file = file;
        }

        @Override
        public int read(ByteBuffer into, long position) throws IOException {
            if (readsLeft-- <= 0) {
                throw new IOException("Input/output error");
            }
            int limit = into.limit();
            into.limit(into.position() + Math.min(into.remaining(), 1000)); // a short read is not the end
            int n = file.read(into, position);
            into.limit(limit);
            return n;
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        protected void implCloseChannel() throws IOException {
            file.close();
        }

        private static UnsupportedOperationException unused() {
            return new UnsupportedOperationException("a segment is read by position only");
        }

        @Override
        public int read(ByteBuffer into) {
            throw unused();
        }

        @Override
        public long read(ByteBuffer[] into, int offset, int length) {
            throw unused();
        }

        @Override
        public int write(ByteBuffer from) {
            throw unused();
        }

        @Override
        public long write(ByteBuffer[] from, int offset, int length) {
            throw unused();
        }

        @Override
        public int write(ByteBuffer from, long position) {
            throw unused();
        }

        @Override
        public long position() {
            throw unused();
        }

        @Override
        public FileChannel position(long position) {
            throw unused();
        }

        @Override
        public FileChannel truncate(long size) {
            throw unused();
        }

        @Override
        public void force(boolean withMetadata) {
            throw unused();
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target) {
            throw unused();
        }

        @Override
        public long transferFrom(ReadableByteChannel source, long position, long count) {
            throw unused();
        }

        @Override
        public MappedByteBuffer map(MapMode mode, long position, long size) {
            throw unused();
        }

        @Override
        public FileLock lock(long position, long size, boolean isShared) {
            throw unused();
        }

        @Override
        public FileLock tryLock(long position, long size, boolean isShared) {
            throw unused();
        }
    }

    /** Goal: EIO is a problem while opening and a miss afterwards. Method: every read fails, one by one. */
    @Test
    void tellsADiskThatFailsAndMissesItsRecords() throws Exception {
        Path file = Files.write(folder.resolve("file"), bytes);
        FailingChannel[] channel = new FailingChannel[1];
        int[] readsOfOpening = {Integer.MAX_VALUE};
        SegmentFile.Opener opener = () -> {
            channel[0] = new FailingChannel(FileChannel.open(file, StandardOpenOption.READ));
            channel[0].readsLeft = readsOfOpening[0];
            return channel[0];
        };
        Segment segment = Segment.open(file, opener, SegmentWork.LIMITS);
        int reads = Integer.MAX_VALUE - channel[0].readsLeft;
        assertThat(readAll(segment)).isZero();
        channel[0].readsLeft = 0;
        assertThat(readAll(segment)).isEqualTo(layout.records);
        assertThat(segment.damaged().orElseThrow()).contains("Input/output error");
        channel[0].readsLeft = Integer.MAX_VALUE;
        assertThat(readAll(segment)).as("a disk that came back").isZero();
        segment.close();
        assertThat(channel[0].isOpen()).isFalse();
        for (readsOfOpening[0] = 0; readsOfOpening[0] < reads; readsOfOpening[0]++) {
            assertThatThrownBy(() -> Segment.open(file, opener, SegmentWork.LIMITS)).as("read %d fails", readsOfOpening[0])
                    .isInstanceOfSatisfying(Problem.class, e -> assertThat(e.kind()).isEqualTo(Problem.Kind.DISK));
            assertThat(channel[0].isOpen()).as("the file is closed again").isFalse();
        }
    }

    /** Goal: a channel that somebody's interrupt closed is opened again. Method: close it under the reader. */
    @Test
    void opensAChannelAgainThatWasClosedUnderIt() throws Exception {
        Path file = Files.write(folder.resolve("file"), bytes);
        List<FileChannel> opened = new ArrayList<>();
        SegmentFile.Opener opener = () -> {
            opened.add(FileChannel.open(file, StandardOpenOption.READ));
            return opened.getLast();
        };
        try (Segment segment = Segment.open(file, opener, SegmentWork.LIMITS)) {
            opened.getFirst().close();
            assertThat(readAll(segment)).isZero();
            assertThat(opened).hasSize(2);
            Thread.currentThread().interrupt();
            int misses = readAll(segment);
            assertThat(Thread.interrupted()).as("the interrupt is kept").isTrue();
            assertThat(misses).isZero();
            assertThat(opened).as("an interrupt that came before a read closes nothing").hasSize(2);
        }
    }

    /** Goal: a read ends, with all its bytes, though the channel that all share is closed again and again. */
    @Test
    void readsApartWhereTheSharedChannelIsClosedAgainAndAgain() throws Exception {
        Path file = Files.write(folder.resolve("file"), bytes);
        Thread reader = Thread.currentThread();
        SegmentFile.Opener opener = () -> {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            if (Thread.currentThread() == reader) {
                channel.close();
            }
            return channel;
        };
        try (SegmentFile shared = new SegmentFile(opener); Arena arena = Arena.ofConfined()) {
            MemorySegment into = arena.allocate(bytes.length);
            shared.read(into, 0);
            assertThat(into.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
            assertThatThrownBy(() -> shared.read(into, 1)).isInstanceOf(EOFException.class);
        }
    }

    /** Goal: many readers do not disturb each other. Method: four threads read all, one of them interrupted over and over. */
    @Test
    void servesManyReadersThoughOneIsInterrupted() throws Exception {
        Path file = Files.write(folder.resolve("file"), bytes);
        try (Segment segment = Segment.open(file, SegmentWork.LIMITS)) {
            List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                threads.add(Thread.ofPlatform().start(() -> {
                    try {
                        for (int i = 0; i < 50; i++) {
                            assertThat(readAll(segment)).isZero();
                        }
                    } catch (Throwable e) {
                        failures.add(e);
                    }
                }));
            }
            while (threads.getFirst().isAlive()) {
                threads.getFirst().interrupt();
                Thread.onSpinWait();
            }
            for (Thread each : threads) {
                each.join();
            }
            assertThat(failures).isEmpty();
            assertThat(segment.damaged()).isEmpty();
        }
    }

    /** Goal: a hit allocates nothing. Method: the thread's counter over many hits. */
    @Test
    void allocatesNothingForAHit() throws Exception {
        Path file = Files.write(folder.resolve("file"), bytes);
        try (RecordCache cache = new RecordCache(SegmentWork.KV.storedRecordBytes(), SegmentWork.LIMITS)) {
            AttachedSegment segment = cache.attach(Segment.open(file, SegmentWork.LIMITS));
            cache.prefetch(segment);
            long sum = hits(cache, segment);
            long before = THREADS.getCurrentThreadAllocatedBytes();
            sum += hits(cache, segment);
            assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(1000);
            assertThat(sum).isNotZero();
            assertThat(cache.counters().hits()).isEqualTo(2 * 1000 * 3 * 2);
            segment.release();
        }
    }

    private static long hits(RecordCache cache, AttachedSegment segment) {
        long sum = 0;
        for (int pass = 0; pass < 1000; pass++) {
            cache.beginPass();
            for (int block = 0; block < 3; block++) {
                sum += cache.address(segment, 1, block, 0) + segment.record(3, block, 1);
            }
        }
        return sum;
    }
}
