package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.memory.SegmentFolder.Finding;
import dev.longhand.memory.SegmentFolder.Found;
import dev.longhand.memory.SegmentFolder.Report;
import dev.longhand.testkit.ManualClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: a folder never hands out what was not asked for, and never grows past its limit. Method: real files, moved and damaged. */
class SegmentFolderTest {
    @TempDir
    private Path temp;

    private final ManualClock clock = new ManualClock();

    private SegmentFolder folder(String name) throws Problem {
        return SegmentFolder.open(temp.resolve(name), Disk.REAL, clock, SegmentWork.LIMITS);
    }

    private static Path file(SegmentFolder folder, SegmentId id) {
        return folder.path().resolve(id.fileName());
    }

    private static void flip(Path file, long fromEnd) throws Exception {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) (bytes.length - fromEnd)] ^= 4;
        Files.write(file, bytes);
    }

    /** Flips a bit of the last record. */
    private static void damageARecord(SegmentFolder folder, SegmentContent content) throws Exception {
        SegmentLayout layout = SegmentHeader.of(content.fingerprint(), content.shape()).layout();
        flip(file(folder, content.id()), layout.fileBytes() - layout.recordAt(2, content.shape().blocks() - 1, 1) - 5);
    }

    private static void isHit(SegmentFolder folder, SegmentId id) {
        assertThat(folder.find(id, SegmentWork.PRINT)).isInstanceOfSatisfying(Found.Hit.class, hit -> {
            assertThat(hit.segment().id()).isEqualTo(id);
            hit.segment().close();
        });
    }

    private static void isUnusable(SegmentFolder folder, SegmentId id, Fingerprint print, String why) {
        assertThat(folder.find(id, print)).isInstanceOfSatisfying(Found.Unusable.class,
                bad -> assertThat(bad.why()).contains(why).contains(file(folder, id).toString()));
    }

    @Test
    void findsWhatItPublishedAndNothingElse() throws Exception {
        SegmentFolder folder = folder("a");
        assertThat(folder.list()).isEmpty();
        assertThat(folder.bytes()).isZero();
        SegmentContent one = SegmentWork.content(1, 70);
        SegmentContent two = SegmentWork.content(2, 150);
        SegmentId id = folder.publish(one);
        folder.publish(two);
        assertThat(id).isEqualTo(one.id());
        isHit(folder, id);
        assertThat(folder.list()).containsExactlyElementsOf(Stream.of(one.id(), two.id()).sorted().toList());
        assertThat(folder.bytes()).isEqualTo(one.fileBytes() + two.fileBytes());
        assertThat(folder.isThere(two.id())).isTrue();
        assertThat(folder.find(SegmentWork.content(3, 70).id(), SegmentWork.PRINT)).isEqualTo(new Found.Absent());
        assertThat(folder.remove(two.id())).isTrue();
        assertThat(folder.remove(two.id())).isFalse();
        assertThat(folder.find(two.id(), SegmentWork.PRINT)).isEqualTo(new Found.Absent());
    }

    /** Goal: what is not exactly the segment asked for is a miss. Method: swapped names, another model, flips, a folder. */
    @Test
    void neverUsesSwappedForeignOrDamagedFiles() throws Exception {
        SegmentFolder folder = folder("a");
        SegmentId one = folder.publish(SegmentWork.content(1, 70));
        SegmentId two = folder.publish(SegmentWork.content(2, 70));
        Path aside = Files.move(file(folder, one), temp.resolve("aside"));
        Files.move(file(folder, two), file(folder, one));
        Files.move(aside, file(folder, two));
        isUnusable(folder, one, SegmentWork.PRINT, "renamed");
        isUnusable(folder, two, SegmentWork.PRINT, "renamed");
        folder.publish(SegmentWork.content(1, 70));
        isHit(folder, one);
        isUnusable(folder, one, SegmentWork.print("another"), "its model is");
        flip(file(folder, one), 1);
        isUnusable(folder, one, SegmentWork.PRINT, "damaged");
        Files.delete(file(folder, one));
        Files.createDirectory(file(folder, one));
        assertThat(folder.find(one, SegmentWork.PRINT)).isInstanceOf(Found.Unusable.class);
    }

    /** Goal: the limit is looked at first. Method: room for two; the third is refused and nothing was written; replacing is not. */
    @Test
    void refusesASegmentBeforeItIsWrittenWhenTheDeskIsFull() throws Exception {
        SegmentContent one = SegmentWork.content(1, 70);
        SegmentLimits limits = SegmentWork.LIMITS.withDeskBytesMax(2 * one.fileBytes());
        SegmentFolder folder = SegmentFolder.open(temp.resolve("a"), Disk.REAL, clock, limits);
        folder.publish(one);
        folder.publish(SegmentWork.content(2, 70));
        SegmentContent three = SegmentWork.content(3, 70);
        boolean[] isAsked = new boolean[1];
        SegmentContent watched = new SegmentContent(three.fingerprint(), three.shape(), three.tokens(), three.offsets(),
                three.summaries(), (layer, block, head) -> {
                    isAsked[0] = true;
                    return three.records().record(layer, block, head);
                });
        assertThatThrownBy(() -> folder.publish(watched)).isInstanceOfSatisfying(Problem.class,
                        e -> assertThat(e.kind()).isEqualTo(Problem.Kind.LIMIT)).hasMessageContaining(folder.path().toString())
                .hasMessageContaining("the limit is").hasMessageContaining("longhand desk compact");
        assertThat(isAsked[0]).isFalse();
        assertThat(folder.list()).hasSize(2);
        folder.publish(one);
        isHit(folder, one.id());
    }

    /** Goal: the limit holds although files are not counted each time. Method: two that write in turns, each half of the room. */
    @Test
    void seesWhatOthersWroteBeforeTheDeskIsFull() throws Exception {
        SegmentLimits limits = SegmentWork.LIMITS.withDeskBytesMax(8 * SegmentWork.content(1, 70).fileBytes());
        SegmentFolder mine = SegmentFolder.open(temp.resolve("a"), Disk.REAL, clock, limits);
        SegmentFolder others = SegmentFolder.open(temp.resolve("a"), Disk.REAL, clock, limits);
        for (int i = 0; i < 4; i++) {
            mine.publish(SegmentWork.content(2 * i, 70));
            others.publish(SegmentWork.content(2 * i + 1, 70));
        }
        for (SegmentFolder each : List.of(mine, others)) {
            assertThatThrownBy(() -> each.publish(SegmentWork.content(9, 70))).isInstanceOfSatisfying(Problem.class,
                    e -> assertThat(e.kind()).isEqualTo(Problem.Kind.LIMIT));
        }
        assertThat(mine.list()).hasSize(8);
    }

    @Test
    void refusesADocumentBeyondTheLimits() throws Exception {
        SegmentFolder folder = SegmentFolder.open(temp.resolve("a"), Disk.REAL, clock,
                new SegmentLimits(1 << 24, 69, 1 << 20, 1 << 20));
        assertThatThrownBy(() -> folder.publish(SegmentWork.content(1, 70))).isInstanceOfSatisfying(Problem.class,
                e -> assertThat(e.kind()).isEqualTo(Problem.Kind.LIMIT)).hasMessageContaining("70 tokens");
    }

    /** Goal: what a killed writer left goes, what a living one writes stays. Method: an old and a new temporary file. */
    @Test
    void sweepsTemporaryFilesThatBelongToNobody() throws Exception {
        Path path = Files.createDirectory(temp.resolve("a"));
        clock.advance(Duration.ofDays(1).toNanos());
        Path old = Files.writeString(path.resolve(".x.segment.1.tmp"), "old");
        Path fresh = Files.writeString(path.resolve(".x.segment.2.tmp"), "fresh");
        Files.setLastModifiedTime(old, FileTime.from(clock.now().minus(SegmentFolder.TEMP_AGE_MAX).minusSeconds(1)));
        Files.setLastModifiedTime(fresh, FileTime.from(clock.now().minusSeconds(5)));
        SegmentFolder folder = folder("a");
        assertThat(old).doesNotExist();
        assertThat(fresh).exists();
        assertThat(folder.sweep(true)).isEqualTo(1);
        assertThat(fresh).doesNotExist();
    }

    @Test
    void verifiesEveryByteAndChangesNothing() throws Exception {
        SegmentFolder folder = folder("a");
        SegmentContent good = SegmentWork.content(1, 70);
        SegmentContent bad = SegmentWork.content(2, 70);
        SegmentContent worse = SegmentWork.content(3, 70);
        for (SegmentContent each : List.of(good, bad, worse)) {
            folder.publish(each);
        }
        assertThat(folder.verify()).isEqualTo(new Report(3, folder.bytes(), List.of()));
        damageARecord(folder, bad);
        flip(file(folder, worse.id()), 1);
        Files.copy(file(folder, good.id()), folder.path().resolve("copy.segment"));
        Report report = folder.verify();
        assertThat(report.segments()).isEqualTo(1);
        assertThat(report.bytes()).isEqualTo(good.fileBytes());
        assertThat(report.findings()).extracting(Finding::file).containsOnly(file(folder, bad.id()), file(folder, worse.id()),
                folder.path().resolve("copy.segment"));
        assertThat(report.findings()).extracting(Finding::toString)
                .anySatisfy(each -> assertThat(each).contains("records of layer 2"));
        assertThat(folder.list()).hasSize(3);
    }

    @Test
    void compactsToWhatIsWanted() throws Exception {
        SegmentFolder folder = folder("a");
        SegmentId one = folder.publish(SegmentWork.content(1, 70));
        SegmentContent two = SegmentWork.content(2, 70);
        folder.publish(two);
        Files.writeString(folder.path().resolve("what.segment"), "x");
        Files.writeString(folder.path().resolve("note.txt"), "x");
        assertThat(folder.compact(Set.of(one))).isEqualTo(new Report(2, two.fileBytes() + 1, List.of()));
        assertThat(folder.list()).containsExactly(one);
        assertThat(folder.path().resolve("note.txt")).exists();
        isHit(folder, one);
    }

    @Test
    void keepsOnlyThoseOfTheseIds() throws Exception {
        SegmentFolder folder = folder("a");
        SegmentId one = folder.publish(SegmentWork.content(1, 70));
        folder.publish(SegmentWork.content(2, 70));
        assertThat(SegmentFolder.keepOnly(folder.path(), Set.of(one.toString()), clock)).isEqualTo(1);
        assertThat(folder.list()).containsExactly(one);
    }

    /** Goal: copies are good copies. Method: out and in again, with a damaged, a foreign and a renamed file between them. */
    @Test
    void exportsAndImportsWhatIsGood() throws Exception {
        SegmentFolder folder = folder("a");
        SegmentContent good = SegmentWork.content(1, 150);
        SegmentContent bad = SegmentWork.content(2, 70);
        SegmentContent foreign = SegmentWork.content(SegmentWork.print("another"), 3, 70);
        for (SegmentContent each : List.of(good, bad, foreign)) {
            folder.publish(each);
        }
        damageARecord(folder, bad);
        Path out = temp.resolve("out");
        Report exported = folder.exportTo(out);
        assertThat(exported.segments()).isEqualTo(2);
        assertThat(exported.findings()).extracting(Finding::file).containsExactly(file(folder, bad.id()));
        assertThat(out.resolve(good.id().fileName())).hasSameBinaryContentAs(file(folder, good.id()));

        SegmentContent later = SegmentWork.content(4, 70);
        SegmentFolder outside = folder("out");
        outside.publish(later);
        damageARecord(outside, later);
        SegmentFolder other = folder("b");
        Report imported = other.importFrom(out, SegmentWork.PRINT);
        assertThat(imported.segments()).isEqualTo(1);
        assertThat(imported.bytes()).isEqualTo(good.fileBytes());
        assertThat(imported.findings()).extracting(Finding::what).hasSize(2)
                .anySatisfy(each -> assertThat(each).contains("another model"))
                .anySatisfy(each -> assertThat(each).contains("changed"));
        isHit(other, good.id());
        assertThat(other.list()).containsExactly(good.id());
        assertThat(other.importFrom(out, SegmentWork.PRINT).segments()).as("what is there already").isZero();
        damageARecord(other, good);
        assertThat(other.importFrom(out, SegmentWork.PRINT).segments()).as("in place of a damaged one").isEqualTo(1);
        assertThat(other.verify().findings()).isEmpty();
        SegmentFolder small = SegmentFolder.open(temp.resolve("c"), Disk.REAL, clock, SegmentWork.LIMITS.withDeskBytesMax(1000));
        assertThatThrownBy(() -> small.importFrom(out, SegmentWork.PRINT)).isInstanceOfSatisfying(Problem.class,
                e -> assertThat(e.kind()).isEqualTo(Problem.Kind.LIMIT));
        assertThatThrownBy(() -> small.importFrom(temp.resolve("no"), SegmentWork.PRINT)).isInstanceOfSatisfying(Problem.class,
                e -> assertThat(e.kind()).isEqualTo(Problem.Kind.NOT_FOUND));
    }
}
