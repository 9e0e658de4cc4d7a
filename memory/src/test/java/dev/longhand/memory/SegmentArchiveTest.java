package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.memory.SegmentFolder.Archived;
import dev.longhand.memory.SegmentFolder.Found;
import dev.longhand.testkit.FaultyDisk;
import dev.longhand.testkit.FaultyDisk.Fault;
import dev.longhand.testkit.Seed;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Goal: archiving makes segments smaller, one by one, and at every moment each is there, full or archived and never between.
 * Method: small segments; every call of the disk cut and failed.
 */
class SegmentArchiveTest {
    private static final Seed SEED = Seed.of("memory", SegmentArchiveTest.class, 9);
    private static final int IMAGES_MAX = 20;
    private static final SegmentFolder.Progress SILENT = (done, of) -> { };
    private static final SegmentContent ONE = SegmentWork.content(1, 70);
    private static final SegmentContent TWO = SegmentWork.content(2, 150);

    @TempDir
    private Path temp;

    private int runs;

    private static SegmentFolder folder(Path path, Disk disk) throws Problem {
        return SegmentFolder.open(path, disk, Clock.SYSTEM, SegmentWork.LIMITS);
    }

    private SegmentFolder folder(String name) throws Problem {
        return folder(temp.resolve(name), Disk.REAL);
    }

    private static Segment find(SegmentFolder folder, SegmentContent content) {
        Found found = folder.find(content.id(), SegmentWork.PRINT);
        assertThat(found).isInstanceOf(Found.Hit.class);
        return ((Found.Hit) found).segment();
    }

    /** All records of a segment, singly and in runs, are {@code number}'s as they are full or archived. */
    private static void hasAllRecords(Segment segment, int number) {
        boolean isArchived = segment.shape().isArchived();
        try (Arena arena = Arena.ofConfined()) {
            for (SegmentLayout.Run run : segment.layout().runs()) {
                int count = run.blocks() * SegmentWork.KV_HEADS;
                MemorySegment all = arena.allocate(segment.recordBytes() * count, 64);
                MemorySegment one = arena.allocate(segment.recordBytes(), 64);
                BitSet missing = new BitSet();
                assertThat(segment.readRun(run.layer(), run.firstBlock(), run.blocks(), all, missing)).isEqualTo(count);
                for (int i = 0; i < count; i++) {
                    int block = run.firstBlock() + i / SegmentWork.KV_HEADS;
                    int head = i % SegmentWork.KV_HEADS;
                    byte[] expected = SegmentWork.record(number, run.layer(), block, head, isArchived);
                    assertThat(segment.read(run.layer(), block, head, one)).isTrue();
                    assertThat(one.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
                    assertThat(all.asSlice(i * segment.recordBytes(), segment.recordBytes()).toArray(ValueLayout.JAVA_BYTE))
                            .isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void makesSegmentsSmallerOnceAndKeepsAllElse() throws Exception {
        SegmentFolder folder = folder("a");
        folder.publish(ONE);
        folder.publish(TWO);
        Segment open = find(folder, TWO);
        long before = folder.bytes();
        List<String> told = new ArrayList<>();
        Archived done = folder.archive((segments, of) -> told.add(segments + "/" + of));
        assertThat(done.segments()).isEqualTo(2);
        assertThat(done.before()).isEqualTo(before).isEqualTo(ONE.fileBytes() + TWO.fileBytes());
        assertThat(done.after()).isEqualTo(folder.bytes()).isLessThan(before);
        assertThat(done.findings()).isEmpty();
        assertThat(told).containsExactly("1/2", "2/2");
        try (Segment one = find(folder, ONE); Segment two = find(folder, TWO); open) {
            assertThat(two.id()).isEqualTo(TWO.id());
            assertThat(two.tokens()).isEqualTo(TWO.tokens());
            assertThat(two.offsets()).isEqualTo(TWO.offsets());
            assertThat(two.summaries().mismatch(TWO.summaries())).isEqualTo(-1);
            assertThat(two.recordBytes()).isEqualTo(open.recordBytes());
            hasAllRecords(one, 1);
            hasAllRecords(two, 2);
            assertThat(two.shape().isArchived()).isTrue();
            assertThat(open.shape().isArchived()).as("who has it open reads on").isFalse();
            hasAllRecords(open, 2);
        }
        assertThat(folder.verify().findings()).isEmpty();
        byte[] bytes = Files.readAllBytes(folder.path().resolve(ONE.id().fileName()));
        assertThat(folder.archive(SILENT)).isEqualTo(new Archived(0, 0, 0, 2, List.of()));
        assertThat(folder.path().resolve(ONE.id().fileName())).hasBinaryContent(bytes);
        folder.publish(ONE);
        try (Segment full = find(folder, ONE)) {
            assertThat(full.shape().isArchived()).as("read anew").isFalse();
        }
    }

    @Test
    void leavesDamagedSegmentsWithAFinding() throws Exception {
        SegmentFolder folder = folder("a");
        folder.publish(ONE);
        folder.publish(TWO);
        Path file = folder.path().resolve(ONE.id().fileName());
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) SegmentHeader.of(ONE.fingerprint(), ONE.shape()).layout().recordAt(1, 1, 1)] ^= 4;
        Files.write(file, bytes);
        Archived done = folder.archive(SILENT);
        assertThat(done.segments()).isEqualTo(1);
        assertThat(done.findings()).extracting(SegmentFolder.Finding::file).containsExactly(file);
        assertThat(file).hasBinaryContent(bytes);
    }

    /** Goal: two forms of one document are never mixed up. Method: both attached at once, records of each. */
    @Test
    void theCacheKeepsFullAndArchivedRecordsApart() throws Exception {
        SegmentFolder folder = folder("a");
        folder.publish(ONE);
        Segment full = find(folder, ONE);
        folder.archive(SILENT);
        Segment archived = find(folder, ONE);
        try (RecordCache cache = new RecordCache(full.recordBytes(), SegmentWork.LIMITS)) {
            long fullBytes = full.layout().recordBytes;
            long archivedBytes = archived.layout().recordBytes;
            AttachedSegment a = cache.attach(full);
            AttachedSegment b = cache.attach(archived);
            assertThat(b).isNotSameAs(a);
            assertThat(b.id()).isEqualTo(a.id());
            assertThat(b.version()).isNotEqualTo(a.version());
            assertThat(cache.attach(find(folder, ONE))).isSameAs(b);
            cache.beginPass();
            assertThat(SegmentWork.bytesAt(a.record(1, 1, 0))).isEqualTo(SegmentWork.record(1, 1, 1, 0));
            assertThat(SegmentWork.bytesAt(b.record(1, 1, 0))).isEqualTo(SegmentWork.record(1, 1, 1, 0, true));
            assertThat(cache.counters().bytesRead()).isEqualTo(fullBytes + archivedBytes);
            assertThat(cache.prefetch(b)).isEqualTo(b.segment().layout().records);
            assertThat(SegmentWork.bytesAt(b.record(3, 0, 1))).isEqualTo(SegmentWork.record(1, 3, 0, 1, true));
            cache.checkIntegrity();
            a.release();
            b.release();
            b.release();
        }
    }

    /** Goal: copies never make a full segment an archived one. Method: export and import, both ways round. */
    @Test
    void copiesArchivedSegmentsButNotOverFullOnes() throws Exception {
        SegmentFolder full = folder("full");
        full.publish(ONE);
        SegmentFolder archived = folder("archived");
        archived.publish(ONE);
        archived.archive(SILENT);
        assertThat(archived.exportTo(temp.resolve("out")).segments()).isEqualTo(1);
        SegmentFolder other = folder("other");
        assertThat(other.importFrom(temp.resolve("out"), SegmentWork.PRINT).segments()).isEqualTo(1);
        try (Segment there = find(other, ONE)) {
            assertThat(there.shape().isArchived()).isTrue();
            hasAllRecords(there, 1);
        }
        assertThat(full.importFrom(temp.resolve("out"), SegmentWork.PRINT).segments()).isZero();
        assertThat(other.importFrom(full.path(), SegmentWork.PRINT).segments()).as("full in place of archived").isEqualTo(1);
        try (Segment one = find(full, ONE); Segment two = find(other, ONE)) {
            assertThat(one.shape().isArchived()).isFalse();
            assertThat(two.shape().isArchived()).isFalse();
        }
    }

    /** Goal: a desk that is full can be archived. Method: a limit that its segments reach. */
    @Test
    void archivesADeskThatIsFull() throws Exception {
        SegmentLimits limits = SegmentWork.LIMITS.withDeskBytesMax(ONE.fileBytes());
        SegmentFolder folder = SegmentFolder.open(temp.resolve("a"), Disk.REAL, Clock.SYSTEM, limits);
        folder.publish(ONE);
        assertThat(folder.archive(SILENT).segments()).isEqualTo(1);
    }

    /** Goal: a desk that has more than it may have since its limit was lowered can be archived: that makes room. */
    @Test
    void archivesADeskThatIsOverItsLimit() throws Exception {
        SegmentFolder wide = SegmentFolder.open(temp.resolve("a"), Disk.REAL, Clock.SYSTEM, SegmentWork.LIMITS);
        wide.publish(ONE);
        wide.publish(TWO);
        SegmentLimits limits = SegmentWork.LIMITS.withDeskBytesMax(ONE.fileBytes());
        SegmentFolder folder = SegmentFolder.open(temp.resolve("a"), Disk.REAL, Clock.SYSTEM, limits);
        assertThat(folder.archive(SILENT).segments()).isEqualTo(2);
        assertThat(folder.bytes()).isLessThan(ONE.fileBytes() + TWO.fileBytes());
        assertThatThrownBy(() -> folder.publish(TWO)).isInstanceOf(Problem.class).hasMessageContaining("is full");
    }

    // ---------------------------------------------------------------- faults

    /** Two full segments that are safe, then archived on a disk that fails. */
    private final class Run {
        private final Path root = Files.createDirectories(temp.resolve("run-" + runs++).resolve("home"));
        private final FaultyDisk disk;
        private int told;

        Run() throws Exception {
            folder(root.resolve("desk"), Disk.REAL).publish(ONE);
            folder(root.resolve("desk"), Disk.REAL).publish(TWO);
            disk = new FaultyDisk(root, root.getParent());
        }

        Run archive() throws Problem {
            folder(root.resolve("desk"), disk.disk()).archive((done, of) -> told = done);
            return this;
        }

        void check(Path image) throws Exception {
            SegmentFolder folder = folder(image.resolve("desk"), Disk.REAL);
            assertThat(folder.verify().findings()).isEmpty();
            int archived = 0;
            for (SegmentContent each : List.of(ONE, TWO)) {
                try (Segment segment = find(folder, each)) {
                    hasAllRecords(segment, each == ONE ? 1 : 2);
                    archived += segment.shape().isArchived() ? 1 : 0;
                }
            }
            assertThat(archived).as("of %d that were told", told).isGreaterThanOrEqualTo(told);
            folder.sweep(true);
            assertThat(folder.archive(SILENT).segments()).as("goes on").isEqualTo(2 - archived);
            assertThat(folder.bytes()).isEqualTo(folder.verify().bytes());
        }
    }

    @Test
    void eachIsFullOrArchivedWhereverThePowerIsCut() throws Exception {
        int calls = new Run().archive().disk.calls();
        int images = 0;
        for (int k = 0; k <= calls; k++) {
            Run run = new Run();
            run.disk.crashAt(k);
            try {
                run.archive().disk.cut();
            } catch (FaultyDisk.PowerCut cut) {
                // Somewhere in a write.
            }
            images += run.disk.images(SEED, IMAGES_MAX, run::check);
        }
        assertThat(calls).isGreaterThanOrEqualTo(10);
        System.out.printf("archiving: %d calls, %d images%n", calls, images);
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void tellsEveryCallThatFailsAndGoesOnAfterwards(Fault fault) throws Exception {
        int calls = new Run().archive().disk.calls();
        for (boolean isSticky : new boolean[] {false, true}) {
            for (int k = 0; k < calls; k++) {
                Run run = new Run();
                run.disk.failAt(k, fault, isSticky);
                assertThatThrownBy(run::archive).as("call %d fails", k).isInstanceOfSatisfying(Problem.class,
                        e -> assertThat(e.kind()).isEqualTo(Problem.Kind.DISK));
                run.disk.cut();
                run.disk.images(SEED, IMAGES_MAX, run::check);
                run.check(run.root);
            }
        }
    }

    /** Goal: archived files of this version stay readable. Method: a kept file. */
    @Test
    void readsTheKeptFileOfVersionTwo() throws Exception {
        byte[] kept;
        try (var in = SegmentArchiveTest.class.getResourceAsStream("segment-v2.bin")) {
            kept = in.readAllBytes();
        }
        assertThat(SegmentWork.bytes(SegmentWork.archived(1, 30))).isEqualTo(kept);
        try (Segment segment = Segment.open(Files.write(temp.resolve("file"), kept), SegmentWork.LIMITS)) {
            assertThat(segment.id()).hasToString("af353531f04ded709cf92d50dab22cbe9035bcafdd7e76e4ebdef630a0aaf372");
            assertThat(segment.shape().isArchived()).isTrue();
            hasAllRecords(segment, 1);
            assertThat(segment.check()).isEmpty();
        }
    }
}
