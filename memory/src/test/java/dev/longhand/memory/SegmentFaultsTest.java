package dev.longhand.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.memory.SegmentFolder.Found;
import dev.longhand.testkit.FaultyDisk;
import dev.longhand.testkit.FaultyDisk.Fault;
import dev.longhand.testkit.Seed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Goal: a segment is absent or complete, and there once it was acknowledged, whatever call the power is cut at or fails. Method:
 * two segments and one of them again on a {@link FaultyDisk}; every call is cut and every image opened and verified; every call
 * fails, once and for good.
 */
class SegmentFaultsTest {
    private static final Seed SEED = Seed.of("memory", SegmentFaultsTest.class, 9);
    private static final int IMAGES_MAX = 60;
    private static final SegmentContent[] WRITES =
            {SegmentWork.content(1, 70), SegmentWork.content(2, 150), SegmentWork.content(1, 70)};

    @TempDir
    private Path temp;

    private int runs;

    /** Some writes; {@code acknowledged} counts those that returned. */
    private final class Run {
        private final Path root = Files.createDirectories(temp.resolve("run-" + runs++).resolve("home"));
        private final FaultyDisk disk = new FaultyDisk(root, root.getParent());
        private int acknowledged;

        Run() throws IOException {}

        Run write() throws Problem {
            return write(disk.disk());
        }

        Run write(Disk on) throws Problem {
            SegmentFolder folder = SegmentFolder.open(root.resolve("desk"), on, Clock.SYSTEM, SegmentWork.LIMITS);
            for (acknowledged = 0; acknowledged < WRITES.length; acknowledged++) {
                folder.publish(WRITES[acknowledged]);
            }
            return this;
        }

        void check(Path image) throws Problem {
            SegmentFolder folder = SegmentFolder.open(image.resolve("desk"), Disk.REAL, Clock.SYSTEM, SegmentWork.LIMITS);
            assertThat(folder.verify().findings()).isEmpty();
            for (int i = 0; i < 2; i++) {
                Found found = folder.find(WRITES[i].id(), SegmentWork.PRINT);
                assertThat(found).isNotInstanceOf(Found.Unusable.class);
                if (acknowledged > i) {
                    assertThat(found).as("segment %d, of %d that were acknowledged", i, acknowledged).isInstanceOf(Found.Hit.class);
                }
                if (found instanceof Found.Hit(Segment segment)) {
                    segment.close();
                }
            }
            folder.sweep(true);
            try (var left = Files.newDirectoryStream(image.resolve("desk"), ".*")) {
                assertThat(left).isEmpty();
            } catch (IOException e) {
                assertThat(acknowledged).isZero();
            }
        }
    }

    @Test
    void isAbsentOrCompleteWhereverThePowerIsCut() throws Exception {
        int calls = new Run().write().disk.calls();
        int images = 0;
        for (int k = 0; k <= calls; k++) {
            Run run = new Run();
            run.disk.crashAt(k);
            try {
                run.write().disk.cut();
            } catch (FaultyDisk.PowerCut cut) {
                // Somewhere in a write.
            }
            images += run.disk.images(SEED, IMAGES_MAX, run::check);
        }
        assertThat(calls).isGreaterThan(15);
        System.out.printf("segments: %d calls, %d images%n", calls, images);
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void tellsEveryCallThatFailsAndGoesOnAfterwards(Fault fault) throws Exception {
        int calls = new Run().write().disk.calls();
        for (boolean isSticky : new boolean[] {false, true}) {
            for (int k = 0; k < calls; k++) {
                Run run = new Run();
                run.disk.failAt(k, fault, isSticky);
                assertThatThrownBy(run::write).as("call %d fails", k).isInstanceOfSatisfying(Problem.class,
                        e -> assertThat(e.kind()).isEqualTo(Problem.Kind.DISK));
                run.check(run.root);
                run.disk.cut();
                run.disk.images(SEED, IMAGES_MAX, run::check);
                run.write(Disk.REAL).check(run.root);
            }
        }
    }
}
