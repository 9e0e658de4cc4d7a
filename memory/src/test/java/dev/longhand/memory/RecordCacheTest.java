package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: an address leads to its record for as long as a pass lasts, under a cap. Method: small segments in caches of few slots;
 * what an address leads to is compared with what was written.
 */
class RecordCacheTest {
    private static final Seed SEED = Seed.of("memory", RecordCacheTest.class, 5);
    private static final long RECORD = SegmentWork.KV.storedRecordBytes();
    private static final int HEADS = SegmentWork.KV_HEADS;

    @TempDir
    private Path folder;

    private RecordCache cache;

    private RecordCache cache(int slots) {
        cache = new RecordCache(RECORD, SegmentWork.LIMITS.withCacheBytesMax(slots * RECORD));
        return cache;
    }

    @AfterEach
    void closes() {
        cache.checkIntegrity();
        cache.close();
    }

    private Segment segment(int number, int tokens) throws Exception {
        Path file = folder.resolve(number + "-" + tokens);
        if (!Files.exists(file)) {
            Files.write(file, SegmentWork.bytes(SegmentWork.content(number, tokens)));
        }
        return Segment.open(file, SegmentWork.LIMITS);
    }

    private void touch(AttachedSegment from, int number, int layer, int block, int kvHead) {
        long address = cache.address(from, layer, block, kvHead);
        assertThat(address % 64).isZero();
        assertThat(SegmentWork.bytesAt(address)).isEqualTo(SegmentWork.record(number, layer, block, kvHead));
    }

    @Test
    void givesRecordsOfMemoryLayersAndTailsAndReadsEachOnce() throws Exception {
        AttachedSegment a = cache(64).attach(segment(1, 300));
        for (int pass = 0; pass < 2; pass++) {
            cache.beginPass();
            for (int block = 3; block < 5; block++) {
                for (int layer = 0; layer < SegmentWork.LAYERS; layer++) {
                    for (int head = 0; head < HEADS; head++) {
                        touch(a, 1, layer, block, head);
                    }
                }
            }
        }
        assertThat(cache.counters()).isEqualTo(new RecordCache.Counters(16, 16, 16 * RECORD, 0, 0, 0, cache.counters().bytes()));
        assertThat(a.record(1, 3, 0)).isEqualTo(cache.address(a, 1, 3, 0));
        assertThat(a.tailFrom()).isEqualTo(3);
        assertThat(a.regionBlocks()).isEqualTo(5);
        assertThat(a.summaries(0)).isEqualTo(a.segment().summaries().address());
        a.release();
    }

    /** Goal: the cap holds over many passes, and a pass's addresses stay good. Method: random passes. */
    @Test
    void keepsItsCapAndTheAddressesOfAPass() throws Exception {
        Gen gen = SEED.gen();
        cache(40);
        List<AttachedSegment> all = new ArrayList<>();
        for (int number = 0; number < 3; number++) {
            all.add(cache.attach(segment(number, 640)));
        }
        for (int pass = 0; pass < 200; pass++) {
            cache.beginPass();
            List<Runnable> again = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                int number = gen.between(0, 3);
                int layer = gen.oneOf(1, 3);
                int block = gen.chance(0.5) ? gen.between(0, 2) : gen.between(0, 10);
                int head = gen.between(0, HEADS);
                long address = cache.address(all.get(number), layer, block, head);
                again.add(() -> assertThat(SegmentWork.bytesAt(address)).as(SEED::toString)
                        .isEqualTo(SegmentWork.record(number, layer, block, head)));
            }
            again.forEach(Runnable::run);
            cache.checkIntegrity();
            assertThat(cache.counters().bytes()).isLessThanOrEqualTo(40 * RECORD);
        }
        RecordCache.Counters counters = cache.counters();
        assertThat(counters.hits() + counters.reads()).isEqualTo(200 * 30);
        assertThat(counters.evictions()).isPositive();
        assertThat(counters.overflows()).isZero();
        all.forEach(AttachedSegment::release);
    }

    /** Goal: a pass larger than the cap is served, counted, and paid back. Method: 12 records in one pass over 8 slots. */
    @Test
    void overflowsForAPassAndShrinksAtTheNext() throws Exception {
        AttachedSegment a = cache(8).attach(segment(1, 640));
        cache.beginPass();
        List<Long> addresses = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            addresses.add(cache.address(a, 1, i / HEADS, i % HEADS));
        }
        for (int i = 0; i < 12; i++) {
            assertThat(SegmentWork.bytesAt(addresses.get(i))).isEqualTo(SegmentWork.record(1, 1, i / HEADS, i % HEADS));
        }
        assertThat(cache.counters().overflows()).isEqualTo(4);
        assertThat(cache.counters().bytes()).isEqualTo(16 * RECORD);
        cache.beginPass();
        assertThat(cache.counters().bytes()).isEqualTo(8 * RECORD);
        touch(a, 1, 1, 5, 1);
        a.release();
    }

    /** Goal: no pass gets wrong bytes or endless memory. Method: one record more than twice the cap. */
    @Test
    void refusesAPassOfMoreThanTwiceTheCap() throws Exception {
        AttachedSegment a = cache(4).attach(segment(1, 640));
        cache.beginPass();
        for (int i = 0; i < 8; i++) {
            touch(a, 1, 1, i / HEADS, i % HEADS);
        }
        assertThatThrownBy(() -> cache.address(a, 1, 4, 0)).isInstanceOfSatisfying(RecordCacheFull.class,
                e -> assertThat(e.problem().kind()).isEqualTo(Problem.Kind.LIMIT)).hasMessageContaining("attach less");
        cache.beginPass();
        touch(a, 1, 1, 4, 0);
        a.release();
    }

    /** Goal: what many passes want outlives what one wants. Method: one record in five passes, then a stream of others. */
    @Test
    void keepsHotRecordsLonger() throws Exception {
        AttachedSegment a = cache(4).attach(segment(1, 1280));
        for (int pass = 0; pass < 5; pass++) {
            cache.beginPass();
            touch(a, 1, 1, 0, 0);
        }
        long hot = cache.address(a, 1, 0, 0);
        int streamed = 0;
        for (int block = 1; block < 20 && a.slots[a.entry(1, 0, 0)] >= 0; block++, streamed++) {
            cache.beginPass();
            touch(a, 1, 1, block, 0);
        }
        assertThat(hot).isNotZero();
        assertThat(streamed).as("others that came before the hot one went; a cold one goes before the fifth").isBetween(6, 12);
        a.release();
    }

    @Test
    void sharesASegmentThatIsAttachedTwice() throws Exception {
        cache(16);
        Segment first = segment(1, 150);
        Segment second = segment(1, 150);
        AttachedSegment a = cache.attach(first);
        assertThat(cache.attach(second)).isSameAs(a);
        assertThat(second.summaries().scope().isAlive()).as("the second file is open").isFalse();
        assertThat(first.summaries().scope().isAlive()).isTrue();
        cache.beginPass();
        touch(a, 1, 1, 0, 0);
        touch(a, 1, 1, 0, 0);
        assertThat(cache.counters().reads()).isEqualTo(1);
        a.release();
        cache.beginPass();
        touch(a, 1, 1, 0, 0);
        assertThat(cache.attached()).isEqualTo(1);
        a.release();
        assertThat(cache.attached()).isZero();
        cache.beginPass();
        AttachedSegment again = cache.attach(segment(1, 150));
        assertThat(again.recordsThere()).as("the last holder's records went").isZero();
        touch(again, 1, 3, 0, 0);
        again.release();
    }

    /** Goal: a document that was released by another thread is freed by the engine's. Method: release there, then begin a pass. */
    @Test
    void freesWhatAnotherThreadReleased() throws Exception {
        AttachedSegment a = cache(8).attach(segment(1, 150));
        cache.beginPass();
        long address = cache.address(a, 1, 0, 0);
        Thread other = Thread.ofPlatform().start(a::release);
        other.join();
        assertThat(SegmentWork.bytesAt(address)).as("good until the pass ends").isEqualTo(SegmentWork.record(1, 1, 0, 0));
        cache.beginPass();
        assertThat(a.recordsThere()).isZero();
        assertThatThrownBy(a::retain).isInstanceOf(IllegalStateException.class);
    }

    /** Goal: a bad record is a miss, once and for all holders, and takes no memory. Method: a flipped bit, a good neighbour. */
    @Test
    void missesADamagedRecordAndGoesOn() throws Exception {
        SegmentContent content = SegmentWork.content(1, 150);
        byte[] bytes = SegmentWork.bytes(content);
        SegmentLayout layout = SegmentHeader.of(content.fingerprint(), content.shape()).layout();
        bytes[(int) layout.recordAt(1, 1, 0) + 7] ^= 1;
        AttachedSegment a = cache(32).attach(Segment.open(Files.write(folder.resolve("bad"), bytes), SegmentWork.LIMITS));
        cache.beginPass();
        touch(a, 1, 1, 0, 0);
        assertThat(cache.address(a, 1, 1, 0)).isZero();
        assertThat(cache.address(a, 1, 1, 0)).isZero();
        touch(a, 1, 1, 1, 1);
        assertThat(cache.counters().misses()).isEqualTo(2);
        assertThat(cache.counters().reads()).isEqualTo(3);
        assertThatThrownBy(() -> a.record(1, 1, 0)).isInstanceOfSatisfying(UnreadableMemory.class,
                e -> assertThat(e.id()).isEqualTo(a.id())).hasMessageContaining("damaged");
        assertThat(cache.prefetch(a)).isEqualTo(layout.records - 1);
        assertThat(cache.address(a, 1, 1, 0)).isZero();
        a.release();
    }

    /** Goal: a document that was read again is whole for who comes next. Method: attach a damaged file, miss, attach a good one. */
    @Test
    void doesNotJoinASegmentThatWasFoundDamaged() throws Exception {
        SegmentContent content = SegmentWork.content(1, 150);
        byte[] bytes = SegmentWork.bytes(content);
        SegmentLayout layout = SegmentHeader.of(content.fingerprint(), content.shape()).layout();
        bytes[(int) layout.recordAt(1, 1, 0)] ^= 1;
        AttachedSegment bad = cache(32).attach(Segment.open(Files.write(folder.resolve("bad"), bytes), SegmentWork.LIMITS));
        cache.beginPass();
        touch(bad, 1, 1, 0, 0);
        assertThat(cache.address(bad, 1, 1, 0)).isZero();
        AttachedSegment good = cache.attach(segment(1, 150));
        assertThat(good).isNotSameAs(bad);
        assertThat(cache.attached()).isEqualTo(2);
        touch(good, 1, 1, 1, 0);
        touch(bad, 1, 1, 0, 0);
        bad.release();
        assertThat(cache.attach(segment(1, 150))).as("the good one is still the one to join").isSameAs(good);
        good.release();
        good.release();
        assertThat(cache.attached()).isZero();
    }

    @Test
    void readsASmallSegmentAheadInRuns() throws Exception {
        AttachedSegment a = cache(64).attach(segment(1, 640));
        cache.beginPass();
        touch(a, 1, 1, 2, 0);
        assertThat(cache.prefetch(a)).isEqualTo(2 * 10 * HEADS + 2 * 2 * HEADS);
        long reads = cache.counters().reads();
        for (int block = 0; block < 10; block++) {
            touch(a, 1, 1, block, 1);
            touch(a, 1, 3, block, 0);
        }
        touch(a, 1, 0, 9, 1);
        assertThat(cache.counters().reads()).isEqualTo(reads);
        assertThat(cache.prefetch(a)).isEqualTo(48);
        assertThat(cache.counters().reads()).isEqualTo(reads);
        a.release();
    }

    @Test
    void readsAheadWithoutTheTailWhereNobodySeesIt() throws Exception {
        AttachedSegment a = cache(64).attach(segment(1, 640));
        cache.beginPass();
        assertThat(cache.prefetch(a, false)).isEqualTo(2 * 10 * HEADS);
        long reads = cache.counters().reads();
        touch(a, 1, 3, 9, 1);
        assertThat(cache.counters().reads()).isEqualTo(reads);
        touch(a, 1, 0, 9, 1);
        assertThat(cache.counters().reads()).isEqualTo(reads + 1);
        a.release();
    }

    /** Goal: reading ahead takes nothing from the pass and stays under the cap. Method: 6 of 8 slots touched first. */
    @Test
    void readsAheadOnlyWhereThePassLeavesRoom() throws Exception {
        cache(8);
        AttachedSegment a = cache.attach(segment(1, 640));
        AttachedSegment b = cache.attach(segment(2, 640));
        cache.beginPass();
        List<Long> addresses = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            addresses.add(cache.address(a, 1, i, 0));
        }
        assertThat(cache.prefetch(b)).isLessThanOrEqualTo(2);
        for (int i = 0; i < 6; i++) {
            assertThat(SegmentWork.bytesAt(addresses.get(i))).isEqualTo(SegmentWork.record(1, 1, i, 0));
        }
        assertThat(cache.counters().bytes()).isLessThanOrEqualTo(8 * RECORD);
        a.release();
        b.release();
    }

    @Test
    void refusesRecordsOfAnotherSize() throws Exception {
        cache = new RecordCache(2 * RECORD, SegmentWork.LIMITS);
        try (Segment other = segment(1, 70)) {
            assertThatThrownBy(() -> cache.attach(other)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
